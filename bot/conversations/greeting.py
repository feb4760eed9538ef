"""What every conversation begins with, on any channel."""

from datetime import datetime

from sqlalchemy.orm import Session

from bot.conversations import incidents
from bot.knowledge import notices
from bot.replies import PERSON, Button, Press, Reply, Say

TOPICS = ("passport_issue", "bulky_waste", "road_damage")
"""What is offered first."""


def greeting(session: Session, now: datetime, *, offers: bool = True) -> Reply:
    """Notices that speak, and that an automatic service answers; with `offers` first topics."""
    buttons = [Button(title_of=topic, press=Press(topic=topic)) for topic in TOPICS]
    return Reply(
        parts=[
            *incidents.greeting(session, now),
            *notices.greeting(session, now),
            Say(key="greeting.first"),
        ],
        buttons=[*buttons, PERSON] if offers else [],
    )
