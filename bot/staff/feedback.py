"""What staff see of what citizens said of the answers: each judgement, and the count by topic."""

from dataclasses import dataclass
from typing import Literal, get_args

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session

from bot.conversations.models import REASONS, Feedback, Message

Said = Literal["all", "useful", "not_useful", "other_matter", "not_enough", "hard", "wrong"]
"""What was said of an answer: anything, that it helped, that it did not, or why it did not."""
SAID: tuple[Said, ...] = get_args(Said)
PAGE = 50
"""Judgements on one page."""


@dataclass(frozen=True)
class Row:
    """A judgement with the citizen's question, as it is stored: personal data replaced."""

    feedback: Feedback
    question: Message | None


@dataclass(frozen=True)
class Count:
    """How a topic's answers were judged."""

    topic: str
    useful: int
    not_useful: int
    wrong: int
    """How many of `not_useful` say that it is wrong."""


def listed(session: Session, *, topic: str = "", said: Said = "all", page: int = 1) -> list[Row]:
    """One page of judgements, the newest first, and one more when there is another page."""
    query = select(Feedback, Message).outerjoin(Message, Message.id == Feedback.message_id)
    if topic:
        query = query.where(Feedback.topic == topic)
    if (wanted := _that_say(said)) is not None:
        query = query.where(wanted)
    query = query.order_by(Feedback.created_at.desc(), Feedback.id)
    rows = session.execute(query.limit(PAGE + 1).offset((page - 1) * PAGE))
    return [Row(feedback, question) for feedback, question in rows]


def _that_say(said: Said) -> ColumnElement[bool] | None:
    if said == "all":
        return None
    if said in REASONS:
        return Feedback.reason == said
    return Feedback.useful.is_(said == "useful")


def counts(session: Session) -> list[Count]:
    """Every topic that was judged, the one that helped least often first."""
    useful, not_useful, wrong = (
        func.sum(case((which, 1), else_=0))
        for which in (
            Feedback.useful.is_(True),
            Feedback.useful.is_(False),
            Feedback.reason == "wrong",
        )
    )
    query = select(Feedback.topic, useful, not_useful, wrong).group_by(Feedback.topic)
    found = [Count(*row) for row in session.execute(query)]
    return sorted(found, key=lambda count: (-count.not_useful, -count.useful, count.topic))
