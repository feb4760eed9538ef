"""What staff see and do: the two lists, a conversation in hand, a ticket.

The work itself belongs to `bot.conversations` and `bot.tickets`; this module adds who may do it,
and writes every act into the audit log.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session, selectinload

from bot.conversations import service as conversations
from bot.conversations.models import Conversation, Message, ShownButton
from bot.privacy import vault
from bot.privacy.masking import Finding, Masker
from bot.privacy.vault import BadKey, Cipher
from bot.staff import errors
from bot.staff.service import Staff, audit
from bot.tickets import service as tickets
from bot.tickets.models import Ticket
from bot.tickets.policy import ticket_policy
from bot.tickets.receipts import tidy_number
from bot.wording import wording

Show = Literal["needs", "mine", "all"]
SHOWS: tuple[Show, ...] = get_args(Show)
Filter = Literal["open", "received", "in_progress", "answered", "closed", "cancelled", "all"]
FILTERS: tuple[Filter, ...] = get_args(Filter)
PAGE = 50
"""Rows of a list on one page."""
MAX_NOTE = 2000
"""Characters of a note."""


@dataclass(frozen=True)
class Waiting:
    """A conversation in the list, with its newest message."""

    conversation: Conversation
    last: Message | None


@dataclass(frozen=True)
class Thread:
    """A whole conversation: messages in order, the buttons shown under each, its tickets."""

    conversation: Conversation
    messages: Sequence[Message]
    buttons: dict[str, list[ShownButton]]
    tickets: Sequence[Ticket]


# A cry for help is shown even while the bot still holds the conversation.
_NEEDS = or_(
    Conversation.state.in_(("waiting", "staff")),
    and_(Conversation.alarm.is_not(None), Conversation.state != "closed"),
)


def needing(session: Session) -> tuple[int, int]:
    """How many conversations wait for somebody to take them, and how many of them are alarms."""
    untaken = and_(_NEEDS, Conversation.state != "staff")
    alarms = func.count(Conversation.alarm)
    row = session.execute(select(func.count(), alarms).where(untaken)).one()
    return row[0], row[1]


def listed(session: Session, *, show: Show, login: str, page: int = 1) -> list[Waiting]:
    """One page of conversations: alarms first, those nobody has taken first, oldest wait first.

    With `show` "all", every conversation, the newest first.
    """
    query = select(Conversation, Message).outerjoin(
        Message,
        and_(Message.conversation_id == Conversation.id, Message.seq == Conversation.last_seq),
    )
    if show == "all":
        query = query.order_by(Conversation.updated_at.desc())
    else:
        query = query.where(_NEEDS).order_by(
            Conversation.alarm.is_(None),
            Conversation.state == "staff",
            func.coalesce(Conversation.waiting_since, Conversation.updated_at),
        )
    if show == "mine":
        query = query.where(Conversation.state == "staff", Conversation.staff_login == login)
    rows = session.execute(query.limit(PAGE + 1).offset((page - 1) * PAGE))
    return [Waiting(conversation, last) for conversation, last in rows]


def thread(session: Session, *, conversation_id: str) -> Thread:
    """The conversation with all that was said in it. Raises UnknownConversation."""
    conversation = _conversation(session, conversation_id)
    messages = conversations.messages_after(session, conversation_id=conversation_id, after=0)
    ids = [message.id for message in messages if message.sender == "bot"]
    return Thread(
        conversation=conversation,
        messages=messages,
        buttons=conversations.buttons_of(session, message_ids=ids),
        tickets=session.scalars(
            select(Ticket)
            .where(Ticket.conversation_id == conversation_id)
            .order_by(Ticket.created_at)
        ).all(),
    )


def _conversation(session: Session, conversation_id: str) -> Conversation:
    conversation = session.get(Conversation, conversation_id)
    if conversation is None:
        raise errors.UnknownConversation
    return conversation


def take(session: Session, *, conversation_id: str, staff: Staff, now: datetime) -> None:
    """Take the conversation. Raises UnknownConversation, HeldByAnother, WrongState."""
    conversation = _conversation(session, conversation_id)
    _not_anothers(conversation, staff)
    joins = conversation.state != "staff"
    conversations.take(session, conversation_id=conversation_id, login=staff.login, now=now)
    if joins:
        _tell(session, conversation_id, "handover.taken", now)
    audit(session, login=staff.login, what="take", subject=conversation_id, now=now)


def say(
    session: Session,
    *,
    conversation_id: str,
    staff: Staff,
    text: str,
    masker: Masker,
    now: datetime,
) -> None:
    """Answer the citizen. Raises as `conversations.staff_says`, or UnknownConversation."""
    _conversation(session, conversation_id)
    message = conversations.staff_says(
        session,
        conversation_id=conversation_id,
        login=staff.login,
        text=text,
        masker=masker,
        now=now,
    )
    audit(
        session,
        login=staff.login,
        what="say",
        subject=conversation_id,
        now=now,
        details={"seq": message.seq},
    )


def hand_back(session: Session, *, conversation_id: str, staff: Staff, now: datetime) -> None:
    """Give it back to the bot; an administrator may do so with a colleague's.

    Raises UnknownConversation, HeldByAnother or WrongState.
    """
    conversation = _conversation(session, conversation_id)
    if not staff.is_administrator:
        _not_anothers(conversation, staff)
    conversations.hand_back(session, conversation_id=conversation_id, now=now)
    _tell(session, conversation_id, "handover.back_to_bot", now)
    audit(session, login=staff.login, what="hand_back", subject=conversation_id, now=now)


def close(session: Session, *, conversation_id: str, staff: Staff, now: datetime) -> None:
    """End it; an administrator may do so with a colleague's.

    Raises UnknownConversation, HeldByAnother, or WrongState when it has already ended.
    """
    conversation = _conversation(session, conversation_id)
    if not staff.is_administrator:
        _not_anothers(conversation, staff)
    if conversation.state == "closed":
        raise errors.AlreadyClosed
    conversations.close(session, conversation_id=conversation_id, now=now)
    _tell(session, conversation_id, "handover.ended", now)
    audit(session, login=staff.login, what="close", subject=conversation_id, now=now)


def _tell(session: Session, conversation_id: str, key: str, now: datetime) -> None:
    conversations.notice(
        session, conversation_id=conversation_id, key=key, wording=wording(), now=now
    )


def _not_anothers(conversation: Conversation, staff: Staff) -> None:
    if conversation.state == "staff" and conversation.staff_login != staff.login:
        raise errors.HeldByAnother(login=conversation.staff_login or "")


def tickets_listed(session: Session, *, state: Filter, page: int = 1) -> list[Ticket]:
    """One page of tickets: open ones by due date, so that overdue ones come first."""
    query = select(Ticket)
    if (wanted := _in_state(state)) is not None:
        query = query.where(wanted)
    by_due = state in ("open", *ticket_policy().open_states)
    order = Ticket.due_at if by_due else Ticket.created_at.desc()
    rows = session.scalars(
        query.order_by(order, Ticket.id).limit(PAGE + 1).offset((page - 1) * PAGE)
    )
    return list(rows)


def _in_state(state: Filter) -> ColumnElement[bool] | None:
    if state == "all":
        return None
    return _is_open() if state == "open" else Ticket.state == state


def _is_open() -> ColumnElement[bool]:
    return Ticket.state.in_(ticket_policy().open_states)


def overdue(session: Session, *, now: datetime) -> int:
    """How many open tickets are past their due date."""
    return (
        session.scalar(
            select(func.count()).select_from(Ticket).where(_is_open(), Ticket.due_at < now)
        )
        or 0
    )


def ticket(session: Session, *, receipt_number: str) -> Ticket:
    """The ticket with its history and sealed data, its number as typed. Raises UnknownTicket."""
    found = session.scalar(
        select(Ticket)
        .where(Ticket.receipt_number == (tidy_number(receipt_number) or ""))
        .options(selectinload(Ticket.events), selectinload(Ticket.secrets))
    )
    if found is None:
        raise errors.UnknownTicket
    return found


def has_conversation(session: Session, conversation_id: str) -> bool:
    """Whether the conversation still exists: a ticket outlives it."""
    return session.get(Conversation, conversation_id) is not None


def move(
    session: Session,
    *,
    receipt_number: str,
    staff: Staff,
    to: str,
    note: str,
    tell_citizen: bool,
    masker: Masker,
    now: datetime,
) -> Ticket:
    """Move the ticket on, with a note in its history, masked like everybody's words.

    Raises UnknownTicket, NoteTooLong or WrongTransition.
    """
    if len(note) > MAX_NOTE:
        raise errors.NoteTooLong(limit=f"{MAX_NOTE:,}", length=f"{len(note):,}")
    found = ticket(session, receipt_number=receipt_number)
    before = found.state
    tickets.move_on(
        session,
        ticket=found,
        to=to,
        actor=staff.actor,
        note=_masked(session, found, note.strip(), masker),
        tell_citizen=tell_citizen,
        now=now,
    )
    audit(
        session,
        login=staff.login,
        what="ticket_move",
        subject=receipt_number,
        now=now,
        details={"from": before, "to": to, "told": tell_citizen},
    )
    return found


def _masked(session: Session, about: Ticket, note: str, masker: Masker) -> str:
    # A number that the conversation or the ticket has given must not mean another value here.
    talk = session.get(Conversation, about.conversation_id)
    sealed = [Finding(one.kind, "", one.placeholder, True) for one in about.secrets]
    taken = vault.merge_counters(talk.placeholders if talk else {}, sealed)
    masked = masker.mask(note, taken)
    if talk is not None:
        talk.placeholders = vault.merge_counters(taken, masked.findings)
    return masked.text


def show_secret(
    session: Session,
    *,
    receipt_number: str,
    placeholder: str,
    cipher: Cipher,
    staff: Staff,
    now: datetime,
) -> str:
    """The sealed datum behind a placeholder of the ticket; the look is recorded twice over.

    Raises UnknownTicket, UnknownSecret, or SealedUnreadable when no key of the vault fits.
    """
    found = ticket(session, receipt_number=receipt_number)
    try:
        value = tickets.look_at_secret(
            session,
            ticket=found,
            placeholder=placeholder,
            cipher=cipher,
            actor=staff.actor,
            now=now,
        )
    except BadKey as error:
        raise errors.SealedUnreadable from error
    audit(
        session,
        login=staff.login,
        what="secret_look",
        subject=receipt_number,
        now=now,
        details={"placeholder": placeholder},
    )
    return value
