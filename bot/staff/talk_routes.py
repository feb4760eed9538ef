"""The page of a conversation, and the steps that say who holds it: HTTP only."""

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request, Response

from bot.database import utc_now
from bot.staff import inbox, pages, talk, talk_pages
from bot.staff.dependencies import Counselling, Counsellor, Done, House, Line
from bot.staff.talk_pages import back

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
def take(request: Request, house: House, staff: Counselling, conversation_id: str) -> Response:
    """Take the conversation: from now on the bot is silent in it."""
    try:
        with house.database.writing() as session:
            talk.take(session, conversation_id=conversation_id, staff=staff, now=utc_now())
    except pages.PROBLEMS as problem:
        return talk_pages.draw(request, house, staff, conversation_id, problem=problem)
    house.notify(conversation_id)
    return back(conversation_id, "taken")


@router.post("/conversations/{conversation_id}/assign")
def assign(
    request: Request, house: House, staff: Counselling, conversation_id: str, to: Line = ""
) -> Response:
    """Give the conversation to a colleague."""
    try:
        with house.database.writing() as session:
            talk.assign(
                session, conversation_id=conversation_id, staff=staff, login=to, now=utc_now()
            )
    except pages.PROBLEMS as problem:
        return talk_pages.draw(request, house, staff, conversation_id, problem=problem)
    house.notify(conversation_id)
    return back(conversation_id, "assigned")


@router.post("/conversations/{conversation_id}/say")
def say(
    request: Request, house: House, staff: Counselling, conversation_id: str, text: Text = ""
) -> Response:
    """Answer the citizen. What could not be sent stands in the form again."""
    try:
        with house.database.writing() as session:
            talk.say(
                session,
                conversation_id=conversation_id,
                staff=staff,
                text=text,
                masker=house.masker,
                now=utc_now(),
            )
    except pages.PROBLEMS as problem:
        return talk_pages.draw(request, house, staff, conversation_id, problem=problem, draft=text)
    house.notify(conversation_id)
    return back(conversation_id, "said", "#answer")


@router.post("/conversations/{conversation_id}/hand-back")
def hand_back(request: Request, house: House, staff: Counselling, conversation_id: str) -> Response:
    """Give the conversation back to the bot."""
    try:
        with house.database.writing() as session:
            talk.hand_back(session, conversation_id=conversation_id, staff=staff, now=utc_now())
    except pages.PROBLEMS as problem:
        return talk_pages.draw(request, house, staff, conversation_id, problem=problem)
    house.notify(conversation_id)
    return back(conversation_id, "handed_back")


@router.post("/conversations/{conversation_id}/close")
def close(
    request: Request, house: House, staff: Counselling, conversation_id: str, reason: Line = ""
) -> Response:
    """End the conversation for a reason."""
    try:
        with house.database.writing() as session:
            talk.close(
                session,
                conversation_id=conversation_id,
                staff=staff,
                now=utc_now(),
                reason=reason,
            )
    except pages.PROBLEMS as problem:
        return talk_pages.draw(request, house, staff, conversation_id, problem=problem)
    house.notify(conversation_id)
    return back(conversation_id, "closed")
