"""Old conversations go by themselves, and nothing that somebody still needs."""

from datetime import timedelta

from fastapi.testclient import TestClient

from bot.conversations import service
from bot.conversations.models import Conversation
from bot.conversations.rasa_client import RasaClient
from bot.conversations.retention import Retention
from bot.database import utc_now
from bot.web.parts import Parts
from tests.support.citizen import Citizen
from tests.support.rasa import HeardRasa


async def test_only_what_nobody_needs_is_deleted_with_its_tracker(
    client: TestClient, parts: Parts, rasa: HeardRasa
) -> None:
    old, fresh, waits = Citizen(client), Citizen(client), Citizen(client)
    for each in (old, fresh, waits):
        each.says("여권 만들래요")
    then = utc_now() - timedelta(days=31)
    with parts.database.writing() as session:
        service.hand_over(session, conversation_id=waits.id, reason="unsure", now=then)
        for each in (old, waits):
            session.get_one(Conversation, each.id).updated_at = then
    rasa.forgotten.clear()

    # The application's own client belongs to the loop of its thread.
    own = RasaClient(f"http://127.0.0.1:{rasa.port}", "", timeout_seconds=5)

    def task(days: int) -> Retention:
        return Retention(database=parts.database, rasa=own, store=parts.photos.store, days=days)

    assert await task(0).round() == 0
    assert await task(30).round() == 1
    assert rasa.forgotten == [old.id]
    with parts.database.reading() as session:
        assert session.get(Conversation, old.id) is None
        assert session.get(Conversation, fresh.id) is not None
        assert session.get(Conversation, waits.id) is not None
