"""A conversation in a person's hands: taken, passed on, answered, handed back, closed.

The work itself belongs to `bot.conversations`; this module adds who may do it, and writes every
act into the audit log.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.attachments.images import Photo
from bot.attachments.store import Store
from bot.conversations import ending, waiting
from bot.conversations import service as conversations
from bot.conversations.errors import WrongState
from bot.conversations.models import Conversation, Message
from bot.conversations.turn_queue import locked
from bot.privacy.masking import Masker
from bot.staff import abuse, errors
from bot.staff.desk_models import TalkEnd
from bot.staff.desk_policy import desk_policy
from bot.staff.models import StaffAccount
from bot.staff.rights import rights_of
from bot.staff.service import Staff, audit
from bot.wording import wording

TRIES = 5
"""How often the next conversation is looked for while colleagues take them away."""


def known(session: Session, conversation_id: str) -> Conversation:
    """The conversation. Raises UnknownConversation."""
    # PostgreSQL refuses a NUL, and no id has one.
    conversation = session.get(Conversation, conversation_id.replace("\0", ""))
    if conversation is None:
        raise errors.UnknownConversation
    return conversation


def held(session: Session, conversation_id: str, staff: Staff) -> Conversation:
    """The conversation that this very person holds, its row locked.

    Raises UnknownConversation, HeldByAnother, or NotYours when nobody holds it.
    """
    conversation = _locked(session, conversation_id)
    not_anothers(conversation, staff)
    if conversation.state != "staff":
        raise errors.NotYours
    return conversation


def not_anothers(conversation: Conversation, staff: Staff) -> None:
    """Raises HeldByAnother when a colleague holds it."""
    if conversation.state == "staff" and conversation.staff_login != staff.login:
        raise errors.HeldByAnother(login=conversation.staff_login or "")


def take(session: Session, *, conversation_id: str, staff: Staff, now: datetime) -> None:
    """Take the conversation. Raises UnknownConversation, HeldByAnother, WrongState."""
    conversation = _locked(session, conversation_id)
    not_anothers(conversation, staff)
    joins = conversation.state != "staff"
    conversations.take(session, conversation_id=conversation_id, login=staff.login, now=now)
    if joins:
        _tell(session, conversation_id, "handover.taken", now)
    _note(session, staff, "take", conversation_id, now)


def take_next(session: Session, *, staff: Staff, now: datetime) -> str:
    """Take the conversation that waits longest, alarms first. Raises NobodyWaits."""
    for _ in range(TRIES):
        oldest = waiting.oldest(session)
        if oldest is None:
            break
        # A colleague may have been faster by a moment.
        if (conversation := locked(session, oldest.id)) and conversation.state == "waiting":
            take(session, conversation_id=oldest.id, staff=staff, now=now)
            return oldest.id
    raise errors.NobodyWaits


def colleagues(session: Session, *, staff: Staff) -> list[StaffAccount]:
    """Everybody else who may hold conversations."""
    accounts = session.scalars(
        select(StaffAccount).where(StaffAccount.active).order_by(StaffAccount.name)
    )
    return [one for one in accounts if one.login != staff.login and "talks" in rights_of(one.role)]


def assign(
    session: Session, *, conversation_id: str, staff: Staff, login: str, now: datetime
) -> None:
    """Give the conversation to a colleague; a third person's only with the right to.

    Raises UnknownConversation, UnknownColleague, HeldByAnother or WrongState.
    """
    conversation = _locked(session, conversation_id)
    if not staff.may("others_talks"):
        not_anothers(conversation, staff)
    if conversation.state not in ("bot", "waiting", "staff"):
        raise WrongState
    if login not in {one.login for one in colleagues(session, staff=staff)}:
        raise errors.UnknownColleague
    joins = conversation.state != "staff"
    before = conversation.staff_login if not joins else None
    conversation.state, conversation.staff_login = "staff", login
    conversation.waiting_since, conversation.updated_at = None, now
    if joins:
        _tell(session, conversation_id, "handover.taken", now)
    _note(session, staff, "assign", conversation_id, now, {"to": login, "from": before})


def say(
    session: Session,
    *,
    conversation_id: str,
    staff: Staff,
    text: str,
    masker: Masker,
    now: datetime,
    photos: Sequence[Photo] = (),
    store: Store | None = None,
) -> Message:
    """Answer the citizen, also with photos.

    Raises as `conversations.staff_says`, UnknownConversation, or HeldByAnother.
    """
    not_anothers(_locked(session, conversation_id), staff)
    message = conversations.staff_says(
        session,
        conversation_id=conversation_id,
        login=staff.login,
        text=text,
        masker=masker,
        now=now,
        photos=photos,
        store=store,
    )
    _note(session, staff, "say", conversation_id, now, {"seq": message.seq})
    return message


def hand_back(session: Session, *, conversation_id: str, staff: Staff, now: datetime) -> None:
    """Give it back to the bot; with the right to, also a colleague's.

    Raises UnknownConversation, HeldByAnother or WrongState.
    """
    conversation = _locked(session, conversation_id)
    if not staff.may("others_talks"):
        not_anothers(conversation, staff)
    conversations.hand_back(session, conversation_id=conversation_id, now=now)
    _tell(session, conversation_id, "handover.back_to_bot", now)
    _note(session, staff, "hand_back", conversation_id, now)


def close(
    session: Session, *, conversation_id: str, staff: Staff, now: datetime, reason: str
) -> None:
    """End it for a reason; with the right to, also a colleague's.

    Raises UnknownConversation, HeldByAnother, UnknownCloseReason, NotWarnedYet, or AlreadyClosed.
    """
    conversation = _locked(session, conversation_id)
    if not staff.may("others_talks"):
        not_anothers(conversation, staff)
    if conversation.state == "closed":
        raise errors.AlreadyClosed
    if reason not in desk_policy().close_reasons:
        raise errors.UnknownCloseReason
    key = "handover.ended"
    if reason == abuse.REASON:
        abuse.note_closing(session, conversation_id=conversation_id, login=staff.login, now=now)
        key = "desk_talk.said_closed_for_abuse"
    ending.end(session, conversation_id=conversation_id, key=key, wording=wording(), now=now)
    session.merge(
        TalkEnd(conversation_id=conversation_id, reason=reason, login=staff.login, at=now)
    )
    _note(session, staff, "close", conversation_id, now, {"reason": reason})


def looked(session: Session, *, conversation_id: str, staff: Staff, now: datetime) -> None:
    """Write a look at a conversation into the audit log."""
    _note(session, staff, "talk_seen", conversation_id, now)


def _locked(session: Session, conversation_id: str) -> Conversation:
    conversation = locked(session, conversation_id.replace("\0", ""))
    if conversation is None:
        raise errors.UnknownConversation
    return conversation


def _tell(session: Session, conversation_id: str, key: str, now: datetime) -> None:
    conversations.notice(
        session, conversation_id=conversation_id, key=key, wording=wording(), now=now
    )


def _note(
    session: Session,
    staff: Staff,
    what: str,
    conversation_id: str,
    now: datetime,
    details: dict[str, Any] | None = None,
) -> None:
    audit(session, login=staff.login, what=what, subject=conversation_id, now=now, details=details)
