"""Cries for help: the right number at once, in every state. With Rasa stopped: tests/faults."""

import pytest

from bot import hours
from bot.conversations.models import Conversation
from bot.database import utc_now
from tests.support.citizen import Citizen, start_report
from tests.support.service import Service

FIRE = "불이야 집에 불났어"
CRISIS = "죽고 싶어요"
HEARD = "수도관이 터졌어요"
"""Only the learnt ear takes it for a cry (tests/conversations/test_moves.py)."""
HUNGRY = "배고파 죽겠다"


def alarm_of(service: Service, citizen: Citizen) -> str | None:
    with service.database.reading() as session:
        return session.get_one(Conversation, citizen.id).alarm


def test_a_fire_gets_119_at_once(citizen: Citizen, service: Service) -> None:
    answer = citizen.says(FIRE)
    assert answer.says("guard.fire") and "119" in answer.text
    assert answer.topic == "emergency"
    assert alarm_of(service, citizen) == "fire"


def test_a_crisis_gets_109_and_a_person_or_a_callback(citizen: Citizen, service: Service) -> None:
    answer = citizen.says(CRISIS)
    assert answer.says("guard.suicide") and "109" in answer.text
    assert answer.topic == "crisis_counseling"
    assert alarm_of(service, citizen) == "suicide"
    if hours.shipped().is_open(utc_now()):
        assert answer.says("guard.person_alerted")
        assert citizen.state == "waiting"
    else:
        assert "1577-0199" in answer.text and "119" in answer.text
        assert citizen.presses("button.callback").says("consent.ask")


def test_what_only_sounds_like_a_cry_gets_the_numbers_and_its_own_answer(
    citizen: Citizen, service: Service
) -> None:
    answer = citizen.says(HEARD)
    assert alarm_of(service, citizen) is not None
    assert "119" in answer.text or "112" in answer.text
    assert "water_outage" in answer.topics, answer.text


def test_hunger_is_no_emergency(citizen: Citizen, service: Service) -> None:
    answer = citizen.says(HUNGRY)
    assert "109" not in answer.text and "119" not in answer.text
    assert alarm_of(service, citizen) is None


def test_a_fire_in_a_report_gets_119_and_the_report_can_go_on(citizen: Citizen) -> None:
    start_report(citizen)
    answer = citizen.says(FIRE)
    assert answer.says("guard.fire")
    assert answer.says("guard.continue") and answer.says("form.ask_danger")
    assert citizen.presses("form.choice_yes").says("form.ask_photo")


def test_hunger_in_a_report_is_no_emergency(citizen: Citizen, service: Service) -> None:
    start_report(citizen)
    answer = citizen.says(HUNGRY)
    assert not answer.says("guard.suicide") and not answer.says("guard.fire")
    assert alarm_of(service, citizen) is None


def test_a_crisis_in_a_report_gets_109_and_its_callback_comes_first(citizen: Citizen) -> None:
    start_report(citizen)
    answer = citizen.says(CRISIS)
    assert answer.says("guard.suicide")
    if not hours.shipped().is_open(utc_now()):
        asked = citizen.presses("button.callback")
        assert asked.says("report.start_callback") and asked.says("consent.ask")


@pytest.mark.parametrize(
    ("cry", "sentence"), [(FIRE, "guard.fire"), (CRISIS, "guard.suicide")], ids=["fire", "crisis"]
)
def test_a_cry_while_waiting_gets_the_number_and_alerts_the_person(
    citizen: Citizen, service: Service, cry: str, sentence: str
) -> None:
    citizen.says("상담원 바꿔주세요")
    answer = citizen.says(cry)
    assert answer.says(sentence) and answer.says("guard.person_alerted")
    assert citizen.state == "waiting"
    assert alarm_of(service, citizen) is not None


def test_hunger_while_waiting_is_only_noted(citizen: Citizen, service: Service) -> None:
    citizen.says("상담원 바꿔주세요")
    assert citizen.says(HUNGRY).says("handover.noted")
    assert alarm_of(service, citizen) is None


def test_a_cry_in_english_is_answered_in_english(citizen: Citizen) -> None:
    assert citizen.says("Help, my house is on fire!").says("guard.fire", "en")
