"""What bodies could not be told of tickets: HTTP only; the work is in `undelivered`."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import RedirectResponse

from bot.database import utc_now
from bot.staff import pages, undelivered
from bot.staff.dependencies import PATH, Done, Handler, Handling, House, Line
from bot.staff.ticket_view import office_names
from bot.tickets.models import Ticket

router = APIRouter(route_class=pages.StaffRoute)
"""Stands below the router of `bot.staff.routes`, which says the prefix."""

LIST = f"{PATH}/deliveries"
Id = Annotated[int, Path(ge=1, lt=2**31)]


@router.get("/deliveries")
def delivery_list(
    request: Request,
    house: House,
    staff: Handler,
    after: Annotated[int, Query(ge=0, lt=2**31)] = 0,
    done: Done = None,
) -> Response:
    """Deliveries that wait for a person, the oldest first."""
    with house.database.reading() as session:
        rows = undelivered.listed(session, staff=staff, after=after)
    shown = rows[: undelivered.PAGE]
    return pages.page(
        request,
        "deliveries.html",
        here=LIST,
        rows=shown,
        next_page=f"{LIST}?after={shown[-1].id}" if len(rows) > len(shown) else None,
        first_page=LIST if after else None,
        office_names=office_names({one.office for one in shown}, pages.language_of(request)),
        done=done,
    )


@router.post("/deliveries/{delivery_id}/again")
def again(house: House, staff: Handling, delivery_id: Id, back: Line = "") -> Response:
    """Have it sent again."""
    return _done(house, staff, delivery_id, undelivered.try_again, back, "delivery_again")


@router.post("/deliveries/{delivery_id}/settle")
def settle(house: House, staff: Handling, delivery_id: Id, back: Line = "") -> Response:
    """Say that a person saw to it."""
    return _done(house, staff, delivery_id, undelivered.settle, back, "delivery_settled")


def _done(
    house: House,
    staff: Handling,
    delivery_id: int,
    act: Callable[..., Ticket],
    back: str,
    done: str,
) -> Response:
    with house.database.writing() as session:
        ticket = act(session, delivery_id=delivery_id, staff=staff, now=utc_now())
    to = f"{PATH}/tickets/{ticket.receipt_number}" if back == "ticket" else LIST
    return RedirectResponse(f"{to}?done={done}", status_code=303)
