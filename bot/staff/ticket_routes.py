"""Lists of tickets: the list, the board, the search by number, exports. HTTP only."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal, get_args
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import RedirectResponse, StreamingResponse
from sqlalchemy.orm import Session

from bot.database import utc_now
from bot.hours import SEOUL
from bot.staff import pages, ticket_choices, ticket_export, tickets
from bot.staff.dependencies import PATH, Done, Handler, House, needs
from bot.staff.service import Staff
from bot.staff.ticket_policy import desk_tickets
from bot.staff.ticket_view import office_names
from bot.staff.tickets import Asked, Page, Show
from bot.tickets.models import Kind, Origin, State, Ticket

router = APIRouter(route_class=pages.StaffRoute)
"""Stands below the router of `bot.staff.routes`, which says the prefix."""

LIST = f"{PATH}/tickets"
Short = Annotated[str, Query(max_length=64)]
Cursor = Annotated[str | None, Query(max_length=48)]
Format = Literal["csv", "jsonl"]
FILTERS = ("state", "kind", "origin", "office", "topic", "city", "district", "assignee", "incident")


def asked(
    state: Short = "",
    kind: Literal["", "report", "visit", "callback", "general"] = "",
    origin: Literal["", "chat", "open311", "phone", "staff"] = "",
    office: Short = "",
    topic: Short = "",
    city: Short = "",
    district: Short = "",
    assignee: Short = "",
    incident: Annotated[str, Query(max_length=9, pattern=r"^\d*$")] = "",
) -> Asked:
    """What the page's address narrows the list by. Raises BadRequest for a state that is none."""
    return Asked(
        states=(ticket_choices.state(state),) if state else None,
        kind=kind or None,
        origin=origin or None,
        office=_tidy(office),
        topic=_tidy(topic),
        city=_tidy(city),
        district=_tidy(district),
        assignee=_tidy(assignee),
        incident=int(incident) if incident else None,
    )


Narrowed = Annotated[Asked, Depends(asked)]


def _tidy(value: str) -> str | None:
    # PostgreSQL refuses a NUL, and no name has one.
    return value.replace("\0", "").strip() or None


@router.get("/tickets")
def ticket_list(
    request: Request,
    house: House,
    staff: Handler,
    narrowed: Narrowed,
    show: Show = "open",
    after: Cursor = None,
    live: bool = False,
    done: Done = None,
) -> Response:
    """The tickets of a view, open ones by due date; with `live`, only the counts above them."""
    now = utc_now()
    wanted = tickets.shown(show, narrowed, staff)
    with house.database.reading() as session:
        page = Page([], None) if live else tickets.listed(session, wanted, after=after, now=now)
        above = _above(request, session, staff)
        rows = {} if live else _rows(request, session, page.rows, staff)
    return pages.page(
        request,
        "_ticket_sum.html" if live else "tickets.html",
        live=live,
        here=LIST,
        next_page=_address(show, narrowed, after=page.after) if page.after else None,
        first_page=_address(show, narrowed) if after else None,
        bulk_at_most=desk_tickets().bulk_at_most,
        passing_to=ticket_choices.passing_to(pages.language_of(request)),
        done=done,
        **above,
        **rows,
        **_filters(request, staff, show, narrowed),
    )


@router.get("/tickets/board")
def board(request: Request, house: House, staff: Handler, narrowed: Narrowed) -> Response:
    """The open tickets in a column for each state, those due first on top."""
    now = utc_now()
    wanted = tickets.seen_by(staff, narrowed)
    with house.database.reading() as session:
        columns = tickets.board(session, wanted, now=now)
        above = _above(request, session, staff)
        rows = _rows(request, session, [one for rows in columns.values() for one in rows], staff)
    return pages.page(
        request,
        "board.html",
        here=f"{LIST}/board",
        live=False,
        columns=columns,
        most=tickets.COLUMN,
        of_state=lambda state: _address("all", narrowed, state=state),
        **above,
        **rows,
        **_filters(request, staff, "board", narrowed),
    )


@router.get("/tickets/find")
def find_ticket(
    house: House, staff: Handler, number: Annotated[str, Query(max_length=40)] = ""
) -> Response:
    """Lead to the ticket of a receipt number, as a caller reads it out."""
    with house.database.reading() as session:
        found = tickets.ticket(session, receipt_number=number, staff=staff)
    return RedirectResponse(f"{LIST}/{found.receipt_number}", status_code=303)


@router.get("/tickets.{format}")
def export(
    house: House,
    staff: Annotated[Staff, Depends(needs("export"))],
    handler: Handler,
    narrowed: Narrowed,
    format: Format,
    show: Show = "open",
) -> Response:
    """The tickets of a list as a file; taking it goes into the audit log."""
    del handler
    now = utc_now()
    wanted = tickets.shown(show, narrowed, staff)
    chosen = {"show": show, "format": format, **_chosen(narrowed)}
    with house.database.writing() as session:
        ticket_export.note(session, staff=staff, chosen=chosen, now=now)

    def lines() -> Iterator[str]:
        with house.database.reading() as session:
            yield from ticket_export.lines(session, wanted, format=format, now=now)

    name = f"tickets-{now.astimezone(SEOUL):%Y%m%d-%H%M}.{format}"
    kind = "text/csv" if format == "csv" else "application/x-ndjson"
    return StreamingResponse(
        lines(),
        media_type=f"{kind}; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _above(request: Request, session: Session, staff: Staff) -> dict[str, Any]:
    """What stands above every list: counts, figures, what waits for the desk."""
    now = utc_now()
    return {
        "counts": tickets.counts(session, staff=staff, now=now),
        "count_to": tickets.COUNT_TO,
        "figures": tickets.figures(session, staff=staff, now=now),
        "shows": tickets.SHOWS,
    }


def _rows(request: Request, session: Session, rows: list[Ticket], staff: Staff) -> dict[str, Any]:
    words = pages.words(request)
    return {
        "rows": rows,
        "titles": {
            topic: ticket_choices.title(session, topic, words)
            for topic in {row.topic for row in rows}
        },
        "office_names": office_names({row.office for row in rows}, words.language),
        "assignees": ticket_choices.assignees(session, staff),
        "topic_names": ticket_choices.topics(session, words),
    }


def _filters(request: Request, staff: Staff, show: str, narrowed: Asked) -> dict[str, Any]:
    return {
        "narrowed": _chosen(narrowed),
        "query": urlencode(_chosen(narrowed)),
        "states": get_args(State),
        "kinds": get_args(Kind),
        "origins": get_args(Origin),
        "offices": ticket_choices.offices_of(staff, pages.language_of(request)),
        "cities": ticket_choices.CITIES,
        "districts": ticket_choices.districts(),
        "show": show,
    }


def _chosen(narrowed: Asked) -> dict[str, str]:
    """The filters that narrow, as an address has them."""
    values = {name: getattr(narrowed, name) for name in FILTERS if name != "state"}
    values["state"] = narrowed.states[0] if narrowed.states else None
    return {name: str(values[name]) for name in FILTERS if values[name]}


def _address(
    show: str, narrowed: Asked, *, after: str | None = None, state: str | None = None
) -> str:
    chosen = {"show": show, **_chosen(narrowed)}
    chosen |= {name: value for name, value in (("after", after), ("state", state)) if value}
    return f"{LIST}?{urlencode(chosen)}"
