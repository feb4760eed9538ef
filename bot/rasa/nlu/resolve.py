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
from rasa.shared.nlu.constants import INTENT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.korean.foreign import languages
from bot.korean.places import Places
from bot.korean.text import language, squeeze
from bot.paths import PLACES, POLICY
from bot.rasa.nlu import leaning, pairs
from bot.rasa.nlu.decision import (
    CHECK_CODE,
    PHONE,
    RECEIPT,
    TICKETS_ONLY,
    Decision,
    DialoguePolicy,
    Request,
    placeholder,
)
from bot.rasa.nlu.in_form import in_form
from bot.rasa.nlu.view import View

CONTROL_INTENTS = {
    "cancel": "cancel",
    "restart": "start_over",
    "useful": "useful",
    "not_useful": "not_useful",
    "photo": "shared",
    "place": "shared",
}
DESCRIPTION_AT_LEAST = 8
"""Squeezed characters from which a first message counts as the description of a report."""
ANNOUNCED_AT_LEAST = 18
"""The same for «가로등 고장 신고할게요», which announces a report and does not describe much."""
A_MATTER, A_MATTER_WITH_A_FACET = 9, 5
"""Characters besides fillers, and the facet's words, from which it is about something itself."""
ASKED_ABOUT = ("fee", "duration", "eligibility", "phone", "online")
"""Facets that are only asked about, even of what is mostly reported."""
CODE_LIKE = re.compile(r"[A-Z0-9]{3,5}[- ]?[A-Z0-9]{3,5}", re.IGNORECASE)
"""A check code, or what a citizen took for one."""
CODE_OF_LETTERS = re.compile(r"[A-Z]{4} ?[A-Z]{4}")
"""One whose digits were taken for letters."""


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


def decide(view: View) -> Decision:
    """The decision on one message; the first rule that applies wins."""
    if view.heard_before:
        return Decision("repeated", 1.0, rule="heard_before")
    if view.press:
        return _pressed(view)
    if view.form is not None:
        return in_form(view, view.form, (_earlier, _two_requests))
    return (
        _other_language(view)
        or _status(view)
        or _urgent(view)
        or _distress(view)
        or _not_useful(view)
        or _earlier(view)
        or _corrected(view)
        or _two_requests(view)
        or _leaning(view)
        or _by_confidence(view)
    )


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


def _other_language(view: View) -> Decision | None:
    """A language that is not answered in: its own fixed sentence, never a guessed topic."""
    if language(view.text) != "other":
        return None
    code = languages().which(view.text)
    request = Request(control="other_language", slots={"language": code}, why="language")
    return Decision("other_language", 1.0, [request], rule="other_language")


def _urgent(view: View) -> Decision | None:
    """An emergency or a crisis never leans on what was answered before."""
    name, sure = view.top
    is_urgent = name in view.policy.urgent and view.above("urgent", sure)
    return _by_confidence(view) if is_urgent else None


def _distress(view: View) -> Decision | None:
    """Somebody at the end of their strength gets a person, unless a sure answer helps."""
    sure_topic = view.policy.is_catalogued(view.top[0]) and view.above("answer", view.top[1])
    if sure_topic or not view.policy.is_distressed(view.text):
        return None
    request = Request(control="person", slots={"reason": "distress"}, why="distress")
    return Decision("talk_to_human", 1.0, [request], rule="distress")


def _not_useful(view: View) -> Decision | None:
    """«도움이 안 됐어요» in words: what the button under the answer says."""
    if not view.topic or not view.policy.is_not_useful(view.text):
        return None
    return Decision("not_useful", 1.0, [Request(control="not_useful")], rule="sure")


def _status(view: View) -> Decision | None:
    receipt = RECEIPT.search(view.text)
    asked = view.slot("receipt_asked")
    has_code = CHECK_CODE in view.text
    about_status = bool(asked) or view.top[0] == "ticket_status"
    # What looks like a code and is none is answered like a wrong one.
    mistyped = bool(asked) and is_like_a_code(view.text.strip())
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


def is_like_a_code(text: str) -> bool:
    """Whether a text was meant as a check code: «thank you» is two words and none."""
    if not CODE_LIKE.fullmatch(text):
        return False
    return "-" in text or any(map(str.isdigit, text)) or CODE_OF_LETTERS.fullmatch(text) is not None


def _earlier(view: View) -> Decision | None:
    """«아까 그거»: the topic before the last one, or the earlier one that the words fit."""
    told = view.earlier
    if not told or not view.policy.points_back(view.text):
        return None
    named = [name for name, sure in view.ranking if name in told and view.above("earlier", sure)]
    name, sure = view.top
    if not named and name not in ("repeat", "out_of_scope") and view.above("conversation", sure):
        # «아까 그 기사님 신고할게요», «아까 고마웠어요», «아까 상담원 불렀는데요»: something else.
        return None
    topic = named[0] if named else told[-2] if len(told) > 1 else told[-1]
    facet = view.policy.facet(view.text) or _facet_of_report(view, topic)
    request = Request(topic, facet, "", {}, 1.0, "earlier", view.text)
    return Decision(topic, 1.0, [request], rule="earlier")


def _facet_of_report(view: View, topic: str) -> str:
    """Of a topic that is reported, what has been told is asked about; no new report begins."""
    return "summary" if topic in view.policy.reports else ""


def _corrected(view: View) -> Decision | None:
    """«아니 보건증 말고 영업신고요»: what stands behind the correction, if it has a topic."""
    meant = view.policy.meant_instead(view.text)
    if not meant:
        return None
    ranking = view.ranked(meant)
    topic, sure = ranking[0] if ranking else ("", 0.0)
    if not view.policy.is_catalogued(topic) or not view.above("corrected", sure):
        return None
    is_case = view.topic and not view.above("very_sure", sure)
    if is_case and view.above("leaning", _stays(view, meant, ranking, "")):
        # «아니 우도 말고 추자도»: another case of the same topic.
        return None
    return Decision(topic, sure, [_request(view, topic, sure, "corrected", meant)], [], "corrected")


def _two_requests(view: View) -> Decision | None:
    """Both are served; the rules see the report, if one of them is a report."""
    if view.policy.meant_instead(view.text):
        return None
    two = pairs.pair(view.text, view.splits, whole=view.ranking, policy=view.policy)
    if two is None:
        two = pairs.leaning_pair(view.text, view.splits, topic=view.topic, policy=view.policy)
    if two is None or view.policy.urgent.intersection(two.topics):
        # «문 연 약국 있나요 애가 열이 나요» is one request; an emergency is served alone.
        return None
    requests = [
        _request(view, topic, two.sure, "two_requests", text)
        for topic, text in zip(two.topics, two.texts, strict=True)
    ]
    if two.listed and not requests[0].facet:
        # «여권이랑 국제면허증 만들려면 뭐가 필요해요?» asks it of both.
        requests[0].facet = requests[1].facet
    reports = [one.topic for one in requests if one.topic in view.policy.reports]
    intent = reports[0] if reports else requests[0].topic
    return Decision(intent, two.sure, requests, rule="two_requests")


def _leaning(view: View) -> Decision | None:
    """A message that leans on the topic answered last: a facet, a case, a correction of it."""
    topic, (name, sure) = view.topic, view.top
    if not topic or _says_nothing(view.text):
        return None
    alone = _stands_alone(view, name, sure)
    if topic in view.policy.reports and (name == "affirm" or not alone) and _reports(view, topic):
        return _report_again(view, topic)
    if alone:
        return None
    if name == "out_of_scope" and view.above("not_ours", sure) and _has_a_matter(view):
        return None
    variant = view.policy.facet_by_entity(_entities_meant(view))
    facet = view.policy.facet(view.text) or variant
    text = _without_entities(view) if variant else view.text
    stays = _stays(view, text, view.ranking, facet)
    if not view.above("leaning", stays):
        return None
    facet = facet or _facet_of_report(view, topic)
    near = "place" if not facet and view.places.find(view.text) else ""
    request = Request(topic, facet, "", {}, stays, "leaning", view.text, near)
    certain = view.above("answer", stays) and not view.above("answer", sure)
    perhaps = [] if certain else view.topics(skip=topic)[:1]
    return Decision(topic, stays, [request], perhaps, "leaning")


def _reports(view: View, topic: str) -> bool:
    """Whether a message after a report reports again, rather than asks about it."""
    if view.policy.asks(view.text):
        return False
    name, sure = view.top
    if name == "affirm":
        return view.policy.announces(view.text)
    again = name == topic and view.above("offer", sure)
    tells = view.policy.announces(view.text) or view.places.address(view.text) is not None
    return again or tells


def _report_again(view: View, topic: str) -> Decision:
    """The report that the message is about, or another of the same kind («하나 더 신고할게요»)."""
    name, sure = view.top
    if view.policy.is_catalogued(name) and view.above("offer", sure):
        return _by_confidence(view)
    return Decision(topic, sure, [_request(view, topic, sure, "again")], rule="again")


def _stays(view: View, text: str, ranking: list[tuple[str, float]], facet: str) -> float:
    return leaning.stays(
        text, view.topic, alone=ranking, joined=view.joined, facet=facet, policy=view.policy
    )


def _stands_alone(view: View, name: str, sure: float) -> bool:
    """Thanks, a greeting, a person asked for: no question about anything."""
    if view.policy.is_catalogued(name) or name == "out_of_scope":
        return False
    # «전화로도 되나요», «can I cancel it?» ask about the topic; «아니 중학생이요» corrects it.
    asks = (name in TICKETS_ONLY or name == "cancel") and view.policy.asks(view.text)
    says_more = name == "deny" and view.policy.says_more(view.text)
    talk = sum(sure for one, sure in view.ranking if one in view.policy.conversation)
    return view.above("answer", max(sure, talk)) and not asks and not says_more


def _has_a_matter(view: View) -> bool:
    """Whether a message has enough words of its own to be about something."""
    facet = view.policy.facet(view.text)
    least = A_MATTER_WITH_A_FACET if facet else A_MATTER
    return len(view.policy.remainder(view.text, facet)) >= least


def _says_nothing(text: str) -> bool:
    """Keys hit at random: no syllable and no word."""
    return not re.search(r"[\uac00-\ud7a3]|[A-Za-z]{2}", text)


def _entities_meant(view: View) -> list[dict[str, Any]]:
    """Without what a correction takes back: «미국 아니고 일본이에요»."""
    meant = view.policy.meant_instead(view.text)
    start = len(view.text) - len(meant) if meant else 0
    return [one for one in view.entities if int(one.get("start", 0)) >= start]


def _without_entities(view: View) -> str:
    """The text without the words that name a variant: «일본은요?» says nothing else."""
    text = view.text
    for entity in view.entities:
        text = text.replace(str(entity.get("text", "")), " ")
    return text


def _by_confidence(view: View) -> Decision:
    name, sure = view.top
    if name == "out_of_scope":
        options = [] if view.above("out_of_scope", sure) else view.topics()[:2]
        if view.topic and view.topic not in options:
            # It may have leaned on the last answer after all.
            options = [view.topic, *options][:2]
        return Decision(name, sure, options=options, rule="out_of_scope")
    if not view.policy.is_topic(name):
        if view.above("conversation", sure):
            return Decision(name, sure, [Request(control=name, confidence=sure)], rule="sure")
        return _ask(view)
    if view.above("offer", sure):
        alone = view.above("answer", sure)
        options = [] if alone else view.topics(skip=name)[:2]
        rule = "sure" if alone else "fairly_sure"
        request = _request(view, name, sure, rule)
        if not alone and _is_perhaps_no_report(view, name):
            request.facet = request.facet or "summary"
        return Decision(name, sure, [request], options, rule)
    return _ask(view)


def _is_perhaps_no_report(view: View, topic: str) -> bool:
    """Whether a report of a topic that is only fairly sure should be offered, not begun."""
    policy = view.policy
    if topic not in policy.reports or topic in policy.mostly_reported:
        return False
    return not policy.announces(view.text) and view.places.address(view.text) is None


def _ask(view: View) -> Decision:
    return Decision("nlu_fallback", view.top[1], [], view.topics()[:3], "unsure")


def _request(view: View, topic: str, sure: float, why: str, text: str = "") -> Request:
    """What `text`, the message or its half, asks of a topic."""
    policy, text = view.policy, text or view.text
    if topic in policy.reports:
        slots = _first_slots(view, topic, text)
        return Request(topic, _report_facet(view, topic, text), "", slots, sure, why, text)
    facet = policy.facet_by_entity(view.entities) or policy.facet(text)
    return Request(topic, facet, "", {}, sure, why, text)


def _report_facet(view: View, topic: str, text: str) -> str:
    """A report topic's message may only ask about it (the reward, how long it takes)."""
    policy = view.policy
    if view.places.address(text):
        return ""
    facet = policy.facet(text)
    if policy.is_none_to_report(topic, text):
        return facet or "summary"
    if not policy.asks(text):
        return ""
    if topic not in policy.mostly_reported and not policy.announces(text):
        return facet or "summary"
    if facet in ASKED_ABOUT:
        return facet
    return next((one for one in ASKED_ABOUT if policy.asks_one_of(text, (one,))), "")


def _first_slots(view: View, topic: str, text: str) -> dict[str, str]:
    """What a first message already tells of a report."""
    slots: dict[str, str] = {}
    place = view.places.address(text)
    if place and topic not in ("callback", "general_ticket"):
        slots["location"] = place
    if phone := placeholder(text, PHONE):
        slots["contact"] = phone
    told = place is not None or not view.policy.asks(text)
    if told and topic not in ("callback", "general_ticket") and _describes(view, text):
        slots["detail"] = text
    return slots


def _describes(view: View, text: str) -> bool:
    least = ANNOUNCED_AT_LEAST if view.policy.announces(text) else DESCRIPTION_AT_LEAST
    return len(squeeze(text)) >= least
