from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.paths import POLICY
from bot.tickets.errors import PolicyError
from bot.tickets.policy import TicketPolicy, ticket_policy
from bot.tickets.routing import Decision, Routing, UnknownTopic, department
from bot.wording import LANGUAGES, wording

ROUTING = Routing.load(POLICY / "tickets.yml")
DESK = Decision("제주120만덕콜센터", "desk")


@pytest.mark.parametrize(
    ("topic", "city", "expected"),
    [
        ("road_damage", "제주시", "제주시 건설과"),
        ("road_damage", "서귀포시", "서귀포시 건설과"),
        ("street_light", "제주시", "제주시 건설과"),
        ("illegal_dumping", "서귀포시", "서귀포시 생활환경과"),
    ],
)
def test_a_known_city_leads_to_its_department(topic: str, city: str, expected: str) -> None:
    assert department(topic, city, "ko") == Decision(expected, f"city:{city}")


@pytest.mark.parametrize("city", [None, "", "5·16로", "번영로", "부산시"])
def test_without_a_city_the_120_desk_takes_it(city: str | None) -> None:
    assert ROUTING.department("road_damage", city, "ko") == DESK


@pytest.mark.parametrize("topic", ["visiting_service", "callback", "general_ticket"])
def test_what_the_place_does_not_decide_goes_to_the_120_desk(topic: str) -> None:
    assert ROUTING.department(topic, "제주시", "ko") == DESK


def test_the_lights_of_an_eup_or_myeon_are_its_own_offices() -> None:
    decision = ROUTING.department("street_light", "제주시", "ko", "애월읍")
    assert decision == Decision("애월읍사무소", "eup_myeon:애월읍")
    assert ROUTING.department("street_light", "제주시", "ko", "노형동").rule == "city:제주시"
    assert ROUTING.department("road_damage", "제주시", "ko", "애월읍").rule == "city:제주시"


@pytest.mark.parametrize(
    ("stored", "english"),
    [
        ("제주시 건설과", "Jeju City Construction Division"),
        ("제주120만덕콜센터", "Jeju 120 Mandeok Call Centre"),
        ("애월읍사무소", "애월읍 office"),
        ("어느 부서", "어느 부서"),
    ],
)
def test_a_stored_department_is_told_in_the_citizens_language(stored: str, english: str) -> None:
    assert ROUTING.in_language(stored, "en") == english
    assert ROUTING.in_language(stored, "ko") == stored


def test_an_unknown_topic_is_named() -> None:
    with pytest.raises(UnknownTopic, match="pet_export"):
        ROUTING.department("pet_export", None, "ko")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_state_has_a_sentence(language: str) -> None:
    for state in ticket_policy().states:
        wording().text(f"ticket.state_{state}", language)


def test_what_is_open_is_received_or_in_progress() -> None:
    assert ticket_policy().open_states == ("received", "in_progress")


@pytest.mark.parametrize(
    ("where", "value"),
    [
        (("states", "received", "next"), ["lost"]),
        (("topics", "callback", "petition"), "poem"),
        (("topics", "road_damage", "departments"), {"부산시": {"ko": "x", "en": "x"}}),
        (("petitions", "other"), {"days": 1, "hours": 1}),
        (("desk",), {"ko": "x"}),
    ],
)
def test_a_policy_that_makes_no_sense_is_refused(
    tmp_path: Path, where: tuple[str, ...], value: Any
) -> None:
    policy = yaml.safe_load((POLICY / "tickets.yml").read_text(encoding="utf-8"))
    part = policy
    for name in where[:-1]:
        part = part[name]
    part[where[-1]] = value
    path = tmp_path / "tickets.yml"
    path.write_text(yaml.safe_dump(policy), encoding="utf-8")
    with pytest.raises(PolicyError, match=r"tickets\.yml"):
        TicketPolicy.load(path)
