"""Kill switches: the bot off as a whole, on a channel, or for a topic. Never the emergency guard.

While it is off a citizen reads the banner and is led to a person; forms that are open end there.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, and_, or_, select
from sqlalchemy.orm import Session

from bot.conversations.errors import BadSwitch
from bot.conversations.switches_models import SCOPES, Switch
from bot.replies import PERSON, Button, Press, Reply, Say, Understood

LEAVE = Button(title=Say(key="button.leave"), press=Press(control="leave"))
MAX_REASON, MAX_BANNER = 500, 300


def turn_off(
    session: Session,
    *,
    scope: str,
    subject: str,
    reason: str,
    banner_ko: str,
    banner_en: str,
    actor: str,
    now: datetime,
) -> Switch:
    """Turn the bot off; the one that is off already stays as it is, with the new words.

    `subject`: the channel or topic, empty for the whole bot. Raises BadSwitch when the scope, the
    subject, the reason or a banner is missing or too long.
    """
    reason, banner_ko, banner_en = reason.strip(), banner_ko.strip(), banner_en.strip()
    subject = "" if scope == "bot" else subject.strip()
    complete = scope in SCOPES and reason and banner_ko and banner_en
    if not complete or (scope != "bot" and not subject) or len(subject) > 64:
        raise BadSwitch
    if len(reason) > MAX_REASON or max(len(banner_ko), len(banner_en)) > MAX_BANNER:
        raise BadSwitch
    switch = session.scalar(_off().where(Switch.scope == scope, Switch.subject == subject))
    if switch is None:
        switch = Switch(scope=scope, subject=subject, off_at=now, off_by=actor)
        session.add(switch)
    switch.reason, switch.banner_ko, switch.banner_en = reason, banner_ko, banner_en
    session.flush()
    return switch


def turn_on(session: Session, *, switch_id: int, actor: str, now: datetime) -> Switch:
    """Turn it on again; a second time changes nothing. Raises BadSwitch for an unknown one."""
    switch = session.get(Switch, switch_id, with_for_update=True)
    if switch is None:
        raise BadSwitch
    if switch.on_at is None:
        switch.on_at, switch.on_by = now, actor
    session.flush()
    return switch


def off_now(session: Session) -> list[Switch]:
    """Everything that is off now, the whole bot first."""
    rows = session.scalars(_off().order_by(Switch.id)).all()
    return sorted(rows, key=lambda one: SCOPES.index(one.scope))


def history(session: Session, limit: int = 100) -> Sequence[Switch]:
    """What was off, the newest first."""
    return session.scalars(select(Switch).order_by(Switch.id.desc()).limit(limit)).all()


def instead(session: Session, *, channel: str) -> Reply | None:
    """What is said instead of any answer on a channel; None while the bot is on there."""
    of_channel = and_(Switch.scope == "channel", Switch.subject == channel)
    switch = session.scalar(
        _off().where(or_(Switch.scope == "bot", of_channel)).order_by(Switch.scope).limit(1)
    )
    return _banner(switch) if switch is not None else None


def without_topics_off(session: Session, replies: Sequence[Reply]) -> list[Reply]:
    """The replies, with the banner in place of those about a topic that is off."""
    topics = {reply.topic for reply in replies if reply.topic}
    if not topics:
        return list(replies)
    off = {
        switch.subject: switch
        for switch in session.scalars(
            _off().where(Switch.scope == "topic", Switch.subject.in_(topics))
        )
    }
    return [
        _banner(off[reply.topic], reply.topic, reply.understood) if reply.topic in off else reply
        for reply in replies
    ]


def _off() -> Select[Switch]:
    return select(Switch).where(Switch.on_at.is_(None))


def _banner(
    switch: Switch, topic: str | None = None, understood: Understood | None = None
) -> Reply:
    text = {"text_ko": switch.banner_ko, "text_en": switch.banner_en}
    return Reply(
        parts=[Say(key="notice.text", values=text)],
        buttons=[PERSON, LEAVE],
        topic=topic,
        understood=understood,
    )
