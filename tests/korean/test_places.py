"""Jeju places are found as people write them, and the phrase that says where is cut out whole."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import yaml

from bot.korean.places import Places

DATA = Path(__file__).parents[2] / "data" / "places"


@pytest.fixture(scope="module")
def places() -> Places:
    return Places.load(DATA)


NAMES = """
노형동 가로등|노형동
노형 이마트|노형동
제주시 삼도이동|제주시,삼도이동
삼도2동|삼도2동
일도 2동 주민센터|일도2동
애월읍 하귀1리|애월읍,하귀리
애월에 살아요|애월읍
함덕해수욕장|함덕해수욕장
함덕 해수욕장 화장실|함덕해수욕장
성산 일출봉 주차장|성산일출봉
성산일출봉|성산일출봉
5·16도로에 눈|5·16도로
516도로|5·16도로
5.16 도로|5·16도로
1100도로 통제되나요|1100도로
천백도로|1100도로
제주공항 주차장|제주국제공항
제주 공항|제주국제공항
서귀포시청 전화|서귀포시청
제주대학교병원|제주대학교병원
제주대 병원|제주대학교병원
월평동|월평동
우리집은노형동인데|노형동
서귀포 중문관광단지|서귀포시,중문관광단지
번영로에서 사고|번영로
연동 주민센터|연동
in Nohyeong-dong|노형동
Jeju Airport parking|제주국제공항
Jeju Airport에서 노형|제주국제공항,노형동
Jeoji-ri village hall|저지리
pothole on Aejo-ro|애조로
일주동로에서 사고 났어요|일주동로
해맞이 해안도로 갓길|해맞이해안로
천백로 눈|1100로
애월 해안로 카페|애월 해안도로
성산읍 신산리 회관|성산읍,신산리
한라초 앞 횡단보도|한라초등학교
함덕고에서 내려요|함덕고등학교
치유의 숲 예약|서귀포치유의숲
제주 돌 문화 공원 주차장|제주돌문화공원
제주 4.3 평화공원|제주4·3평화공원
Manjanggul Cave tickets|만장굴
강정마을 입구|강정동
"""


@pytest.mark.parametrize(("text", "names"), [r.split("|") for r in NAMES.strip().splitlines()])
def test_a_place_is_found_as_people_write_it(places: Places, text: str, names: str) -> None:
    assert [match.name for match in places.find(text)] == names.split(",")


@pytest.mark.parametrize(
    "text",
    [
        "여권 재발급 수수료 얼마예요",
        "시스템 연동이 안 돼요",
        "카드 앱에 연동되나요",
        "성산업에서 만든 의자",
        "한림대 수시 모집",
        "한림 대학교 성심병원",
        "남원시 춘향제",
        "남원 추어탕 맛집",
        "현관 중문 설치 업체",
        "후원 1구좌 신청",
        "구좌 개설하려면",
        "대정전 때문에 불이 나갔어요",
        "제주항공 결항",
        "제주대표 선수",
        "제주대신 부산",
        "삼성초음파 검사",
        "함덕고기 두 근",
        "노형중고차 매매",
        "요금 오름세",
        "전기요금오름",
        "당신대로 하세요",
        "해안동굴 탐험",
        "회수동의서 양식",
        "상가리모델링 지원",
        "남성로션 반품",
        "평화로운 세상",
        "하도 시끄러워서 저지했어요",
        "어음 부도 수산 시장 강정 과자",
        "대포차 신고",
        "오라고 해서 왔는데요",
        "노형제 복지",
        "이도 저도 아니에요",
        "외도 상담",
        "하수도 요금",
        "고산병 약",
        "강정 만들기",
        "가치 있는 삶",
        "수원 가는 비행기",
        "",
    ],
)
def test_no_place_is_seen_where_none_is(places: Places, text: str) -> None:
    assert places.find(text) == []
    assert places.address(text) is None


def test_a_match_says_city_kind_district_and_where_it_stands(places: Places) -> None:
    match = places.find("어제 하귀2리 앞")[0]
    assert (match.name, match.kind, match.city, match.district) == (
        "하귀리",
        "ri",
        "제주시",
        "애월읍",
    )
    assert "어제 하귀2리 앞"[match.start : match.end] == "하귀2리"


def test_a_name_that_both_cities_have_belongs_to_neither(places: Places) -> None:
    for name in ("월평동", "수산리", "고성리", "신흥리", "세화리", "서광리"):
        match = places.find(name)[0]
        assert (match.city, match.district) == (None, None)


def test_all_43_districts_are_there_with_their_city() -> None:
    data = yaml.safe_load((DATA / "districts.yml").read_text(encoding="utf-8"))
    assert len(data["제주시"]["districts"]) == 26
    assert len(data["서귀포시"]["districts"]) == 17


def test_every_district_is_found_by_its_own_name(places: Places) -> None:
    data = yaml.safe_load((DATA / "districts.yml").read_text(encoding="utf-8"))
    for city in ("제주시", "서귀포시"):
        for name in data[city]["districts"]:
            match = places.find(f"{name}에 가로등이 나갔어요")[0]
            assert (match.name, match.city, match.district) == (name, city, name)


ADDRESSES = """
노형동 이마트 앞 도로에 구멍이 났어요|노형동 이마트 앞 도로
애월읍 하귀리 버스정류장 옆 가로등이 나갔어요|애월읍 하귀리 버스정류장 옆
삼도이동 우리집 골목 끝|삼도이동 우리집 골목 끝
노형동에 가로등이 나갔어요|노형동
연동에 있는 삼무공원 화장실이 더러워요|연동에 있는 삼무공원 화장실
연동 공원에 쓰레기가 많아요|연동 공원
제주시 이도이동 1234-5번지 앞|제주시 이도이동 1234-5번지 앞
제주시 연동 7길 15 앞 인도에 차가 있어요|제주시 연동 7길 15 앞 인도
중앙로 사거리 신호등 고장났어요|중앙로 사거리
서귀포시 동홍동 주공아파트 맞은편에 불법주차|서귀포시 동홍동 주공아파트 맞은편
가로등이 나갔어요 노형동 한라병원 근처요|노형동 한라병원 근처
노형동인데 이마트 앞에 포트홀이 있어요|노형동 이마트 앞
노형동이마트앞도로에구멍이났어요|노형동이마트앞도로
함덕해수욕장 주차장 입구|함덕해수욕장 주차장 입구
노형동 쓰레기 안 치워요|노형동
노형동 가로등 고장|노형동
연동 어제 밤에 소음이 심했어요|연동
노형동 이마트 앞 도로가 파였어요|노형동 이마트 앞 도로
가로등 신고는 제주시청 몇 층에서 하나요|제주시청
번영로 봉개동 방향으로 가다가 구멍이 있어요|번영로 봉개동 방향
"""


@pytest.mark.parametrize(("text", "where"), [r.split("|") for r in ADDRESSES.strip().splitlines()])
def test_the_phrase_that_says_where_is_cut_out(places: Places, text: str, where: str) -> None:
    assert places.address(text) == where


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("pothole in front of E-mart in Nohyeong-dong", "in front of E-mart in Nohyeong-dong"),
        ("The streetlight near Jeju Airport is broken", "near Jeju Airport"),
        ("Seogwipo City Hall phone number", "Seogwipo City Hall"),
    ],
)
def test_an_english_phrase_is_cut_out(places: Places, text: str, where: str) -> None:
    assert places.address(text) == where


def test_a_city_before_another_word_is_the_city_and_not_its_hall(places: Places) -> None:
    for text in ("서귀포시 청년 지원금", "서귀포시 청소 차량"):
        assert [match.name for match in places.find(text)] == ["서귀포시"]


def test_finding_places_takes_well_under_a_millisecond(places: Places) -> None:
    messages = (
        (DATA.parents[1] / "tests" / "korean" / "everyday.txt").read_text("utf-8").split("\n")
    )
    for message in messages:
        places.find(message)
    start = time.process_time()
    for message in messages:
        places.find(message)
    assert (time.process_time() - start) / len(messages) < 0.0005


def test_cutting_the_phrase_out_is_fast(places: Places) -> None:
    text = "애월읍 하귀리 버스정류장 옆 가로등이 나갔는데 언제 고쳐주시나요? 일주일째 캄캄합니다"
    start = time.process_time()
    for _ in range(50):
        places.address(text)
    assert (time.process_time() - start) / 50 < 0.02
