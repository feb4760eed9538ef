"""Who holds a conversation beyond the bot and our own staff: the messenger's console, another talk.

Naver's handover, LINE's `standby` mode, Kakao's operator and Meta's conversation routing all come
down to one state, `platform`: somebody answers in the messenger's own console, so we are silent.
"""

from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.conversations import desk_rules, errors
from bot.conversations.models import Conversation
from bot.conversations.turn_queue import locked
from bot.tickets.models import Ticket

A_ROUND = 200
CARRIED = ("state", "reason", "alarm", "staff_login", "waiting_since")


def held_by_platform(session: Session, *, conversation_id: str, now: datetime) -> bool:
    """Note that the messenger's own console answers; True when that is new.

    A closed conversation stays closed. Raises UnknownConversation.
    """
    conversation = _known(session, conversation_id)
    if conversation.state in ("platform", "closed"):
        return False
    conversation.state, conversation.staff_login = "platform", None
    conversation.waiting_since = None
    conversation.updated_at = now
    return True


def released_by_platform(session: Session, *, conversation_id: str, now: datetime) -> bool:
    """Give it back to the bot when the messenger's console let go; True when that is new.

    Raises UnknownConversation.
    """
    conversation = _known(session, conversation_id)
    if conversation.state != "platform":
        return False
    conversation.state = "bot"
    conversation.reason = conversation.alarm = None
    conversation.updated_at = now
    return True


def forgotten_by_platform(session: Session, *, now: datetime) -> list[str]:
    """Give back to the bot what a messenger's console holds without a word for hours (people.yml).

    A messenger that never says that its console let go would leave the citizen without an answer
    for ever. Held again with the next message from there that says so. Returns the conversations.
    """
    old = now - timedelta(hours=desk_rules.current(session).platform_hours)
    ids = session.scalars(
        select(Conversation.id)
        .where(Conversation.state == "platform", Conversation.updated_at < old)
        .order_by(Conversation.id)
        .limit(A_ROUND)
    ).all()
    given_back = []
    for id in ids:
        conversation = locked(session, id)
        if conversation is None or conversation.updated_at >= old:
            continue
        if released_by_platform(session, conversation_id=id, now=now):
            given_back.append(id)
    return given_back


def continue_here(session: Session, *, here: str, there: str, now: datetime) -> Conversation:
    """Go on with the talk `there` in the conversation `here`, whose citizen proved to be the same.

    Who holds it, its alarm and its tickets come along; `there` is closed and points to `here`. Its
    messages stay where they were said. Raises UnknownConversation, WrongState when one is closed.
    """
    # In one order, so that two such moves never wait for each other.
    found = {id: _known(session, id) for id in sorted({here, there})}
    new, old = found[here], found[there]
    if here == there or "closed" in (new.state, old.state):
        raise errors.WrongState
    if old.state in ("waiting", "staff") and new.state == "bot":
        for name in CARRIED:
            setattr(new, name, getattr(old, name))
    new.topic = new.topic or old.topic
    new.updated_at = old.updated_at = old.closed_at = now
    old.state, old.waiting_since, old.continued_in = "closed", None, here
    session.execute(
        update(Ticket).where(Ticket.conversation_id == there).values(conversation_id=here)
    )
    return new


def _known(session: Session, conversation_id: str) -> Conversation:
    if (conversation := locked(session, conversation_id)) is None:
        raise errors.UnknownConversation
    return conversation
