"""Animals, countries, dates, numbers and placeholders in a text."""

import re

import pytest
import yaml

from bot.paths import POLICY
from bot.rasa.nlu.kiwi import morphemes
from bot.rasa.nlu.spans import Span, Spotter, apart


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
        ("2026년 3월 5일에", "date", "2026년 3월 5일"),
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
    for rules in table["pattern"].values():
        assert all(re.compile(rule).search("") is None for rule in rules)
