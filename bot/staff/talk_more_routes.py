"""Beside the answer: notes, masks set by hand, abuse, and answers that could not be delivered."""

from datetime import datetime
from functools import partial
from typing import Annotated

from anyio import from_thread
from fastapi import APIRouter, Form, Response
from sqlalchemy.orm import Session

from bot.channels import parking
from bot.conversations.models import OutboxUnit
from bot.database import utc_now
from bot.staff import abuse, errors, masking, notes, pages, talk
from bot.staff.dependencies import Line
from bot.staff.desk_parts import RasaMemory
from bot.staff.service import audit
from bot.staff.talk_pages import OnTalk, Talk

router = APIRouter(route_class=pages.StaffRoute)
"""Stands below the router of `bot.staff.routes`, which says the prefix."""

Text = Annotated[str, Form(max_length=20_000)]


@router.post("/conversations/{conversation_id}/note")
def note(on: OnTalk, text: Text = "") -> Response:
    """Write a private note; the citizen never sees it."""
    write = partial(
        notes.add,
        conversation_id=on.conversation_id,
        staff=on.staff,
        text=text,
        masker=on.house.masker,
        now=utc_now(),
    )
    return on.act(write, done="noted", fragment="#notes", note=text)


@router.post("/conversations/{conversation_id}/mask")
def mask(
    on: OnTalk,
    memory: RasaMemory,
    text: Annotated[str, Form(max_length=500)] = "",
    kind: Line = "",
    draft: Text = "",
) -> Response:
    """Replace personal data that was missed, everywhere in the conversation and Rasa's memory."""
    hidden: list[masking.Hidden] = []

    def replace(session: Session) -> None:
        done = masking.mask(
            session,
            conversation_id=on.conversation_id,
            staff=on.staff,
            text=text,
            kind=kind,
            cipher=on.house.cipher,
            now=utc_now(),
        )
        hidden.append(done)

    answer = on.act(replace, done="masked", draft=draft)
    if memory is not None:
        for done in hidden:
            from_thread.run_sync(memory.change, done.talks, done.change)
    return answer


@router.post("/conversations/{conversation_id}/abuse")
def mark_abuse(on: OnTalk, message: Line = "") -> Response:
    """Fold a message that is abuse."""

    def mark(session: Session) -> None:
        now = utc_now()
        conversation = talk.known(session, on.conversation_id)
        abuse.mark(
            session,
            conversation_id=on.conversation_id,
            message_id=message,
            login=on.staff.login,
            now=now,
        )
        conversation.updated_at = now
        _audited(session, on, "abuse_mark", now, message=message[:36])

    return on.act(mark, done="abuse_marked")


@router.post("/conversations/{conversation_id}/warn")
def warn(on: OnTalk) -> Response:
    """Say the next warning to the citizen; only who holds the conversation does."""

    def say(session: Session) -> None:
        now = utc_now()
        talk.held(session, on.conversation_id, on.staff)
        step = abuse.warn(
            session, conversation_id=on.conversation_id, login=on.staff.login, now=now
        )
        _audited(session, on, "abuse_warn", now, step=step)

    return on.act(say, done="warned")


@router.post("/conversations/{conversation_id}/retry")
def retry(on: OnTalk, unit: Line = "") -> Response:
    """Have an answer that was set aside sent once more."""

    def send(session: Session) -> None:
        found = session.get(OutboxUnit, unit)
        if found is None or found.conversation_id != on.conversation_id:
            raise errors.UnknownMessage
        parking.try_again(session, unit_id=unit)
        _audited(session, on, "delivery_retry", utc_now(), unit=unit)

    return on.act(send, done="retried")


def _audited(session: Session, on: Talk, what: str, now: datetime, **details: object) -> None:
    audit(
        session,
        login=on.staff.login,
        what=what,
        subject=on.conversation_id,
        now=now,
        details=details,
    )
