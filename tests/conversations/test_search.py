"""Staff find what was said by the words of it, on SQLite and on PostgreSQL."""

from datetime import timedelta

import pytest
from cryptography.fernet import Fernet

from bot.conversations import search, service
from bot.conversations.errors import RasaFailed
from bot.conversations.models import Message
from bot.conversations.schemas import IncomingMessage
from bot.conversations.search_models import MessageWord
from bot.conversations.search_reader import SearchReader
from bot.conversations.service import Keeping
from bot.database import Database, utc_now
from bot.privacy.masking import default_masker
from bot.privacy.vault import Cipher

NOW = utc_now() - timedelta(hours=1)
LOST = ["여권/NN", "잃어버리/VV", "었/EP"]


@pytest.fixture(scope="module")
def keeping() -> Keeping:
    return Keeping(default_masker(), Cipher(Fernet.generate_key().decode()))


def said(database: Database, keeping: Keeping, *texts: str, minutes: int = 0) -> str:
    """A conversation in which a citizen says these; its id."""
    with database.writing() as session:
        talk, _ = service.open_conversation(session, channel="widget", language="ko", now=NOW)
        for place, text in enumerate(texts):
            service.receive(
                session,
                conversation=talk,
                incoming=IncomingMessage(text=text),
                keeping=keeping,
                per_minute=60,
                now=NOW + timedelta(minutes=minutes, seconds=place),
            )
        return talk.id


def reads(database: Database, words: dict[str, list[str]]) -> None:
    """What the reader does, with lemmas given by the message's text."""
    with database.writing() as session:
        found = search.unread(session, limit=100)
        for message in found:
            kept = search.words_of(words.get(message.text, []))
            search.keep(session, message=message, words=kept)
        if found:
            search.mark(session, read_until=found[-1].created_at)


def found(database: Database, *lemmas: str, limit: int = 50) -> list[str]:
    with database.reading() as session:
        hits = search.find(session, words=search.words_of(lemmas), limit=limit)
        return [session.get_one(Message, hit.message_id).text for hit in hits]


def test_only_words_with_meaning_are_kept_and_each_once() -> None:
    assert search.words_of([*LOST, "여권/NN", "를/JK", "GS/SL"]) == [
        "여권/NN",
        "잃어버리/VV",
        "gs/SL",
    ]


def test_a_message_is_found_by_all_of_the_words_newest_first(
    database: Database, keeping: Keeping
) -> None:
    said(database, keeping, "여권을 잃어버렸어요")
    said(database, keeping, "여권 만들래요", "여권 또 잃어버렸어요", minutes=5)
    words = {
        "여권을 잃어버렸어요": LOST,
        "여권 만들래요": ["여권/NN", "만들/VV"],
        "여권 또 잃어버렸어요": LOST,
    }
    reads(database, words)
    assert found(database, "여권/NN", "잃어버리/VV") == [
        "여권 또 잃어버렸어요",
        "여권을 잃어버렸어요",
    ]
    assert found(database, "여권/NN", limit=1) == ["여권 또 잃어버렸어요"]
    assert found(database, "여권/NN", "분실/NN") == []
    assert found(database) == []


def test_a_page_goes_on_where_the_one_before_ended(database: Database, keeping: Keeping) -> None:
    texts = [f"여권 {number}" for number in range(5)]
    said(database, keeping, *texts)
    reads(database, {text: ["여권/NN"] for text in texts})
    with database.reading() as session:
        first = search.find(session, words=["여권/NN"], limit=3)
        second = search.find(session, words=["여권/NN"], limit=3, before=first[-1].at)
    assert [len(first), len(second)] == [3, 2]
    assert not {hit.message_id for hit in first} & {hit.message_id for hit in second}


def test_a_message_is_read_once_also_when_it_has_no_words(
    database: Database, keeping: Keeping
) -> None:
    said(database, keeping, "ㅋㅋ")
    reads(database, {})
    with database.reading() as session:
        assert search.unread(session, limit=10) == []
    said(database, keeping, "나중 말", minutes=1)
    with database.reading() as session:
        assert [one.text for one in search.unread(session, limit=10)] == ["나중 말"]


def test_a_latecomer_stored_with_an_earlier_time_is_still_read(
    database: Database, keeping: Keeping
) -> None:
    said(database, keeping, "뒤", minutes=1)
    reads(database, {"뒤": ["뒤/NN"]})
    with database.writing() as session:
        talk, _ = service.open_conversation(session, channel="widget", language="ko", now=NOW)
        service.receive(
            session,
            conversation=talk,
            incoming=IncomingMessage(text="앞"),
            keeping=keeping,
            per_minute=60,
            now=NOW + timedelta(minutes=1) - search.LATECOMERS / 2,
        )
    with database.reading() as session:
        assert [one.text for one in search.unread(session, limit=10)] == ["앞"]


def test_keeping_words_twice_changes_nothing(database: Database, keeping: Keeping) -> None:
    said(database, keeping, "여권")
    with database.writing() as session:
        (message,) = search.unread(session, limit=1)
        search.keep(session, message=message, words=["여권/NN"])
        search.keep(session, message=message, words=["여권/NN"])
        assert session.query(MessageWord).count() == 1


def test_a_deleted_conversation_takes_its_words_along(database: Database, keeping: Keeping) -> None:
    id = said(database, keeping, "여권")
    reads(database, {"여권": ["여권/NN"]})
    with database.writing() as session:
        service.erase(session, conversation_id=id)
    assert found(database, "여권/NN") == []


def test_while_rasa_is_away_the_letters_are_searched(database: Database, keeping: Keeping) -> None:
    said(database, keeping, "여권을 잃어버렸어요", "버스 언제 와요")
    with database.reading() as session:
        hits = search.find_by_letters(session, text="여권 잃어버렸")
        assert [session.get_one(Message, hit.message_id).text for hit in hits] == [
            "여권을 잃어버렸어요"
        ]
        assert search.find_by_letters(session, text="?!") == []


class Stumbling:
    """A Rasa that is there but cannot parse one text."""

    async def ready(self) -> bool:
        return True

    async def parse(self, text: str) -> dict[str, object]:
        if text == "나쁜 글":
            raise RasaFailed("no parse")
        return {"lemmas": LOST}


async def test_a_text_that_rasa_cannot_parse_holds_up_no_other(
    database: Database, keeping: Keeping
) -> None:
    said(database, keeping, "나쁜 글", "여권을 잃어버렸는데")
    reader = SearchReader(database=database, rasa=Stumbling())  # type: ignore[arg-type]
    # Once it may be Rasa; twice it is the text.
    assert [await reader.round(), await reader.round()] == [0, 2]
    assert found(database, *LOST) == ["여권을 잃어버렸는데"]
    assert await reader.round() == 0
