"""A citizen asks for a person: by a button, in words, or because the bot stayed unsure.

In hours the conversation joins the line; outside them it does too, and what was asked is
registered at once, so that the promised time comes with a number.
"""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.conversations import desk_rules, service, waiting
from bot.conversations.desk import Desk
from bot.conversations.models import Message
from bot.metrics import HANDOVERS
from bot.replies import Facet, Reply, Say, Source

Part = Say | Facet | Source
LAST_WORDS = 3
"""Messages of the citizen that a ticket made at night carries."""


def ask_for_person(
    session: Session,
    desk: Desk,
    *,
    conversation_id: str,
    message_id: str,
    reason: str,
    language: str,
    now: datetime,
) -> Reply:
    """Put the conversation before the staff; what the citizen is told. Twice changes nothing.

    `message_id`: the message that asked; it opens one ticket at most. Raises UnknownConversation.
    """
    if service.hand_over(session, conversation_id=conversation_id, reason=reason, now=now):
        HANDOVERS.labels(reason=reason).inc()
    reply = waiting.handed_over(session, conversation_id=conversation_id, now=now)
    if desk_rules.current(session).opening.is_open(now):
        return reply
    receipt = desk.open_general(
        session,
        conversation_id=conversation_id,
        message_id=message_id,
        detail=_last_words(session, conversation_id),
        language=language,
        now=now,
    )
    parts = [*reply.parts, *(_promise(part) for part in receipt.parts[:1])]
    return reply.model_copy(update={"parts": parts, "ticket": receipt.ticket})


def _promise(receipt: Part) -> Part:
    """The head of a receipt, in one line; a ticket opened before is named as it is."""
    if isinstance(receipt, Say) and receipt.key == "receipt.opened":
        return Say(key="handover.promised", values=receipt.values)
    return receipt


def _last_words(session: Session, conversation_id: str) -> str:
    """What the citizen typed last, for the ticket; what was pressed where nothing was typed."""
    said = session.scalars(
        select(Message)
        .where(Message.conversation_id == conversation_id, Message.sender == "citizen")
        .order_by(Message.seq.desc())
        .limit(3 * LAST_WORDS)
    ).all()
    # A stored press is JSON, whose null the database does not take for NULL.
    typed = [message.text for message in said if message.press is None][:LAST_WORDS]
    return "\n".join(reversed(typed)) or next((message.text for message in said), "-")
