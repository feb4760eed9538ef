"""The figures of a period: chats and calls as one, tickets, and how satisfied citizens were.

Counting is the database's, over indexes by time; times are taken from the newest SAMPLE of them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from bot.conversations.models import Conversation
from bot.staff import statistics_talks as talks
from bot.staff import statistics_work as work
from bot.staff.calls import CHANNEL
from bot.staff.calls_models import Call
from bot.staff.service import Staff
from bot.staff.statistics_tools import Period, Table, by_hour, grouped


@dataclass(frozen=True)
class Report:
    """The figures of a period: single ones by name (None: nothing to tell it from), and tables."""

    period: Period
    figures: Mapping[str, float | None]
    tables: tuple[Table, ...]

    def rows(self) -> Iterable[tuple[str, str, float | None]]:
        """Everything as rows: what is counted, of which name, how much."""
        for name, value in self.figures.items():
            yield "figure", name, value
        for table in self.tables:
            for name, count in table.rows:
                yield table.kind, name, count


def of_period(session: Session, *, period: Period, staff: Staff, now: datetime) -> Report:
    """The figures of a period, as this person may see them.

    Who sees only an office's tickets gets that office's; who may not see what colleagues do gets
    abuse of their own alone.
    """
    chats = by_hour(session, Conversation.created_at, period, Conversation.channel != CHANNEL)
    phone = by_hour(session, Call.began_at, period)
    both = [chats, phone]
    tickets = work.tickets(session, period, staff.only_office, now)
    turns = talks.turns(session, period)
    return Report(
        period,
        {
            "chats": sum(chats.values()),
            "calls": sum(phone.values()),
            **talks.answered(session, period, turns, sum(chats.values())),
            **talks.times(session, period),
            **tickets.figures,
            **work.opinions(session, period),
            **work.calls(session, period),
        },
        (
            Table("day", talks.days(both, period)),
            Table("hour", talks.hours(both)),
            Table("channel", talks.channels(session, period, sum(phone.values()))),
            Table("topic", talks.topics(session, period)),
            Table("turn", turns),
            Table("reason", talks.reasons(session, period)),
            Table("result", grouped(session, Call.result, Call.began_at, period)),
            *tickets.tables,
            Table("score", work.scores(session, period)),
            Table("abuse", work.abuse(session, period, staff)),
        ),
    )
