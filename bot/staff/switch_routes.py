"""The staff page of the kill switches: HTTP only; the work is in `bot.conversations.switches`."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from bot.conversations import switches
from bot.conversations.errors import BadSwitch
from bot.conversations.switches_models import SCOPES
from bot.database import utc_now
from bot.knowledge import topics
from bot.staff import labels, pages, work
from bot.staff.dependencies import PATH, Done, House, Line, Services, acts, needs
from bot.staff.service import Staff, audit

CHANNELS = ("widget", "kakao", "naver", "line", "telegram", "messenger", "terminal")
MAX_SUBJECT = 64
"""Of an entry of the audit log."""
FIELDS = ("scope", "subject", "reason", "banner_ko", "banner_en")
router = APIRouter(route_class=pages.StaffRoute)
"""Stands below the router of `bot.staff.routes`, which says the prefix."""

Keeper = Annotated[Staff, Depends(needs("switches"))]
Switching = Annotated[Staff, Depends(acts("switches"))]
Text = Annotated[str, Form(max_length=2000)]


@router.get("/switches")
def switch_list(request: Request, house: House, staff: Keeper, done: Done = None) -> Response:
    """What is off now, and what was."""
    del staff
    return _switches(request, house, done=done)


def _switches(
    request: Request,
    house: Services,
    *,
    done: str | None = None,
    problem: pages.Problem | None = None,
    draft: dict[str, str] | None = None,
) -> Response:
    language = pages.language_of(request)
    with house.database.reading() as session:
        off = switches.off_now(session)
        history = [one for one in switches.history(session) if one.on_at is not None]
        waiting, alarms = work.needing(session)
    return pages.page(
        request,
        "switches.html",
        status=problem.status if problem else 200,
        here=f"{PATH}/switches",
        off=off,
        history=history,
        scopes=SCOPES,
        channels=CHANNELS,
        choices=labels.choices(language),
        title=lambda topic: topics.title(topic, language) or topic,
        draft=dict.fromkeys(FIELDS, "") | (draft or {}),
        waiting=waiting,
        alarms=alarms,
        problem=problem,
        done=done,
    )


def _exists(scope: str, subject: str) -> bool:
    """Whether there is such a channel or topic: a slip would turn off nothing."""
    return scope == "bot" or subject in (CHANNELS if scope == "channel" else topics.topics())


@router.post("/switches")
def turn_off(
    request: Request,
    house: House,
    staff: Switching,
    scope: Line = "",
    subject: Line = "",
    reason: Text = "",
    banner_ko: Text = "",
    banner_en: Text = "",
) -> Response:
    """Turn the bot off: wholly, on a channel, or for a topic."""
    now = utc_now()
    draft = {
        "scope": scope,
        "subject": subject,
        "reason": reason,
        "banner_ko": banner_ko,
        "banner_en": banner_en,
    }
    try:
        if subject and not _exists(scope, subject):
            raise BadSwitch
        with house.database.writing() as session:
            switch = switches.turn_off(session, **draft, actor=staff.login, now=now)
            audit(
                session,
                login=staff.login,
                what="switch_off",
                subject=f"{switch.scope}:{switch.subject}"[:MAX_SUBJECT],
                now=now,
                details={"reason": switch.reason},
            )
    except pages.PROBLEMS as problem:
        return _switches(request, house, problem=problem, draft=draft)
    return RedirectResponse(f"{PATH}/switches?done=switched_off", status_code=303)


@router.post("/switches/{switch_id}/on")
def turn_on(request: Request, house: House, staff: Switching, switch_id: int) -> Response:
    """Turn on again what is off."""
    now = utc_now()
    try:
        with house.database.writing() as session:
            switch = switches.turn_on(session, switch_id=switch_id, actor=staff.login, now=now)
            audit(
                session,
                login=staff.login,
                what="switch_on",
                subject=f"{switch.scope}:{switch.subject}"[:MAX_SUBJECT],
                now=now,
            )
    except pages.PROBLEMS as problem:
        return _switches(request, house, problem=problem)
    return RedirectResponse(f"{PATH}/switches?done=switched_on", status_code=303)
