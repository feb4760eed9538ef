"""Errors as RFC 9457 problem details: a type, a status, and a sentence that says what to do."""

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from bot.conversations.errors import ConversationError
from bot.wording import Wording

log = structlog.get_logger(__name__)
MEDIA_TYPE = "application/problem+json"


class TooManyConversations(ConversationError):
    """One address opened more conversations in a minute than the settings allow."""

    status = 429
    wording = "error.too_many_conversations"


class TooManyRequests(ConversationError):
    """One address did in a minute more often what costs much than a person would."""

    status = 429
    wording = "status_page.too_often"


class BodyTooLarge(ConversationError):
    """The request's body is larger than any message may be."""

    status = 413
    wording = "error.body_too_large"


def language_of(request: Request) -> str:
    """English when the caller prefers it, else Korean."""
    preferred = request.headers.get("accept-language", "ko").strip().lower()
    return "en" if preferred.startswith("en") else "ko"


def problem(request: Request, error: ConversationError) -> JSONResponse:
    """The problem details of an error, in the caller's language."""
    wording: Wording = request.app.state.wording
    body = {
        "type": f"urn:ilsa:{error.wording.removeprefix('error.')}",
        "title": type(error).__name__,
        "status": error.status,
        "detail": wording.text(error.wording, language_of(request), error.values),
    }
    headers = {"Retry-After": "30"} if error.status == 429 else {}
    if error.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse(body, error.status, headers=headers, media_type=MEDIA_TYPE)


def _plain(request: Request, status: int, key: str) -> JSONResponse:
    error = ConversationError()
    error.status, error.wording = status, key
    return problem(request, error)


async def _conversation_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, ConversationError)
    return problem(request, error)


async def _unreadable(request: Request, error: Exception) -> Response:
    # FastAPI's own answer would send the citizen's words back and into logs.
    return _plain(request, 422, "error.unreadable")


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    known = {404: "error.not_found", 405: "error.not_allowed", 413: "error.body_too_large"}
    return _plain(request, error.status_code, known.get(error.status_code, "error.bad_request"))


async def _crash(request: Request, error: Exception) -> Response:
    log.error("request_failed", path=request.url.path, error=type(error).__name__)
    return _plain(request, 500, "error.internal")


def install(app: FastAPI) -> None:
    """Answer every error of the application as problem details."""
    app.add_exception_handler(ConversationError, _conversation_error)
    app.add_exception_handler(RequestValidationError, _unreadable)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(Exception, _crash)
