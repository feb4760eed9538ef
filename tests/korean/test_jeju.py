"""Jeju speech becomes standard Korean, and standard Korean is left alone."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from bot.korean.jeju import TABLE, standardise

ROWS = """
어떵|어떻게
어떵 하민 됩니까?|어떻게 하면 됩니까?
여권 어떵 만들어마씸|여권 어떻게 만들어요
어디서 받으쿠다|어디서 받으겠습니다
내일 가쿠다|내일 가겠습니다
어디 있수과|어디 있습니까
버스 언제 왔수과?|버스 언제 왔습니까?
가로등이 나갔수다|가로등이 나갔습니다
여기 이서마씸|여기 있어요
하르방이 아프우다|할아버지가 아프우다
도새기 냄새남수다|돼지 냄새나고 있습니다
강생이가 없어졌수다|강아지가 없어졌습니다
강생이 등록허젠 햄수다|강아지 등록하려고 합니다
혼저 옵서|어서 오세요
ᄒᆞᆫ저 옵서예|어서 오세요
무신거|무엇
무신거가 필요하우꽈|무엇이 필요합니까
무신 서류가 필요헌디|무슨 서류가 필요한데
경허난 어떵해야 됩니까|그러니까 어떻게 해야 됩니까
사름이 하영 왔수다|사람이 많이 왔습니다
할망은 집에 있수다|할머니는 집에 있습니다
바당에 쓰렝이가 하영 있수다|바다에 쓰레기가 많이 있습니다
고냉이덜이 울엄수다|고양이들이 웁니다
이디 주차 되우꽈|여기 주차 됩니까
무사 안 와마씸|왜 안 와요
얼마우꽈|얼마입니까
알려줍서|알려 주세요
빨리 고쳐줍서양|빨리 고쳐주세요
속았수다|수고하셨습니다
먹엄수다|먹습니다
누게한테 물어봅서|누구한테 물어보세요
검질을 베젠 하민|잡초를 베젠 하면
받을 수 이수과|받을 수 있습니까
처음부터허쿠다|처음부터하겠습니다
길이 무너졈수다|길이 무너집니다
호끔만 기다립서|호끔만 기다립서
"""


@pytest.mark.parametrize(("typed", "standard"), [r.split("|") for r in ROWS.strip().splitlines()])
def test_jeju_speech_becomes_standard(typed: str, standard: str) -> None:
    assert standardise(typed) == standard


@pytest.mark.parametrize(
    "text",
    [
        "제주시민 여러분 안녕하세요",
        "하수과 전화번호 알려주세요",
        "폭풍수다 프로그램",
        "어선 면허 갱신",
        "보름 뒤에 다시 오세요",
        "버스 정지 위치",
        "오후 3시 경에 방문했어요",
        "문헌정보과에 공헌하신 분",
        "아이를 키우다 보니 배우다 보니",
        "무사히 도착했어요",
        "하영이가 입학합니다",
        "우크라이나 난민 지원",
        "돌하르방 공원",
        "낭만적인 제주",
        "우영우 팽나무",
        "기여금 납부 확인",
        "가치 있는 일",
        "구덕운동장",
        "수다를 떨다",
        "어르신이신 분",
        "이시돌목장",
        "지실마을",
        "70세 이신 분",
        "hello 123 !!",
        "",
    ],
)
def test_standard_korean_is_left_alone(text: str) -> None:
    assert standardise(text) == text


def test_rewriting_twice_changes_nothing_more() -> None:
    for row in ROWS.strip().splitlines():
        once = standardise(row.split("|")[0])
        assert standardise(once) == once


def test_the_table_is_large_and_free_of_entries_that_change_nothing() -> None:
    data = yaml.safe_load(Path(TABLE).read_text(encoding="utf-8"))
    entries = [pair for part in data.values() if isinstance(part, dict) for pair in part.items()]
    assert len(entries) >= 150
    assert all(old != new and isinstance(old, str) for old, new in entries)
