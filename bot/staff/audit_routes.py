"""The staff page of the audit log: HTTP only; the work is in `audit_log`."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse

from bot.database import utc_now
from bot.hours import SEOUL
from bot.staff import audit_log, errors, pages
from bot.staff.audit_log import Wanted
from bot.staff.dependencies import House, needs
from bot.staff.service import Staff, audit
from bot.tickets.export import EARLIEST, LATEST

router = APIRouter(route_class=pages.StaffRoute)
"""Stands below the router of `bot.staff.routes`, which says the prefix."""

Auditor = Annotated[Staff, Depends(needs("audit"))]
Short = Annotated[str, Query(max_length=64)]
Day = Annotated[str, Query(max_length=10)]


def wanted(
    login: Short = "", what: Short = "", subject: Short = "", since: Day = "", until: Day = ""
) -> Wanted:
    """What the page's form asks for; days are Jeju's, the last one included. Raises BadRequest."""
    return Wanted(
        login=_line(login),
        what=_line(what),
        subject=_line(subject),
        since=_day(since),
        until=_day(until, after=1),
    )


Asked = Annotated[Wanted, Depends(wanted)]


def _line(written: str) -> str:
    # PostgreSQL refuses a NUL, and nothing in the log has one.
    return written.replace("\0", "").strip()


def _day(written: str, after: int = 0) -> datetime | None:
    if not written:
        return None
    try:
        day = datetime.strptime(written, "%Y-%m-%d").replace(tzinfo=SEOUL)
    except ValueError as error:
        raise errors.BadRequest from error
    if not EARLIEST <= day.date() <= LATEST:
        raise errors.BadRequest
    return day + timedelta(days=after)


@router.get("/audit")
def log(
    request: Request,
    house: House,
    staff: Auditor,
    asked: Asked,
    before: Annotated[int | None, Query(ge=1)] = None,
) -> Response:
    """Entries of the log, the newest first."""
    del staff
    with house.database.reading() as session:
        rows = audit_log.listed(session, wanted=asked, before=before)
        kinds = audit_log.kinds(session)
    return pages.page(
        request,
        "audit.html",
        rows=rows[: audit_log.PAGE],
        more=len(rows) > audit_log.PAGE,
        kinds=kinds,
        asked=asked,
        last_day=(asked.until - timedelta(days=1)).strftime("%Y-%m-%d") if asked.until else "",
        query=request.query_params,
    )


@router.get("/audit.csv")
def export(
    house: House,
    staff: Annotated[Staff, Depends(needs("export"))],
    auditor: Auditor,
    asked: Asked,
) -> Response:
    """The entries as a CSV file; taking it is an entry itself."""
    del auditor
    now = utc_now()
    with house.database.writing() as session:
        audit(session, login=staff.login, what="audit_export", subject="audit", now=now)
    until = min(asked.until, now) if asked.until else now

    def lines() -> Iterator[str]:
        with house.database.reading() as session:
            yield from audit_log.as_csv(session, wanted=replace(asked, until=until))

    name = f"audit-{now.astimezone(SEOUL):%Y%m%d-%H%M}.csv"
    return StreamingResponse(
        lines(),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
