"""Where Rasa keeps trackers: one row a conversation, one read and one write a turn.

Rasa's own SQL store writes a row an event and counts them all at every turn. A tracker here is
kept short as well: what lies far back matters only through the slots and the open form it left.
Losing a tracker costs an unfinished form and nothing else: every message stands in the
application's database.
"""

from __future__ import annotations

import json
import zlib
from typing import Any, Dict, Iterable, List, Optional, Text

import sqlalchemy as sa
from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, ActiveLoop, Event, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from bot.rasa import faster

faster.install()

KEEP_AT_MOST = 80
"""Events; a longer tracker is cut back to its last few turns."""
KEEP_AFTER_CUT = 30

metadata = sa.MetaData()
trackers = sa.Table(
    "trackers",
    metadata,
    sa.Column("sender_id", sa.String(64), primary_key=True),
    sa.Column("data", sa.LargeBinary, nullable=False),
)


def _engine(url: str) -> sa.engine.Engine:
    if url.startswith("sqlite"):
        engine = sa.create_engine(url, connect_args={"check_same_thread": False, "timeout": 15})
        sa.event.listen(engine, "connect", _prepare_sqlite)
        return engine
    # The application writes postgresql+psycopg; this runtime has psycopg2 only.
    return sa.create_engine(url.replace("+psycopg", ""), pool_pre_ping=True)


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA journal_mode=WAL")
    # A tracker lost in a power cut costs an unfinished form, so no turn waits for the disk.
    connection.execute("PRAGMA synchronous=OFF")


class RowTrackerStore(TrackerStore):
    """A tracker store of one compressed row a conversation, on SQLite or PostgreSQL."""

    def __init__(
        self,
        domain: Optional[Domain] = None,
        event_broker: Optional[EventBroker] = None,
        host: Optional[Text] = None,
        **kwargs: Dict[Text, Any],
    ) -> None:
        if not host:
            raise ValueError("endpoints.yml: tracker_store needs `url`, an SQLAlchemy URL")
        self._engine = _engine(host)
        metadata.create_all(self._engine)
        super().__init__(domain, event_broker, **kwargs)

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Write the tracker, shortened when it has grown long."""
        await self.stream_events(tracker)
        events = [event.as_dict() for event in shortened(tracker)]
        data = zlib.compress(json.dumps(events, ensure_ascii=False).encode(), 1)
        with self._engine.begin() as connection:
            changed = connection.execute(
                trackers.update().where(trackers.c.sender_id == tracker.sender_id).values(data=data)
            )
            if not changed.rowcount:
                connection.execute(trackers.insert().values(sender_id=tracker.sender_id, data=data))

    async def retrieve(self, sender_id: Text) -> Optional[DialogueStateTracker]:
        """Read a tracker; None when there is none."""
        with self._engine.connect() as connection:
            data = connection.execute(
                sa.select(trackers.c.data).where(trackers.c.sender_id == sender_id)
            ).scalar()
        if data is None:
            return None
        events = json.loads(zlib.decompress(data))
        return DialogueStateTracker.from_dict(sender_id, events, self.domain.slots)

    async def retrieve_full_tracker(self, conversation_id: Text) -> Optional[DialogueStateTracker]:
        """The same as `retrieve`: a conversation has one row."""
        return await self.retrieve(conversation_id)

    async def delete(self, sender_id: Text) -> None:
        """Forget a conversation."""
        with self._engine.begin() as connection:
            connection.execute(trackers.delete().where(trackers.c.sender_id == sender_id))

    async def keys(self) -> Iterable[Text]:
        """Every conversation that has a tracker."""
        with self._engine.connect() as connection:
            return [row[0] for row in connection.execute(sa.select(trackers.c.sender_id))]


def shortened(tracker: DialogueStateTracker) -> List[Event]:
    """The events to keep: all of a short tracker; of a long one its state and its last turns."""
    events = list(tracker.events)
    if len(events) <= KEEP_AT_MOST:
        return events
    starts = [
        place
        for place, event in enumerate(events)
        if isinstance(event, UserUttered) and place >= len(events) - KEEP_AFTER_CUT
    ]
    if not starts:
        return events
    before = DialogueStateTracker.from_events(
        tracker.sender_id, events[: starts[0]], list(tracker.slots.values())
    )
    state: List[Event] = [
        SlotSet(name, slot.value)
        for name, slot in before.slots.items()
        if slot.value != slot.initial_value
    ]
    if before.active_loop_name:
        state.append(ActiveLoop(before.active_loop_name))
    return [*state, ActionExecuted("action_listen"), *events[starts[0] :]]
