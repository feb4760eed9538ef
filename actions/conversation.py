"""Small talk, saying it once more, handing over to a person, and the state of a ticket."""

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.answering import GENERAL
from actions.memory import forgotten
from actions.parts import Parts, first_request, language_of, message_id_of, say
from bot.conversations.handing_over import ask_for_person
from bot.database import utc_now
from bot.korean.foreign import languages
from bot.replies import PERSON, Facet, Reply, Say, Source

WITH_A_WAY_ON = frozenset({"greet", "capabilities", "start_over", "deny"})
CALM_STEPS = 3


class ActionSay(Action):
    """Says the sentence of a conversational intent."""

    def name(self) -> str:
        return "action_say"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        """The wording `say.<intent>`; where a talk may get stuck, with buttons that lead on."""
        intent = str(tracker.latest_message["intent"]["name"])
        buttons = [GENERAL, PERSON] if intent in WITH_A_WAY_ON else []
        reply = Reply(parts=[Say(key=f"say.{intent}")], buttons=buttons, topic=intent)
        say(dispatcher, tracker, self.name(), reply)
        return [SlotSet("unsure", 0), *(forgotten() if intent == "start_over" else [])]


class ActionOtherLanguage(Action):
    """Leads on somebody who writes in a language that is not answered in."""

    def name(self) -> str:
        return "action_other_language"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        """The fixed sentence of that language, then the one in Korean and English."""
        slots = first_request(tracker).get("slots") or {}
        own = languages().sentence(str(slots.get("language") or ""))
        parts: list[Say | Facet | Source] = [Say(key="say.other_language")]
        if own:
            parts.insert(0, Say(key="say.in_own_language", values={"sentence": own}))
        reply = Reply(parts=parts, buttons=[PERSON], topic="other_language")
        say(dispatcher, tracker, self.name(), reply)
        return [SlotSet("unsure", 0)]


class ActionCalm(Action):
    """Stays calm when a citizen is rude: by steps, never a lecture, a person always near."""

    def name(self) -> str:
        return "action_calm"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        """First the question is asked for, then a person offered, then only the ways on named."""
        times = int(tracker.get_slot("rude") or 0) + 1
        key = f"abuse.step_{min(times, CALM_STEPS)}"
        buttons = [GENERAL, PERSON] if times == 1 else [PERSON, GENERAL]
        say(dispatcher, tracker, self.name(), Reply(parts=[Say(key=key)], buttons=buttons))
        return [SlotSet("rude", times)]


class ActionReplay(Action):
    """Says again what was said last: when asked to, or when a message came a second time."""

    def name(self) -> str:
        return "action_replay"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        """The replies to the message heard before, or the last replies of the bot."""
        said = _said_before(tracker)
        if said:
            say(dispatcher, tracker, self.name(), *said)
        else:
            say(dispatcher, tracker, self.name(), Reply(parts=[Say(key="say.greet")]))
        return []


def _said_before(tracker: Tracker) -> list[Reply]:
    """The replies to the latest message when it was first heard, else to the one before it."""
    wanted = message_id_of(tracker)
    heard = [
        (place, (event.get("metadata") or {}).get("message_id"))
        for place, event in enumerate(tracker.events)
        if event["event"] == "user"
    ][:-1]
    places = [place for place, message_id in heard if message_id == wanted] or [
        place for place, _ in heard
    ]
    if not places:
        return []
    replies = []
    for event in tracker.events[places[-1] + 1 :]:
        if event["event"] == "user":
            break
        custom = (event.get("data") or {}).get("custom") if event["event"] == "bot" else None
        if custom:
            replies.append(Reply.model_validate(custom).model_copy(update={"understood": None}))
    return replies


class ActionHandOver(Action):
    """Gives the conversation to a person."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def name(self) -> str:
        return "action_hand_over"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        """Escalates; says when a person is there, and first a kind word to the distressed."""
        slots = first_request(tracker).get("slots") or {}
        reason = str(slots.get("reason") or "citizen_asked")
        reply = await hand_over(self._parts, tracker, reason)
        if reason == "distress":
            kind = Say(key="handover.distress")
            reply = reply.model_copy(update={"parts": [kind, *reply.parts]})
        say(dispatcher, tracker, self.name(), reply)
        return [SlotSet("unsure", 0)]


async def hand_over(parts: Parts, tracker: Tracker, reason: str) -> Reply:
    """Put the tracker's conversation before the staff, and what to tell the citizen of it."""
    return await parts.write(
        lambda session: ask_for_person(
            session,
            parts.desk,
            conversation_id=tracker.sender_id,
            message_id=message_id_of(tracker),
            reason=reason,
            language=language_of(tracker),
            now=utc_now(),
        )
    )


class ActionTicketStatus(Action):
    """Tells how a ticket stands, to whoever has its check code."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def name(self) -> str:
        return "action_ticket_status"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        """Asks for what is missing; a wrong code and an unknown number get the same nothing."""
        slots = first_request(tracker).get("slots") or {}
        receipt = slots.get("receipt") or tracker.get_slot("receipt_asked") or ""
        code = slots.get("check_code") or ""
        if not receipt:
            say(dispatcher, tracker, self.name(), _ask("status.ask_receipt"))
            return []
        if not code:
            reply = _ask("status.ask_code", receipt=receipt)
            say(dispatcher, tracker, self.name(), reply)
            return [SlotSet("receipt_asked", receipt)]
        reply = await self._parts.write(
            lambda session: self._parts.desk.status(
                session,
                conversation_id=tracker.sender_id,
                receipt_number=receipt,
                code_placeholder=code,
                language=language_of(tracker),
                now=utc_now(),
            )
        )
        say(dispatcher, tracker, self.name(), reply)
        return [SlotSet("receipt_asked", None), SlotSet("topic", None), SlotSet("unsure", 0)]


def _ask(key: str, **values: str) -> Reply:
    return Reply(parts=[Say(key=key, values=values)], buttons=[PERSON], topic="ticket_status")
