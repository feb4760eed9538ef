"""The rules of the desk that staff change while the service runs, each change kept.

As shipped they stand in data/policy/hours.yml and people.yml. A change is stored, so that it holds
in every process at once, and it says who made it, when and why.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, time
from typing import Any, Literal

import structlog
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot import hours
from bot.conversations.desk_rules_models import RuleChange
from bot.conversations.errors import BadRules
from bot.conversations.people_policy import people_policy
from bot.hours import Opening

log = structlog.get_logger(__name__)
MAX_REASON = 500


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
        if self.opens >= self.closes or self.ask_minutes >= self.close_minutes:
            raise ValueError("opens before closes, and asks before it closes")
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
    session: Session, *, values: Mapping[str, object], reason: str, login: str, now: datetime
) -> list[RuleChange]:
    """Give rules new values; returns what changed, nothing for values that hold already.

    `values`: by name, as a form sends them; a name that is not there stays as it is. Raises
    BadRules when a value makes no sense beside the others or the reason is missing or too long.
    """
    reason = reason.strip()
    if not 0 < len(reason) <= MAX_REASON or not set(values) <= set(NAMES):
        raise BadRules
    before = current(session)
    try:
        after = DeskRules.model_validate(before.model_dump() | dict(values))
    except ValidationError as error:
        raise BadRules from error
    old, new = before.model_dump(mode="json"), after.model_dump(mode="json")
    rows = [
        RuleChange(name=name, before=old[name], after=new[name], reason=reason, login=login, at=now)
        for name in NAMES
        if old[name] != new[name]
    ]
    session.add_all(rows)
    session.flush()
    return rows


def history(session: Session, limit: int = 100) -> Sequence[RuleChange]:
    """What was changed, the newest first."""
    return session.scalars(select(RuleChange).order_by(RuleChange.id.desc()).limit(limit)).all()


def as_text(value: Any) -> str:
    """A stored value as a field of a form has it: times to the minute."""
    return str(value)[:5] if isinstance(value, str) and ":" in value else str(value)
