"""Did the answer help? A «no» asks why, and every why leads on: a topic, a facet, a person."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy.orm import Session

from actions.answering import GENERAL, facet_buttons, topic_buttons
from actions.parts import Parts, first_request, say
from bot import offices, yaml_files
from bot.conversations import feedback
from bot.conversations.feedback import Judged
from bot.conversations.models import REASONS, Reason
from bot.conversations.waiting import CALLBACK
from bot.database import utc_now
from bot.knowledge import service as knowledge
from bot.knowledge.check import seoul_date
from bot.knowledge.topics import topics as catalogue
from bot.paths import POLICY
from bot.replies import PERSON, Button, Press, Reply, Say

REASON = "reason"
"""Slot of a press that says why an answer did not help."""
JUDGING = ("useful", "not_useful")
"""Controls that judge an answer."""
CENTRE = "jeju120"
"""The office to call where the article names none."""
MOST_TOPICS = 3
MOST_GUESSES = 2
"""Topics from the ranking; the others are neighbours of the article."""


class ActionFeedback(Action):
    """Keeps whether an answer helped; where it did not, leads on by the reason."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def name(self) -> str:
        return "action_feedback"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        """Thanks, the question why not, or what helps against the reason given."""
        intent = str(tracker.latest_message["intent"]["name"])
        press = pressed(tracker, intent)

        def work(session: Session) -> Reply:
            return heard(session, tracker.sender_id, press).model_copy(update={"topic": intent})

        say(dispatcher, tracker, self.name(), await self._parts.write(work))
        return [SlotSet("unsure", 0)]


def pressed(tracker: Tracker, intent: str) -> Press:
    """The press as it was shown; without one, the button that means the intent."""
    request = first_request(tracker)
    return Press(
        topic=request.get("topic") or None,
        facet=request.get("facet") or None,
        control=request.get("control") or intent,
        slots=request.get("slots") or {},
    )


def heard(session: Session, conversation_id: str, press: Press) -> Reply:
    """Keep what was pressed and say what comes next."""
    useful = press.control == "useful"
    reason = _reason(press)
    about = feedback.judged(session, conversation_id=conversation_id, press=press)
    if about is not None:
        feedback.keep(session, about=about, useful=useful, reason=reason, now=utc_now())
    if useful:
        return Reply(parts=[Say(key="say.useful")])
    if about is None:
        return Reply(parts=[Say(key="feedback.which_answer")], buttons=[GENERAL, PERSON])
    if reason is None:
        return _why(about)
    return _NEXT[reason](session, about)


def _reason(press: Press) -> Reason | None:
    return next((reason for reason in REASONS if reason == press.slots.get(REASON)), None)


def _why(about: Judged) -> Reply:
    buttons = [
        Button(
            title=Say(key=f"feedback.reason_{reason}"),
            press=Press(
                control="not_useful", slots={REASON: reason, feedback.ANSWER: about.answer.id}
            ),
        )
        for reason in REASONS
    ]
    return Reply(parts=[Say(key="say.not_useful")], buttons=[*buttons, PERSON])


def _other_matter(session: Session, about: Judged) -> Reply:
    """Topics that may have been meant: the next guesses, then the article's neighbours."""
    answered = feedback.answered_with(session, about=about)
    guessed = [
        topic
        for topic, confidence in feedback.guesses(session, about=about)
        if topic in catalogue() and confidence >= _worth_a_button()
    ]
    served = knowledge.served(session, about.topic)
    related = list(served.body.related) if served else []
    others = [topic for topic in dict.fromkeys(guessed) if topic not in answered]
    near = [topic for topic in related if topic not in answered]
    ordered = dict.fromkeys([*others[:MOST_GUESSES], *near, *others])
    buttons = topic_buttons(session, list(ordered))[:MOST_TOPICS]
    key = "feedback.other_matter" if buttons else "feedback.other_words"
    return Reply(parts=[Say(key=key)], buttons=[*buttons, GENERAL, PERSON])


@lru_cache
def _worth_a_button() -> float:
    """The confidence from which the decision offers a topic as well."""
    policy = yaml_files.read(POLICY / "dialogue.yml")
    return float(policy["thresholds"]["ask"])


def _not_enough(session: Session, about: Judged) -> Reply:
    """What the article tells besides, then the phone."""
    buttons = _untold(session, about)
    key = "feedback.more" if buttons else "feedback.all_told"
    ways = [*buttons, PERSON] if buttons else [GENERAL, PERSON]
    return Reply(parts=[Say(key=key), _phone(session, about)], buttons=ways)


def _untold(session: Session, about: Judged) -> list[Button]:
    served = knowledge.served(session, about.topic)
    if served is None or served.body.expired(seoul_date(utc_now())):
        return []
    shown = feedback.shown_of(session, about=about)
    left = [name for name in served.body.facets("ko") if name not in shown]
    summary = Button(
        title=Say(key="facet.summary"), press=Press(topic=about.topic, facet="summary")
    )
    return [*([summary] if "summary" in left else []), *facet_buttons(about.topic, left)]


def _hard(session: Session, about: Judged) -> Reply:
    parts = [Say(key="feedback.hard"), _phone(session, about)]
    return Reply(parts=parts, buttons=[PERSON, CALLBACK, GENERAL])


def _wrong(session: Session, about: Judged) -> Reply:
    parts = [Say(key="feedback.wrong"), _phone(session, about)]
    return Reply(parts=parts, buttons=[PERSON, GENERAL])


def _phone(session: Session, about: Judged) -> Say:
    """The number to call: the article's, else the call centre's."""
    served = knowledge.served(session, about.topic)
    number = offices.phones(served.body.phone) if served else ""
    return Say(key="answer.phone", values={"phone": number or offices.phones([CENTRE])})


_NEXT: dict[Reason, Callable[[Session, Judged], Reply]] = {
    "other_matter": _other_matter,
    "not_enough": _not_enough,
    "hard": _hard,
    "wrong": _wrong,
}
