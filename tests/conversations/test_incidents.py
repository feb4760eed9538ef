from datetime import timedelta

import pytest

from bot.conversations import incidents
from bot.database import Database
from bot.tickets import incidents as going_on
from bot.tickets.policy import ticket_policy
from bot.tickets.spots import Spot
from bot.wording import wording
from tests.conversations.tickets import NOW, STAFF, ticket

COUNT = ticket_policy().incidents["water_outage"].count
LATER = NOW + timedelta(minutes=5)


@pytest.fixture
def outage(database: Database) -> Database:
    with database.writing() as session:
        for _ in range(COUNT):
            spot = Spot("연동", "제주시", "연동")
            ticket(session, None, topic="water_outage", spot=spot)
    return database


def test_an_incident_is_said_with_the_greeting_and_before_its_topic(outage: Database) -> None:
    with outage.reading() as session:
        (said,) = incidents.greeting(session, LATER)
        assert incidents.due(session, topic="water_outage", now=LATER) == [said]
        assert incidents.due(session, topic="street_light", now=LATER) == []
        assert "지금 연동 일대에" in wording().text(said.key, "ko", said.values)
        assert "the area of 연동" in wording().text(said.key, "en", said.values)


def test_it_is_said_until_staff_end_it(outage: Database) -> None:
    with outage.writing() as session:
        (incident,) = going_on.current(session, LATER)
        going_on.end(session, incident_id=incident.id, actor=STAFF, now=LATER)
        assert incidents.greeting(session, LATER) == []
