"""The page behind a letter's link: a body gives a ticket back, or tells its own number for it.

Opening the page changes nothing: mail scanners open every link.
"""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse

from bot.database import utc_now
from bot.hours import SEOUL
from bot.knowledge.topics import title
from bot.tickets import one_click
from bot.tickets.errors import TicketError
from bot.tickets.models import Ticket
from bot.web.pages import Language, templates
from bot.web.parts import Parts

router = APIRouter(prefix="/bodies", include_in_schema=False)
HEADERS = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex", "Referrer-Policy": "no-referrer"}


@router.get("/not-ours/{token}")
def show(request: Request, token: str, language: Language = "ko") -> HTMLResponse:
    """What the link is about, with a button and a field."""
    with _parts(request).database.reading() as session:
        try:
            ticket = one_click.find(session, token).ticket
        except TicketError as error:
            return _failed(request, error, language)
        return _page(request, language, ticket=ticket, token=token)


@router.post("/not-ours/{token}")
def give_back(
    request: Request,
    token: str,
    reason: Annotated[str, Form()] = "",
    language: Language = "ko",
) -> HTMLResponse:
    """Give the ticket back to the 120 desk."""
    parts = _parts(request)
    masked = parts.masker.mask(reason.strip()[: one_click.LONGEST_REASON]).text
    try:
        with parts.database.writing() as session:
            ticket = one_click.give_back(session, token, reason=masked, now=utc_now())
    except TicketError as error:
        return _failed(request, error, language)
    return _page(request, language, done="delivery.given_back", ticket=ticket)


@router.post("/number/{token}")
def keep_number(
    request: Request,
    token: str,
    number: Annotated[str, Form()] = "",
    language: Language = "ko",
) -> HTMLResponse:
    """Keep the ticket's number in the body's own system."""
    parts = _parts(request)
    masked = parts.masker.mask(number.strip()[:100]).text
    try:
        with parts.database.writing() as session:
            ticket = one_click.keep_number(session, token, number=masked, now=utc_now())
    except TicketError as error:
        return _failed(request, error, language)
    return _page(request, language, done="delivery.number_kept", ticket=ticket, token=token)


def _parts(request: Request) -> Parts:
    parts: Parts = request.app.state.parts
    return parts


def _failed(request: Request, error: TicketError, language: str) -> HTMLResponse:
    return _page(request, language, problem=error.wording, status=error.status)


def _page(
    request: Request,
    language: str,
    *,
    ticket: Ticket | None = None,
    token: str = "",
    done: str = "",
    problem: str = "",
    status: int = 200,
) -> HTMLResponse:
    wording = _parts(request).wording

    def say(key: str, **values: str) -> str:
        return wording.text(key, language, values)

    context = {"lang": language, "say": say, "token": token, "done": done, "problem": problem}
    if ticket is not None:
        context |= {
            "receipt": ticket.receipt_number,
            "title": title(ticket.topic, language) or say("delivery.no_title"),
            "due": f"{ticket.due_at.astimezone(SEOUL):%Y-%m-%d %H:%M}",
            "number": ticket.external_number or "",
        }
    return templates.TemplateResponse(request, "bodies.html", context, status, HEADERS)
