"""A photo or a place that comes out of the blue: it is kept, and asked what it is about."""

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy.orm import Session

from actions.answering import GENERAL, topic_buttons
from actions.parts import Parts, first_request, say
from actions.report_begin import SHARED
from actions.report_places import outside
from bot.replies import PERSON, Reply, Say
from bot.tickets import spots
from bot.tickets.spots import Outside

MOST_TOPICS = 4
MOST_PHOTOS = 5


class ActionShared(Action):
    """Keeps a photo or a place for the report that follows, and asks what is the matter."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def name(self) -> str:
        return "action_shared"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        """What came is said, with the reports that it is likely about as buttons."""
        request = first_request(tracker)
        slots = dict(request.get("slots") or {})
        is_photo = request.get("control") == "photo"
        if not is_photo and (refusal := _outside(slots)):
            say(dispatcher, tracker, self.name(), Reply(parts=[refusal], buttons=[PERSON]))
            return [SlotSet("unsure", 0)]
        reply = await self._parts.read(lambda session: self._asked(session, tracker, is_photo))
        say(dispatcher, tracker, self.name(), reply)
        kept = _with(dict(tracker.get_slot(SHARED) or {}), slots, is_photo)
        return [SlotSet(SHARED, kept), SlotSet("unsure", 0)]

    def _asked(self, session: Session, tracker: Tracker, is_photo: bool) -> Reply:
        forms = self._parts.forms
        told = [str(topic) for topic in reversed(tracker.get_slot("earlier") or [])]
        takes = [topic for topic in forms.topics() if forms.of(topic).of_kind("photo")]
        likely = [topic for topic in told if topic in takes]
        topics = list(dict.fromkeys([*likely, *forms.usual]))[:MOST_TOPICS]
        key = "report.shared_photo" if is_photo else "report.shared_place"
        buttons = [*topic_buttons(session, topics), GENERAL]
        return Reply(parts=[Say(key=key)], buttons=buttons)


def _outside(slots: dict[str, str]) -> Say | None:
    try:
        spot = spots.at(float(slots["latitude"]), float(slots["longitude"]))
    except (KeyError, ValueError):
        return Say(key="report.place_unknown")
    return outside(spot) if isinstance(spot, Outside) else None


def _with(kept: dict[str, Any], slots: dict[str, str], is_photo: bool) -> dict[str, Any]:
    if is_photo:
        photos = [*(kept.get("photos") or []), slots.get("photo", "")]
        return {**kept, "photos": list(dict.fromkeys(filter(None, photos)))[-MOST_PHOTOS:]}
    return {**kept, "place": slots}
