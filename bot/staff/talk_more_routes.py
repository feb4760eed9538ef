"""Beside the answer: notes, masks set by hand, abuse, and answers that could not be delivered."""

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response

from bot.channels import parking
from bot.conversations.models import OutboxUnit
from bot.database import utc_now
from bot.staff import abuse, errors, masking, notes, pages, talk, talk_pages
from bot.staff.dependencies import Counselling, House, Line
from bot.staff.service import audit
from bot.staff.talk_pages import back

router = APIRouter(route_class=pages.StaffRoute)
"""Stands below the router of `bot.staff.routes`, which says the prefix."""

Text = Annotated[str, Form(max_length=20_000)]


@router.post("/conversations/{conversation_id}/note")
def note(
    request: Request, house: House, staff: Counselling, conversation_id: str, text: Text = ""
) -> Response:
    """Write a private note; the citizen never sees it."""
    try:
        with house.database.writing() as session:
            notes.add(
                session,
                conversation_id=conversation_id,
                staff=staff,
                text=text,
                masker=house.masker,
                now=utc_now(),
            )
    except pages.PROBLEMS as problem:
        return talk_pages.draw(request, house, staff, conversation_id, problem=problem, note=text)
    house.notify(conversation_id)
    return back(conversation_id, "noted", "#notes")


@router.post("/conversations/{conversation_id}/mask")
def mask(
    request: Request,
    house: House,
    staff: Counselling,
    conversation_id: str,
    text: Annotated[str, Form(max_length=500)] = "",
    kind: Line = "",
    draft: Text = "",
) -> Response:
    """Replace personal data that was missed, everywhere in the conversation."""
    try:
        with house.database.writing() as session:
            masking.mask(
                session,
                conversation_id=conversation_id,
                staff=staff,
                text=text,
                kind=kind,
                cipher=house.cipher,
                now=utc_now(),
            )
    except pages.PROBLEMS as problem:
        return talk_pages.draw(request, house, staff, conversation_id, problem=problem, draft=draft)
    house.notify(conversation_id)
    return back(conversation_id, "masked")


@router.post("/conversations/{conversation_id}/abuse")
def mark_abuse(
    request: Request,
    house: House,
    staff: Counselling,
    conversation_id: str,
    message: Line = "",
) -> Response:
    """Fold a message that is abuse."""
    try:
        with house.database.writing() as session:
            conversation = talk.known(session, conversation_id)
            abuse.mark(
                session,
                conversation_id=conversation_id,
                message_id=message,
                login=staff.login,
                now=utc_now(),
            )
            conversation.updated_at = utc_now()
            audit(
                session,
                login=staff.login,
                what="abuse_mark",
                subject=conversation_id,
                now=utc_now(),
                details={"message": message[:36]},
            )
    except pages.PROBLEMS as problem:
        return talk_pages.draw(request, house, staff, conversation_id, problem=problem)
    house.notify(conversation_id)
    return back(conversation_id, "abuse_marked")


@router.post("/conversations/{conversation_id}/warn")
def warn(request: Request, house: House, staff: Counselling, conversation_id: str) -> Response:
    """Say the next warning to the citizen; only who holds the conversation does."""
    try:
        with house.database.writing() as session:
            talk.held(session, conversation_id, staff)
            step = abuse.warn(
                session, conversation_id=conversation_id, login=staff.login, now=utc_now()
            )
            audit(
                session,
                login=staff.login,
                what="abuse_warn",
                subject=conversation_id,
                now=utc_now(),
                details={"step": step},
            )
    except pages.PROBLEMS as problem:
        return talk_pages.draw(request, house, staff, conversation_id, problem=problem)
    house.notify(conversation_id)
    return back(conversation_id, "warned")


@router.post("/conversations/{conversation_id}/retry")
def retry(
    request: Request, house: House, staff: Counselling, conversation_id: str, unit: Line = ""
) -> Response:
    """Have an answer that was set aside sent once more."""
    try:
        with house.database.writing() as session:
            found = session.get(OutboxUnit, unit)
            if found is None or found.conversation_id != conversation_id:
                raise errors.UnknownMessage
            parking.try_again(session, unit_id=unit)
            audit(
                session,
                login=staff.login,
                what="delivery_retry",
                subject=conversation_id,
                now=utc_now(),
                details={"unit": unit},
            )
    except pages.PROBLEMS as problem:
        return talk_pages.draw(request, house, staff, conversation_id, problem=problem)
    house.notify(conversation_id)
    return back(conversation_id, "retried")
