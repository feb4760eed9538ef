"""A mask that was missed, set by hand: everywhere in a conversation at once.

What was typed is replaced in messages, buttons, what was understood, labels, notes, the search's
words and the tickets. Of a kind that may be kept the value goes into the vault, of any other it is
forgotten.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from bot.conversations.models import Label, Message, ShownButton
from bot.conversations.search_models import MessageWord
from bot.conversations.turn_queue import locked
from bot.privacy import vault
from bot.privacy.kinds import KINDS, TYPED_PLACEHOLDER, placeholder
from bot.privacy.masking import Finding
from bot.privacy.vault import Cipher
from bot.staff import errors
from bot.staff.desk_models import StaffNote
from bot.staff.desk_policy import desk_policy
from bot.staff.service import Staff, audit
from bot.staff.thread import chain
from bot.tickets.models import Ticket

SHORTEST, LONGEST = 2, 120
"""Characters of what is masked: one letter stands everywhere."""

OF_RASA = frozenset(
    ("action", "event", "id", "intent", "intent_ranking", "message_id", "model_id", "name")
) | frozenset(("photos", "policy", "sender_id", "timestamp", "topic"))
"""Keys of a tracker's events that hold names and ids, never what somebody said."""

Change = Callable[[Any], Any]


@dataclass(frozen=True)
class Hidden:
    """What was masked: the placeholder that stands in its place, and in which conversations."""

    placeholder: str
    talks: tuple[str, ...]
    change: Change
    """Does the same to the events of these conversations in Rasa's memory."""


def kinds() -> list[str]:
    """What may be masked by hand: what is found by itself, but the codes of tickets; and more."""
    return [*desk_policy().mask_kinds, *(kind for kind in KINDS if kind != "check_code")]


def mask(
    session: Session,
    *,
    conversation_id: str,
    staff: Staff,
    text: str,
    kind: str,
    cipher: Cipher,
    now: datetime,
) -> Hidden:
    """Replace `text` by a placeholder everywhere in the conversation, and those before it.

    Raises UnknownConversation, BadMask, or NotSaid when it stands nowhere.
    """
    conversation = locked(session, conversation_id.replace("\0", ""))
    if conversation is None:
        raise errors.UnknownConversation
    wanted = " ".join(text.split())
    if kind not in kinds() or not SHORTEST <= len(wanted) <= LONGEST or "[" in wanted:
        raise errors.BadMask(shortest=str(SHORTEST), longest=str(LONGEST))
    number = conversation.placeholders.get(kind, 0) + 1
    name = _placeholder(kind, number)
    change = _replacer(wanted, name)
    talks = tuple(one.id for one in chain(session, conversation))
    if not _replace(session, talks, change):
        raise errors.NotSaid
    keep = kind in KINDS and KINDS[kind].keep
    finding = Finding(kind, wanted if keep else "", name, keep)
    conversation.placeholders = {**conversation.placeholders, kind: number}
    conversation.updated_at = now
    if keep:
        vault.keep(session, cipher, conversation_id=conversation.id, findings=[finding], now=now)
    details = {"kind": kind, "placeholder": name}
    audit(
        session, login=staff.login, what="mask", subject=conversation.id, now=now, details=details
    )
    return Hidden(name, talks, _replacer(wanted, name, keep=OF_RASA))


def _placeholder(kind: str, number: int) -> str:
    if kind in KINDS:
        return placeholder(kind, number)
    return f"[{desk_policy().mask_kinds[kind]} {number}]"


def _replacer(wanted: str, name: str, keep: frozenset[str] = frozenset()) -> Change:
    """Replaces in texts, and in the texts of JSON values; a placeholder stays whole.

    `keep`: keys of objects whose values stay as they are.
    """
    typed = re.compile(r"\s+".join(re.escape(part) for part in wanted.split()))

    def change(value: Any) -> Any:
        if isinstance(value, str):
            return _outside_placeholders(value, typed, name)
        if isinstance(value, list):
            return [change(each) for each in value]
        if isinstance(value, dict):
            return {key: each if key in keep else change(each) for key, each in value.items()}
        return value

    return change


def _outside_placeholders(text: str, typed: re.Pattern[str], name: str) -> str:
    done, at = [], 0
    for found in TYPED_PLACEHOLDER.finditer(text):
        done += [typed.sub(name, text[at : found.start()]), found[0]]
        at = found.end()
    return "".join([*done, typed.sub(name, text[at:])])


def _replace(session: Session, ids: Sequence[str], change: Change) -> int:
    """Replace in all that belongs to the conversations; returns how many rows changed."""
    count = 0
    for message in session.scalars(select(Message).where(Message.conversation_id.in_(ids))):
        if _changed(message, ("text", "understood", "reply", "press"), change):
            count += 1
            session.execute(delete(MessageWord).where(MessageWord.message_id == message.id))
    for table, names in (
        (ShownButton, ("title", "press")),
        (Label, ("text",)),
        (StaffNote, ("text",)),
        (Ticket, ("fields", "place")),
    ):
        rows = session.scalars(select(table).where(table.conversation_id.in_(ids)))
        count += sum(_changed(row, names, change) for row in rows)
    for ticket in session.scalars(select(Ticket).where(Ticket.conversation_id.in_(ids))):
        count += sum(_changed(event, ("details",), change) for event in ticket.events)
    session.flush()
    return count


def _changed(row: object, names: tuple[str, ...], change: Change) -> bool:
    found = False
    for name in names:
        before = getattr(row, name)
        after = change(before)
        if after != before:
            setattr(row, name, after)
            found = True
    return found
