"""What people type is cleaned, squeezed, named by language and made harmless."""

from __future__ import annotations

import pytest

from bot.korean.text import clean, language, neutralise, shorten, squeeze


@pytest.mark.parametrize(
    ("typed", "cleaned"),
    [
        ("  안녕   하세요 \n\n 민원  ", "안녕 하세요 민원"),
        ("불\u200b이\u200d야", "불이야"),
        ("a\x00b\x07c", "abc"),
        ("여권\ud800 발급", "여권 발급"),
        ("\u202e거꾸로\u202c", "거꾸로"),
        ("안\u2066녕\u2069", "안녕"),
        ("태그\U000e0068\U000e0069", "태그"),
        ("\ufeff머리", "머리"),
        ("소프트\u00ad하이픈", "소프트하이픈"),
        ("한글\u3164채움", "한글 채움"),
        ("숨김\U000e0100글자", "숨김글자"),
        ("\u1112\u1161\u11ab\u1100\u1173\u11af", "한글"),
        ("\u1112\u119e\u11ab저", "\u1112\u119e\u11ab저"),
        ("👍🏽 좋아요", "👍🏽 좋아요"),
        ("👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"),
        ("❤\ufe0f", "❤\ufe0f"),
        ("1\ufe0f\u20e3번", "1\ufe0f\u20e3번"),
        ("가\ufe0f나", "가나"),
        ("\u200b\u200d\ufeff", ""),
        ("", ""),
    ],
)
def test_a_message_is_cleaned(typed: str, cleaned: str) -> None:
    assert clean(typed) == cleaned
    assert clean(cleaned) == cleaned


@pytest.mark.parametrize(
    ("typed", "squeezed"),
    [
        ("여권 재발급!!!", "여권재발급"),
        ("ㅋㅋㅋㅋㅋㅋ", "ㅋㅋ"),
        ("ㅠㅠㅠㅠ", "ㅠㅠ"),
        ("해주세요오오오", "해주세요"),
        ("불이야아아", "불이야"),
        ("주세에에요", "주세요"),
        ("Ｅ－ＭＡＲＴ　１２３", "emart123"),
        ("ﾡ", "ㄱ"),
        ("heeeelp", "help"),
        ("1000000원", "1000000원"),
        ("010-1111-0000", "01011110000"),
        ("🔥🔥🔥", "🔥"),
        ("불.이.났.어", "불이났어"),
        ("아이", "아이"),
        ("사이이용", "사이이용"),
        ("?!", ""),
    ],
)
def test_a_message_is_squeezed_for_matching(typed: str, squeezed: str) -> None:
    assert squeeze(typed) == squeezed


def test_held_down_signs_are_shortened() -> None:
    assert shorten("진짜요??!!!! ㅋㅋㅋㅋ") == "진짜요?! ㅋㅋ"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("여권 발급", "ko"),
        ("ㅎㅇ", "ko"),
        ("ㅋㅋㅋ", "ko"),
        ("\u1112\u119e\u11ab저", "ko"),
        ("E-mart 앞 도로", "ko"),
        ("CCTV 설치 요청", "ko"),
        ("中國人 관광객 민원", "ko"),
        ("Where is the city hall?", "en"),
        ("passport", "en"),
        ("How do I get to 제주시청", "en"),
        ("café near me", "en"),
        ("我想问一下签证", "other"),
        ("空港はどこですか", "other"),
        ("Где аэропорт", "other"),
        ("สวัสดี", "other"),
        ("مرحبا", "other"),
        ("xin chào bạn", "other"),
        ("Tôi muốn hỏi về thị thực", "other"),
        ("hola", "other"),
        ("saya mau tolong", "other"),
        ("👍👍", "none"),
        ("123-4567", "none"),
        ("?!", "none"),
        ("", "none"),
        ("\u200b", "none"),
    ],
)
def test_the_language_of_a_message(text: str, code: str) -> None:
    assert language(text) == code


@pytest.mark.parametrize(
    "text",
    [
        "/restart",
        " /restart",
        "\u200b/restart",
        '\u3000\ufeff/intent{"a": 1}',
        "\x00/session_start",
        "\u202e/restart",
        "\u0301/restart",
        "\n\t/back",
        "\u3164/restart",
        "//restart",
    ],
)
def test_a_citizen_can_never_give_a_command(text: str) -> None:
    harmless = neutralise(text)
    assert not harmless.strip().startswith("/")
    assert not clean(harmless).startswith("/")
    assert not neutralise(clean(text)).startswith("/")
    assert len(harmless) == len(text)


@pytest.mark.parametrize("text", ["5/16 도로", "안녕 /restart", "／restart", "", "   ", "그/그녀"])
def test_a_slash_inside_a_message_stays(text: str) -> None:
    assert neutralise(text) == text
