"""What the citizen API says of people: the line, who answers, the short code, satisfaction."""

import pytest
from fastapi.testclient import TestClient

from bot.conversations import presence, service, waiting
from bot.conversations.people_models import Satisfaction
from bot.database import utc_now
from bot.staff import service as staff
from bot.web.parts import Parts
from tests.support.citizen import Citizen


@pytest.fixture
def citizen(client: TestClient) -> Citizen:
    return Citizen(client)


def test_a_waiting_citizen_is_told_the_place_and_then_who_answers(
    citizen: Citizen, parts: Parts
) -> None:
    assert citizen.conversation()["waiting"] is None
    now = utc_now()
    with parts.database.writing() as session:
        staff.add(session, login="haenyeo", name="김해녀", role="counsellor", now=now)
        presence.set_state(session, login="haenyeo", state="available", now=now)
        service.hand_over(session, conversation_id=citizen.id, reason="unsure", now=now)
    waits = citizen.conversation()
    assert (waits["state"], waits["staff"]) == ("waiting", None)
    # Others of this application may wait as well.
    with parts.database.reading() as session:
        place = waiting.place_of(session, conversation_id=citizen.id, now=now)
    assert place is not None
    assert waits["waiting"]["place"] == place.number
    with parts.database.writing() as session:
        service.take(session, conversation_id=citizen.id, login="haenyeo", now=now)
    held = citizen.conversation()
    assert (held["state"], held["waiting"], held["staff"]) == ("staff", None, "김해녀")


def test_a_short_code_brings_the_talk_into_another_browser(
    citizen: Citizen, client: TestClient
) -> None:
    got = client.get(f"{citizen.path}/code", headers=citizen.headers)
    assert got.status_code == 200
    code = got.json()["code"]
    assert client.get(f"{citizen.path}/code", headers=citizen.headers).json()["code"] == code
    other = Citizen(client)
    other.says(code)
    assert citizen.conversation()["state"] == "closed"
    closed = client.get(f"{citizen.path}/code", headers=citizen.headers)
    assert closed.status_code == 409


def test_how_the_talk_was_is_kept_and_a_score_of_six_is_none(
    citizen: Citizen, client: TestClient, parts: Parts
) -> None:
    path = f"{citizen.path}/satisfaction"
    assert client.post(path, json={"score": 6}, headers=citizen.headers).status_code == 422
    assert client.post(path, json={"score": 4}, headers=citizen.headers).status_code == 204
    with parts.database.reading() as session:
        kept = session.get_one(Satisfaction, citizen.id)
    assert (kept.score, kept.by_person) == (4, False)


def test_another_conversations_token_gives_no_code(citizen: Citizen, client: TestClient) -> None:
    other = Citizen(client)
    assert client.get(f"{citizen.path}/code", headers=other.headers).status_code == 404
