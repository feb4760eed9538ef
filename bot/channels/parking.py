"""Messages that could not be sent to a messenger: staff see them, and may have them tried again."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.conversations.errors import WrongState
from bot.conversations.models import Conversation, OutboxUnit


@dataclass(frozen=True)
class Parked:
    """A unit that was set aside."""

    unit_id: str
    conversation_id: str
    channel: str
    reason: str
    attempts: int
    since: datetime


def parked(session: Session, *, limit: int = 100) -> list[Parked]:
    """What was set aside, the newest first."""
    rows = session.execute(
        select(OutboxUnit, Conversation.channel)
        .join(Conversation, Conversation.id == OutboxUnit.conversation_id)
        .where(OutboxUnit.parked_at.is_not(None), OutboxUnit.delivered_at.is_(None))
        .order_by(OutboxUnit.parked_at.desc())
        .limit(limit)
    )
    return [
        Parked(
            unit_id=unit.id,
            conversation_id=unit.conversation_id,
            channel=channel,
            reason=unit.parked or "",
            attempts=unit.attempts,
            since=unit.parked_at,
        )
        for unit, channel in rows
        if unit.parked_at is not None
    ]


def try_again(session: Session, *, unit_id: str) -> None:
    """Let the outbox send it once more, from where it stopped. Raises WrongState when it is not
    set aside.
    """
    unit = session.get(OutboxUnit, unit_id, with_for_update=True)
    if unit is None or unit.parked_at is None or unit.delivered_at is not None:
        raise WrongState
    unit.parked_at = unit.parked = unit.next_try_at = unit.lease_until = None
    unit.attempts = 0
