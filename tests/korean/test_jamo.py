"""Syllables come apart and together, sound alike, and carry the right particle."""

from __future__ import annotations

import pytest

from bot.korean.jamo import compose, from_keyboard, join, josa, plain_araea, sound, split, to_jamo


def test_every_syllable_survives_taking_apart_and_putting_together() -> None:
    for code in range(0xAC00, 0xD7A4):
        assert join(*split(chr(code))) == chr(code)


def test_only_a_syllable_can_be_taken_apart() -> None:
    with pytest.raises(ValueError, match="not a Hangul syllable"):
        split("a")


@pytest.mark.parametrize(
    ("text", "letters"),
    [
        ("한글", "ㅎㅏㄴㄱㅡㄹ"),
        ("값", "ㄱㅏㅄ"),
        ("\u1112\u119e\u11ab", "ㅎㆍㄴ"),
        ("A1 가!", "A1 ㄱㅏ!"),
        ("ㅋㅋ", "ㅋㅋ"),
        ("", ""),
    ],
)
def test_text_becomes_jamo(text: str, letters: str) -> None:
    assert to_jamo(text) == letters


@pytest.mark.parametrize(
    ("typed", "composed"),
    [("ㅅㅏㄹㄹㅕㅈㅜ", "살려주"), ("ㅋㅋㅋ", "ㅋㅋㅋ"), ("ㅠㅠ", "ㅠㅠ"), ("불ㅇㅣ", "불이")],
)
def test_letters_typed_one_by_one_are_put_together(typed: str, composed: str) -> None:
    assert compose(typed) == composed


@pytest.mark.parametrize(
    ("one", "other"),
    [("났", "낫"), ("새", "세"), ("왠", "웬"), ("싶", "십"), ("괜찮", "괸찬"), ("않", "안")],
)
def test_what_sounds_alike_is_written_alike(one: str, other: str) -> None:
    assert sound(one) == sound(other)
    assert len(sound(one)) == len(one)


def test_arae_a_is_read_as_people_without_that_key_type_it() -> None:
    assert plain_araea("\u1112\u119e\u11ab저") == "한저"


@pytest.mark.parametrize(
    ("keys", "text"),
    [("dkssudgktpdy", "안녕하세요"), ("rkqt", "값"), ("ehofl", "돼리"), ("Qkfrks", "빨간")],
)
def test_korean_typed_on_an_english_keyboard_is_read(keys: str, text: str) -> None:
    assert from_keyboard(keys) == text


@pytest.mark.parametrize(
    ("word", "particle", "said"),
    [
        ("통", "을/를", "통을"),
        ("나무", "을/를", "나무를"),
        ("나무", "를/을", "나무를"),
        ("제주", "이/가", "제주가"),
        ("사람", "이/가", "사람이"),
        ("서울", "으로/로", "서울로"),
        ("연동", "으로/로", "연동으로"),
        ("제주시", "으로/로", "제주시로"),
        ("119", "으로/로", "119로"),
        ("112", "으로/로", "112로"),
        ("110", "으로/로", "110으로"),
        ("3", "이/가", "3이"),
        ("064-120", "으로/로", "064-120으로"),
        ("GPS", "을/를", "GPS를"),
        ("URL", "을/를", "URL을"),
        ("SMS", "은/는", "SMS는"),
        ("APEC", "와/과", "APEC와"),
        ("'가로등'", "이/가", "'가로등'이"),
        ("가로등(고장)", "을/를", "가로등(고장)을"),
        ("여권", "이에요/예요", "여권이에요"),
        ("버스", "이에요/예요", "버스예요"),
        ("", "을/를", "를"),
    ],
)
def test_a_word_carries_the_right_particle(word: str, particle: str, said: str) -> None:
    assert josa(word, particle) == said


def test_an_unknown_pair_of_particles_is_refused() -> None:
    with pytest.raises(ValueError, match="not a known pair"):
        josa("통", "뿅/뿡")
