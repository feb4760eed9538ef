"""What is masked, what is left alone, and what holds for any text."""

import time
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.paths import POLICY
from bot.privacy.kinds import KINDS
from bot.privacy.masking import Masker, mask_log
from bot.privacy.policy import PolicyError

MASKER = Masker.load(POLICY / "personal_data.yml")


def masked(text: str) -> str:
    return MASKER.mask(text).text


@pytest.mark.parametrize(
    "phone",
    [
        "01012345678",
        "010-1234-5678",
        "010.1234.5678",
        "010 1234 5678",
        "010/1234/5678",
        "010ㅡ1234ㅡ5678",
        "０１０－１２３４－５６７８",
        "(010)1234-5678",
        "011-234-5678",
        "+82 10-1234-5678",
        "+82-10-1234-5678",
        "(+82) 10 1234 5678",
        "+82(0)1012345678",
        "+821012345678",
        "공일공일이삼사오육칠팔",
        "공일공 일이삼사 오육칠팔",
        "공일공-1234-5678",
        "공일공에 일이삼사에 오육칠팔",
        "O1O-1234-5678",
        "0 1 0 1 2 3 4 5 6 7 8",
        "010-1234-567",
        "064-712-3456",
        "(064)712-3456",
        "0647123456",
        "02-123-4567",
        "031-1234-5678",
        "070-1234-5678",
        "0507-1234-5678",
        "+1 415 555 2671",
        "010\u200b1234\u200b5678",
    ],
)
@pytest.mark.parametrize(
    ("before", "after"),
    [("", ""), ("제 번호는 ", "이에요"), ("연락처", "로 연락주세요"), ("(", ")")],
)
def test_a_phone_is_masked_however_it_is_typed(phone: str, before: str, after: str) -> None:
    result = MASKER.mask(before + phone + after)
    assert result.text == f"{before}[전화번호 1]{after}"
    assert result.findings[0].original == phone
    assert result.findings[0].keep


def test_a_bracket_closed_behind_the_area_code_is_no_obstacle() -> None:
    assert masked("064)712-3456으로") == "[전화번호 1]으로"


def test_a_number_glued_to_a_particle_is_masked() -> None:
    assert masked("01012345678로 연락주세요") == "[전화번호 1]로 연락주세요"


@pytest.mark.parametrize(
    "text",
    ["집전화는 712-3456이에요", "712-3456으로 전화 주세요", "전화번호 1234-5678", "tel 7123456"],
)
def test_a_local_number_is_masked_where_a_phone_is_spoken_of(text: str) -> None:
    assert "[전화번호 1]" in masked(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("900101-1234567", "[주민등록번호 1]"),
        ("9001011234567입니다", "[주민등록번호 1]입니다"),
        ("900101 - 1234567", "[주민등록번호 1]"),
        ("９００１０１－１２３４５６７", "[주민등록번호 1]"),
        ("200229-3123456", "[주민등록번호 1]"),
        ("900101-1******", "[주민등록번호 1]"),
        ("주민번호 앞자리 900101 뒷자리 1234567이에요", "주민번호 앞자리 [주민등록번호 1]이에요"),
        ("주민번호 901332-1234567", "주민번호 [주민등록번호 1]"),
        ("900101-5234567", "[외국인등록번호 1]"),
        ("ARC 010101-7234567", "ARC [외국인등록번호 1]"),
        ("M12345678", "[여권번호 1]"),
        ("m123a4567으로", "[여권번호 1]으로"),
        ("여권번호는 JB1234567", "여권번호는 [여권번호 1]"),
        ("11-22-123456-12", "[운전면허번호 1]"),
        ("제주 98-123456-01", "[운전면허번호 1]"),
        ("면허번호 112212345612", "면허번호 [운전면허번호 1]"),
        ("1234-5678-9012-3456", "[카드번호 1]"),
        ("4111111111111111", "[카드번호 1]"),
        ("3782 822463 10005", "[카드번호 1]"),
        ("110-123-456789", "[계좌번호 1]"),
        ("제주은행 5101123456", "제주은행 [계좌번호 1]"),
        ("계좌는 농협이고 352 0101 2345 63", "계좌는 농협이고 [계좌번호 1]"),
        ("110123456789 신한이에요", "[계좌번호 1] 신한이에요"),
        ("12345678901로 입금해 주세요", "[계좌번호 1]로 입금해 주세요"),
    ],
)
def test_what_is_never_kept_is_forgotten(text: str, expected: str) -> None:
    result = MASKER.mask(text)
    assert result.text == expected
    assert [(f.original, f.keep) for f in result.findings] == [("", False)]


@pytest.mark.parametrize(
    ("text", "expected", "original"),
    [
        ("메일은hong@naver.com으로", "메일은[이메일 1]으로", "hong@naver.com"),
        ("hong골뱅이네이버점컴", "[이메일 1]", "hong골뱅이네이버점컴"),
        ("hong(at)daum.net", "[이메일 1]", "hong(at)daum.net"),
        ("mail me a.b@gmail.complease", "mail me [이메일 1]please", "a.b@gmail.com"),
        ("12가3456 차가", "[차량번호 1] 차가", "12가3456"),
        ("123 허 4567 차량", "[차량번호 1] 차량", "123 허 4567"),
        ("제주79바1234 택시", "[차량번호 1] 택시", "제주79바1234"),
        ("205호 3918 plate", "[차량번호 1] plate", "205호 3918"),
        ("k7mq-3xpa로 조회", "[확인번호 1]로 조회", "k7mq-3xpa"),
    ],
)
def test_what_a_ticket_may_need_is_kept(text: str, expected: str, original: str) -> None:
    result = MASKER.mask(text)
    assert result.text == expected
    assert [(f.original, f.keep) for f in result.findings] == [(original, True)]


@pytest.mark.parametrize(
    "text",
    [
        "064-120 몇 시까지 해요?",
        "119에 전화했어요",
        "1577-0199로 전화하면 되나요",
        "064-710-2345는 통화중이에요",
        "전화 710-2345 안 받아요",
        "120-2026-000001 어떻게 됐어요?",
        "국민신문고 1AA-2601-0123456",
        "2026-11-22 14:00에 2026.01.01~2026.12.31",
        "20261122 전화했어요",
        "1,234,000원 냈어요. 계좌로 30000000000원 들어왔어요",
        "노형동 1234-5번지, 애월읍 고내리 1234-12",
        "516로 2596, 1100로 1234, 1132번 도로, 201번 버스",
        "101동 1203호, 101호 1203",
        "10주 2000원, 30도 1200",
        "410160001234567 내장칩이에요",
        "동물등록번호 410-1600-0123-4567",
        "33.4996213, 126.5311884",
        "접수번호 1234567890123456",
        "법인등록번호 110111-1234567",
        "951332-1234567",
        "https://news.kr/view/1065580343031133 https://a.kr/view.do?key=2505131356765",
        "COVID-19, 2345-6789, ABCD-EFGH",
        "이사 일이 이삼일 남았어요",
        "550e8400-e29b-41d4-a716-446655440000",
    ],
)
def test_what_is_not_personal_stays_readable(text: str) -> None:
    assert MASKER.mask(text) == type(MASKER.mask(""))(text, ())


def test_the_same_value_gets_the_same_placeholder() -> None:
    result = MASKER.mask("010-1234-5678, 01099998888, +82 10 1234 5678")
    assert result.text == "[전화번호 1], [전화번호 2], [전화번호 1]"
    assert len(result.findings) == 2


def test_numbering_goes_on_from_what_the_conversation_used() -> None:
    assert MASKER.mask("01012345678", {"phone": 3}).text == "[전화번호 4]"


@pytest.mark.parametrize(
    "typed", ["[전화번호 1]", "［전화번호 1］", "[ 전화번호１ ]", "[확인번호 2]"]
)
def test_a_typed_placeholder_is_neutralised(typed: str) -> None:
    result = MASKER.mask(f"{typed}로 01012345678")
    assert result.text.startswith("（")
    assert result.text.endswith("로 [전화번호 1]")
    assert result.text.count("[") == 1


def test_a_real_number_inside_a_typed_placeholder_is_masked() -> None:
    assert "01012345678" not in masked("[전화번호 01012345678]")


def test_a_phone_in_an_address_is_masked() -> None:
    assert masked("https://a.kr/?tel=01012345678") == "https://a.kr/?tel=[전화번호 1]"


def test_syllables_that_are_digits_too_do_not_hide_a_phone() -> None:
    assert masked("01012345678사삼영") == "[전화번호 1]사삼영"


def test_a_decomposed_plate_is_masked() -> None:
    assert masked(unicodedata.normalize("NFD", "12가3456")) == "[차량번호 1]"


def test_logs_are_masked_at_any_depth() -> None:
    event = {"event": "got 010-1234-5678", "n": 3, "more": [("900101-1234567",), None]}
    assert mask_log(event) == {
        "event": "got [전화번호 1]",
        "n": 3,
        "more": [("[주민등록번호 1]",), None],
    }


def test_an_unusable_policy_is_named(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match=r"none\.yml"):
        Masker.load(tmp_path / "none.yml")


# Pieces which, put together at random, come close to what detectors look for.
PIECES = st.sampled_from(
    ["010", "1234", "5678", "900101", "1234567", "-", " ", ".", "공일공", "이", "일", "12가", "064"]
    + [
        "계좌 ",
        "농협",
        "카드",
        "여권",
        "면허 ",
        "뒷자리",
        "주민번호",
        "[전화번호 1]",
        "]",
        "[",
        "1AA",
    ]
    + [
        "@",
        "naver.com",
        "a",
        "K7MQ",
        "3XPA",
        "제주 ",
        "로",
        "원",
        "년",
        "\u200b",
        "０",
        "+82",
        "120",
    ]
    + [kind.label for kind in KINDS.values()]
)
TEXTS = st.one_of(st.text(), st.lists(PIECES, max_size=14).map("".join))


@given(TEXTS)
def test_masking_never_raises_and_leaves_nothing_to_find(text: str) -> None:
    once = MASKER.mask(text)
    twice = MASKER.mask(once.text)
    assert twice.findings == ()
    assert MASKER.mask(twice.text) == twice


@given(TEXTS)
def test_every_finding_stands_in_the_text_and_obeys_its_kind(text: str) -> None:
    result = MASKER.mask(text)
    for finding in result.findings:
        assert finding.placeholder in result.text
        assert finding.keep == KINDS[finding.kind].keep
        assert bool(finding.original) == finding.keep


@given(
    st.from_regex(r"010[-. ]?[0-9]{4}[-. ]?[0-9]{4}", fullmatch=True),
    st.text(st.characters(exclude_categories=["Nd", "Nl", "No"])),
    st.text(st.characters(exclude_categories=["Nd", "Nl", "No"])),
)
def test_no_phone_survives_whatever_stands_around_it(phone: str, before: str, after: str) -> None:
    assert phone not in masked(f"{before}{phone}{after}")


@pytest.mark.parametrize(
    "unit", ["1", "1-", "1 ", "a", "a.", "@a", "공", "일 ", "[전화번호 ", "010-"]
)
def test_a_hostile_message_does_not_stall(unit: str) -> None:
    text = (unit * 4000)[:4000]
    start = time.perf_counter()
    MASKER.mask(text + "@")
    assert time.perf_counter() - start < 1.0


def test_an_ordinary_message_takes_about_a_millisecond() -> None:
    text = "노형동 1234-5번지 앞에 12가3456 차가 서 있어요. 010-1234-5678로 연락주세요"
    timings = []
    for _ in range(30):
        start = time.perf_counter()
        MASKER.mask(text)
        timings.append(time.perf_counter() - start)
    # Typically 0.5 ms; the fastest of many, since other work shares the machine.
    assert min(timings) < 0.002
