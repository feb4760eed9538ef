"""Draws a staff page: templates, language, times for people, and the page of an error."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache, partial
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, PlainTextResponse, RedirectResponse
from fastapi.routing import APIRoute
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sqlalchemy.orm import Session

from bot.conversations import desk_rules, presence
from bot.conversations.errors import ConversationError
from bot.conversations.people_models import PRESENCES, Presence
from bot.database import utc_now
from bot.paths import ROOT
from bot.staff import errors, inbox
from bot.staff.dependencies import (
    LANGUAGE_COOKIE,
    LIVE_HEADER,
    PATH,
    Services,
    services,
    sign_in_url,
)
from bot.staff.rights import Right
from bot.staff.service import Staff
from bot.tickets.errors import TicketError
from bot.tickets.policy import ticket_policy
from bot.wording import LANGUAGES, Language, Wording

TEMPLATES = ROOT / "bot" / "web" / "templates" / "staff"
SEOUL = ZoneInfo("Asia/Seoul")
YEAR_SECONDS = 365 * 24 * 3600

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "font-src 'self'",
            "img-src 'self'",
            "connect-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Conversation ids and receipt numbers stand in the addresses of the pages.
    "Referrer-Policy": "no-referrer",
}

MENU: tuple[tuple[str, Right], ...] = (
    ("conversations", "talks"),
    ("phone", "phone_desk"),
    ("tickets", "tickets"),
    ("labels", "knowledge"),
    ("feedback", "knowledge"),
    ("notices", "notices"),
    ("statistics", "statistics"),
    ("switches", "switches"),
    ("rules", "rules"),
    ("people", "people"),
    ("audit", "audit"),
)
"""The pages of the menu, each with the right that it needs."""

DESK_WORDS = ("desk_inbox", "desk_talk", "desk_tickets", "desk_phone", "desk_statistics")
"""The wording of single pages, beside that of all of them."""

Problem = errors.StaffError | ConversationError | TicketError
PROBLEMS = (errors.StaffError, ConversationError, TicketError)


class Words:
    """The staff wording in one language, as the templates use it."""

    def __init__(self, wording: Wording, language: Language, now: datetime) -> None:
        self._wording = wording
        self.language = language
        self._now = now

    def __call__(self, name: str, /, **values: object) -> str:
        """The sentence `staff.<name>`, or that of a whole key; its `$values` filled in."""
        texts = {key: str(value) for key, value in values.items()}
        return self._wording.text(_key(name), self.language, texts)

    def has(self, name: str) -> bool:
        """Whether there is such a sentence."""
        return self._wording.has(_key(name))

    def of(self, kind: str, code: str | None) -> str:
        """The name of a code (`of("reason", "unsure")`), or the code when it has no name."""
        key = f"{kind}_{code}".replace(":", "_")
        return self(key) if self.has(key) else (code or "")

    def done(self, done: str | None) -> str | None:
        """The sentence of what was done, whichever page's wording has it."""
        if not done:
            return None
        if self.has(f"done_{done}"):
            return self(f"done_{done}")
        own = (f"{page}.done_{done}" for page in DESK_WORDS)
        return next((self(key) for key in own if self.has(key)), None)

    def problem(self, problem: Problem) -> str:
        """The sentence of an error: the staff's own where there is one, else the citizen's."""
        own = problem.wording.removeprefix("staff.").replace(".", "_")
        if self.has(own):
            return self(own, **problem.values)
        return self._wording.text(problem.wording, self.language, problem.values)

    def moment(self, at: datetime) -> str:
        """A point in time, as the clock in Jeju shows it."""
        return at.astimezone(SEOUL).strftime("%Y-%m-%d %H:%M")

    def clock(self, at: datetime) -> str:
        """The time of day in Jeju, with the date unless it is today."""
        local, today = at.astimezone(SEOUL), self._now.astimezone(SEOUL).date()
        return local.strftime("%H:%M" if local.date() == today else "%m-%d %H:%M")

    def age(self, at: datetime) -> str:
        """How long ago, in the largest whole unit."""
        minutes = max(0, int((self._now - at).total_seconds() // 60))
        if minutes < 1:
            return self("age_now")
        if minutes < 60:
            return self("age_minutes", count=minutes)
        if minutes < 60 * 24:
            return self("age_hours", count=minutes // 60)
        return self("age_days", count=minutes // (60 * 24))

    def due(self, at: datetime) -> str:
        """How many calendar days in Jeju are left until `at`, or have passed since."""
        days = (at.astimezone(SEOUL).date() - self._now.astimezone(SEOUL).date()).days
        if at < self._now:
            return self("due_over", count=max(1, -days)) if days else self("due_over_today")
        return self("due_in", count=days) if days else self("due_today")

    def term(self, petition: str) -> str:
        """The kind of petition and its legal term; the kind alone when the policy lost it."""
        name = self.of("petition", petition)
        term = ticket_policy().petitions.get(petition)
        if term is None:
            return name
        if term.days is not None:
            return self("term_days", petition=name, count=term.days)
        return self("term_hours", petition=name, count=term.hours)

    def is_overdue(self, at: datetime) -> bool:
        """Whether `at` has passed."""
        return at < self._now


def _key(name: str) -> str:
    return name if "." in name else f"staff.{name}"


def language_of(request: Request) -> Language:
    """`?lang=`, else the cookie, else Korean."""
    for asked in (request.query_params.get("lang"), request.cookies.get(LANGUAGE_COOKIE)):
        for known in LANGUAGES:
            if asked == known:
                return known
    return "ko"


def words(request: Request) -> Words:
    """The wording for this request."""
    return Words(services(request).wording, language_of(request), utc_now())


def page(
    request: Request,
    template: str,
    *,
    status: int = 200,
    headers: dict[str, str] | None = None,
    **values: Any,
) -> HTMLResponse:
    """Draw `template`. It knows `t` (Words), `staff` (who is signed in, or None) and `here`."""
    own_address = request.url.path if request.method == "GET" else f"{PATH}/"
    context = {
        "t": words(request),
        "staff": getattr(request.state, "staff", None),
        "here": own_address,
        "menu": MENU,
        "needing": partial(_needing, request),
        "presence": partial(_presence, request),
        "problem": None,
        "done": None,
        **values,
    }
    text = _environment().get_template(template).render(context)
    return HTMLResponse(text, status_code=status, headers=headers)


@dataclass(frozen=True)
class Here:
    """Whether the person is there for chats, for the head of the page."""

    state: str
    capacity: int
    states: tuple[str, ...]


def _needing(request: Request) -> tuple[int, int]:
    """The number beside the menu, for pages that did not count it for themselves."""
    staff: Staff = request.state.staff
    if not staff.may("talks"):
        return 0, 0
    with services(request).database.reading() as session:
        return inbox.needing(session)


def _presence(request: Request) -> Here:
    staff: Staff = request.state.staff
    with services(request).database.reading() as session:
        known = session.get(Presence, staff.login)
        state = presence.state_of(session, login=staff.login, now=utc_now())
        capacity = known.capacity if known else desk_rules.current(session).capacity
    return Here(state, capacity, PRESENCES)


@lru_cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def act(
    house: Services,
    work: Callable[[Session], object],
    *,
    to: str,
    again: Callable[[Problem], Response],
    wakes: str | None = None,
) -> Response:
    """Do `work` in one transaction and lead on to `to`; a known problem is drawn by `again`.

    `wakes`: the conversation whose open pages are told of it.
    """
    try:
        with house.database.writing() as session:
            work(session)
    except PROBLEMS as problem:
        return again(problem)
    if wakes is not None:
        house.notify(wakes)
    return RedirectResponse(to, status_code=303)


def problem_page(request: Request, problem: Problem) -> Response:
    """The page of an error; a signed-out person is led to sign in and back."""
    if LIVE_HEADER in request.headers:
        return PlainTextResponse("", status_code=problem.status)
    if isinstance(problem, errors.SignedOut):
        return RedirectResponse(sign_in_url(request), status_code=303)
    if isinstance(problem, errors.MustChangePassword):
        return RedirectResponse(f"{PATH}/password", status_code=303)
    return page(
        request, "problem.html", status=problem.status, sentence=words(request).problem(problem)
    )


class StaffRoute(APIRoute):
    """A route whose known errors become pages, and whose answers carry the staff headers.

    It stands on the router, so the application needs no handlers of its own for these pages.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler of the route, wrapped."""
        handler = super().get_route_handler()

        async def handle(request: Request) -> Response:
            try:
                response = await handler(request)
            except PROBLEMS as problem:
                response = problem_page(request, problem)
            except RequestValidationError:
                response = problem_page(request, errors.BadRequest())
            response.headers.update(HEADERS)
            if request.query_params.get("lang") in LANGUAGES:
                _keep_language(request, response)
            return response

        return handle


def _keep_language(request: Request, response: Response) -> None:
    response.set_cookie(
        LANGUAGE_COOKIE,
        language_of(request),
        max_age=YEAR_SECONDS,
        path=PATH,
        secure=not services(request).settings.development,
        httponly=True,
        samesite="lax",
    )
