"""Answering, asking what was meant, and saying that something is not ours."""

from collections.abc import Sequence
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy.orm import Session

from actions.answering import GENERAL, answer, in_charge, topic_buttons
from actions.memory import remembered, told_of
from actions.parts import Parts, first_request, lemmas_of, options_of, requests_of, say
from actions.untaught import untaught
from bot.knowledge import search
from bot.replies import OTHER, PERSON, Reply, Say

TWICE = 2


class ActionAnswer(Action):
    """Answers each requested topic from the knowledge base."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def name(self) -> str:
        return "action_answer"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        """One reply a requested topic, in the order in which they were asked."""
        said = await self._parts.read(lambda session: answers(session, tracker))
        say(dispatcher, tracker, self.name(), *said)
        return [*remembered(tracker, said), SlotSet("unsure", 0)]


def answers(session: Session, tracker: Tracker) -> list[Reply]:
    """The replies to what was asked: an article that nobody is trained on, or one a request."""
    reply, offers = _by_words(session, tracker, is_sure=not options_of(tracker))
    if reply is not None:
        return [reply]
    options = [*offers, *options_of(tracker)]
    return [
        _answer(session, tracker, request, options)
        or in_charge(session, topic=request["topic"], options=options)
        for request in requests_of(tracker)
    ]


def _by_words(
    session: Session, tracker: Tracker, *, is_sure: bool = False
) -> tuple[Reply | None, Sequence[str]]:
    """The answer of an article that nobody is trained on, if one fits, else those to offer."""
    found = untaught(session, tracker, is_sure=is_sure)
    if not found.answers:
        return None, found.offers
    facet = first_request(tracker).get("facet") or ""
    return _answer(session, tracker, {"topic": found.answers, "facet": facet}, []), ()


def _answer(
    session: Session, tracker: Tracker, request: dict[str, Any], options: Sequence[str]
) -> Reply | None:
    return answer(
        session,
        topic=request["topic"],
        facet=_facet(request),
        options=options,
        lemmas=lemmas_of(tracker),
        near=request.get("near") or "",
        told=told_of(tracker).get(request["topic"], ()),
    )


def _facet(request: dict[str, Any]) -> str:
    """The facet asked for; «summary» that no button asked for leaves it to the words."""
    facet = str(request.get("facet") or "")
    return "" if facet == "summary" and request.get("why") != "button" else facet


class ActionClarify(Action):
    """Asks what was meant, with buttons; after the second time in a row, offers a person."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def name(self) -> str:
        return "action_clarify"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        """An article that nobody is trained on, if it answers; else buttons from the ranking, and
        from the articles themselves when it has none.
        """
        times = int(tracker.get_slot("unsure") or 0) + 1

        def reply(session: Session) -> tuple[Reply, bool]:
            told, offers = _by_words(session, tracker)
            return told or _which(session, tracker, offers, times), told is not None

        said, answered = await self._parts.read(reply)
        say(dispatcher, tracker, self.name(), said)
        if answered:
            return [*remembered(tracker, [said]), SlotSet("unsure", 0)]
        return [SlotSet("unsure", times)]


def _which(session: Session, tracker: Tracker, offers: Sequence[str], times: int) -> Reply:
    text = str(tracker.latest_message.get("text") or "")
    topics = [*offers, *options_of(tracker)] or [
        hit.topic for hit in search.search(session, text, limit=3, lemmas=lemmas_of(tracker))
    ]
    buttons = topic_buttons(session, topics[:3])
    if times >= TWICE:
        return Reply(parts=[Say(key="clarify.twice")], buttons=[*buttons, PERSON, GENERAL])
    key = "clarify.which" if buttons else "clarify.again"
    return Reply(parts=[Say(key=key)], buttons=[*buttons, OTHER, PERSON])


class ActionOutOfScope(Action):
    """A kind no, with where to go instead, and always the way to a person."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def name(self) -> str:
        return "action_out_of_scope"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        """Says that it is not ours; where that is not sure, with the topics it may be after all."""

        def reply(session: Session) -> tuple[Reply, bool]:
            told, offers = _by_words(session, tracker)
            options = [*offers, *options_of(tracker)]
            return told or _not_ours(session, options), told is not None

        said, answered = await self._parts.read(reply)
        say(dispatcher, tracker, self.name(), said)
        # What was answered before is over: «전화번호는요?» must not lean on it.
        kept = remembered(tracker, [said]) if answered else [SlotSet("topic", None)]
        return [*kept, SlotSet("unsure", 0)]


def _not_ours(session: Session, options: Sequence[str]) -> Reply:
    topics = topic_buttons(session, options)
    perhaps = [Say(key="answer.or_did_you_mean")] if topics else []
    return Reply(
        parts=[Say(key="out_of_scope.not_ours"), *perhaps],
        buttons=[*topics, GENERAL, PERSON],
        topic="out_of_scope",
    )
