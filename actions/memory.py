"""What a talk remembers of its answers: the last topic, the ones before it, and what was told."""

from collections.abc import Sequence

from rasa_sdk import Tracker
from rasa_sdk.events import EventType, SlotSet

from bot.replies import Facet, Reply

MOST_TOPICS = 8


def told_of(tracker: Tracker) -> dict[str, list[str]]:
    """The facets that this talk has heard, by topic."""
    return dict(tracker.get_slot("told") or {})


def remembered(tracker: Tracker, replies: Sequence[Reply]) -> list[EventType]:
    """The slots after these replies: `topic`, `earlier` (the last one last) and `told`."""
    earlier = list(tracker.get_slot("earlier") or [])
    told = told_of(tracker)
    for reply in replies:
        topic = reply.topic
        if topic is None:
            continue
        earlier = [*(one for one in earlier if one != topic), topic][-MOST_TOPICS:]
        shown = [part.facet for part in reply.parts if isinstance(part, Facet)]
        told[topic] = list(dict.fromkeys([*told.get(topic, []), *shown]))
    if not earlier:
        return []
    kept = {topic: facets for topic, facets in told.items() if topic in earlier}
    return [SlotSet("topic", earlier[-1]), SlotSet("earlier", earlier), SlotSet("told", kept)]


def forgotten() -> list[EventType]:
    """The slots of a talk that begins anew."""
    return [SlotSet(name, None) for name in ("topic", "earlier", "told", "receipt_asked", "rude")]
