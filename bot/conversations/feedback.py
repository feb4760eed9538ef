"""Whether an answer helped: what a citizen says of it with a button, kept for staff."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from bot.conversations.models import Feedback, Message, OutboxUnit, Reason, ShownButton
from bot.conversations.turn_queue import locked
from bot.replies import Facet, Press, Reply

ANSWER = "answer"
"""Slot of a press that names the answer it judges, by the id of its message."""


@dataclass(frozen=True)
class Judged:
    """An answer that a citizen judges, and the citizen's message that it was given to."""

    answer: Message
    question: Message | None
    topic: str
    shown: tuple[Facet, ...]

    @property
    def facets(self) -> list[str]:
        """The names of the facets shown."""
        return [facet.facet for facet in self.shown]

    @property
    def revision(self) -> int | None:
        """The revision of the article that it was given from."""
        return self.shown[0].revision if self.shown else None


def judged(session: Session, *, conversation_id: str, press: Press) -> Judged | None:
    """The answer that a press is about; None when there is none any more.

    A press names it, or else it is the latest under which such a button was shown.
    """
    if named := press.slots.get(ANSWER):
        answer = session.get(Message, named)
    else:
        answer = _latest_with(session, conversation_id, press)
    if answer is None or answer.conversation_id != conversation_id or answer.reply is None:
        return None
    reply = Reply.model_validate(answer.reply)
    if not reply.topic:
        return None
    unit = session.get(OutboxUnit, answer.unit_id) if answer.unit_id else None
    question = session.get(Message, unit.in_reply_to) if unit and unit.in_reply_to else None
    return Judged(answer, question, reply.topic, _facets(reply, reply.topic))


def _latest_with(session: Session, conversation_id: str, press: Press) -> Message | None:
    wanted = press.model_dump(mode="json")
    shown = session.execute(
        select(ShownButton.press, ShownButton.message_id)
        .join(Message, Message.id == ShownButton.message_id)
        .where(ShownButton.conversation_id == conversation_id)
        .order_by(Message.seq.desc())
    )
    found = next((message_id for meaning, message_id in shown if meaning == wanted), None)
    return session.get(Message, found) if found else None


def _facets(reply: Reply, topic: str) -> tuple[Facet, ...]:
    return tuple(part for part in reply.parts if isinstance(part, Facet) and part.topic == topic)


def keep(
    session: Session, *, about: Judged, useful: bool, reason: Reason | None, now: datetime
) -> Feedback | None:
    """Keep what was said of an answer; what was said of it before is replaced.

    A «no» without a reason leaves the reason of an earlier «no». None when the citizen has
    deleted the conversation meanwhile: then nothing is kept.
    """
    if locked(session, about.answer.conversation_id) is None:
        return None
    kept = session.scalar(select(Feedback).where(Feedback.answer_id == about.answer.id))
    if kept is None:
        kept = Feedback(
            conversation_id=about.answer.conversation_id,
            answer_id=about.answer.id,
            message_id=about.question.id if about.question else None,
            topic=about.topic,
            facets=about.facets,
            revision=about.revision,
        )
        session.add(kept)
    elif reason is None and not useful and not kept.useful:
        return kept
    kept.useful, kept.reason, kept.created_at = useful, reason, now
    return kept


def shown_of(session: Session, *, about: Judged) -> set[str]:
    """The facets of the answer's topic that the conversation has been shown, wherever."""
    replies = session.scalars(
        select(Message.reply).where(
            Message.conversation_id == about.answer.conversation_id, Message.sender == "bot"
        )
    )
    read = (Reply.model_validate(reply) for reply in replies if reply)
    return {facet.facet for reply in read for facet in _facets(reply, about.topic)}


def guesses(session: Session, *, about: Judged) -> list[tuple[str, float]]:
    """The ranking that led to the answer, the likeliest intent first.

    A pressed button and «and the fee?» have no ranking of their own: it is that of the latest
    typed message in whose ranking the answer's topic stands.
    """
    for message in _typed_up_to(session, about.question):
        ranking = (message.understood or {}).get("ranking") or []
        if any(intent == about.topic for intent, _ in ranking):
            return [(str(intent), float(confidence)) for intent, confidence in ranking]
    return []


def _typed_up_to(session: Session, question: Message | None) -> Iterator[Message]:
    if question is None:
        return
    found = session.scalars(
        select(Message)
        .where(
            Message.conversation_id == question.conversation_id,
            Message.sender == "citizen",
            Message.seq <= question.seq,
        )
        .order_by(Message.seq.desc())
    )
    yield from (message for message in found if message.press is None)


def answered_with(session: Session, *, about: Judged) -> set[str]:
    """The topics of everything that was answered to the same message."""
    if about.answer.unit_id is None:
        return {about.topic}
    topics = session.scalars(select(Message.topic).where(Message.unit_id == about.answer.unit_id))
    return {about.topic, *(topic for topic in topics if topic)}


def forget(session: Session, *, conversation_id: str) -> None:
    """Delete what was said of the conversation's answers."""
    session.execute(delete(Feedback).where(Feedback.conversation_id == conversation_id))
