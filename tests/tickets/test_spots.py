"""One spot from all that a text names; what is ambiguous, outside or nowhere is told apart."""

import time

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.paths import PLACES
from bot.tickets.spots import Ambiguous, Outside, Spot, area, at, find

DATA = yaml.safe_load((PLACES / "districts.yml").read_text(encoding="utf-8"))
CITIES = ("제주시", "서귀포시")
DISTRICTS = {name: city for city in CITIES for name in DATA[city]["districts"]}
NAMES = (
    *DISTRICTS,
    *CITIES,
    *(name for city in CITIES for names in DATA[city]["inside"].values() for name in names),
)


def shared_names() -> set[str]:
    """The names of 법정동 and 법정리 that both cities have."""
    first, second = (
        {name for names in DATA[city]["inside"].values() for name in names} for city in CITIES
    )
    return first & second


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("노형동 이마트 앞", Spot("노형동", "제주시", "노형동")),
        ("제주시 노형동 한라병원 근처", Spot("제주한라병원", "제주시", "노형동")),
        ("애월읍 하귀1리 버스정류장", Spot("하귀리", "제주시", "애월읍")),
        ("성산일출봉 주차장", Spot("성산일출봉", "서귀포시", "성산읍")),
        ("제주시", Spot("제주시", "제주시", None)),
        ("서귀포시 동홍동 주공아파트", Spot("동홍동", "서귀포시", "동홍동")),
        ("해안동", Spot("해안동", "제주시", "노형동")),
        ("서귀동", Spot("서귀동", "서귀포시", None)),
        ("오등동", Spot("오등동", "제주시", "아라동")),
        ("표선면 세화리 마을회관", Spot("세화리", "서귀포시", "표선면")),
        ("제주시 월평동", Spot("월평동", "제주시", "아라동")),
        ("Jeju Airport parking", Spot("제주국제공항", "제주시", "용담2동")),
        ("번영로", Spot("번영로", None, None)),
        ("연동 연북로", Spot("연동", "제주시", "연동")),
        ("한라산", Spot("한라산", None, None)),
        ("서귀포시 1100고지", Spot("1100고지", "서귀포시", None)),
    ],
)
def test_the_narrowest_place_with_its_city_and_district(text: str, expected: Spot) -> None:
    assert find(text) == expected


@pytest.mark.parametrize(
    ("text", "city"),
    [
        ("제주시청에서 노형동 가는 길", "제주시"),
        ("제주시에서 서귀포시 가는 길", None),
        ("성산일출봉이랑 함덕해수욕장", None),
        ("노형동 수산리", "제주시"),
        ("노형동에서 함덕해수욕장 가는 길", "제주시"),
    ],
)
def test_of_places_that_disagree_only_what_is_sure_stays(text: str, city: str | None) -> None:
    assert find(text) == Spot(None, city, None)


@pytest.mark.parametrize("name", sorted(shared_names()))
def test_a_name_that_both_cities_have_is_asked_about(name: str) -> None:
    found = find(f"{name} 마을회관 앞")
    assert isinstance(found, Ambiguous)
    assert [one.city for one in found.choices] == ["제주시", "서귀포시"]
    assert {one.name for one in found.choices} == {name}
    assert all(one.district in DISTRICTS for one in found.choices)


@pytest.mark.parametrize("name", sorted(shared_names()))
@pytest.mark.parametrize("city", CITIES)
def test_its_city_or_district_makes_such_a_name_clear(name: str, city: str) -> None:
    district = next(one for one, names in DATA[city]["inside"].items() if name in names)
    assert find(f"{city} {name}") == Spot(name, city, district)
    assert find(f"{district} {name}") == Spot(name, city, district)


def test_the_names_that_the_issue_tells_are_among_them() -> None:
    expected = {"세화리", "월평동", "수산리", "고성리", "신흥리", "신양리", "서광리"}
    assert shared_names() == expected


def test_jungang_dong_is_asked_about_though_only_one_city_has_it() -> None:
    assert find("중앙동 사거리") == Ambiguous(
        (Spot("중앙동", "제주시", None), Spot("중앙동", "서귀포시", "중앙동"))
    )
    assert find("서귀포시 중앙동") == Spot("중앙동", "서귀포시", "중앙동")


@pytest.mark.parametrize(
    ("text", "region", "phone"),
    [
        ("부산 해운대구 우동", "부산", "051-120"),
        ("부산 중앙동", "부산", "051-120"),
        ("경기도 광주시 중앙동", "경기", "031-120"),
        ("전남 화순군", "전남", None),
        ("경북 영천시", "경북", None),
        ("수원시 팔달구", "경기", "031-120"),
        ("a pothole in Seoul", "서울", "02-120"),
        ("고성군", "고성군", None),
    ],
)
def test_a_place_outside_jeju_is_told_with_its_line(
    text: str, region: str, phone: str | None
) -> None:
    assert find(text) == Outside(region, phone)


def test_a_place_of_jeju_wins_over_where_somebody_comes_from() -> None:
    assert find("서울에서 왔는데 노형동에 구멍이 있어요") == Spot("노형동", "제주시", "노형동")
    assert find("부산 사람인데 함덕해수욕장이요") == Spot("함덕해수욕장", "제주시", "조천읍")


@pytest.mark.parametrize("text", ["텅빈동", "무지개읍 별빛리", "asdf", "우리집 앞", "1234", ""])
def test_a_place_that_does_not_exist_is_none(text: str) -> None:
    assert find(text) is None


@pytest.mark.parametrize("name", DISTRICTS)
def test_every_district_is_a_spot_with_its_area(name: str) -> None:
    found = find(f"{DISTRICTS[name]} {name} 앞길")
    assert found == Spot(name, DISTRICTS[name], name)
    assert area(found) == ("dong" if name.endswith("동") else "eup_myeon")


@pytest.mark.parametrize(
    ("text", "expected"),
    [("서귀동", "dong"), ("광양로터리", None), ("번영로", None), ("제주시", None)],
)
def test_the_area_is_known_only_where_the_place_tells_it(text: str, expected: str | None) -> None:
    found = find(text)
    assert isinstance(found, Spot)
    assert area(found) == expected


@pytest.mark.parametrize(
    ("latitude", "longitude", "name", "city", "district"),
    [
        (33.49962, 126.53119, "이도2동", "제주시", "이도2동"),  # 제주시청
        (33.45810, 126.94250, "성산리", "서귀포시", "성산읍"),  # 성산일출봉
        (33.50600, 126.95300, "연평리", "제주시", "우도면"),
        (33.11800, 126.26800, "가파리", "서귀포시", "대정읍"),  # 마라도
        (33.24600, 126.56500, "서귀동", "서귀포시", None),
        (33.25410, 126.56010, "서홍동", "서귀포시", None),
    ],
)
def test_a_shared_spot_is_the_village_it_lies_in(
    latitude: float, longitude: float, name: str, city: str, district: str | None
) -> None:
    assert at(latitude, longitude) == Spot(name, city, district, latitude, longitude)


@pytest.mark.parametrize(
    ("latitude", "longitude", "expected"),
    [
        (37.5663, 126.9779, Outside("서울", "02-120")),
        (35.1796, 129.0756, Outside("부산", "051-120")),
        (33.6500, 126.5000, Outside("", None)),  # the sea north of Jeju
        (35.6762, 139.6503, Outside("", None)),
    ],
)
def test_a_shared_spot_elsewhere_is_outside(
    latitude: float, longitude: float, expected: Outside
) -> None:
    assert at(latitude, longitude) == expected


@pytest.mark.parametrize(("latitude", "longitude"), [(126.5, 33.5), (91, 0), (float("nan"), 0)])
def test_numbers_that_are_no_coordinate_are_refused(latitude: float, longitude: float) -> None:
    with pytest.raises(ValueError, match="latitude"):
        at(latitude, longitude)


@given(st.lists(st.sampled_from(NAMES), min_size=1, max_size=4))
@settings(max_examples=300, deadline=None)
def test_whatever_is_named_city_and_district_fit_each_other(names: list[str]) -> None:
    found = find(" ".join(names))
    for one in found.choices if isinstance(found, Ambiguous) else [found]:
        assert isinstance(one, Spot)
        assert one.district is None or DISTRICTS[one.district] == one.city


@given(st.text(max_size=80))
@settings(max_examples=300, deadline=None)
def test_any_text_is_read_without_an_error(text: str) -> None:
    assert isinstance(find(text), Spot | Ambiguous | Outside | None)


@given(st.floats(32.9, 34.1), st.floats(125.9, 127.1))
@settings(max_examples=200, deadline=None)
def test_any_coordinate_around_jeju_is_a_spot_or_outside(latitude: float, longitude: float) -> None:
    found = at(latitude, longitude)
    if isinstance(found, Spot):
        assert (found.latitude, found.longitude) == (latitude, longitude)
        assert found.district is None or DISTRICTS[found.district] == found.city


def test_finding_a_spot_takes_well_under_a_millisecond() -> None:
    texts = (
        "애월읍 하귀리 버스정류장 옆 가로등이 나갔는데 언제 고쳐주시나요",
        "부산 해운대",
        "월평동",
    )
    for text in texts:
        find(text)
    start = time.process_time()
    for _ in range(200):
        for text in texts:
            find(text)
    assert (time.process_time() - start) / 600 < 0.0005
