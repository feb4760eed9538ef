"""How satisfied a citizen is with a conversation: asked when it ends, kept for the figures."""

from datetime import datetime

from sqlalchemy import delete, exists, select
from sqlalchemy.orm import Session

from bot.conversations.errors import BadScore
from bot.conversations.models import Message
from bot.conversations.people_models import Satisfaction
from bot.conversations.turn_queue import locked
from bot.replies import Button, Press, Say

SCORES = range(1, 6)
SCORE = "score"
"""Slot of a press that says how satisfied the citizen is."""


def buttons() -> list[Button]:
    """A button for each score, the best first."""
    return [
        Button(
            title=Say(key=f"satisfaction.score_{score}"),
            press=Press(control="satisfied", slots={SCORE: str(score)}),
        )
        for score in reversed(SCORES)
    ]


def rate(session: Session, *, conversation_id: str, score: int, now: datetime) -> Satisfaction:
    """Keep how satisfied the citizen is, as said last. Raises BadScore."""
    if score not in SCORES:
        raise BadScore
    locked(session, conversation_id)
    by_person = bool(
        session.scalar(
            select(
                exists().where(
                    Message.conversation_id == conversation_id, Message.sender == "staff"
                )
            )
        )
    )
    kept = session.get(Satisfaction, conversation_id)
    if kept is None:
        kept = Satisfaction(conversation_id=conversation_id)
        session.add(kept)
    kept.score, kept.by_person, kept.created_at = score, by_person, now
    session.flush()
    return kept


def forget(session: Session, *, conversation_id: str) -> None:
    """Delete it with its conversation."""
    session.execute(delete(Satisfaction).where(Satisfaction.conversation_id == conversation_id))
