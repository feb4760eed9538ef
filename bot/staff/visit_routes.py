"""The visits of a day and the calls back that are due: HTTP only; the work is in `visits`."""

from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from bot.database import utc_now
from bot.hours import SEOUL
from bot.staff import pages, ticket_choices, ticket_errors, visits
from bot.staff.dependencies import PATH, Done, Handler, House
from bot.staff.ticket_view import asked, office_names

router = APIRouter(route_class=pages.StaffRoute)
"""Stands below the router of `bot.staff.routes`, which says the prefix."""

FIRST, LAST = date(2000, 1, 1), date(2100, 1, 1)


@router.get("/visits")
def visit_list(
    request: Request,
    house: House,
    staff: Handler,
    day: Annotated[str, Query(max_length=10)] = "",
    city: Annotated[str, Query(max_length=16)] = "",
    done: Done = None,
) -> Response:
    """The visits of a day by area, made to be printed, and those that have no moment yet."""
    now = utc_now()
    wanted = _day(day) if day else now.astimezone(SEOUL).date()
    words = pages.words(request)
    with house.database.reading() as session:
        areas = visits.areas(session, wanted, staff=staff, city=city.replace("\0", "") or None)
        waiting_for_day = visits.without_appointment(session, staff=staff, now=now)
    rows = [one for area in areas for one in area.visits]
    return pages.page(
        request,
        "visits.html",
        here=f"{PATH}/visits",
        day=wanted,
        before=wanted - timedelta(days=1),
        after=wanted + timedelta(days=1),
        city=city,
        cities=ticket_choices.CITIES,
        areas=areas,
        count=len(rows),
        open_visits=waiting_for_day,
        fields_of=lambda ticket: asked(ticket, words),
        office_names=office_names(
            {one.office for one in [*rows, *waiting_for_day]}, words.language
        ),
        done=done,
    )


def _day(written: str) -> date:
    try:
        day = date.fromisoformat(written)
    except ValueError as error:
        raise ticket_errors.BadMoment from error
    if not FIRST <= day <= LAST:
        raise ticket_errors.BadMoment
    return day


@router.get("/callbacks")
def callback_list(request: Request, house: House, staff: Handler, done: Done = None) -> Response:
    """The calls to be made, those whose wished time has come first."""
    now = utc_now()
    words = pages.words(request)
    with house.database.reading() as session:
        calls = visits.calls(session, staff=staff, now=now)
    return pages.page(
        request,
        "callbacks.html",
        here=f"{PATH}/callbacks",
        calls=calls,
        most=visits.MOST,
        fields_of=lambda ticket: asked(ticket, words),
        office_names=office_names({one.ticket.office for one in calls}, words.language),
        done=done,
    )
