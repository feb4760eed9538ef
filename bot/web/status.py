"""The status page: a ticket by receipt number and check code, or by the link of a notice.

It works with scripts off. Whoever gave the right code is led to a link of the same kind as those in
notices, which ends soon. The link's token is the proof for the actions too: no other site knows it,
so a form sent from elsewhere reaches no ticket.
"""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlalchemy.orm import Session

from bot.attachments import service as attachments
from bot.attachments import showing
from bot.attachments.errors import PhotoGone
from bot.conversations import shared
from bot.database import utc_now
from bot.tickets import links
from bot.tickets import service as tickets
from bot.tickets.changing import said
from bot.tickets.errors import TicketError
from bot.tickets.lookups import find_for_citizen
from bot.tickets.models import Ticket, TicketEvent
from bot.web.api import PartsOf
from bot.web.limits import status_allowed
from bot.web.pages import templates
from bot.web.parts import Parts
from bot.web.problems import TooManyRequests, language_of
from bot.web.status_view import view

PATH = "/status"
MOST_WORDS = 2000
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    # The address is the proof: it goes to no other site and into no index.
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
}
DONE = ("rated", "reopened", "cancelled", "told")

router = APIRouter(prefix=PATH, include_in_schema=False)

Asked = Annotated[str, Query(alias="lang")]
Line = Annotated[str, Form()]
Act = Callable[[Session, Ticket], TicketEvent]


class LinkOver(TicketError):
    """The link to a status page has ended, or never was one."""

    status = 404
    wording = "status_page.link_over"


def page_language(request: Request, asked: str = "") -> str:
    """`?lang=`, else what the browser prefers."""
    return asked if asked in ("ko", "en") else language_of(request)


def _page(
    request: Request, name: str, language: str, *, status: int = 200, **values: object
) -> HTMLResponse:
    parts: Parts = request.app.state.parts

    def say(key: str, **given: str) -> str:
        return parts.wording.text(key, language, given)

    context = {"lang": language, "say": say, "here": PATH, "problems": [], **values}
    return templates.TemplateResponse(request, name, context, status, headers=HEADERS)


@router.get("")
def form(request: Request, asked: Asked = "") -> Response:
    """The form that asks for receipt number and check code."""
    return _form(request, page_language(request, asked))


def _form(
    request: Request,
    language: str,
    *,
    status: int = 200,
    problems: list[tuple[str, str]] | None = None,
    receipt: str = "",
) -> Response:
    """`problems`: the field each is about, and the key of its sentence."""
    response = _page(
        request,
        "status_form.html",
        language,
        status=status,
        problems=problems or [],
        receipt=receipt[:40],
    )
    if status == TooManyRequests.status:
        response.headers["Retry-After"] = "60"
    return response


@router.post("")
def find(
    request: Request, parts: PartsOf, receipt: Line = "", code: Line = "", asked: Asked = ""
) -> Response:
    """Lead to the ticket of the right code; everything else looks alike."""
    language = page_language(request, asked)
    empty = [
        (field, f"status_page.error_no_{field}")
        for field, value in (("receipt", receipt), ("code", code))
        if not value.strip()
    ]
    if empty:
        return _form(request, language, status=422, problems=empty, receipt=receipt)
    try:
        status_allowed(request)
    except TooManyRequests as problem:
        problems = [("receipt", problem.wording)]
        return _form(request, language, status=problem.status, problems=problems, receipt=receipt)
    now = utc_now()
    with parts.database.writing() as session:
        found = find_for_citizen(
            session, receipt_number=receipt[:40], check_code=code[:40], now=now
        )
        if found is not None:
            token = links.status_token(found, parts.links_key, now)
    if found is None:
        problems = [("receipt", "status_page.error_nothing")]
        return _form(request, language, status=404, problems=problems, receipt=receipt)
    return _to(token, language)


def _to(token: str, language: str, done: str = "") -> Response:
    query = f"lang={language}" + (f"&done={done}" if done else "")
    return RedirectResponse(f"{PATH}/{token}?{query}", status_code=303, headers=HEADERS)


@router.get("/{token}")
def show(
    request: Request, parts: PartsOf, token: str, asked: Asked = "", done: str = ""
) -> Response:
    """The ticket of a link."""
    done = done if done in DONE else ""
    return _ticket(request, parts, token, page_language(request, asked), done=done)


def _ticket(
    request: Request,
    parts: Parts,
    token: str,
    language: str,
    *,
    done: str = "",
    problem: TicketError | None = None,
    draft: str = "",
) -> Response:
    def say(key: str, **values: str) -> str:
        return parts.wording.text(key, language, values)

    with parts.database.reading() as session:
        try:
            ticket = _of(session, parts, token)
        except LinkOver as over:
            problems = [("receipt", over.wording)]
            return _form(request, language, status=over.status, problems=problems)
        shown = view(session, ticket, say=say, language=language, now=utc_now())
    return _page(
        request,
        "status.html",
        language,
        status=problem.status if problem else 200,
        here=f"{PATH}/{token}",
        ticket=shown,
        done=done,
        draft=draft,
        problem=say(problem.wording, **problem.values) if problem else "",
    )


def _of(session: Session, parts: Parts, token: str) -> Ticket:
    """The ticket of a link. Raises LinkOver."""
    ticket = links.ticket_of(session, token, parts.links_key, utc_now())
    if ticket is None:
        raise LinkOver
    return ticket


@router.get("/{token}/photos/{attachment_id}")
def photo(parts: PartsOf, token: str, attachment_id: str) -> Response:
    """A photo of the link's ticket."""
    with parts.database.reading() as session, shared.refusing():
        ticket = links.ticket_of(session, token, parts.links_key, utc_now())
        found = attachments.find(session, attachment_id)
        if ticket is None or found.ticket_id != ticket.id:
            raise PhotoGone
        data = parts.photos.store.read(found)
    return Response(data, media_type=found.media_type, headers=showing.HEADERS)


@router.post("/{token}/rate")
def rate(
    request: Request, parts: PartsOf, token: str, rating: Line = "", asked: Asked = ""
) -> Response:
    """Rate how the ticket was handled, 1 to 5."""
    points = int(rating) if rating in ("1", "2", "3", "4", "5") else 0

    def act(session: Session, ticket: Ticket) -> TicketEvent:
        return tickets.rate(session, ticket=ticket, rating=points, now=utc_now())

    return _acted(request, parts, token, asked, act, "rated")


@router.post("/{token}/reopen")
def reopen(
    request: Request, parts: PartsOf, token: str, text: Line = "", asked: Asked = ""
) -> Response:
    """Have a ticket taken up again, with what is still wrong."""

    def act(session: Session, ticket: Ticket) -> TicketEvent:
        reason = said(_masked(parts, text))
        return tickets.reopen(session, ticket=ticket, text=reason, now=utc_now())

    return _acted(request, parts, token, asked, act, "reopened", text)


@router.post("/{token}/tell")
def tell(
    request: Request, parts: PartsOf, token: str, text: Line = "", asked: Asked = ""
) -> Response:
    """Tell what the staff asked for."""

    def act(session: Session, ticket: Ticket) -> TicketEvent:
        return tickets.told_by_citizen(
            session,
            ticket=ticket,
            text=_masked(parts, text),
            actor="citizen",
            version=None,
            now=utc_now(),
        )

    return _acted(request, parts, token, asked, act, "told", text)


@router.post("/{token}/cancel")
def cancel(request: Request, parts: PartsOf, token: str, asked: Asked = "") -> Response:
    """Withdraw a ticket that is still open."""

    def act(session: Session, ticket: Ticket) -> TicketEvent:
        return tickets.withdraw(session, ticket=ticket, now=utc_now())

    return _acted(request, parts, token, asked, act, "cancelled")


def _acted(
    request: Request,
    parts: Parts,
    token: str,
    asked: str,
    act: Act,
    done: str,
    draft: str = "",
) -> Response:
    language = page_language(request, asked)
    try:
        with parts.database.writing() as session:
            ticket = _of(session, parts, token)
            act(session, ticket)
            conversation_id = ticket.conversation_id
    except TicketError as problem:
        return _ticket(request, parts, token, language, problem=problem, draft=draft[:MOST_WORDS])
    if conversation_id:
        parts.hub.notify(conversation_id)
    return _to(token, language, done)


def _masked(parts: Parts, text: str) -> str:
    """The citizen's words without personal data, at most MOST_WORDS characters of them."""
    return parts.masker.mask(text.strip()[:MOST_WORDS], {}).text
