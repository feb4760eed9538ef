"""The rules of the desk that staff change while the service runs, each change kept.

As shipped they stand in data/policy/hours.yml and people.yml. A change is stored, so that it holds
in every process at once, and it says who made it, when and why.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, time
from typing import Any, Literal

import structlog
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from bot import hours
from bot.conversations.desk_rules_models import RuleChange
from bot.conversations.errors import BadRules, StaleRules
from bot.conversations.people_models import Presence
from bot.conversations.people_policy import people_policy
from bot.hours import Opening

log = structlog.get_logger(__name__)
MAX_REASON = 500
LOCK = 120_021
"""Of PostgreSQL's advisory locks, the one of the desk's rules."""


class DeskRules(BaseModel):
    """The rules as they hold now."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    opens: time
    closes: time
    """By the clock of Asia/Seoul, on the same day."""
    assign: Literal["pull", "round_robin"]
    capacity: int = Field(ge=1, le=50)
    """Talks that a person holds at once who chose no other number."""
    usual_minutes: int = Field(ge=1, le=120)
    longest_minutes: int = Field(ge=1, le=600)
    ask_minutes: int = Field(ge=1, le=1440)
    close_minutes: int = Field(ge=2, le=2880)
    """After the person's last words, so more than `ask_minutes`."""
    platform_hours: int = Field(ge=1, le=720)

    @model_validator(mode="after")
    def _in_order(self) -> "DeskRules":
        if self.opens.tzinfo or self.closes.tzinfo:
            raise ValueError("times are by the clock of Asia/Seoul")
        if self.opens >= self.closes:
            raise ValueError("opens before closes")
        if self.ask_minutes >= self.close_minutes:
            raise ValueError("asks before it closes")
        return self

    @property
    def opening(self) -> Opening:
        """The hours in which people answer."""
        return Opening(self.opens, self.closes)


NAMES = tuple(DeskRules.model_fields)


def shipped() -> DeskRules:
    """The rules of the policy files."""
    people, opening = people_policy(), hours.shipped()
    return DeskRules(
        opens=opening.opens,
        closes=opening.closes,
        assign=people.assign,
        capacity=people.capacity,
        usual_minutes=people.usual_minutes,
        longest_minutes=people.longest_minutes,
        ask_minutes=people.silent.ask_minutes,
        close_minutes=people.silent.close_minutes,
        platform_hours=people.platform_hours,
    )


def current(session: Session) -> DeskRules:
    """The rules that hold now."""
    newest = select(func.max(RuleChange.id)).group_by(RuleChange.name)
    rows = session.execute(
        select(RuleChange.name, RuleChange.after).where(RuleChange.id.in_(newest))
    )
    changed = {name: after for name, after in rows if name in NAMES}
    if not changed:
        return shipped()
    try:
        return DeskRules.model_validate(shipped().model_dump() | changed)
    except ValidationError:
        # A later version may allow less: the desk goes on by what was shipped.
        log.error("desk_rules_unusable", names=sorted(changed))
        return shipped()


def change(
    session: Session,
    *,
    values: Mapping[str, object],
    reason: str,
    login: str,
    now: datetime,
    seen: int | None = None,
) -> list[RuleChange]:
    """Give rules new values; returns what changed, nothing for values that hold already.

    `values`: by name, as a form sends them; a name that is not there stays as it is. `seen`: the
    last change that who decides has seen (`newest`). Raises BadRules when a value makes no sense
    beside the others or the reason is missing or too long, StaleRules when there is a later change.
    """
    _one_at_a_time(session)
    if seen is not None and seen != newest(session):
        raise StaleRules
    reason = reason.strip()
    if not 0 < len(reason) <= MAX_REASON:
        raise BadRules("reason")
    if unknown := set(values) - set(NAMES):
        raise BadRules(*sorted(unknown))
    before = current(session)
    try:
        after = DeskRules.model_validate(before.model_dump() | dict(values))
    except ValidationError as error:
        named = (str(each["loc"][0]) for each in error.errors() if each["loc"])
        raise BadRules(*named) from error
    old, new = before.model_dump(mode="json"), after.model_dump(mode="json")
    rows = [
        RuleChange(name=name, before=old[name], after=new[name], reason=reason, login=login, at=now)
        for name in NAMES
        if old[name] != new[name]
    ]
    session.add_all(rows)
    if before.capacity != after.capacity:
        # Who never chose another number goes along.
        session.execute(
            update(Presence)
            .where(Presence.capacity == before.capacity)
            .values(capacity=after.capacity)
        )
    session.flush()
    return rows


def newest(session: Session) -> int:
    """The number of the last change; 0 before there is one."""
    return session.scalar(select(func.max(RuleChange.id))) or 0


def bounds(name: str) -> tuple[int, int] | None:
    """The least and the most that a number may be; None for what is no number."""
    found = DeskRules.model_json_schema()["properties"][name]
    return (found["minimum"], found["maximum"]) if "minimum" in found else None


def _one_at_a_time(session: Session) -> None:
    """Let the next who changes rules wait for this transaction; SQLite has one writer anyway."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(LOCK)))


def history(session: Session, limit: int = 100) -> Sequence[RuleChange]:
    """What was changed, the newest first."""
    return session.scalars(select(RuleChange).order_by(RuleChange.id.desc()).limit(limit)).all()


def as_text(value: Any) -> str:
    """A stored value as a field of a form has it: times to the minute."""
    return str(value)[:5] if isinstance(value, str) and ":" in value else str(value)
