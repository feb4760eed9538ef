"""The guard's learnt scale: what it looks at, when it decides, and what it may not overrule."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import pytest
import yaml

from bot.korean.ear import BIAS, HIT, STRETCH, Ear, EarDataError, Kind, features, stretches
from bot.korean.guard import BY_EAR, Guard, GuardDataError, spaced_form

DATA = Path(__file__).parents[2] / "data" / "policy" / "emergency.yml"
WEIGHTS = DATA.with_name("emergency_ear.tsv")
KINDS: tuple[Kind, ...] = get_args(Kind)

TOPICS = dict.fromkeys(KINDS, "emergency") | {"suicide": "crisis_counseling"}
FIRE = {"id": "fire", "kind": "fire", "topic": "emergency", "any": ["불났"]}


@pytest.fixture(scope="module")
def guard() -> Guard:
    return Guard.load(DATA)


def _guard(cry: dict[str, int], *, threshold: float = 0.0, sure: bool = False) -> Guard:
    """A guard with one pattern, for a fire, and the weights given."""
    data: dict[str, Any] = {
        "figures": ["가나다라"],
        "phrases": ["abcd"],
        "other": ["친구가"],
        "someone": ["friend"],
        "patterns": [{**FIRE, "sure": sure}],
        "ear": {"threshold": threshold, "answered_from": 0.9, "topics": TOPICS},
    }
    return Guard(data, Ear(cry, {BIAS: (("sea", 1),), "유서": (("suicide", 900),)}))


def test_it_looks_at_runs_beginnings_pairs_and_last_words() -> None:
    found = features("남편이 밀어요 . 살려줘")
    assert {"^남편", "편이밀", "_남편", "남편|밀어", ">살려", "려줘$"} <= found
    assert "남편|살려" not in found, "a pair does not reach over the end of a sentence"


def test_it_looks_at_english_words_and_pairs_of_them() -> None:
    assert {"help", "my house", "house"} <= features("help . my house burns")


def test_spelling_by_ear_is_one() -> None:
    assert features(spaced_form("불낫어")) == features(spaced_form("불났어"))


def test_a_long_message_is_weighed_in_stretches_that_leave_out_no_word() -> None:
    words = [f"말{number}" for number in range(STRETCH * 2 + 7)]
    parts = stretches(" ".join(words))
    assert len(parts) > 1 and all(len(part.split()) <= STRETCH for part in parts)
    assert {word for part in parts for word in part.split()} == set(words)
    assert stretches("짧은 말") == ["짧은 말"]


def test_what_no_pattern_names_is_heard_by_weight() -> None:
    alarm = _guard({BIAS: -100, "유서": 3_000}).check("유서 썼어요")
    assert alarm is not None and alarm.pattern == BY_EAR
    assert (alarm.kind, alarm.topic, alarm.about) == ("suicide", "crisis_counseling", "self")


def test_whom_it_is_about_is_told_without_a_pattern_too() -> None:
    alarm = _guard({BIAS: -100, "유서": 3_000}).check("친구가 유서 썼어요")
    assert alarm is not None and alarm.about == "other"


def test_a_pattern_counts_on_the_scale_and_can_be_overruled() -> None:
    quiet = {BIAS: -10, HIT: 2_000, "ㅋ": 0}
    assert _guard(quiet).check("불났어요") is not None
    assert _guard(quiet | {"야구": -3_000}).check("야구장 불났어요") is None


def test_a_sure_pattern_is_not_overruled() -> None:
    assert _guard({BIAS: -9_000}).check("불났어요") is None
    alarm = _guard({BIAS: -9_000}, sure=True).check("불났어요")
    assert alarm is not None and alarm.pattern == "fire"


def test_a_pattern_in_a_long_message_is_not_overruled() -> None:
    alarm = _guard({BIAS: -9_000}).check("민원 답변 " * STRETCH + "불났어요")
    assert alarm is not None and alarm.pattern == "fire"


def test_a_guard_without_weights_hears_patterns_alone() -> None:
    guard = Guard(yaml.safe_load(DATA.read_text(encoding="utf-8")))
    alarm = guard.check("집에 불났어요")
    assert alarm is not None and alarm.pattern == "on_fire"
    assert guard.check("수면제 몇 알이면 돼요") is None


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("suicide", "고양이 밥은 많이 부어놨어요 누가 데려가 주세요 저는 이제 없을 거라서"),
        ("medical", "선반이 무너져서 직원이 깔렸어요"),
        ("crime", "이 모텔 주인이 밤에 마스터키로 들어오려고 해요"),
        ("sea", "출수했는데 배가 없어요 네 명이 떠 있어요"),
        ("gas", "보일러 켜고 잤는데 식구들이 다 어지럽고 토해요"),
    ],
)
def test_the_learnt_weights_hear_a_cry_and_its_kind(guard: Guard, kind: str, text: str) -> None:
    alarm = guard.check(text)
    assert alarm is not None and alarm.kind == kind


@pytest.mark.parametrize(
    "text",
    [
        "가로등이 나갔는데 언제 고쳐요",
        "여권 발급 서류 알려주세요",
        "강아지 데리고 일본 가려면 뭐가 필요해요?",
        "where do I pay my car tax",
        "갇혔어요 사이트에서 다음 버튼이 안 눌려요",
    ],
)
def test_the_learnt_weights_let_everyday_talk_pass(guard: Guard, text: str) -> None:
    assert guard.check(text) is None


def test_missing_weights_say_how_to_get_them(tmp_path: Path) -> None:
    copy = tmp_path / "emergency.yml"
    copy.write_text(DATA.read_text(encoding="utf-8"), encoding="utf-8")
    with pytest.raises(GuardDataError, match=r"emergency_ear\.tsv is missing"):
        Guard.load(copy)


@pytest.mark.parametrize("line", ["불이\tviel\t", "불이\t3", "불이\t3\tflood:4"])
def test_a_broken_line_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "weights.tsv"
    path.write_text(f"feature\tweight\tkinds\n나\t2\t\n{line}\n", encoding="utf-8")
    with pytest.raises(EarDataError, match="line 3"):
        Ear.load(path)


def test_the_ear_must_know_a_topic_for_every_kind() -> None:
    data = yaml.safe_load(DATA.read_text(encoding="utf-8"))
    del data["ear"]["topics"]["sea"]
    with pytest.raises(GuardDataError, match="a known topic for every kind"):
        Guard(data, Ear.load(WEIGHTS))


def test_the_weights_stay_small_enough_to_read_at_start() -> None:
    assert WEIGHTS.stat().st_size < 1_200_000
    Ear.load(WEIGHTS)
