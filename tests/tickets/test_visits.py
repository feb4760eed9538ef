import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest

from bot.database import Database
from bot.hours import SEOUL
from bot.tickets import service, visits
from bot.tickets.errors import PastMoment, WrongKind, WrongTransition
from bot.tickets.reminding import remind_bodies
from bot.tickets.spots import Spot
from tests.tickets.conftest import Opener
from tests.tickets.history import STAFF, events, told, whats

THURSDAY = datetime(2026, 11, 26, 14, tzinfo=SEOUL)


def by(ticket: Any, now: datetime, **given: Any) -> dict[str, Any]:
    return {"ticket": ticket, "actor": STAFF, "version": None, "now": now, **given}


def test_a_visit_is_appointed_and_appointed_anew(
    database: Database, open_one: Opener, now: datetime
) -> None:
    with database.writing() as session:
        ticket = open_one(session, kind="visit", topic="visiting_service").ticket
        service.appoint(session, at=THURSDAY, officer="김순자 주무관", **by(ticket, now))
        later = THURSDAY + timedelta(days=1)
        service.appoint(session, at=later, officer="", **by(ticket, now))
        assert (ticket.appointment_at, ticket.officer) == (later, None)
        assert told(session, ticket) == ["appointed", "appointed"]
        assert events(session, ticket)[1].details == {
            "at": "2026-11-26T14:00+09:00",
            "officer": "김순자 주무관",
        }


def test_an_appointment_is_for_an_open_visit_and_to_come(
    database: Database, open_one: Opener, now: datetime
) -> None:
    with database.writing() as session:
        report = open_one(session).ticket
        with pytest.raises(WrongKind):
            service.appoint(session, at=THURSDAY, officer="", **by(report, now))
        visit = open_one(session, kind="visit", message_id="message-2").ticket
        with pytest.raises(PastMoment):
            service.appoint(session, at=now, officer="", **by(visit, now))
        service.move_on(
            session,
            ticket=visit,
            to="cancelled",
            actor=STAFF,
            note="",
            tell_citizen=False,
            now=now,
        )
        with pytest.raises(WrongTransition):
            service.appoint(session, at=THURSDAY, officer="", **by(visit, now))


def test_a_visit_is_reminded_of_once_the_day_before_from_ten(
    database: Database, open_one: Opener, now: datetime
) -> None:
    with database.writing() as session:
        ticket = open_one(session, kind="visit").ticket
        service.appoint(session, at=THURSDAY, officer="김 주무관", **by(ticket, now))
    for moment, expected in (
        (datetime(2026, 11, 24, 12, tzinfo=SEOUL), 0),
        (datetime(2026, 11, 25, 9, 59, tzinfo=SEOUL), 0),
        (datetime(2026, 11, 25, 10, tzinfo=SEOUL), 1),
        (datetime(2026, 11, 25, 11, tzinfo=SEOUL), 0),
        (datetime(2026, 11, 26, 10, tzinfo=SEOUL), 0),
    ):
        with database.writing() as session:
            assert len(service.remind(session, now=moment)) == expected, moment
    with database.reading() as session:
        event = events(session, ticket)[-1]
        assert (event.what, event.actor, event.tell_citizen) == ("reminded", "system", True)
        assert event.details == {"at": "2026-11-26T14:00+09:00", "officer": "김 주무관"}


def test_who_was_given_an_appointment_for_tomorrow_is_not_reminded_today(
    database: Database, open_one: Opener
) -> None:
    day_before = datetime(2026, 11, 25, 11, tzinfo=SEOUL)
    with database.writing() as session:
        ticket = open_one(session, kind="visit").ticket
        service.appoint(session, at=THURSDAY, officer="", **by(ticket, day_before))
        assert service.remind(session, now=day_before + timedelta(hours=1)) == []


def test_the_visits_of_a_day_are_listed_by_area(
    database: Database, open_one: Opener, now: datetime
) -> None:
    with database.writing() as session:
        for number, (district, hour) in enumerate(
            [("한림읍", 9), ("애월읍", 15), ("애월읍", 10)], start=1
        ):
            spot = Spot(district, "제주시", district)
            ticket = open_one(session, kind="visit", message_id=f"m-{number}", spot=spot).ticket
            at = THURSDAY.replace(hour=hour)
            service.appoint(session, at=at, officer="", **by(ticket, now))
        listed = visits.of_day(session, THURSDAY.date())
        assert [(one.district, one.message_id) for one in listed] == [
            ("애월읍", "m-3"),
            ("애월읍", "m-2"),
            ("한림읍", "m-1"),
        ]
        assert visits.of_day(session, THURSDAY.date(), office="kepco") == []
        assert visits.of_day(session, now.date()) == []


def test_a_call_back_notes_each_try_and_tells_of_the_missed(
    database: Database, open_one: Opener, now: datetime
) -> None:
    with database.writing() as session:
        ticket = open_one(session, kind="callback", topic="callback", petition="other").ticket
        service.tried_call(session, reached=False, text="신호만 감", **by(ticket, now))
        service.tried_call(session, reached=True, **by(ticket, now + timedelta(hours=1)))
        assert whats(session, ticket) == ["opened", "tried", "tried"]
        assert told(session, ticket) == ["tried"]
        assert events(session, ticket)[1].details == {"reached": False, "remark": "신호만 감"}
        report = open_one(session, message_id="message-2").ticket
        with pytest.raises(WrongKind):
            service.tried_call(session, reached=True, **by(report, now))


def test_calls_are_listed_by_the_time_that_was_wished(
    database: Database, open_one: Opener, now: datetime
) -> None:
    with database.writing() as session:
        for number, hours in (("a", None), ("b", 5), ("c", 2)):
            wished = now + timedelta(hours=hours) if hours else None
            open_one(
                session,
                kind="callback",
                petition="other",
                message_id=number,
                wanted_from=wished,
            )
        open_one(session)
        assert [one.message_id for one in visits.calls(session)] == ["c", "b", "a"]


def test_the_bodys_reminder_of_the_term_is_not_the_citizens_of_the_visit(
    database: Database, open_one: Opener, now: datetime
) -> None:
    with database.writing() as session:
        ticket = open_one(session, kind="visit").ticket
        service.appoint(session, at=THURSDAY, officer="", **by(ticket, now))
        ticket.due_at = now + timedelta(hours=1)
        session.flush()
        assert remind_bodies(session, now=now + timedelta(minutes=1)) == [ticket]
    with database.writing() as session:
        assert len(service.remind(session, now=datetime(2026, 11, 25, 10, tzinfo=SEOUL))) == 1


def test_two_processes_remind_of_a_visit_once(
    database: Database, open_one: Opener, now: datetime
) -> None:
    with database.writing() as session:
        ticket = open_one(session, kind="visit").ticket
        service.appoint(session, at=THURSDAY, officer="", **by(ticket, now))
    both = Barrier(2)

    def remind(_: int) -> int:
        with database.writing() as session:
            with suppress(BrokenBarrierError):
                # On SQLite the second one only begins when the first has ended.
                both.wait(0.3 if database.url.startswith("sqlite") else 5)
            found = service.remind(session, now=datetime(2026, 11, 25, 10, tzinfo=SEOUL))
            time.sleep(0.2)
            return len(found)

    with ThreadPoolExecutor(max_workers=2) as pool:
        assert sorted(pool.map(remind, range(2))) == [0, 1]
