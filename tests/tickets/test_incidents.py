from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from bot.database import Database
from bot.tickets import incidents
from bot.tickets.errors import UnknownIncident
from bot.tickets.models import Incident, Ticket
from bot.tickets.policy import ticket_policy
from bot.tickets.spots import Spot
from tests.tickets.conftest import Opener
from tests.tickets.history import STAFF

RULE = ticket_policy().incidents["water_outage"]
YEON = Spot("연동", "제주시", "연동")


def outages(
    session: Session, open_one: Opener, now: datetime, count: int, **given: Any
) -> list[Ticket]:
    usual: dict[str, Any] = {"topic": "water_outage", "spot": YEON}
    first = given.pop("first", 1)
    return [
        open_one(
            session,
            message_id=f"m-{number}",
            now=now + timedelta(minutes=number),
            **{**usual, "conversation_id": f"c-{number}", **given},
        ).ticket
        for number in range(first, first + count)
    ]


def test_the_nth_ticket_of_an_area_begins_one_incident(
    database: Database, open_one: Opener, now: datetime
) -> None:
    with database.writing() as session:
        before = outages(session, open_one, now, RULE.count - 1)
        assert incidents.current(session, now + timedelta(hours=1)) == []
        (last,) = outages(session, open_one, now, 1, first=RULE.count)
        (incident,) = incidents.current(session, now + timedelta(hours=1))
        assert (incident.topic, incident.city, incident.district) == (
            "water_outage",
            "제주시",
            "연동",
        )
        for ticket in (*before, last):
            session.refresh(ticket)
            assert ticket.incident_id == incident.id
        # What staff see of the earlier ones has not changed.
        assert {ticket.version for ticket in before} == {1}
        (next_one,) = outages(session, open_one, now, 1, first=RULE.count + 1)
        assert next_one.incident_id == incident.id
        assert incidents.tickets_of(session, incident) == RULE.count + 1
        assert len(incidents.current(session, now + timedelta(hours=1))) == 1


def test_tickets_of_different_areas_topics_or_hours_begin_none(
    database: Database, open_one: Opener, now: datetime
) -> None:
    with database.writing() as session:
        outages(session, open_one, now, RULE.count - 1)
        aewol = Spot("애월읍", "제주시", "애월읍")
        outages(session, open_one, now, RULE.count - 1, first=10, spot=aewol)
        outages(session, open_one, now, RULE.count, first=20, topic="road_damage")
        outages(session, open_one, now, RULE.count, first=30, spot=Spot("제주시", "제주시", None))
        late = now + timedelta(minutes=RULE.minutes)
        outages(session, open_one, late, 1, first=40)
        assert incidents.current(session, late + timedelta(hours=2)) == []


def test_those_who_join_count_too(database: Database, open_one: Opener, now: datetime) -> None:
    with database.writing() as session:
        (parent,) = outages(session, open_one, now, 1)
        outages(session, open_one, now, RULE.count - 1, first=2, parent_id=parent.id)
        assert len(incidents.current(session, now + timedelta(hours=1))) == 1


def test_it_lasts_until_staff_end_it_and_then_needs_new_tickets(
    database: Database, open_one: Opener, now: datetime
) -> None:
    with database.writing() as session:
        outages(session, open_one, now, RULE.count)
        later = now + timedelta(days=1)
        (incident,) = incidents.current(session, later)
        incidents.end(session, incident_id=incident.id, actor=STAFF, now=later)
        assert incidents.current(session, later) == []
        assert (incident.ended_at, incident.ended_by) == (later, STAFF)
        with pytest.raises(UnknownIncident):
            incidents.end(session, incident_id=incident.id, actor=STAFF, now=later)
        with pytest.raises(UnknownIncident):
            incidents.end(session, incident_id=999, actor=STAFF, now=later)
        soon = now + timedelta(minutes=RULE.count)
        (another,) = outages(session, open_one, soon, 1, first=20)
        assert another.incident_id is None
        outages(session, open_one, soon, RULE.count - 1, first=21)
        assert len(incidents.current(session, later)) == 1


def test_a_topic_hears_only_of_its_own(database: Database, open_one: Opener, now: datetime) -> None:
    with database.writing() as session:
        outages(session, open_one, now, RULE.count)
        later = now + timedelta(hours=1)
        assert len(incidents.current(session, later, topic="water_outage")) == 1
        assert incidents.current(session, later, topic="street_light") == []


def test_many_at_once_begin_one_incident(
    database: Database, open_one: Opener, now: datetime
) -> None:
    def once(number: int) -> None:
        with database.writing() as session:
            outages(session, open_one, now, 1, first=number)

    with ThreadPoolExecutor(max_workers=8) as pool:
        list(pool.map(once, range(24)))
    with database.reading() as session:
        (incident,) = session.query(Incident).all()
        assert incidents.tickets_of(session, incident) == 24


def test_one_citizen_who_reports_again_and_again_begins_none(
    database: Database, open_one: Opener, now: datetime
) -> None:
    with database.writing() as session:
        outages(session, open_one, now, RULE.count + 3, conversation_id="one-troll")
        assert incidents.current(session, now + timedelta(hours=1)) == []
