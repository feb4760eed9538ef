"""Messages typed again, without spaces and with slips, and the comparison with the originals."""

import pytest

from bot.evaluation.figures import Ratio
from bot.evaluation.judging import Judged
from bot.evaluation.pairs import Paired, paired
from bot.evaluation.retyping import retyped, with_typos, without_spaces
from bot.evaluation.rows import Row
from bot.korean.jamo import to_jamo

KOREAN = [
    "여권을 새로 만들고 싶은데 어디로 가야 되나요?",
    "쓰레기 배출 요일이 안 맞아요",
    "강아지 등록하려면 어떻게 해야 하는지 알려 주세요",
    "돼지 분뇨 냄새 때문에 못 살겠어요",
]
ENGLISH = "Where can I get a new passport in the city, and how much is it?"


def row(text: str) -> Row:
    return Row(text, "a", frozenset({"a"}), "plain")


def judged(*right: bool) -> list[Judged]:
    return [Judged(row("글"), "a" if one else "b", (), False) for one in right]


@pytest.mark.parametrize("text", [*KOREAN, ENGLISH])
def test_a_message_is_always_mistyped_alike(text: str) -> None:
    assert with_typos(row(text)) == with_typos(row(text))
    assert with_typos(row(text)).text != text


def test_a_slip_leaves_topic_right_answers_and_style() -> None:
    typed = with_typos(row(KOREAN[0]))
    assert (typed.topic, typed.right, typed.style) == ("a", frozenset({"a"}), "plain")


@pytest.mark.parametrize("text", KOREAN)
def test_about_one_syllable_in_eight_is_mistyped(text: str) -> None:
    typed, written = to_jamo(with_typos(row(text)).text), to_jamo(text)
    assert abs(len(typed) - len(written)) <= len(text) / 8
    assert text.count(" ") == with_typos(row(text)).text.count(" ")


def test_a_long_message_has_a_slip_every_eight_syllables() -> None:
    written = "배" * 80
    typed = with_typos(row(written)).text
    assert sum(one != "배" for one in typed) == 10


def test_ae_and_e_are_what_is_mistaken_most() -> None:
    typed = [with_typos(row(f"{number} 배")).text[-1] for number in range(100)]
    assert typed.count("베") > 40


def test_an_english_word_keeps_its_first_letter() -> None:
    written, typed = ENGLISH.split(), with_typos(row(ENGLISH)).text.split()
    assert [word[0] for word in typed] == [word[0] for word in written]
    assert 1 <= sum(one != two for one, two in zip(written, typed, strict=True)) <= 2


def test_a_message_without_letters_stays() -> None:
    assert with_typos(row("119")).text == "119"
    assert with_typos(row("ok?")).text == "ok?"


def test_spaces_are_taken_from_korean_messages_alone() -> None:
    typed = without_spaces(row("여권 새로\u3000만들어요"))
    assert typed is not None
    assert typed.text == "여권새로만들어요"
    assert retyped([row(ENGLISH), row("세금 내요")], "no_spaces") == [(1, row("세금내요"))]


def test_pairs_are_counted_message_by_message() -> None:
    found = paired(judged(True, True, False, True), judged(True, False, True, False))
    assert found == Paired(n=4, before=3, after=2, worse=2, better=1)
    assert found.points == -25.0
    with pytest.raises(ValueError):
        paired(judged(True), judged())


@pytest.mark.parametrize(
    ("worse", "better", "p"),
    # Two-sided binomial test of one half.
    [(0, 0, 1.0), (5, 0, 0.0625), (9, 1, 0.021484375), (3, 3, 1.0), (1, 7, 0.0703125)],
)
def test_p_is_mcnemar_s_exact_one(worse: int, better: int, p: float) -> None:
    assert Paired(100, 50, 50, worse, better).p == pytest.approx(p)


def test_p_of_thousands_of_changes_is_still_a_number() -> None:
    assert 0 <= Paired(9000, 5000, 4000, 3000, 2000).p < 1e-9


def test_nothing_to_compare_has_no_change() -> None:
    assert paired([], []).as_dict()["points"] == 0.0
    assert Ratio(0, 0).value is None
