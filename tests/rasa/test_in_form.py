"""A message while a form is open: an answer, small talk, a question, another request."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("rasa")

from rasa.nlu.constants import SPACY_DOCS
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, ActiveLoop, SlotSet
from rasa.shared.core.slots import AnySlot
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from spacy.tokens import Doc
from spacy.vocab import Vocab

from bot.korean.places import Places
from bot.paths import PLACES, POLICY
from bot.rasa.nlu.decision import Decision, DialoguePolicy
from bot.rasa.nlu.kiwi import morphemes
from bot.rasa.nlu.resolve import decide
from bot.rasa.nlu.tokenizer import MORPHEMES
from bot.rasa.nlu.view import View

POLICY_OF_THE_PROJECT = DialoguePolicy.load(POLICY / "dialogue.yml")
PLACES_OF_THE_PROJECT = Places.load(PLACES)
NAMES = ["location", "detail", "danger", "photo", "contact"]
SURE = 0.99


def decided(text: str, *guess: tuple[str, float], asked: str, topic: str = "noise") -> Decision:
    """The decision on a message while the form of `topic` asks for `asked`."""
    slots: dict[str, Any] = {
        "report": {"topic": topic, "names": NAMES},
        "requested_slot": asked,
        "topic": topic,
    }
    tracker = DialogueStateTracker("a", [AnySlot(name, mappings=[{}]) for name in slots])
    domain = Domain.empty()
    tracker.update(ActionExecuted("action_listen"), domain)
    tracker.update(ActiveLoop("report_form"), domain)
    for name, value in slots.items():
        tracker.update(SlotSet(name, value), domain)
    ranking = [{"name": name, "confidence": sure} for name, sure in guess]
    doc = Doc(Vocab(), words=text.split())
    doc.user_data[MORPHEMES] = morphemes(text)
    data = {TEXT: text, INTENT_RANKING_KEY: ranking, SPACY_DOCS[TEXT]: doc}
    message = Message(data=data)
    return decide(View(message, tracker, POLICY_OF_THE_PROJECT, PLACES_OF_THE_PROJECT))


@pytest.mark.parametrize(
    ("text", "name"),
    [("고마워요", "thanks"), ("안녕히 계세요", "goodbye"), ("너 로봇이지?", "bot_challenge")],
)
@pytest.mark.parametrize("asked", ["location", "detail", "when"])
def test_small_talk_is_no_answer(text: str, name: str, asked: str) -> None:
    decision = decided(text, (name, SURE), asked=asked)
    assert decision.intent == name
    assert decision.requests[0].slots == {"say": name}


@pytest.mark.parametrize("asked", ["photo", "plate", "contact", "location"])
def test_who_gives_up_stops_the_whole_report(asked: str) -> None:
    assert decided("됐어요 그냥 안 할래요", ("deny", SURE), asked=asked).intent == "cancel"


def test_a_contact_refused_stops_nothing() -> None:
    decision = decided("연락처는 안 할래요", ("deny", SURE), asked="contact")
    assert decision.requests[0].control == "skip"


@pytest.mark.parametrize("asked", ["location", "when", "danger", "photo"])
def test_a_phone_number_is_the_contact_whatever_was_asked(asked: str) -> None:
    decision = decided("김철수 [전화번호 1]", ("out_of_scope", 0.5), asked=asked)
    assert decision.requests[0].slots == {"contact": "[전화번호 1]"}


def test_what_is_not_ours_is_no_place() -> None:
    decision = decided("부산 날씨는 어때요?", ("out_of_scope", SURE), asked="location")
    assert decision.intent == "out_of_scope"


def test_a_question_sure_of_its_topic_is_answered() -> None:
    decision = decided("여권은 얼마예요", ("passport_issue", SURE), asked="when")
    assert (decision.rule, decision.requests[0].topic) == ("digression", "passport_issue")
    assert decision.requests[0].facet == "fee"


def test_a_short_question_describes_nothing() -> None:
    decision = decided("기사님 처벌은 어떻게 돼요?", ("emergency", 0.2), asked="detail")
    assert (decision.rule, decision.requests[0].topic) == ("digression", "noise")


def test_a_smell_is_told_and_not_asked_for() -> None:
    assert not POLICY_OF_THE_PROJECT.asks("새벽마다 냄새가 나요")
    assert not POLICY_OF_THE_PROJECT.asks("it is blocking the whole sidewalk")
    assert POLICY_OF_THE_PROJECT.asks("남의 것도 볼 수 있나")


def test_another_report_instead_begins() -> None:
    text = "아니 그게 잘못됐고 먼지 때문에 신고하려고요"
    decision = decided(text, ("air_dust", SURE), asked="location")
    assert (decision.rule, decision.requests[0].why) == ("switched", "switched")


def test_what_may_answer_carries_what_it_means_otherwise() -> None:
    answer, otherwise = decided("신고하면 포상금 준대요", ("noise", 0.3), asked="when").requests
    assert answer.slots == {"when": "신고하면 포상금 준대요"}
    assert (otherwise.why, otherwise.facet) == ("otherwise", "fee")


def test_that_it_did_not_help_is_heard_in_words() -> None:
    assert decided("도움이 안 됐어요", ("thanks", 0.9), asked="when").intent == "not_useful"
