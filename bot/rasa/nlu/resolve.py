"""The decision: what a message asks for, given what was said before.

Last component of the pipeline. It sees the message, the ranking and the conversation's tracker,
and writes `requests` (what actions serve), `options` (topics to offer) and the intent that the
rules see. Follow-ups, corrections, answers to a form and new questions are told apart here and
nowhere else. A pressed button comes in the message's metadata and is as sure as can be.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Dict, List, Optional, Text

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import ENTITIES, INTENT, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.korean.places import Places
from bot.korean.text import language, squeeze
from bot.paths import PLACES, POLICY
from bot.rasa.nlu.decision import CHECK_CODE, PHONE, RECEIPT, Decision, DialoguePolicy, Request

FORM = "report_form"
CONTROL_INTENTS = {
    "cancel": "cancel",
    "restart": "start_over",
    "useful": "useful",
    "not_useful": "not_useful",
}
DESCRIPTION_AT_LEAST = 8
"""Squeezed characters from which a first message counts as the description of a report."""
ANNOUNCED_AT_LEAST = 18
"""The same for «가로등 고장 신고할게요», which announces a report and does not describe much."""
CODE_LIKE = re.compile(r"[A-Z0-9]{3,5}[- ]?[A-Z0-9]{3,5}", re.IGNORECASE)
"""A check code, or what a citizen took for one."""


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class Resolve(GraphComponent):
    """Rasa's component around the decision."""

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        """The policy file is part of the project, not of the model."""
        return {"policy": str(POLICY / "dialogue.yml"), "places": str(PLACES)}

    def __init__(self, config: Dict[Text, Any]) -> None:
        self._policy = DialoguePolicy.load(Path(config["policy"]))
        self._places = Places.load(Path(config["places"]))

    @classmethod
    def create(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "Resolve":
        return cls(config)

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Nothing is decided in training."""
        return training_data

    def process(
        self, messages: List[Message], tracker: Optional[DialogueStateTracker] = None
    ) -> List[Message]:
        """Decide each message; write intent, requests, options and rule into its parse."""
        for message in messages:
            view = View(message, tracker, self._policy, self._places)
            decision = decide(view)
            message.set(
                INTENT,
                {"name": decision.intent, "confidence": decision.confidence},
                add_to_output=True,
            )
            requests = [request.as_dict() for request in decision.requests]
            message.set("requests", requests, add_to_output=True)
            message.set("options", decision.options, add_to_output=True)
            message.set("rule", decision.rule, add_to_output=True)
        return messages


class View:
    """What the decision looks at, in its own words."""

    def __init__(
        self,
        message: Message,
        tracker: Optional[DialogueStateTracker],
        policy: DialoguePolicy,
        places: Places,
    ) -> None:
        self.text: str = message.get(TEXT) or ""
        self.policy = policy
        self.places = places
        self.entities: list[dict[str, Any]] = message.get(ENTITIES) or []
        ranking = message.get(INTENT_RANKING_KEY) or []
        self.ranking = [(item["name"], float(item["confidence"])) for item in ranking]
        metadata = message.get("metadata") or {}
        self.press: dict[str, Any] = metadata.get("press") or {}
        self.message_id: str = metadata.get("message_id") or ""
        self._tracker = tracker

    @property
    def top(self) -> tuple[str, float]:
        """The likeliest intent and its confidence."""
        return self.ranking[0] if self.ranking else ("nlu_fallback", 0.0)

    def confidence(self, intent: str) -> float:
        """How sure the classifier is of `intent`."""
        return next((sure for name, sure in self.ranking if name == intent), 0.0)

    def slot(self, name: str) -> Any:
        """A slot of the conversation, or None."""
        return self._tracker.get_slot(name) if self._tracker else None

    @property
    def form(self) -> dict[str, Any] | None:
        """The report in progress, or None."""
        if self._tracker is None or self._tracker.active_loop_name != FORM:
            return None
        return self.slot("report") or {}

    @property
    def heard_before(self) -> bool:
        """Whether this very message already stands in the tracker (asked again after a crash)."""
        if self._tracker is None or not self.message_id:
            return False
        return any(
            getattr(event, "type_name", "") == "user"
            and (event.metadata or {}).get("message_id") == self.message_id
            for event in self._tracker.events
        )

    def above(self, threshold: str, confidence: float) -> bool:
        """Whether a confidence reaches a threshold of the policy."""
        return confidence >= self.policy.thresholds[threshold]


def decide(view: View) -> Decision:
    """The decision on one message; the first rule that applies wins."""
    if view.heard_before:
        return Decision("repeated", 1.0, rule="heard_before")
    if view.press:
        return _pressed(view)
    if view.form is not None:
        return _in_form(view, view.form)
    if language(view.text) == "other":
        return Decision("other_language", 1.0, rule="other_language")
    return _status(view) or _follow_up(view) or _by_confidence(view)


def _pressed(view: View) -> Decision:
    press = view.press
    control = press.get("control") or ""
    topic = press.get("topic") or ""
    request = Request(
        topic=topic,
        facet=press.get("facet") or "",
        control=control,
        slots=dict(press.get("slots") or {}),
        why="button",
    )
    if control:
        intent = CONTROL_INTENTS.get(control, "affirm")
        return Decision(intent, 1.0, [request], rule="button")
    return Decision(topic, 1.0, [request], rule="button")


def _status(view: View) -> Decision | None:
    receipt = RECEIPT.search(view.text)
    asked = view.slot("receipt_asked")
    has_code = CHECK_CODE in view.text
    about_status = bool(asked) or view.top[0] == "ticket_status"
    # What looks like a code and is none is answered like a wrong one.
    mistyped = bool(asked) and CODE_LIKE.fullmatch(view.text.strip()) is not None
    if not receipt and not mistyped and not (has_code and about_status):
        return None
    slots = {"receipt": receipt.group() if receipt else (asked or "")}
    if has_code:
        start = view.text.index(CHECK_CODE)
        slots["check_code"] = view.text[start : view.text.index("]", start) + 1]
    elif mistyped:
        slots["check_code"] = view.text.strip()
    request = Request("ticket_status", slots=slots, why="receipt_number")
    return Decision("ticket_status", 1.0, [request], rule="receipt_number")


def _follow_up(view: View) -> Decision | None:
    """A message that leans on the topic answered last: a facet of it, or one of its variants."""
    topic = view.slot("topic")
    if not topic:
        return None
    variant = view.policy.facet_by_entity(view.entities)
    facet = view.policy.facet(view.text) or variant
    if not facet:
        return None
    name, sure = view.top
    left = view.policy.remainder(view.text, facet)
    if variant and facet == variant:
        for entity in view.entities:
            left = left.replace(squeeze(str(entity.get("text", ""))), "")
    own_topic = view.policy.is_topic(name) and name != topic and view.above("answer", sure)
    # «여권 얼마예요?» has two syllables besides the facet, and they name a topic of their own.
    says_little = not left or (len(left) <= 2 and not own_topic)
    if says_little or (not own_topic and len(squeeze(view.text)) <= 14 and name != "out_of_scope"):
        request = Request(topic, facet=facet, confidence=1.0, why="follow_up_facet")
        return Decision(topic, 1.0, [request], rule="follow_up_facet")
    return None


def _by_confidence(view: View) -> Decision:
    name, sure = view.top
    if name == "out_of_scope":
        options = [] if view.above("out_of_scope", sure) else _topics(view)[:2]
        return Decision(name, sure, options=options, rule="out_of_scope")
    if not view.policy.is_topic(name):
        if view.above("conversation", sure):
            return Decision(name, sure, [Request(control=name, confidence=sure)], rule="sure")
        return _ask(view)
    if view.above("offer", sure):
        alone = view.above("answer", sure)
        options = [] if alone else _topics(view, skip=name)[:2]
        rule = "sure" if alone else "fairly_sure"
        return Decision(name, sure, [_request(view, name, sure, rule)], options, rule)
    return _ask(view)


def _topics(view: View, skip: str = "") -> list[str]:
    return [
        name
        for name, sure in view.ranking
        if view.policy.is_topic(name) and name != skip and view.above("ask", sure)
    ]


def _ask(view: View) -> Decision:
    return Decision("nlu_fallback", view.top[1], [], _topics(view)[:3], "unsure")


def _request(view: View, topic: str, sure: float, why: str) -> Request:
    policy = view.policy
    if topic in policy.reports:
        return Request(topic, _report_facet(view), "", _first_slots(view, topic), sure, why)
    facet = policy.facet_by_entity(view.entities) or policy.facet(view.text)
    return Request(topic, facet, "", {}, sure, why)


def _report_facet(view: View) -> str:
    """A report topic's message may only ask about it (the reward, how long it takes)."""
    if not view.policy.asks(view.text) or view.places.address(view.text):
        return ""
    facet = view.policy.facet(view.text)
    return facet if facet in ("fee", "duration", "eligibility", "phone", "online") else ""


def _first_slots(view: View, topic: str) -> dict[str, str]:
    """What a first message already tells of a report."""
    slots: dict[str, str] = {}
    place = view.places.address(view.text)
    if place and topic not in ("callback", "general_ticket"):
        slots["location"] = place
    if phone := _placeholder(view.text, PHONE):
        slots["contact"] = phone
    told = place is not None or not view.policy.asks(view.text)
    if told and topic not in ("callback", "general_ticket") and _describes(view):
        slots["detail"] = view.text
    return slots


def _describes(view: View) -> bool:
    least = ANNOUNCED_AT_LEAST if view.policy.announces(view.text) else DESCRIPTION_AT_LEAST
    return len(squeeze(view.text)) >= least


def _placeholder(text: str, kind: str) -> str:
    start = text.find(kind)
    return text[start : text.index("]", start) + 1] if start >= 0 else ""


def _in_form(view: View, report: dict[str, Any]) -> Decision:
    asked = str(view.slot("requested_slot") or "")
    topic = str(report.get("topic", ""))
    return (
        _form_move(view, asked)
        or _correction(view, topic, asked)
        or _digression(view, topic, asked)
        or _form_answer(view, topic, asked)
    )


def _form_move(view: View, asked: str) -> Decision | None:
    policy = view.policy
    name, sure = view.top
    if policy.move(view.text, "cancel") or (name == "cancel" and view.above("answer", sure)):
        return _control("cancel", "cancel")
    if name in ("talk_to_human", "start_over") and view.above("answer", sure):
        return _control(name, "person" if name == "talk_to_human" else "restart")
    moves = {"confirm": ("send", "edit"), "consent": ("agree", "disagree")}.get(asked, ("skip",))
    for move in moves:
        if policy.move(view.text, move):
            return _control("affirm", "skip" if move == "disagree" else move)
    place = view.places.address(_after_instead(view.text))
    if asked in ("confirm", "consent") and view.above("conversation", sure) and not place:
        if name == "affirm":
            return _control("affirm", moves[0])
        if name == "deny":
            return _control("deny", "skip" if asked == "consent" else "edit")
    return None


def _control(intent: str, control: str) -> Decision:
    return Decision(intent, 1.0, [Request(control=control, why="form_move")], rule="form_move")


def _correction(view: View, topic: str, asked: str) -> Decision | None:
    """«아니 노형동 말고 연동이요», «위치는 연동 GS25 앞이에요» while something else is asked."""
    named = view.policy.field_named(view.text)
    place = view.places.address(_after_instead(view.text))
    corrects = view.policy.corrects(view.text)
    if place and asked != "location" and (corrects or named == "location"):
        slots = {"location": place}
    elif corrects and named and (phone := _placeholder(view.text, PHONE)) and named == "contact":
        slots = {"contact": phone}
    elif asked == "confirm" and named:
        request = Request(control="edit", slots={"field": named}, why="form_correction")
        return Decision("affirm", 1.0, [request], rule="form_correction")
    else:
        return None
    request = Request(topic, slots=slots, why="form_correction")
    return Decision(topic, 1.0, [request], rule="form_correction")


def _after_instead(text: str) -> str:
    """What follows 말고 is what is meant; what stands before it is taken back."""
    return re.split(r"말고|아니라|아니고|instead of|not ", text)[-1] if "말고" in text else text


def _digression(view: View, topic: str, asked: str) -> Decision | None:
    """A question of its own in the middle of a report."""
    name, sure = view.top
    if asked == "contact" and PHONE in view.text:
        return None
    if not view.policy.asks(view.text):
        return None
    if view.policy.is_topic(name) and name != topic and view.above("digression", sure):
        if name in view.policy.reports and view.places.address(view.text) and asked == "detail":
            return None
        request = Request(name, view.policy.facet(view.text), "", {}, sure, "digression")
        return Decision(name, sure, [request], rule="digression")
    facet = view.policy.facet(view.text)
    if facet and len(view.policy.remainder(view.text, facet)) <= 2:
        request = Request(topic, facet, "", {}, 1.0, "digression_facet")
        return Decision(topic, 1.0, [request], rule="digression")
    return None


def _form_answer(view: View, topic: str, asked: str) -> Decision:
    slots = {asked: view.policy.bare(view.text) if asked == "location" else view.text}
    if asked == "contact":
        slots = {asked: _placeholder(view.text, PHONE) or view.text}
    elif asked == "consent" and (phone := _placeholder(view.text, PHONE)):
        slots = {"contact": phone}
    elif asked == "detail" and (place := view.places.address(view.text)):
        slots["also_location"] = place
    request = Request(topic, slots=slots, why="form_answer")
    return Decision(topic, 1.0, [request], rule="form_answer")
