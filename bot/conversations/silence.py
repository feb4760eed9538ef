"""Talks with a person in which the citizen fell silent: asked once, then closed kindly."""

from datetime import datetime, timedelta

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from bot.conversations import desk_rules, ending, service
from bot.conversations.models import Conversation, Message
from bot.conversations.rendering import Renderer
from bot.conversations.turn_queue import locked
from bot.replies import Reply, Say
from bot.wording import Wording


def look_after(session: Session, *, wording: Wording, now: datetime, limit: int = 500) -> list[str]:
    """Ask the silent whether they are still there, close those who stay silent.

    Returns the conversations that something was said in. Only a talk whose last word is the
    person's (or our question) counts: a citizen who wrote last waits for the office.
    """
    rules = desk_rules.current(session)
    touched = []
    for conversation, last in _silent_since(
        session, now - timedelta(minutes=rules.ask_minutes), limit
    ):
        held = locked(session, conversation.id)
        if held is None or held.state != "staff" or held.last_seq != last.seq:
            # Somebody spoke, or the talk ended, in this very moment.
            continue
        asked = last.sender == "system" and (last.reply or {}).get("parts") == _ASK_PARTS
        if not asked and _persons_turn_is_over(session, last):
            _say(session, conversation, "handover.still_there", wording, now)
        elif asked and last.created_at <= now - timedelta(
            minutes=rules.close_minutes - rules.ask_minutes
        ):
            ending.end(
                session,
                conversation_id=conversation.id,
                key="handover.closed_silent",
                wording=wording,
                now=now,
            )
        else:
            continue
        touched.append(conversation.id)
    return touched


def _persons_turn_is_over(session: Session, last: Message) -> bool:
    """Whether the person spoke last, notices such as a ticket's left out."""
    if last.sender == "staff":
        return True
    spoke = session.scalar(
        select(Message.sender)
        .where(
            Message.conversation_id == last.conversation_id,
            Message.sender.in_(("citizen", "staff")),
        )
        .order_by(Message.seq.desc())
        .limit(1)
    )
    return spoke == "staff"


def _silent_since(
    session: Session, since: datetime, limit: int
) -> list[tuple[Conversation, Message]]:
    last = and_(Message.conversation_id == Conversation.id, Message.seq == Conversation.last_seq)
    found = session.execute(
        select(Conversation, Message)
        .join(Message, last)
        .where(
            Conversation.state == "staff",
            Message.sender.in_(("staff", "system")),
            Message.created_at <= since,
        )
        .order_by(Message.created_at)
        .limit(limit)
    )
    return [(conversation, message) for conversation, message in found]


def _say(
    session: Session, conversation: Conversation, key: str, wording: Wording, now: datetime
) -> None:
    service.say(
        session,
        conversation_id=conversation.id,
        replies=[Reply(parts=[Say(key=key)])],
        render=Renderer(session, wording, conversation.language),
        now=now,
        sender="system",
    )


_ASK_PARTS = [Say(key="handover.still_there").model_dump(mode="json")]
