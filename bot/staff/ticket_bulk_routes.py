"""One act on several tickets of a list: HTTP only; the work is in `ticket_bulk`."""

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response

from bot.database import utc_now
from bot.staff import pages, ticket_bulk
from bot.staff.dependencies import PATH, Handling, House, Line
from bot.staff.ticket_acts import Desk
from bot.staff.ticket_page_routes import Sent

router = APIRouter(route_class=pages.StaffRoute)
"""Stands below the router of `bot.staff.routes`, which says the prefix."""

Ticked = Annotated[list[Annotated[str, Form(max_length=64)]], Form()]


@router.post("/tickets/bulk")
def bulk(
    request: Request,
    house: House,
    staff: Handling,
    sent: Sent,
    act: Line = "",
    chosen: Ticked = [],  # noqa: B006 (FastAPI's way; it is never changed)
) -> Response:
    """Do the act and list what became of each ticket."""
    results = ticket_bulk.act(
        house.database,
        name=act,
        ticked=chosen,
        staff=staff,
        given=sent,
        desk=Desk(house.masker, house.wording),
        now=utc_now(),
    )
    for conversation_id in {one.conversation_id for one in results if one.conversation_id}:
        house.notify(conversation_id)
    return pages.page(
        request,
        "ticket_bulk.html",
        here=f"{PATH}/tickets",
        results=results,
        done_count=sum(one.problem is None for one in results),
        act=act,
    )
