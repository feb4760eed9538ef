"""The chat on a page of its own: with scripts the widget, without them plain forms.

Without scripts the conversation is kept by a cookie that only these pages see. Every form carries
a guard made from the conversation's token, and a request that another site made is refused.
"""

import hashlib
import hmac
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from bot.attachments.errors import NoPhoto
from bot.conversations import shared
from bot.conversations.errors import ConversationError, UnknownConversation
from bot.conversations.schemas import IncomingMessage, NewConversation, StateOut
from bot.web import api
from bot.web.api import PartsOf
from bot.web.limits import new_conversation_allowed, photo_allowed
from bot.web.pages import Language, page
from bot.web.parts import Parts

router = APIRouter(include_in_schema=False)
PATH = "/chat"
COOKIE = "ilsa_chat"
COOKIE_SECONDS = 24 * 3600
FormLanguage = Annotated[Literal["ko", "en"], Form(alias="lang")]
Own = tuple[str, str]
"""Id and token of the conversation that the cookie keeps."""


class ForeignForm(ConversationError):
    """The form was not filled in on our own page."""

    status = 403
    wording = "chat_page.foreign_form"


def kept(request: Request) -> Own | None:
    """The conversation of the cookie, if it names one; the token is not checked here."""
    conversation_id, _, token = request.cookies.get(COOKIE, "").partition(".")
    return (conversation_id, token) if conversation_id and token else None


def guard(own: Own | None) -> str:
    """What a form of this conversation carries; nothing while there is none."""
    return hashlib.sha256(f"form:{own[1]}".encode()).hexdigest()[:32] if own else ""


def check_guard(request: Request, own: Own | None, given: str) -> None:
    """Raises ForeignForm when another site may have sent the form."""
    site = request.headers.get("sec-fetch-site", "")
    origin = request.headers.get("origin", "")
    ours = {request.headers.get("host", ""), urlsplit(_base_url(request)).netloc}
    if site in ("cross-site", "same-site") or (origin and urlsplit(origin).netloc not in ours):
        raise ForeignForm
    # A browser's own word that the form is ours outweighs a guard from before the conversation.
    if site != "same-origin" and not hmac.compare_digest(guard(own), given):
        raise ForeignForm


def _base_url(request: Request) -> str:
    base: str = api.parts_of(request).settings.base_url
    return base


@router.get(PATH)
def chat(request: Request, parts: PartsOf, language: Language = "ko") -> HTMLResponse:
    """The chat on a page of its own."""
    return _show(request, parts, kept(request), language)


@router.post(PATH)
async def send(
    request: Request,
    parts: PartsOf,
    language: FormLanguage = "ko",
    text: Annotated[str, Form()] = "",
    button: Annotated[str, Form(max_length=64)] = "",
    given: Annotated[str, Form(alias="guard")] = "",
) -> Response:
    """Send what was typed, or a pressed button; the page then shows the answer."""

    async def incoming() -> IncomingMessage:
        check_guard(request, kept(request), given)
        return IncomingMessage(button_id=button) if button else IncomingMessage(text)

    return await _take(request, parts, language, incoming, text)


@router.post(f"{PATH}/photo", dependencies=[Depends(photo_allowed)])
async def photo(request: Request, parts: PartsOf, language: Language = "ko") -> Response:
    """Send one photo. The language stands in the address, for a form too large to be read."""

    async def incoming() -> IncomingMessage:
        with shared.refusing():
            try:
                async with request.form(max_files=1, max_fields=4) as form:
                    check_guard(request, kept(request), str(form.get("guard", "")))
                    sent = form.get("photo")
                    data = await sent.read() if isinstance(sent, UploadFile) else b""
            except HTTPException as error:
                too_large = error.status_code == 413
                raise (parts.photos.limits.too_large() if too_large else NoPhoto()) from error
            if not data:
                raise NoPhoto
        return IncomingMessage(photo=data)

    return await _take(request, parts, language, incoming)


@router.post(f"{PATH}/restart")
def restart(
    request: Request, language: FormLanguage = "ko", given: Annotated[str, Form(alias="guard")] = ""
) -> Response:
    """Leave the conversation; the service keeps it as long as its rules say."""
    try:
        check_guard(request, kept(request), given)
    except ForeignForm as error:
        return _show(request, api.parts_of(request), kept(request), language, error)
    return _without_cookie(language)


@router.post(f"{PATH}/delete")
async def delete(
    request: Request,
    parts: PartsOf,
    language: FormLanguage = "ko",
    given: Annotated[str, Form(alias="guard")] = "",
) -> Response:
    """Delete the conversation with its messages and photos."""
    own = kept(request)
    try:
        check_guard(request, own, given)
        if own is not None:
            await api.delete(parts, own[1], own[0])
    except UnknownConversation:
        pass
    except ConversationError as error:
        return await run_in_threadpool(_show, request, parts, own, language, error)
    return _without_cookie(language)


async def _take(
    request: Request,
    parts: Parts,
    language: str,
    incoming: Callable[[], Awaitable[IncomingMessage]],
    text: str = "",
) -> Response:
    """Send a message and wait for its answer; a refusal is shown above the field."""
    own = kept(request)
    try:
        message = await incoming()
        if own is None or not await _opens(parts, own):
            own = await _opened(request, parts, language)
        received = await parts.turns.receive(conversation_id=own[0], token=own[1], incoming=message)
    except ConversationError as error:
        shown = await run_in_threadpool(_show, request, parts, own, language, error, text)
        return _with_cookie(shown, parts, own)
    await parts.turns.answered(own[0], received.message_id, api.WAIT_SECONDS)
    return _with_cookie(_back(language), parts, own)


async def _opens(parts: Parts, own: Own) -> bool:
    try:
        await api.check_token(parts, *own)
    except UnknownConversation:
        return False
    return True


async def _opened(request: Request, parts: Parts, language: str) -> Own:
    new_conversation_allowed(request)
    body = NewConversation.model_validate({"language": language})
    made = await run_in_threadpool(api.open_conversation, parts, body)
    return made.id, made.token


def _show(
    request: Request,
    parts: Parts,
    own: Own | None,
    language: str,
    error: ConversationError | None = None,
    text: str = "",
) -> HTMLResponse:
    state = _state(parts, own)
    last = state.messages[-1].sender if state and state.messages else ""
    values: dict[str, Any] = {
        "state": state,
        "guard": guard(own),
        "text": text,
        "error": parts.wording.text(error.wording, language, error.values) if error else None,
        "is_pending": state is not None and state.state != "closed" and last == "citizen",
    }
    shown = page(request, "chat.html", language, status=error.status if error else 200, **values)
    shown.headers["Cache-Control"] = "no-store"
    return shown


def _state(parts: Parts, own: Own | None) -> StateOut | None:
    """The conversation as its citizen sees it; None when there is none (any more)."""
    if own is None:
        return None
    try:
        return api.messages(parts, own[1], own[0], 0)
    except UnknownConversation:
        return None


def _back(language: str) -> RedirectResponse:
    return RedirectResponse(f"{PATH}?lang={language}#latest", status_code=303)


def _with_cookie(response: Response, parts: Parts, own: Own | None) -> Response:
    if own is not None:
        response.set_cookie(
            COOKIE,
            ".".join(own),
            max_age=COOKIE_SECONDS,
            path=PATH,
            httponly=True,
            samesite="lax",
            secure=not parts.settings.development,
        )
    return response


def _without_cookie(language: str) -> Response:
    response = RedirectResponse(f"{PATH}?lang={language}", status_code=303)
    response.delete_cookie(COOKIE, path=PATH, httponly=True, samesite="lax")
    return response
