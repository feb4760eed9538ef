"""The staff page of the kill switches: HTTP only; the work is in `bot.conversations.switches`."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request, Response
from sqlalchemy.orm import Session

from bot.conversations import switches
from bot.conversations.errors import BadSwitch
from bot.conversations.switches_models import SCOPES, Switch
from bot.database import utc_now
from bot.knowledge import topics
from bot.staff import labels, pages
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

    def work(session: Session) -> None:
        if subject and not _exists(scope, subject):
            raise BadSwitch
        switch = switches.turn_off(session, **draft, actor=staff.login, now=now)
        _audited(session, staff, "switch_off", switch, now, {"reason": switch.reason})

    return _acted(request, house, work, "switched_off", draft)


@router.post("/switches/{switch_id}/on")
def turn_on(request: Request, house: House, staff: Switching, switch_id: int) -> Response:
    """Turn on again what is off."""
    now = utc_now()

    def work(session: Session) -> None:
        switch = switches.turn_on(session, switch_id=switch_id, actor=staff.login, now=now)
        _audited(session, staff, "switch_on", switch, now)

    return _acted(request, house, work, "switched_on")


def _audited(
    session: Session,
    staff: Staff,
    what: str,
    switch: Switch,
    now: datetime,
    details: dict[str, Any] | None = None,
) -> None:
    subject = f"{switch.scope}:{switch.subject}"[:MAX_SUBJECT]
    audit(session, login=staff.login, what=what, subject=subject, now=now, details=details)


def _acted(
    request: Request,
    house: Services,
    work: Callable[[Session], object],
    done: str,
    draft: dict[str, str] | None = None,
) -> Response:
    return pages.act(
        house,
        work,
        to=f"{PATH}/switches?done={done}",
        again=lambda problem: _switches(request, house, problem=problem, draft=draft),
    )
