"""What data/places says: every way to write a place is found, whole, and means that place."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.korean.place_names import Names, Place
from bot.korean.places import Places

DATA = Path(__file__).parents[2] / "data" / "places"
LISTED = ("roads", "landmarks")


def read(name: str) -> Any:
    return yaml.safe_load((DATA / f"{name}.yml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def places() -> Places:
    return Places.load(DATA)


@pytest.fixture(scope="module")
def names() -> Names:
    return Names(read("districts"), read("roads"), read("landmarks"))


def ways(names: Names) -> Iterator[tuple[str, Place]]:
    for table in (names.full, names.short, names.english):
        yield from table.items()


@pytest.mark.parametrize("sentence", ["{}", "{} 앞에 쓰레기가 있어요", "어제 {}에서 봤어요"])
def test_every_way_to_write_a_place_is_found_whole(
    places: Places, names: Names, sentence: str
) -> None:
    wrong = []
    for written, place in ways(names):
        text = sentence.format(written)
        found = [(one.name, one.city, text[one.start : one.end]) for one in places.find(text)]
        if found != [(place.name, place.city, written)]:
            wrong.append((text, found))
    assert wrong == []


def test_a_name_with_blanks_is_found_without_them(places: Places, names: Names) -> None:
    for written, place in names.full.items():
        assert [one.name for one in places.find(written.replace(" ", ""))] == [place.name]


def test_every_legal_village_is_there() -> None:
    inside = {**read("districts")["제주시"]["inside"], **read("districts")["서귀포시"]["inside"]}
    # 법정리 of the twelve 읍 and 면; the files list some 행정리 with a name of their own besides.
    legal = {
        "한림읍": 15,
        "애월읍": 20,
        "구좌읍": 12,
        "조천읍": 10,
        "한경면": 12,
        "추자면": 5,
        "우도면": 1,
        "대정읍": 13,
        "남원읍": 9,
        "성산읍": 11,
        "안덕면": 10,
        "표선면": 6,
    }
    assert {name: len(inside[name]) >= least for name, least in legal.items()} == dict.fromkeys(
        legal, True
    )
    assert "신산리" in inside["성산읍"]


def test_roads_and_landmarks_are_many_and_each_stands_once() -> None:
    for name, least in (("roads", 170), ("landmarks", 400)):
        listed = [entry["name"] for entries in read(name).values() for entry in entries]
        assert len(listed) >= least
        assert len(listed) == len(set(listed))


@pytest.mark.parametrize("name", LISTED)
def test_an_entry_has_only_keys_that_are_read(name: str) -> None:
    for entries in read(name).values():
        for entry in entries:
            assert set(entry) <= {"name", "as", "short", "en", "in"}


def test_a_landmark_lies_in_a_district_of_its_own_city() -> None:
    districts, landmarks = read("districts"), read("landmarks")
    for city in ("제주시", "서귀포시"):
        named = {entry["in"] for entry in landmarks[city] if "in" in entry}
        assert named <= set(districts[city]["districts"])
    assert not any("in" in entry for entry in landmarks["both"])


def test_a_landmark_named_after_its_village_still_says_the_district(places: Places) -> None:
    for text, district in (
        ("삼양초등학교 뒷길", "삼양동"),
        ("함덕 해수욕장 주차장", "조천읍"),
        ("산방산 앞 도로", "안덕면"),
    ):
        assert [match.district for match in places.find(text)] == [district]


def test_a_road_through_both_cities_belongs_to_neither(places: Places) -> None:
    for name in ("1100로", "동문로", "한창로", "동광로", "해맞이해안로", "번영로", "평화로"):
        assert places.find(f"{name}에 구멍")[0].city is None


def test_a_road_of_one_city_says_which(places: Places) -> None:
    assert places.find("연북로에 구멍")[0].city == "제주시"
    assert places.find("태평로에 구멍")[0].city == "서귀포시"


def test_short_names_that_are_ordinary_words_are_left_out(names: Names) -> None:
    for word in ("외도", "저지", "하도", "상가", "어음", "오라", "아라", "강정", "고산", "한동"):
        assert word not in names.short
        assert word not in names.full
