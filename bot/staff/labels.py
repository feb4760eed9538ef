"""What staff make of the labels: what citizens pressed after the bot was unsure.

Everybody on the staff may decide; every decision goes into the audit log.
"""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.conversations.models import Label, LabelStatus
from bot.knowledge.topics import topics
from bot.staff import errors
from bot.staff.service import Staff, audit
from bot.wording import Language

PAGE = 20
"""Labels on one page: each has the whole list of topics under it."""


def listed(session: Session, *, page: int = 1) -> list[Label]:
    """One page of open labels, the newest first, and one more when there is another page."""
    return list(
        session.scalars(
            select(Label)
            .where(Label.status == "open")
            .order_by(Label.created_at.desc(), Label.id)
            .limit(PAGE + 1)
            .offset((page - 1) * PAGE)
        )
    )


def waiting(session: Session) -> int:
    """How many labels are open."""
    query = select(func.count()).select_from(Label).where(Label.status == "open")
    return session.scalar(query) or 0


def choices(language: Language) -> list[tuple[str, str]]:
    """The topics that a label may have, with their titles, in the order of the titles."""
    titled = [(name, topic.title.in_language(language)) for name, topic in topics().items()]
    return sorted(titled, key=lambda one: one[1])


def confirm(session: Session, *, label_id: str, topic: str, staff: Staff, now: datetime) -> None:
    """Confirm that the message meant `topic`, whether or not the citizen pressed it.

    Raises UnknownTopic, UnknownLabel or LabelDecided.
    """
    if topic not in topics():
        raise errors.UnknownTopic
    label = _decided(session, label_id, "confirmed", staff, now)
    label.topic = topic
    details = {"topic": topic, "pressed": label.pressed}
    audit(
        session, login=staff.login, what="label_confirm", subject=label_id, now=now, details=details
    )


def reject(session: Session, *, label_id: str, staff: Staff, now: datetime) -> None:
    """Set the label aside: nothing can be learnt from it. Raises UnknownLabel or LabelDecided."""
    label = _decided(session, label_id, "rejected", staff, now)
    details = {"pressed": label.pressed}
    audit(
        session, login=staff.login, what="label_reject", subject=label_id, now=now, details=details
    )


def _decided(
    session: Session, label_id: str, status: LabelStatus, staff: Staff, now: datetime
) -> Label:
    label = session.get(Label, label_id, with_for_update=True)
    if label is None:
        raise errors.UnknownLabel
    if label.status != "open":
        raise errors.LabelDecided
    label.status, label.decided_by, label.decided_at = status, staff.login, now
    return label
