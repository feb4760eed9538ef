"""Animals, countries, days, times, amounts, numbers and placeholders in a text."""

import re

import pytest
import yaml

from bot.paths import POLICY
from bot.rasa.nlu.kiwi import morphemes
from bot.rasa.nlu.spans import Span, Spotter, apart, patterns


@pytest.fixture(scope="module")
def table():
    return yaml.safe_load((POLICY / "entities.yml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def find(table):
    spotter = Spotter(table)

    def found(text):
        spans = spotter.find(text, morphemes(text))
        assert all(text[one.start : one.end].strip() for one in spans)
        return {(one.label, one.value, text[one.start : one.end]) for one in spans}

    return found


def test_an_animal_and_a_country_with_particles(find):
    assert find("강아지를 일본에 데려가요") == {
        ("animal", "dog", "강아지"),
        ("country", "JP", "일본"),
    }


def test_english_names_are_whole_words(find):
    assert find("my Cat to HONG KONG") == {("animal", "cat", "Cat"), ("country", "HK", "HONG KONG")}
    assert find("category of catering") == set()


@pytest.mark.parametrize(
    "text", ["새벽에 시끄러워요", "일본뇌염 주사", "인도가 깨졌어요", "개인 정보", "가나요"]
)
def test_a_name_inside_another_word_is_not_found(find, text):
    assert not {label for label, _, _ in find(text)} & {"animal", "country"}


def test_a_name_of_one_syllable_is_found_where_it_is_a_noun(find):
    assert ("animal", "dog", "개") in find("개가 밤마다 짖어요")


def test_a_longer_name_wins(find):
    assert find("인도네시아") == {("country", "ID", "인도네시아")}


def test_offsets_hold_after_emoji_and_old_vowels(find):
    assert ("animal", "dog", "강생이") in find("👨‍👩‍👧 ᄒᆞᆫ저 강생이 봅서")


@pytest.mark.parametrize(
    ("text", "label", "value"),
    [
        ("접수번호 120-2026-000001이요", "receipt", "120-2026-000001"),
        ("[전화번호 1]로 주세요", "phone", "[전화번호 1]"),
        ("[차량번호 2] 차", "plate", "[차량번호 2]"),
        ("[주민등록번호 1]", "personal", "[주민등록번호 1]"),
        ("2026-03-05", "date", "2026-03-05"),
        ("내일 가도 되나요", "date", "내일"),
        ("다음 주 월요일에요", "date", "다음 주 월요일"),
        ("is it open next Monday?", "date", "next Monday"),
    ],
)
def test_fixed_forms(find, text, label, value):
    assert (label, value, value) in find(text)


@pytest.mark.parametrize("text", ["1120-2026-000001", "120-2026-0000012", "010-1234-567"])
def test_another_number_is_no_receipt(find, text):
    assert "receipt" not in {label for label, _, _ in find(text)}


def test_of_overlapping_spans_the_longest_stays():
    spans = [Span("date", "a", 0, 2), Span("place", "b", 1, 5), Span("animal", "c", 5, 6)]
    assert apart(spans) == spans[1:]


def test_no_name_has_two_values(table):
    for label in ("animal", "country"):
        names = [name for some in table[label].values() for name in some]
        assert len(names) == len(set(names))
        assert all(isinstance(value, str) for value in table[label])


def test_every_pattern_compiles_and_matches_nothing_empty(table):
    for rules in patterns(table).values():
        assert all(re.compile(rule).search("") is None for rule in rules)


def test_a_pattern_with_an_unknown_part_is_refused(table):
    with pytest.raises(KeyError, match="<nosuch>"):
        Spotter({**table, "pattern": {"date": ["<nosuch>일"]}})


def rows(text):
    return [line.split("|") for line in text.strip().splitlines()]


def said(find, text, label):
    found = {(words, value) for one, value, words in find(text) if one == label}
    return [f"{words}={value}" if words != value else words for words, value in sorted(found)]


DAYS = """
3월 5일에 이사|3월 5일=03-05
3월5일|3월5일=03-05
2026년 3월 5일에|2026년 3월 5일=2026-03-05
2026.3.5까지|2026.3.5=2026-03-05
26. 3. 5. 까지|26. 3. 5=2026-03-05
1993년 3월생|1993년 3월=1993-03
93년 3월 2일생|93년 3월 2일=1993-03-02
3/5에 신고했어요|3/5=03-05
2024년 귀속|2024년=2024
2월 30일|2월 30일
내년 3월 2일|내년 3월 2일
6월 말까지|6월 말
오늘날씨|오늘
내일모레 간다|내일모레
이번 주말에 가도 되나요|이번 주말
다음주 월요일까지|다음주 월요일
담주 금욜|담주 금욜
지난 토요일에|지난 토요일
다음 달 5일까지|다음 달 5일
매월 25일에 나와요|매월 25일
평일만 하나요|평일
설 연휴에도|설 연휴
3일 전에 신고|3일 전
화목토 배출|화목토
어젯밤에 시끄러웠어요|어젯밤
낼까지 되나요|낼
closed next Monday?|next Monday
March 5th, 2026|March 5th, 2026=2026-03-05
moved on 12 April|12 April=04-12
on the 20th|20th
two weeks ago|two weeks ago
"""


@pytest.mark.parametrize(("text", "day"), rows(DAYS))
def test_a_day_is_found_and_brought_to_one_form_where_no_calendar_is_needed(find, text, day):
    assert said(find, text, "date") == [day]


@pytest.mark.parametrize(
    "text",
    [
        "다음 주소로 변경",
        "이번 주민등록증",
        "다음 주차장 입구",
        "지난 달력",
        "지난 3일 동안",
        "2년 전세 계약",
        "세금 낼 때",
        "주말농장 분양",
        "내일배움카드",
        "오늘날 교육",
        "안내일정 문의",
        "연말정산 서류",
        "98년생이에요",
        "축구 한일전",
        "지분 1/2 상속",
        "7박 8일 여행",
        "on the 4th floor",
        "may I go there?",
    ],
)
def test_a_word_that_only_looks_like_a_day_is_none(find, text):
    assert said(find, text, "date") == []


TIMES = """
오전 10시 반에|오전 10시 반=10:30
오후 3시 반이고|오후 3시 반=15:30
밤 11시까지|밤 11시=23:00
밤 12시 넘어서|밤 12시=00:00
밤 한 시쯤|밤 한 시=01:00
새벽 두 시에|새벽 두 시=02:00
저녁 일곱시 반|저녁 일곱시 반=19:30
낮 1시|낮 1시=13:00
점심 12시|점심 12시=12:00
오후 12시 30분|오후 12시 30분=12:30
오전 12시|오전 12시
15시 30분|15시 30분=15:30
여섯 시 사십 분쯤|여섯 시 사십 분
3시에 오세요|3시
09:00에 열어요|09:00
3:30쯤|3:30
한시에 만나요|한시
정오에|정오=12:00
새벽마다|새벽
낮에는 조용해요|낮
밤마다 짖어요|밤
오늘밤에|밤
점심시간에도 하나요|점심시간
30분 전에 신고|30분 전
15분 전에 신고|15분 전
20시간 뒤에|20시간 뒤
at 10 am|10 am=10:00
until 3:30 p.m. today|3:30 p.m.=15:30
at 3 in the afternoon|3 in the afternoon=15:00
before noon|noon=12:00
drilling at night|at night
"""


@pytest.mark.parametrize(("text", "time"), rows(TIMES))
def test_a_time_is_found_and_brought_to_one_form_where_the_half_of_the_day_is_said(
    find, text, time
):
    assert said(find, text, "time") == [time]


@pytest.mark.parametrize(
    "text",
    [
        "24시간 운영해요",
        "3시간 걸려요",
        "한시가 급해요",
        "다시 알려주세요",
        "세시풍속 행사",
        "제주시 3시설",
        "투자정보 수정오류",
        "밤나무 농장",
        "군밤 파는 곳",
        "낮은 담장",
        "아침밥 주나요",
        "64-728-2114 시청",
        "I am here",
        "Good morning",
    ],
)
def test_a_word_that_only_looks_like_a_time_is_none(find, text):
    assert said(find, text, "time") == []


def test_day_and_time_stand_side_by_side(find):
    assert find("어제 저녁 8시쯤 신고했어요") >= {
        ("date", "어제", "어제"),
        ("time", "20:00", "저녁 8시"),
    }
    assert find("2026년3월5일14시30분") == {
        ("date", "2026-03-05", "2026년3월5일"),
        ("time", "14:30", "14시30분"),
    }


AMOUNTS = """
과태료 3만원|3만원=30000
3만5천원 냈어요|3만5천원=35000
20만 원|20만 원=200000
5천원이요|5천원=5000
5,000원|5,000원=5000
2천5백만원|2천5백만원=25000000
1억 5천이에요|1억 5천=150000000
1억 5천만원|1억 5천만원=150000000
보증금 3억8천|3억8천=380000000
1.5억|1.5억=150000000
10조 5000억|10조 5000억=10500000000000
만오천 원|만오천 원=15000
이십삼만원|이십삼만원=230000
만원이요|만원=10000
과태료 8만 나왔어요|8만=80000
a 30,000 won fine|30,000 won=30000
30k won|30k won=30000
2.5 million won|2.5 million won=2500000
₩5,000|₩5,000=5000
KRW 50,000|KRW 50,000=50000
"""


@pytest.mark.parametrize(("text", "amount"), rows(AMOUNTS))
def test_an_amount_is_read_in_whole_won(find, text, amount):
    assert said(find, text, "amount") == [amount]


@pytest.mark.parametrize(
    "text",
    [
        "100㎡ 30평 집",
        "5만 명이 왔어요",
        "3만 km 탄 차",
        "3억 년 전",
        "만원 버스",
        "제주시 일원",
        "하천원상복구",
        "사천 원룸",
        "백 원장님",
        "병원 공원 민원",
        "수백만원",
        "064-710-2000 원래 번호",
        "0647102000원",
        "010-1234-5000원",
        "1588-1234 원",
    ],
)
def test_what_is_no_money_or_a_telephone_number_is_no_amount(find, text):
    assert said(find, text, "amount") == []


def test_placeholders_and_receipts_are_never_overlapped(find):
    text = "[계좌번호 1]로 5만원 보냈고 [차량번호 2] 120-2026-000001 내일 오전 9시"
    assert find(text) == {
        ("personal", "[계좌번호 1]", "[계좌번호 1]"),
        ("amount", "50000", "5만원"),
        ("plate", "[차량번호 2]", "[차량번호 2]"),
        ("receipt", "120-2026-000001", "120-2026-000001"),
        ("date", "내일", "내일"),
        ("time", "09:00", "오전 9시"),
    }


def test_a_road_named_after_a_day_stays_a_road():
    spans = [Span("date", "5/16", 0, 4), Span("place", "5·16도로", 0, 6)]
    assert apart(spans) == spans[1:]
