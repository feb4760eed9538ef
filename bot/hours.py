"""The hours in which the people of the 120 centre answer (data/policy/hours.yml)."""

from datetime import datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import yaml

from bot.paths import POLICY

SEOUL = ZoneInfo("Asia/Seoul")


def is_open(now: datetime) -> bool:
    """Whether somebody answers at `now` (aware). The closing minute itself is closed."""
    opens, closes = opening_hours()
    return opens <= now.astimezone(SEOUL).time() < closes


def next_open(now: datetime) -> datetime:
    """The next moment the centre opens after `now` (aware), in Asia/Seoul.

    While it is open, that is tomorrow's opening.
    """
    opens, _ = opening_hours()
    local = now.astimezone(SEOUL)
    day = local.date() if local.time() < opens else local.date() + timedelta(days=1)
    return datetime.combine(day, opens, SEOUL)


@lru_cache
def opening_hours() -> tuple[time, time]:
    """When the centre opens and closes, by the clock of Asia/Seoul."""
    read = yaml.safe_load((POLICY / "hours.yml").read_text(encoding="utf-8"))
    return time.fromisoformat(read["opens"]), time.fromisoformat(read["closes"])
