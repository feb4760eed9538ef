"""Every case of the catalogue comes to its body; what is not sure stays with the 120 desk."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.offices import offices
from bot.paths import PLACES, POLICY
from bot.tickets.errors import PolicyError
from bot.tickets.routing import RULE_LENGTH, Decision, Routing, UnknownTopic, routing
from bot.tickets.spots import Spot, find

CASES = Path(__file__).parents[1] / "data" / "routing_cases.tsv"
TOPICS = yaml.safe_load((POLICY / "topics.yml").read_text(encoding="utf-8"))
DISTRICTS = yaml.safe_load((PLACES / "districts.yml").read_text(encoding="utf-8"))
ROADS = yaml.safe_load((PLACES / "roads.yml").read_text(encoding="utf-8"))
DESK = Decision("jeju120", "desk")
BY_PLACE = ("road_damage", "street_light", "sidewalk_damage", "drain_flood", "street_tree")
"""Whose keeping is split between the province, the cities and the 읍·면."""


def cases() -> Iterator[tuple[str, str, dict[str, str], str, str]]:
    for line in CASES.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        topic, place, answers, office, case = line.split("\t")
        chosen = dict(one.split("=") for one in answers.split(";") if one)
        yield topic, place, chosen, office, case


def spot(text: str) -> Spot | None:
    found = find(text)
    assert found is None or isinstance(found, Spot), text
    assert (found is None) == (not text), text
    return found


def districts() -> Iterator[tuple[str, str]]:
    for city in ("제주시", "서귀포시"):
        for name in DISTRICTS[city]["districts"]:
            yield city, name


@pytest.mark.parametrize(("topic", "place", "answers", "office", "case"), cases())
def test_a_case_of_the_catalogue_comes_to_its_body(
    topic: str, place: str, answers: dict[str, str], office: str, case: str
) -> None:
    assert routing().decide(topic, spot(place), answers).office == office, case


def test_every_report_of_the_catalogue_is_routed_and_has_its_cases() -> None:
    reports = {topic for topic, entry in TOPICS.items() if entry["kind"] == "report"}
    assert reports <= set(routing().topics())
    assert set(routing().topics()) == {topic for topic, *_ in cases()}


def test_every_choice_that_a_rule_names_has_a_case() -> None:
    tried = {(topic, key, value) for topic, _, said, *_ in cases() for key, value in said.items()}
    named = {
        (topic, key, value)
        for topic in routing().topics()
        for key, values in routing().questions(topic).items()
        for value in values
    }
    # Several choices of one rule: one of them is tried for all.
    assert named - tried == {("noise", "noise_type", "business")}


@pytest.mark.parametrize(("city", "district"), districts())
def test_a_street_light_of_every_district_comes_to_its_keeper(city: str, district: str) -> None:
    found = routing().decide("street_light", Spot(district, city, district), {})
    name = offices()[found.office].ko
    if district.endswith("동"):
        assert name == f"{city} 건설과"
    else:
        assert name == f"{district}사무소"


@pytest.mark.parametrize(("city", "district"), districts())
def test_road_damage_of_every_district_comes_to_its_keeper(city: str, district: str) -> None:
    village = {"road_kind": "village"}
    found = routing().decide("road_damage", Spot(district, city, district), village)
    name = offices()[found.office].ko
    assert name == (f"{city} 건설과" if district.endswith("동") else f"{district}사무소")


@pytest.mark.parametrize(("city", "district"), districts())
def test_every_district_has_an_office_of_its_own(city: str, district: str) -> None:
    found = routing().decide("abandoned_vehicle", Spot(district, city, district), {})
    ending = "주민센터" if district.endswith("동") else "사무소"
    assert offices()[found.office].ko == f"{district}{ending}"
    assert offices()[found.office].phone is None


@pytest.mark.parametrize("topic", BY_PLACE)
def test_a_road_alone_never_decides_whose_it_is(topic: str) -> None:
    for entries in ROADS.values():
        for entry in entries:
            found = find(entry["name"])
            assert isinstance(found, Spot)
            assert routing().decide(topic, found, {}) == DESK, entry["name"]


@pytest.mark.parametrize("topic", BY_PLACE)
def test_a_city_alone_does_not_tell_town_from_country(topic: str) -> None:
    assert routing().decide(topic, Spot("제주시", "제주시", None), {}) == DESK


@pytest.mark.parametrize("topic", sorted(routing().topics()))
def test_without_a_place_and_an_answer_nothing_is_guessed(topic: str) -> None:
    assert routing().decide(topic, None, {}) == DESK


def test_an_answer_that_no_rule_knows_changes_nothing() -> None:
    there = Spot("노형동", "제주시", "노형동")
    plain = routing().decide("street_light", there, {})
    assert routing().decide("street_light", there, {"symptom": "odd", "detail": "x"}) == plain


def test_an_answer_cannot_pose_as_the_place() -> None:
    posing = {"city": "제주시", "area": "dong", "district": "추자면"}
    assert routing().decide("visiting_service", None, posing) == DESK


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_whatever_is_known_the_office_exists_and_the_rule_is_short(
    data: st.DataObject,
) -> None:
    topic = data.draw(st.sampled_from(routing().topics()))
    city, district = data.draw(st.sampled_from([*districts(), ("제주시", None), (None, None)]))
    answers = {
        key: data.draw(st.sampled_from(["unsure", *sorted(values)]))
        for key, values in routing().questions(topic).items()
        if data.draw(st.booleans())
    }
    found = routing().decide(topic, Spot(district, city, district), answers)
    assert found.office in routing().offices()
    assert found.rule == "desk" or found.rule.startswith(f"{topic}/")
    assert len(found.rule) <= RULE_LENGTH


def test_the_rule_is_readable_for_staff() -> None:
    found = routing().decide("street_light", Spot("애월읍", "제주시", "애월읍"), {})
    assert found == Decision("aewol_eup_office", "street_light/6 읍·면 지역 → 읍·면사무소")


def test_every_office_that_can_be_reached_is_named_in_both_languages() -> None:
    reached = routing().offices()
    assert reached[0] == "jeju120"
    assert len(reached) == len(set(reached)) > 100
    assert {office for *_, office, _ in cases()} <= set(reached)
    assert all(offices()[one].name(language) for one in reached for language in ("ko", "en"))


def test_a_topic_says_which_answers_and_whether_a_district_it_needs() -> None:
    assert routing().questions("wild_animal") == {
        "problem": {"threat", "crop", "compensation", "pack", "hurt", "poaching"}
    }
    assert routing().needs_district("street_light")
    assert routing().needs_district("abandoned_vehicle")
    assert not routing().needs_district("taxi_complaint")
    assert routing().questions("callback") == {}


def test_a_topic_has_its_kind_of_petition() -> None:
    assert routing().petition("road_damage") == "grievance"
    assert routing().petition("proposal_idea") == "suggestion"
    assert routing().petition("callback") == "other"
    assert routing().petition("general_ticket") == "question"


def test_an_unknown_topic_is_named() -> None:
    with pytest.raises(UnknownTopic, match="pet_export"):
        routing().decide("pet_export", None, {})
    with pytest.raises(UnknownTopic, match="pet_export"):
        routing().petition("pet_export")


def lit(rules: list[dict[str, Any]]) -> dict[str, Any]:
    return {"street_light": {"petition": "grievance", "rules": rules}}


@pytest.mark.parametrize(
    ("part", "value", "told"),
    [
        ("desk", "nobody", "unknown office: nobody"),
        ("topics", {"poetry": {"petition": "other"}}, "unknown topic: poetry"),
        ("topics", {"callback": {"petition": "poem"}}, "unknown petition of callback: poem"),
        ("topics", lit([{"office": "nobody", "because": "x"}]), "unknown office: nobody"),
        ("topics", lit([{"office": {"부산시": "kepco"}, "because": "x"}]), "unknown city"),
        ("topics", lit([{"office": {"of_district": "x"}, "because": "x"}]), "unknown table: x"),
        (
            "topics",
            lit([{"when": {"district": "텅빈동"}, "office": "kepco", "because": "x"}]),
            "unknown district: 텅빈동",
        ),
        (
            "topics",
            lit([{"when": {"area": "island"}, "office": "kepco", "because": "x"}]),
            "unknown area: island",
        ),
        (
            "topics",
            lit(
                [
                    {"office": "kepco", "because": "x"},
                    {"when": {"symptom": "out"}, "office": "olle", "because": "y"},
                ]
            ),
            "street_light/2 is never reached",
        ),
        (
            "topics",
            lit(
                [
                    {"when": {"area": "eup_myeon"}, "office": "kepco", "because": "x"},
                    {"when": {"district": "애월읍"}, "office": "olle", "because": "y"},
                ]
            ),
            "street_light/2 is never reached",
        ),
        ("topics", lit([{"office": "kepco", "because": "x" * 200}]), "longer than"),
        ("topics", lit([{"office": "kepco"}]), "because"),
        ("by_district", {"office": {"텅빈동": "kepco"}}, "unknown district: 텅빈동"),
    ],
)
def test_a_file_that_makes_no_sense_is_refused(
    tmp_path: Path, part: str, value: Any, told: str
) -> None:
    policy = yaml.safe_load((POLICY / "routing.yml").read_text(encoding="utf-8"))
    path = tmp_path / "routing.yml"
    path.write_text(yaml.safe_dump({**policy, part: value}), encoding="utf-8")
    with pytest.raises(PolicyError, match=told):
        Routing.load(path)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match=r"routing\.yml cannot be used"):
        Routing.load(tmp_path / "routing.yml")
