"""Places outside Jeju and their region: by name, and only where a word surely is one."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from bot.korean.place_regions import Regions

DATA = Path(__file__).parents[2] / "data" / "places"


@pytest.fixture(scope="module")
def regions() -> Regions:
    return Regions.load(DATA / "regions.yml")


@pytest.mark.parametrize(
    ("text", "region", "phone"),
    [
        ("서울 강남구 역삼동", "서울", "02-120"),
        ("강남역 근처", None, None),
        ("부산광역시 해운대구", "부산", "051-120"),
        ("해운대에서 봤어요", "부산", "051-120"),
        ("전주시 덕진구", "전북", None),
        ("경기도 광주시", "경기", "031-120"),
        ("광주 북구 일곡동", "광주", "062-120"),
        ("세종특별자치시 도담동", "세종", "044-120"),
        ("창원시 성산구", "경남", "055-120"),
        ("pothole in Busan", "부산", "051-120"),
        ("Seoul에서", "서울", "02-120"),
        ("고성군", "고성군", None),
        ("목포 앞바다", "전남", None),
    ],
)
def test_a_place_outside_says_its_region(
    regions: Regions, text: str, region: str | None, phone: str | None
) -> None:
    found = next(regions.find(text), None)
    assert (found and found.region.name, found and found.region.phone) == (region, phone)


@pytest.mark.parametrize(
    "text",
    [
        "전주가 쓰러졌어요",
        "진주 목걸이",
        "예산이 없대요",
        "부여 받은 번호",
        "구로 가는 길",
        "화순 가로등",
        "보성시장",
        "시흥초등학교",
        "부산스럽게 시끄러워요",
        "대구리 낚시",
        "seoulful music",
        "",
    ],
)
def test_a_word_that_is_no_place_outside_stays_one(regions: Regions, text: str) -> None:
    assert list(regions.find(text)) == []


def test_the_regions_and_the_classifier_know_the_same_places(regions: Regions) -> None:
    elsewhere = yaml.safe_load((DATA / "elsewhere.yml").read_text(encoding="utf-8"))["places"]
    assert regions.names() == {name.lower() for name in elsewhere}


def test_no_place_belongs_to_two_regions() -> None:
    data = yaml.safe_load((DATA / "regions.yml").read_text(encoding="utf-8"))
    listed = list(data["several"])
    for name, part in data["regions"].items():
        listed += [name, *part["names"], *part.get("words", ())]
    assert len(listed) == len(set(listed))


def test_a_phone_is_a_120_line_behind_an_area_code() -> None:
    data = yaml.safe_load((DATA / "regions.yml").read_text(encoding="utf-8"))
    phones = [part["phone"] for part in data["regions"].values() if "phone" in part]
    assert len(phones) == len(set(phones)) == 11
    assert all(phone[0] == "0" and phone[3:].lstrip("-") == "120" for phone in phones)
