"""The outlines of the villages: complete, in their districts, and right for known coordinates."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.korean.place_shapes import Shapes

DATA = Path(__file__).parents[2] / "data" / "places"
CITIES = ("제주시", "서귀포시")


@pytest.fixture(scope="module")
def shapes() -> Shapes:
    return Shapes.load(DATA / "shapes.json")


@pytest.fixture(scope="module")
def districts() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((DATA / "districts.yml").read_text(encoding="utf-8"))
    return loaded


@pytest.mark.parametrize(
    ("latitude", "longitude", "village", "district"),
    [
        (33.4996, 126.5312, "이도2동", "이도2동"),  # 제주시청
        (33.4890, 126.4983, "연동", "연동"),  # 제주도청
        (33.5104, 126.4914, "용담2동", "용담2동"),  # 제주국제공항
        (33.4581, 126.9425, "성산리", "성산읍"),  # 성산일출봉
        (33.5281, 126.7716, "월정리", "구좌읍"),  # 만장굴
        (33.5430, 126.6690, "함덕리", "조천읍"),  # 함덕해수욕장
        (33.3942, 126.2396, "협재리", "한림읍"),  # 협재해수욕장
        (33.2390, 126.3140, "사계리", "안덕면"),  # 산방산
        (33.5060, 126.9530, "연평리", "우도면"),
        (33.1180, 126.2680, "가파리", "대정읍"),  # 마라도
        (33.9630, 126.2970, "대서리", "추자면"),
        (33.4480, 126.5300, "오등동", "아라동"),
        (33.2460, 126.5650, "서귀동", None),
    ],
)
def test_a_known_coordinate_lies_in_its_village(
    shapes: Shapes, latitude: float, longitude: float, village: str, district: str | None
) -> None:
    found = shapes.village(latitude, longitude, within=100)
    assert found is not None
    assert (found.name, found.district) == (village, district)


def test_a_pier_belongs_to_the_village_behind_it(shapes: Shapes) -> None:
    assert shapes.village(33.5290, 126.5460, within=0) is None
    found = shapes.village(33.5290, 126.5460, within=1_000)
    assert found is not None
    assert found.district == "건입동"


@pytest.mark.parametrize(
    ("latitude", "longitude", "region"),
    [
        (37.5663, 126.9779, "서울"),
        (35.1796, 129.0756, "부산"),
        (36.3504, 127.3845, "대전"),
        (34.8118, 126.3922, "전남"),
        (32.5, 125.0, None),
        (35.6762, 139.6503, None),
    ],
)
def test_a_coordinate_outside_jeju_says_its_region(
    shapes: Shapes, latitude: float, longitude: float, region: str | None
) -> None:
    assert shapes.region(latitude, longitude, within=10_000) == region


def test_every_village_lies_in_the_district_that_the_names_say(
    shapes: Shapes, districts: dict[str, Any]
) -> None:
    wrong = []
    for village in shapes.villages:
        part = districts[village.city]
        inside = {name: one for one, names in part["inside"].items() for name in names}
        inside = {one: one for one in part["districts"]} | inside
        unsure = {*part["loose"], *part.get("shared", ())}
        expected = None if village.name in unsure else inside.get(village.name, "unknown")
        if village.district != expected:
            wrong.append((village.name, village.district, expected))
    assert wrong == []


def test_every_district_has_an_outline_but_those_of_the_shared_ones(
    shapes: Shapes, districts: dict[str, Any]
) -> None:
    drawn = {village.district for village in shapes.villages}
    all_of_them = {name for city in CITIES for name in districts[city]["districts"]}
    assert all_of_them - drawn == {"정방동", "중앙동", "천지동", "서홍동", "동홍동"}


def test_an_outline_is_small_and_lies_in_jeju(shapes: Shapes) -> None:
    for village in shapes.villages:
        assert 3 <= sum(len(ring) for ring in village.rings) <= 60
        for ring in village.rings:
            assert all(126.0 < x < 127.1 and 33.0 < y < 34.1 for x, y in ring)


def test_the_file_names_its_source_and_licence() -> None:
    data = json.loads((DATA / "shapes.json").read_text(encoding="utf-8"))
    assert "2023-09-15" in data["source"]
    assert "제한 없음" in data["licence"]
    assert len(data["villages"]) == 183
    assert len(data["regions"]) == 16


def test_a_coordinate_is_looked_up_in_a_few_milliseconds(shapes: Shapes) -> None:
    start = time.process_time()
    for at in range(100):
        shapes.village(33.25 + at * 0.003, 126.2 + at * 0.006, within=3_000)
    assert (time.process_time() - start) / 100 < 0.01
