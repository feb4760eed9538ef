"""What is said first while an incident goes on: many reports of one kind from one area."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.orm import Session

from bot.knowledge import service as knowledge
from bot.replies import Say
from bot.tickets import incidents
from bot.tickets.models import Incident
from bot.wording import LANGUAGES

MOST = 2
"""Incidents before one answer: more would hide the answer."""


def greeting(session: Session, now: datetime) -> list[Say]:
    """What is said with the greeting: the newest incidents, of whatever kind."""
    return _said(session, incidents.current(session, now))


def due(session: Session, *, topic: str, now: datetime) -> list[Say]:
    """What is said before an answer or a report about `topic`."""
    return _said(session, incidents.current(session, now, topic=topic))


def _said(session: Session, going_on: Iterable[Incident]) -> list[Say]:
    return [_say(session, each) for each in list(going_on)[:MOST]]


def _say(session: Session, incident: Incident) -> Say:
    titles = {
        f"title_{language}": knowledge.title(session, incident.topic, language) or incident.topic
        for language in LANGUAGES
    }
    return Say(key="incident.said", values={"district": incident.district, **titles})
