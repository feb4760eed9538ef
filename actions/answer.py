"""Answering, asking what was meant, and saying that something is not ours."""

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy.orm import Session

from actions.answering import GENERAL, answer, in_charge, topic_buttons
from actions.parts import Parts, options_of, requests_of, say
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
        requests = requests_of(tracker)
        options = options_of(tracker)

        def replies(session: Session) -> list[Reply]:
            return [
                answer(session, topic=request["topic"], facet=request["facet"], options=options)
                or in_charge(session, topic=request["topic"], options=options)
                for request in requests
            ]

        say(dispatcher, tracker, self.name(), *await self._parts.read(replies))
        return [SlotSet("topic", requests[-1]["topic"]), SlotSet("unsure", 0)]


class ActionClarify(Action):
    """Asks what was meant, with buttons; after the second time in a row, offers a person."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def name(self) -> str:
        return "action_clarify"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        """Buttons from the ranking, then from the articles themselves when it has none."""
        times = int(tracker.get_slot("unsure") or 0) + 1
        options = options_of(tracker)
        text = str(tracker.latest_message.get("text") or "")

        def reply(session: Session) -> Reply:
            topics = options or [hit.topic for hit in search.search(session, text, limit=3)]
            buttons = topic_buttons(session, topics[:3])
            if times >= TWICE:
                return Reply(parts=[Say(key="clarify.twice")], buttons=[*buttons, PERSON, GENERAL])
            key = "clarify.which" if buttons else "clarify.again"
            return Reply(parts=[Say(key=key)], buttons=[*buttons, OTHER, PERSON])

        say(dispatcher, tracker, self.name(), await self._parts.read(reply))
        return [SlotSet("unsure", times)]


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
        options = options_of(tracker)

        def reply(session: Session) -> Reply:
            topics = topic_buttons(session, options)
            perhaps = [Say(key="answer.or_did_you_mean")] if topics else []
            return Reply(
                parts=[Say(key="out_of_scope.not_ours"), *perhaps],
                buttons=[*topics, GENERAL, PERSON],
                topic="out_of_scope",
            )

        say(dispatcher, tracker, self.name(), await self._parts.read(reply))
        return [SlotSet("unsure", 0)]
