"""Whole talks that nobody saw who wrote the rules: as many turns right as were recorded."""

import json

import pytest

from bot.evaluation.service import Reach
from bot.evaluation.talking import by_kind, judged_talks, whole
from bot.evaluation.talks import BadTalk, Expected, Heard, is_right, read, talks
from bot.paths import ROOT
from bot.replies import Facet, Reply
from tests.support.service import Service

FOLDER = ROOT / "tests" / "data"
SLACK = 0.02
"""Of some three hundred turns: a form or a question more or less is no change."""


@pytest.mark.slow
def test_no_fewer_turns_are_right_than_were_recorded(service: Service) -> None:
    recorded = json.loads((FOLDER / "recorded_talks.json").read_text(encoding="utf-8"))
    reach = Reach.of(service.settings, service.url)
    held = read(FOLDER / "conversations.yml")
    judged = judged_talks(held, reach, at_a_time=4, progress=lambda done: None)
    right = dict(by_kind(judged))["all"]
    wrong = [f"{one.talk}: {one.turn.text}" for one in judged if not one.right]
    assert len(judged) == recorded["turns"]
    assert (right.value or 0) >= recorded["right"] - SLACK, wrong
    assert whole(judged).of == len(held)


def heard(*topics: str, facets: tuple[str, ...] = (), **understood: object) -> Heard:
    replies = [Reply(parts=[], topic=topic) for topic in topics]
    if facets:
        shown = [Facet(topic=topics[0], facet=name, revision=1) for name in facets]
        replies[0] = Reply(parts=list(shown), topic=topics[0])
    return Heard(tuple(replies), dict(understood), "bot")


def test_one_topic_is_right_only_when_it_is_served_first() -> None:
    wanted = Expected((frozenset({"passport_issue"}),))
    assert is_right(wanted, heard("passport_issue", "bulky_waste"))
    assert not is_right(wanted, heard("bulky_waste", "passport_issue"))
    assert not is_right(wanted, heard())


def test_two_requests_are_right_when_both_are_served() -> None:
    wanted = Expected((frozenset({"passport_issue"}), frozenset({"bulky_waste"})))
    assert is_right(wanted, heard("passport_issue", "bulky_waste"))
    assert not is_right(wanted, heard("passport_issue"))


def test_a_facet_must_be_shown_or_understood() -> None:
    wanted = Expected((frozenset({"passport_issue"}),), frozenset({"fee"}))
    assert is_right(wanted, heard("passport_issue", facets=("fee",)))
    assert is_right(wanted, heard("passport_issue", requests=[{"facet": "fee"}]))
    assert not is_right(wanted, heard("passport_issue", facets=("place",)))


def test_an_act_is_told_by_what_the_bot_did() -> None:
    assert is_right(Expected(acts=frozenset({"repeat"})), heard(action="action_replay"))
    assert not is_right(Expected(acts=frozenset({"repeat"})), heard(action="action_say"))


def test_every_file_of_talks_can_be_read() -> None:
    for path in [FOLDER / "conversations.yml", *(ROOT / "data" / "dialogue").iterdir()]:
        assert read(path), path.name


def test_a_talk_of_another_form_is_a_clear_error(tmp_path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "talks.yml"
    path.write_text("- id: x\n  turns:\n  - say: hello\n", encoding="utf-8")
    with pytest.raises(BadTalk, match="talk x"):
        talks(path)
