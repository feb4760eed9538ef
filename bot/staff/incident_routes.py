"""Incidents, current and past: HTTP only; the work is in `ticket_incidents`."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.responses import RedirectResponse

from bot.database import utc_now
from bot.staff import pages, ticket_choices, ticket_incidents
from bot.staff.dependencies import PATH, Done, Handler, House, acts
from bot.staff.service import Staff

router = APIRouter(route_class=pages.StaffRoute)
"""Stands below the router of `bot.staff.routes`, which says the prefix."""

LIST = f"{PATH}/incidents"


@router.get("/incidents")
def incident_list(
    request: Request,
    house: House,
    staff: Handler,
    before: Annotated[int | None, Query(ge=1, lt=2**31)] = None,
    done: Done = None,
) -> Response:
    """What goes on now, and what is over."""
    words, now = pages.words(request), utc_now()
    with house.database.reading() as session:
        current = ticket_incidents.going_on(session, staff=staff, now=now)
        past = ticket_incidents.past(session, staff=staff, before=before)
        topics = {one.incident.topic for one in [*current, *past]}
        titles = {one: ticket_choices.title(session, one, words) for one in topics}
    shown = past[: ticket_incidents.PAGE]
    return pages.page(
        request,
        "incidents.html",
        here=LIST,
        current=current,
        past=shown,
        next_page=f"{LIST}?before={shown[-1].incident.id}" if len(past) > len(shown) else None,
        first_page=LIST if before else None,
        titles=titles,
        done=done,
    )


@router.post("/incidents/{incident_id}/end")
def end(
    house: House,
    staff: Annotated[Staff, Depends(acts("notices"))],
    handler: Handler,
    incident_id: Annotated[int, Path(ge=1, lt=2**31)],
) -> Response:
    """End an incident: the bot does not say it any more."""
    del handler
    with house.database.writing() as session:
        ticket_incidents.end(session, incident_id=incident_id, staff=staff, now=utc_now())
    return RedirectResponse(f"{LIST}?done=incident_end", status_code=303)
