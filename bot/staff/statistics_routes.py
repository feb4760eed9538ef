"""The figures: HTTP only; they are counted in `statistics`."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from bot import spreadsheets
from bot.database import utc_now
from bot.hours import SEOUL
from bot.knowledge import topics
from bot.staff import errors, pages, statistics
from bot.staff.calls import CHANNEL
from bot.staff.dependencies import PATH, House, needs
from bot.staff.service import Staff, audit
from bot.staff.statistics import Report
from bot.staff.statistics_tools import Period

router = APIRouter(route_class=pages.StaffRoute)
"""Stands below the router of `bot.staff.routes`, which says the prefix."""

FIGURES = f"{PATH}/statistics"
USUAL_DAYS = 7
QUICK = (1, 7, 30, 90)
"""Periods that are one click away: so many days up to today."""
COLUMNS = ("table", "code", "name", "value")
"""Begins a file that a spreadsheet is to read as UTF-8."""
SHARES = ("bot_alone", "failed", "within_term", "useful", "guess_right")
SHOWN = (
    *("chats", "calls", "messages", "handed_over", "bot_alone", "failed"),
    *("bot_seconds", "person_minutes", "call_minutes", "guess_right"),
    *("tickets", "within_term", "transfers", "satisfaction", "rating", "useful"),
)
"""The single figures of the page, in their order."""
CODES = {"channel": "channel", "reason": "reason", "ticket_state": "ticket"}
"""Tables whose names all pages word, and under which kind."""
OF_PAGES = {
    "turn": "desk_statistics",
    "origin": "desk_statistics",
    "figure": "desk_statistics",
    "result": "desk_phone",
}
"""Tables whose names the wording of one page has."""

Counting = Annotated[Staff, Depends(needs("statistics"))]
Day = Annotated[str, Query(max_length=10)]


def asked_period(first: Day = "", last: Day = "") -> Period:
    """The days of the page's form, this week without them. Raises BadRequest and BadPeriod."""
    today = utc_now().astimezone(SEOUL).date()
    until = _day(last) or today
    return Period(_day(first) or until - timedelta(days=USUAL_DAYS - 1), until)


Asked = Annotated[Period, Depends(asked_period)]


def _day(written: str) -> date | None:
    if not written:
        return None
    try:
        day = datetime.strptime(written, "%Y-%m-%d").replace(tzinfo=SEOUL).date()
    except ValueError as error:
        raise errors.BadRequest from error
    # Beside the calendar's ends no moment exists in every zone.
    if not 2000 <= day.year < 3000:
        raise errors.BadRequest
    return day


@router.get("/statistics")
def figures(request: Request, house: House, staff: Counting, period: Asked) -> Response:
    """The figures of a period, as tables with bars."""
    now = utc_now()
    today = now.astimezone(SEOUL).date()
    with house.database.reading() as session:
        report = statistics.of_period(session, period=period, staff=staff, now=now)
    return pages.page(
        request,
        "statistics.html",
        here=FIGURES,
        report=report,
        shown=SHOWN,
        shares=SHARES,
        name_of=_namer(request),
        quick=[
            (days, (today - timedelta(days=days - 1)).isoformat(), today.isoformat())
            for days in QUICK
        ],
        only_office=staff.only_office,
    )


def _namer(request: Request) -> Callable[[str, str], str]:
    """The words for a name in a table: a topic's title, a code's name, or the name itself."""
    words = pages.words(request)

    def name(kind: str, code: str) -> str:
        if (kind, code) == ("channel", CHANNEL):
            return words("desk_statistics.origin_phone")
        if kind == "topic":
            return topics.title(code, words.language) or code
        if kind in CODES:
            return words.of(CODES[kind], code)
        page = OF_PAGES.get(kind)
        return words.of(f"{page}.{kind}", code) if page else code

    return name


@router.get("/statistics.csv")
def export(
    request: Request,
    house: House,
    staff: Annotated[Staff, Depends(needs("export"))],
    counting: Counting,
    period: Asked,
) -> Response:
    """The same figures as a CSV file; taking it is in the audit log."""
    del counting
    now = utc_now()
    with house.database.writing() as session:
        report = statistics.of_period(session, period=period, staff=staff, now=now)
        audit(
            session,
            login=staff.login,
            what="statistics_export",
            subject="statistics",
            now=now,
            details={"first": period.first.isoformat(), "last": period.last.isoformat()},
        )
    table = _rows(report, _namer(request))
    name = f"statistics-{period.first:%Y%m%d}-{period.last:%Y%m%d}.csv"
    return Response(
        "".join(spreadsheets.as_csv(table, columns=COLUMNS, bom=True)),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _rows(report: Report, name_of: Callable[[str, str], str]) -> Iterator[spreadsheets.Row]:
    for kind, code, value in report.rows():
        yield {"table": kind, "code": code, "name": name_of(kind, code), "value": value}
