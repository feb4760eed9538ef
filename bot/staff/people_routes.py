"""The staff pages of accounts and sessions: HTTP only; the work is in `people`."""

from collections.abc import Callable
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy.orm import Session

from bot.database import utc_now
from bot.offices import offices
from bot.staff import pages, people
from bot.staff.dependencies import (
    PATH,
    SESSION_COOKIE,
    Acting,
    Done,
    House,
    Line,
    Services,
    SignedIn,
    acts,
    needs,
)
from bot.staff.rights import ROLES
from bot.staff.service import Staff, token_hash

router = APIRouter(route_class=pages.StaffRoute)
"""Stands below the router of `bot.staff.routes`, which says the prefix."""

Manager = Annotated[Staff, Depends(needs("people"))]
Managing = Annotated[Staff, Depends(acts("people"))]


@router.get("/people")
def people_list(request: Request, house: House, staff: Manager, done: Done = None) -> Response:
    """Every account with its role, office and open sessions."""
    del staff
    return _people(request, house, done=done)


def _people(
    request: Request,
    house: Services,
    *,
    done: str | None = None,
    problem: pages.Problem | None = None,
    given: tuple[str, str] | None = None,
) -> Response:
    language = pages.language_of(request)
    with house.database.reading() as session:
        rows = people.listed(session)
    return pages.page(
        request,
        "people.html",
        status=problem.status if problem else 200,
        here=f"{PATH}/people",
        rows=rows,
        roles=ROLES,
        offices={id: office.name(language) for id, office in offices().items()},
        given=given,
        problem=problem,
        done=done,
    )


@router.post("/people")
def add(
    request: Request,
    house: House,
    staff: Managing,
    login: Line = "",
    name: Line = "",
    role: Line = "",
    office: Line = "",
) -> Response:
    """Make an account and show its one-time password this once."""
    try:
        with house.database.writing() as session:
            password = people.add(
                session,
                login=login,
                name=name,
                role=role,
                office=office,
                by=staff,
                now=utc_now(),
            )
    except pages.PROBLEMS as problem:
        return _people(request, house, problem=problem)
    return _people(request, house, done="person_added", given=(login.strip().lower(), password))


@router.post("/people/{login}/role")
def change(
    request: Request,
    house: House,
    staff: Managing,
    login: str,
    role: Line = "",
    office: Line = "",
) -> Response:
    """Give an account another role or office."""
    work = partial(people.change, login=login, role=role, office=office, by=staff, now=utc_now())
    return _acted(request, house, work, "person_changed")


@router.post("/people/{login}/close")
def close(request: Request, house: House, staff: Managing, login: str) -> Response:
    """Close an account and sign it out."""
    work = partial(people.close, login=login, by=staff, now=utc_now())
    return _acted(request, house, work, "person_closed")


@router.post("/people/{login}/reset")
def reset(request: Request, house: House, staff: Managing, login: str) -> Response:
    """Give an account a new one-time password and show it this once."""
    try:
        with house.database.writing() as session:
            password = people.reset(session, login=login, by=staff, now=utc_now())
    except pages.PROBLEMS as problem:
        return _people(request, house, problem=problem)
    return _people(request, house, given=(login, password))


@router.get("/sessions")
def session_list(request: Request, house: House, staff: SignedIn, done: Done = None) -> Response:
    """Where the person is signed in."""
    return _sessions(request, house, staff, done=done)


def _sessions(
    request: Request,
    house: Services,
    staff: Staff,
    *,
    done: str | None = None,
    problem: pages.Problem | None = None,
) -> Response:
    with house.database.reading() as session:
        rows = people.sessions(session, account_id=staff.account_id)
    return pages.page(
        request,
        "sessions.html",
        status=problem.status if problem else 200,
        here=f"{PATH}/sessions",
        rows=rows,
        this=token_hash(request.cookies.get(SESSION_COOKIE, "")),
        problem=problem,
        done=done,
    )


@router.post("/sessions/{session_id}/end")
def end_session(request: Request, house: House, staff: Acting, session_id: str) -> Response:
    """End one of the person's own sessions."""
    return pages.act(
        house,
        partial(people.revoke, session_id=session_id, by=staff, now=utc_now()),
        to=f"{PATH}/sessions?done=session_ended",
        again=lambda problem: _sessions(request, house, staff, problem=problem),
    )


def _acted(
    request: Request, house: Services, work: Callable[[Session], object], done: str
) -> Response:
    return pages.act(
        house,
        work,
        to=f"{PATH}/people?done={done}",
        again=lambda problem: _people(request, house, problem=problem),
    )
