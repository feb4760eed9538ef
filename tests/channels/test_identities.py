"""Who is who, and what was seen, on SQLite and on PostgreSQL."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from bot.channels import outgoing, seen
from bot.channels.base import Message
from bot.channels.identities import TOKEN_LIFE, Identities
from bot.channels.models import ChannelUser
from bot.conversations import models, service
from bot.conversations.models import Conversation
from bot.conversations.rendering import Rendered
from bot.database import Database, utc_now
from bot.privacy.vault import BadKey, Cipher
from bot.replies import Reply, Say

USER = "U00000000000000000000000000000001"
NOW = utc_now()


@pytest.fixture
def identities() -> Identities:
    return Identities(key="k", cipher=Cipher(Fernet.generate_key().decode()))


def known(database: Database, identities: Identities, user: str = USER, name: str = "line") -> str:
    with database.writing() as session:
        found = identities.known(session, name, user, language="ko", now=NOW)
        return found.conversation_id


def test_a_citizen_is_recognised_on_the_same_channel_only(
    database: Database, identities: Identities
) -> None:
    first = known(database, identities)
    assert known(database, identities) == first
    assert known(database, identities, name="telegram") != first
    assert known(database, identities, "U2") != first


def test_the_token_opens_the_conversation(database: Database, identities: Identities) -> None:
    id = known(database, identities)
    with database.reading() as session:
        found = identities.current(session, "line", USER)
        assert found is not None
        assert service.authenticated(session, conversation_id=id, token=found.token).id == id


def test_after_the_end_a_new_one_begins(database: Database, identities: Identities) -> None:
    first = known(database, identities)
    with database.writing() as session:
        service.close(session, conversation_id=first, now=NOW)
    second = known(database, identities)
    assert second != first
    with database.reading() as session:
        assert set(identities.conversations(session, "line", USER)) == {first, second}


def test_two_first_messages_at_once_open_one_conversation(
    database: Database, identities: Identities
) -> None:
    together = Barrier(4)

    def come(_: int) -> str:
        together.wait()
        try:
            return known(database, identities)
        except IntegrityError:
            return known(database, identities)

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(come, range(4)))) == 1
    with database.reading() as session:
        assert len(session.scalars(select(Conversation)).all()) == 1


def test_the_user_id_is_sealed_for_its_own_row(database: Database, identities: Identities) -> None:
    first, second = known(database, identities), known(database, identities, "U2")
    with database.writing() as session:
        mine, other = (session.get_one(ChannelUser, id) for id in (first, second))
        assert USER.encode() not in mine.sealed
        assert identities.address(session, first, NOW).user == USER
        mine.sealed = other.sealed
    with database.reading() as session, pytest.raises(BadKey):
        identities.address(session, first, NOW)


def test_a_reply_token_is_given_once_and_in_time(
    database: Database, identities: Identities
) -> None:
    id = known(database, identities)
    with database.writing() as session:
        identities.keep_reply_token(session, id, "r", NOW)
        assert identities.address(session, id, NOW, token=False).reply_token is None
        assert identities.address(session, id, NOW).reply_token == "r"
        assert identities.address(session, id, NOW).reply_token is None
        identities.keep_reply_token(session, id, "r", NOW)
        assert identities.address(session, id, NOW + TOKEN_LIFE).reply_token is None


def test_an_event_is_known_by_its_id_however_long(
    database: Database, identities: Identities
) -> None:
    for event_id in ("1", "m_" + "x" * 120):
        event = Message(user=USER, event_id=event_id, text="네")
        with database.writing() as session:
            assert seen.find(session, "line", event, identities) is None
            key = seen.note(session, "line", event, "c", identities, NOW)
            assert len(key) <= seen.KEY_LENGTH
        with database.writing() as session:
            assert seen.find(session, "line", event, identities) is not None
            assert seen.find(session, "messenger", event, identities) is None
            with pytest.raises(IntegrityError):
                seen.note(session, "line", event, "c", identities, NOW)
            session.rollback()


def test_without_ids_a_repeat_is_known_only_while_its_first_is_in_work(
    database: Database, identities: Identities
) -> None:
    id = known(database, identities, name="kakao")
    event = Message(user=USER, text="네")
    with database.writing() as session:
        key = seen.note(session, "kakao", event, id, identities, utc_now())
        message = models.Message(
            conversation_id=id,
            seq=1,
            sender="citizen",
            text="네",
            language="ko",
            client_id=key,
            turn="asking",
        )
        session.add(message)
    with database.writing() as session:
        found = seen.find(session, "kakao", event, identities)
        assert found is not None and found.event_key == key
        assert seen.find(session, "kakao", Message(user="U2", text="네"), identities) is None
        assert seen.find(session, "kakao", Message(user=USER, text="아니요"), identities) is None
        session.get_one(models.Message, message.id).turn = "answered"
        session.flush()
        assert seen.find(session, "kakao", event, identities) is None


def test_old_events_are_forgotten(database: Database, identities: Identities) -> None:
    event = Message(user=USER, event_id="1")
    with database.writing() as session:
        seen.note(session, "line", event, "c", identities, NOW - timedelta(days=8))
        seen.purge(session, before=NOW - timedelta(days=7))
        assert seen.find(session, "line", event, identities) is None


def test_what_waits_comes_in_the_order_of_the_talk(
    database: Database, identities: Identities
) -> None:
    id = known(database, identities)
    units = []
    for _ in range(3):
        with database.writing() as session:
            (said,) = service.say(
                session,
                conversation_id=id,
                replies=[Reply(parts=[Say(key="say.greet")])],
                render=lambda reply: Rendered("x", ()),
                now=NOW,
            )
            units.append(said.unit_id)
    with database.reading() as session:
        assert [unit.id for unit in outgoing.waiting(session, id)] == units
        assert outgoing.conversations_waiting(session, ["line"], NOW, 5) == [id]
        assert outgoing.conversations_waiting(session, ["kakao"], NOW, 5) == []


def test_deleting_the_conversation_deletes_the_identity(
    database: Database, identities: Identities
) -> None:
    id = known(database, identities)
    with database.writing() as session:
        service.erase(session, conversation_id=id)
    with database.reading() as session:
        assert session.get(ChannelUser, id) is None
        assert identities.conversations(session, "line", USER) == []
