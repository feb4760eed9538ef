"""What the inbox can be narrowed by: channel, topic, office, reason, language, age."""

from dataclasses import asdict, dataclass, fields
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from bot import offices
from bot.conversations.models import Conversation
from bot.knowledge import service as knowledge
from bot.staff.desk_policy import desk_policy
from bot.tickets.models import Ticket

LANGUAGES = ("ko", "en")


@dataclass(frozen=True)
class Filters:
    """What is asked for; an empty value asks for any."""

    channel: str = ""
    topic: str = ""
    office: str = ""
    reason: str = ""
    language: str = ""
    age: int = 0
    """Minutes that it has waited at least."""

    def any(self) -> bool:
        """Whether anything is narrowed."""
        return any(asdict(self).values())

    def chosen(self) -> dict[str, str]:
        """The filters that narrow, as an address has them."""
        return {name: str(value) for name, value in asdict(self).items() if value}


NAMES = tuple(each.name for each in fields(Filters))


@dataclass(frozen=True)
class Choices:
    """What each filter offers."""

    channel: tuple[str, ...]
    topic: tuple[str, ...]
    office: tuple[str, ...]
    reason: tuple[str, ...]
    language: tuple[str, ...]
    age: tuple[int, ...]


def choices(session: Session) -> Choices:
    """What the filters offer here: from the data, not from what is stored."""
    policy = desk_policy()
    return Choices(
        channel=policy.channels,
        topic=tuple(knowledge.topics(session)),
        office=tuple(offices.offices()),
        reason=policy.reasons,
        language=LANGUAGES,
        age=policy.ages,
    )


def conditions(filters: Filters) -> list[ColumnElement[bool]]:
    """What the filters ask of a conversation, but for its age and its office."""
    return [
        column == value
        for column, value in (
            (Conversation.channel, filters.channel),
            (Conversation.reason, filters.reason),
            (Conversation.language, filters.language),
            (Conversation.topic, filters.topic),
        )
        if value
    ]


def of_office(session: Session, office: str, *, closed: bool) -> list[ColumnElement[bool]]:
    """What makes a conversation one of an office, each by itself enough and read from an index of
    its own: a ticket of the office (while the talk is open, an open one), a topic that its articles
    tell.
    """
    asked = select(Ticket.conversation_id).where(
        Ticket.office == office, Ticket.conversation_id.is_not(None)
    )
    if not closed:
        asked = asked.where(Ticket.done_at.is_(None))
    topics = [one.topic for one in knowledge.served_all(session) if office in one.body.departments]
    return [Conversation.id.in_(asked), *(Conversation.topic == one for one in topics)]


def known(filters: dict[str, Any]) -> dict[str, Any]:
    """Of stored filters those that there still are."""
    return {name: value for name, value in filters.items() if name in NAMES}
