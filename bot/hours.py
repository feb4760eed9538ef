"""The hours in which the people of the 120 centre answer."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from bot import yaml_files
from bot.paths import POLICY

SEOUL = ZoneInfo("Asia/Seoul")


@dataclass(frozen=True)
class Opening:
    """When the centre opens and closes every day, by the clock of Asia/Seoul."""

    opens: time
    closes: time

    def is_open(self, now: datetime) -> bool:
        """Whether somebody answers at `now` (aware). The closing minute itself is closed."""
        return self.opens <= now.astimezone(SEOUL).time() < self.closes

    def next_open(self, now: datetime) -> datetime:
        """The next moment the centre opens after `now` (aware), in Asia/Seoul.

        While it is open, that is tomorrow's opening.
        """
        local = now.astimezone(SEOUL)
        day = local.date() if local.time() < self.opens else local.date() + timedelta(days=1)
        return datetime.combine(day, self.opens, SEOUL)


@lru_cache
def shipped() -> Opening:
    """The hours of data/policy/hours.yml, which hold until staff change them (`desk_rules`)."""
    read = yaml_files.read(POLICY / "hours.yml")
    return Opening(time.fromisoformat(read["opens"]), time.fromisoformat(read["closes"]))
