"""The figures of calls, tickets, opinions and abuse."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, case, func, select
from sqlalchemy.orm import Session

from bot.conversations.models import Feedback
from bot.conversations.people_models import Satisfaction
from bot.staff.calls_models import Call
from bot.staff.desk_models import AbuseEvent
from bot.staff.desk_policy import desk_policy
from bot.staff.service import Staff
from bot.staff.statistics_tools import SAMPLE, Period, Table, grouped, hour, middle, moment, share
from bot.tickets.models import Ticket

MOST_SHIFTS = 60
UNHANDLED = ("cancelled", "duplicate")
"""States of tickets that say nothing about the term."""
ABUSIVE = "abusive"


def calls(session: Session, period: Period) -> dict[str, float | None]:
    """The middle length of a call, and how often the bot's first topic was the call's."""
    newest = session.execute(
        select(Call.began_at, Call.ended_at, Call.guess, Call.topic)
        .where(period.holds(Call.began_at))
        .order_by(Call.began_at.desc())
        .limit(SAMPLE)
    ).all()
    lengths = [
        (one.ended_at - one.began_at).total_seconds() / 60
        for one in newest
        if one.ended_at > one.began_at
    ]
    guessed = [one.guess == one.topic for one in newest if one.guess and one.topic]
    return {"call_minutes": middle(lengths), "guess_right": share(sum(guessed), len(guessed))}


@dataclass(frozen=True)
class OfTickets:
    """The figures and tables of tickets."""

    figures: dict[str, float | None]
    tables: tuple[Table, ...]


def tickets(session: Session, period: Period, office: str | None, now: datetime) -> OfTickets:
    """Tickets opened in a period: states, term, transfers; of one office where one is named."""
    mine = [Ticket.office == office] if office is not None else []
    late_by = func.coalesce(Ticket.done_at, Ticket.paused_at, now)
    handled = Ticket.state.not_in(UNHANDLED)
    in_time = and_(handled, Ticket.done_at.is_not(None), Ticket.done_at <= Ticket.due_at)
    late = and_(handled, late_by > Ticket.due_at)
    states = session.execute(
        select(
            Ticket.state,
            func.count(),
            func.sum(Ticket.transfers),
            func.sum(case((in_time, 1), else_=0)),
            func.sum(case((late, 1), else_=0)),
            func.sum(Ticket.rating),
            func.count(Ticket.rating),
        )
        .where(period.holds(Ticket.created_at), *mine)
        .group_by(Ticket.state)
    ).all()
    opened, transfers, kept, missed, ratings, rated = (
        sum(int(row[n] or 0) for row in states) for n in range(1, 7)
    )
    return OfTickets(
        {
            "tickets": opened,
            "within_term": share(kept, kept + missed),
            "transfers": round(transfers / opened, 2) if opened else None,
            "rating": round(ratings / rated, 2) if rated else None,
        },
        (
            Table("ticket_state", tuple((row[0], row[1]) for row in states)),
            Table("origin", grouped(session, Ticket.origin, Ticket.created_at, period, *mine)),
        ),
    )


def opinions(session: Session, period: Period) -> dict[str, float | None]:
    """How satisfied citizens were, and how many answers helped."""
    score = session.scalar(
        select(func.avg(Satisfaction.score)).where(period.holds(Satisfaction.created_at))
    )
    useful, judged = session.execute(
        select(func.sum(case((Feedback.useful, 1), else_=0)), func.count()).where(
            period.holds(Feedback.created_at)
        )
    ).one()
    return {
        "satisfaction": round(float(score), 2) if score is not None else None,
        "useful": share(int(useful or 0), judged),
        "judged": judged,
    }


def scores(session: Session, period: Period) -> tuple[tuple[str, int], ...]:
    """Satisfaction by score, the best first."""
    found = dict(grouped(session, Satisfaction.score, Satisfaction.created_at, period))
    return tuple((str(n), found.get(str(n), 0)) for n in range(5, 0, -1)) if found else ()


def abuse(session: Session, period: Period, staff: Staff) -> tuple[tuple[str, int], ...]:
    """Abuse by shift, the newest first: `2026-11-28 00–12 login`, in chats and calls."""
    sums: dict[str, int] = {}
    for login, at, extra in (
        (AbuseEvent.login, AbuseEvent.at, []),
        (Call.login, Call.began_at, [Call.result == ABUSIVE]),
    ):
        by = hour(session, at).label("hour")
        own = [] if staff.may("others_talks") or staff.may("audit") else [login == staff.login]
        found = session.execute(
            select(login, by, func.count())
            .where(period.holds(at), *extra, *own)
            .group_by(login, by)
        )
        for who, when, count in found:
            name = f"{_shift(moment(when))} {who}"
            sums[name] = sums.get(name, 0) + count
    return tuple(sorted(sums.items(), reverse=True)[:MOST_SHIFTS])


def _shift(at: datetime) -> str:
    hours = desk_policy().abuse.shift_hours
    begins = at.hour // hours * hours
    return f"{at:%Y-%m-%d} {begins:02}–{min(24, begins + hours):02}"
