"""The webhooks: `/channels/{name}/webhook`, GET for a platform's handshake, POST for its events."""

import asyncio
import time
from collections.abc import Sequence

import structlog
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response

from bot.callers import client_address
from bot.channels import working
from bot.channels.answering import SPARE_SECONDS
from bot.channels.base import Channel, Event, HttpAnswer, Ignored, RawRequest, Refused
from bot.channels.intake import Taken
from bot.channels.metrics import REFUSED, WEBHOOK_SECONDS
from bot.channels.registry import Channels

log = structlog.get_logger(__name__)
router = APIRouter(prefix="/channels", include_in_schema=False)
MAX_BODY_BYTES = 1024 * 1024
PATHS = ("/{name}/webhook", "/{name}/webhook/{secret}")


@router.get(PATHS[0])
@router.get(PATHS[1])
async def handshake(request: Request, name: str, secret: str = "") -> Response:
    """What a platform asks to check the address."""
    try:
        channel = _channel(request, name)
        return _response(channel.handshake(_raw(request, b"", secret)))
    except Refused as refusal:
        return _refused(name, refusal)


@router.post(PATHS[0])
@router.post(PATHS[1])
async def webhook(request: Request, name: str, secret: str = "") -> Response:
    """A platform's events: verified, stored, and answered in time."""
    started = time.monotonic()
    try:
        channel = _channel(request, name)
        raw = _raw(request, await _body(request), secret)
        channel.verify(raw)
        events = channel.parse(raw)
    except Refused as refusal:
        return _refused(name, refusal)
    channels: Channels = request.app.state.channels
    if channel.capabilities.answers_in_http:
        answer = await _answered(channels, channel, raw, events, started)
    else:
        await working.stored(channels, channel, events, started)
        answer = HttpAnswer()
    WEBHOOK_SECONDS.labels(channel=name).observe(time.monotonic() - started)
    return _response(answer)


async def _answered(
    channels: Channels, channel: Channel, raw: RawRequest, events: Sequence[Event], started: float
) -> HttpAnswer:
    """The answer to the last event that somebody waits for."""
    answer = HttpAnswer()
    for event in events:
        taken = await _taken(channels, channel, event, started)
        if taken is None:
            return channel.not_yet(raw, "ko")
        if not isinstance(event, Ignored) and (taken.user or taken.said):
            answer = await channels.answering.reply(channel, raw, taken, started)
    return answer


async def _taken(
    channels: Channels, channel: Channel, event: Event, started: float
) -> Taken | None:
    """What the event became; None when its photos take longer than the platform waits.

    It is taken all the same, and its answer waits for the citizen.
    """
    taking = asyncio.ensure_future(channels.intake.take(channel, event))
    _TAKING.add(taking)
    taking.add_done_callback(_TAKING.discard)
    limit = channel.capabilities.answer_seconds - SPARE_SECONDS
    done, _ = await asyncio.wait({taking}, timeout=max(started + limit - time.monotonic(), 0.1))
    return taking.result() if done else None


_TAKING: set[asyncio.Future[Taken]] = set()


def _channel(request: Request, name: str) -> Channel:
    channels: Channels = request.app.state.channels
    if (channel := channels.on.get(name)) is None:
        raise Refused(404, "no such channel, or it is off")
    return channel


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise Refused(413, "the body is too large")
    return bytes(body)


def _raw(request: Request, body: bytes, secret: str) -> RawRequest:
    return RawRequest(
        method=request.method,
        headers={name.lower(): value for name, value in request.headers.items()},
        query=dict(request.query_params),
        body=body,
        client=client_address(request, request.app.state.settings.trusted_proxies),
        path_secret=secret,
    )


def _refused(name: str, refusal: Refused) -> Response:
    # A stranger chooses the name: only the channels that there are become labels.
    known = name if refusal.status != 404 else "none"
    REFUSED.labels(channel=known, status=str(refusal.status)).inc()
    if refusal.status != 404:
        log.warning("webhook_refused", channel=name, status=refusal.status, why=str(refusal))
    return Response(status_code=refusal.status)


def _response(answer: HttpAnswer) -> Response:
    if isinstance(answer.body, dict):
        return JSONResponse(answer.body, answer.status, headers=dict(answer.headers))
    return PlainTextResponse(answer.body or "", answer.status, headers=dict(answer.headers))
