"""Sending an answer to a caller as a text message, where the installation has a sender.

The application has none of its own: `app.state.send_text` is the place for one (docs/staff.md).
"""

from typing import Annotated, Protocol

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from bot.database import utc_now
from bot.privacy.masking import Masker
from bot.staff import pages, phone
from bot.staff.dependencies import Line
from bot.staff.errors import StaffError
from bot.staff.phone_routes import DESK, AtDesk, Calling, HeardCall, link_of
from bot.staff.service import audit

router = APIRouter(route_class=pages.StaffRoute)
"""Stands below the router of `bot.staff.routes`, which says the prefix."""


class TextSender(Protocol):
    """Sends a text message; whatever it raises counts as not sent."""

    async def __call__(self, number: str, text: str) -> None: ...


class NotSent(StaffError):
    """There is no sender, no consent, no phone number, no article, or the sender failed."""

    status = 422
    wording = "desk_phone.error_send"


def sender(request: Request) -> TextSender | None:
    """What sends text messages here; None where nothing does."""
    found: TextSender | None = getattr(request.app.state, "send_text", None)
    return found


def number_in(typed: str, masker: Masker) -> str:
    """The one phone number that was typed. Raises NotSent."""
    found = masker.mask(typed).findings
    if len(found) != 1 or found[0].kind != "phone":
        raise NotSent
    return found[0].original


@router.post("/phone/send")
async def send(
    at: AtDesk,
    staff: Calling,
    call: HeardCall,
    number: Line = "",
    consented_text: Annotated[bool, Form()] = False,
) -> Response:
    """Send the answer's summary and link; the number is used once and kept nowhere."""
    house, now = at.house, utc_now()

    def text() -> str:
        with house.database.reading() as session:
            found = phone.read(
                session, topic=call.topic, wording=house.wording, language=call.language, now=now
            )
        if found is None:
            raise NotSent
        link = link_of(house, call.topic, call.language)
        return phone.to_send(found, link=link, wording=house.wording, language=call.language)

    def note() -> None:
        with house.database.writing() as session:
            audit(session, login=staff.login, what="text_sent", subject=call.topic, now=now)

    try:
        send_text = sender(at.request)
        if send_text is None or not consented_text:
            raise NotSent
        to, message = number_in(number, house.masker), await run_in_threadpool(text)
        try:
            await send_text(to, message)
        except Exception as error:
            raise NotSent from error
    except pages.PROBLEMS as problem:
        return await at.page(staff, call, problem=problem)
    await run_in_threadpool(note)
    return RedirectResponse(f"{DESK}?done=text_sent", status_code=303)
