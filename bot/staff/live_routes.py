"""What open consoles are told as it happens: Server-Sent Events, and who looks at what."""

import json
import time
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from sse_starlette.sse import EventSourceResponse
from starlette.concurrency import run_in_threadpool

from bot.conversations import presence
from bot.database import utc_now
from bot.staff import errors, pages, service, viewers
from bot.staff.dependencies import SESSION_COOKIE, Counselling, House, Services
from bot.staff.desk_parts import Watching
from bot.staff.live import Live, Seen, Watch
from bot.staff.service import Staff

router = APIRouter(route_class=pages.StaffRoute)
"""Stands below the router of `bot.staff.routes`, which says the prefix."""

CHECK_SECONDS = 15.0
"""How often a stream looks whether its person is still signed in, and says that they are there."""


def watcher(request: Request, house: House) -> Staff:
    """Who is signed in and may see conversations.

    A stream is no sign of a person: it keeps no session alive. Raises SignedOut, NotAllowed.
    """
    token = request.cookies.get(SESSION_COOKIE)
    if not token:
        raise errors.SignedOut
    with house.database.reading() as session:
        staff, _ = service.signed_in(session, token=token, now=utc_now())
    if staff.must_change or not staff.may("talks"):
        raise errors.NotAllowed
    return staff


Watcher = Annotated[Staff, Depends(watcher)]


@router.get("/events")
async def events(
    request: Request,
    house: House,
    staff: Watcher,
    watching: Watching,
    talk: Annotated[str, Query(max_length=36)] = "",
    show: Annotated[str, Query(max_length=16)] = "",
) -> EventSourceResponse:
    """`changed`: the page is out of date, with the counts; `looking`: who else is in `talk`.

    The page shows the conversation `talk`, or the view `show` of the inbox.
    """
    watch = Watch(staff.login, talk, show)
    return EventSourceResponse(_stream(request, house, watching, watch), ping=20, send_timeout=10)


async def _stream(
    request: Request, house: Services, watching: Live, watch: Watch
) -> AsyncIterator[dict[str, str]]:
    checked = 0.0
    told: list[dict[str, object]] = []
    async with aclosing(watching.changes(watch, CHECK_SECONDS)) as changes:
        async for changed in changes:
            if time.monotonic() - checked >= CHECK_SECONDS:
                checked = time.monotonic()
                if not await run_in_threadpool(_still_there, request, house):
                    yield {"event": "signed_out", "data": ""}
                    return
            if changed is None:
                continue
            seen = watching.seen
            if changed:
                counts = {"waiting": seen.waiting, "alarms": seen.alarms}
                yield {"event": "changed", "data": json.dumps(counts)}
            now = _others(seen, watch)
            if now != told:
                told = now
                yield {"event": "looking", "data": json.dumps(now)}


def _others(seen: Seen, watch: Watch) -> list[dict[str, object]]:
    return [
        {"login": one.login, "typing": one.typing}
        for one in seen.looking.get(watch.talk, ())
        if one.login != watch.login
    ]


def _still_there(request: Request, house: Services) -> bool:
    """Whether the person may still watch; notes the sign of life of the console."""
    try:
        staff = watcher(request, house)
    except errors.StaffError:
        return False
    with house.database.writing() as session:
        presence.seen(session, login=staff.login, now=utc_now())
    return True


@router.post("/conversations/{conversation_id}/here", status_code=204)
def here(
    house: House,
    staff: Counselling,
    conversation_id: str,
    typing: Annotated[bool, Form()] = False,
    leaving: Annotated[bool, Form()] = False,
) -> Response:
    """The person's page shows the conversation, is being typed in, or was left."""
    with house.database.writing() as session:
        if leaving:
            viewers.left(session, conversation_id=conversation_id, login=staff.login)
        else:
            viewers.note(
                session,
                conversation_id=conversation_id,
                login=staff.login,
                typing=typing,
                now=utc_now(),
            )
    return Response(status_code=204)
