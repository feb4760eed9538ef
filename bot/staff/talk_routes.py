"""The page of a conversation, and the steps that say who holds it: HTTP only."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request, Response

from bot.database import utc_now
from bot.staff import inbox, pages, talk, talk_pages
from bot.staff.dependencies import Counsellor, Done, House, Line
from bot.staff.talk_pages import OnTalk

router = APIRouter(route_class=pages.StaffRoute)
"""Stands below the router of `bot.staff.routes`, which says the prefix."""

Text = Annotated[str, Form(max_length=20_000)]


@router.get("/conversations/{conversation_id}")
def conversation_page(
    request: Request,
    house: House,
    staff: Counsellor,
    conversation_id: str,
    live: bool = False,
    done: Done = None,
    insert: Annotated[str, Query(max_length=100)] = "",
    before: Annotated[int | None, Query(ge=0, le=2**53)] = None,
) -> Response:
    """The whole conversation, its look recorded; with `live`, only the parts that change."""
    if not live:
        with house.database.writing() as session:
            talk.known(session, conversation_id)
            talk.looked(session, conversation_id=conversation_id, staff=staff, now=utc_now())
    return talk_pages.draw(
        request,
        house,
        staff,
        conversation_id,
        live=live,
        done=done,
        insert=insert,
        before=inbox.moment(before) if before is not None else None,
    )


@router.post("/conversations/{conversation_id}/take")
def take(on: OnTalk) -> Response:
    """Take the conversation: from now on the bot is silent in it."""
    take_it = partial(talk.take, conversation_id=on.conversation_id, staff=on.staff, now=utc_now())
    return on.act(take_it, done="taken")


@router.post("/conversations/{conversation_id}/assign")
def assign(on: OnTalk, to: Line = "") -> Response:
    """Give the conversation to a colleague."""
    give = partial(
        talk.assign,
        conversation_id=on.conversation_id,
        staff=on.staff,
        login=to,
        now=utc_now(),
    )
    return on.act(give, done="assigned")


@router.post("/conversations/{conversation_id}/say")
def say(on: OnTalk, text: Text = "") -> Response:
    """Answer the citizen. What could not be sent stands in the form again."""
    answer = partial(
        talk.say,
        conversation_id=on.conversation_id,
        staff=on.staff,
        text=text,
        masker=on.house.masker,
        now=utc_now(),
    )
    return on.act(answer, done="said", fragment="#answer", draft=text)


@router.post("/conversations/{conversation_id}/hand-back")
def hand_back(on: OnTalk) -> Response:
    """Give the conversation back to the bot."""
    give_back = partial(
        talk.hand_back, conversation_id=on.conversation_id, staff=on.staff, now=utc_now()
    )
    return on.act(give_back, done="handed_back")


@router.post("/conversations/{conversation_id}/close")
def close(on: OnTalk, reason: Line = "") -> Response:
    """End the conversation for a reason."""
    end = partial(
        talk.close,
        conversation_id=on.conversation_id,
        staff=on.staff,
        now=utc_now(),
        reason=reason,
    )
    return on.act(end, done="closed")
