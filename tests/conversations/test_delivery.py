from concurrent.futures import ThreadPoolExecutor

import pytest

from bot.conversations import service as conversations
from bot.conversations.delivery import Delivery
from bot.conversations.models import Message
from bot.database import Database
from bot.tickets import service
from bot.wording import wording
from tests.conversations.tickets import NOW, by, conversation, desk, move, notices, ticket


def delivery(database: Database) -> Delivery:
    """The task's telling part: what it does beside is not asked for here."""
    return Delivery(
        database=database,
        hub=None,  # type: ignore[arg-type]
        turns=None,  # type: ignore[arg-type]
        desk=desk(),
        wording=wording(),
    )


def receipts(messages: list[Message]) -> list[str | None]:
    return [message.ticket for message in messages]


def test_each_change_is_told_once_in_order_and_in_the_tickets_language(database: Database) -> None:
    with database.writing() as session:
        talk = conversation(session, "en")
        one = ticket(session, talk, language="en")
        service.assign(session, login="kim", **by(one))
        service.note(session, text="비밀", **by(one))
        move(session, one, "done", note="We replaced the bulb.")
    told = delivery(database)
    assert told.tell() == [talk]
    assert told.tell() == []
    with database.reading() as session:
        first, second = notices(session, talk)
        assert "Somebody has been put in charge" in first.text
        assert "It has been handled." in second.text
        assert "We replaced the bulb." in second.text
        assert service.untold_events(session) == []
        shown = conversations.buttons_of(session, message_ids=[first.id, second.id])
        assert [button.press["control"] for button in shown[second.id] if button.press] == [
            "rate",
            "reopen",
        ]


def test_a_change_reaches_those_who_joined_each_under_their_own_receipt(
    database: Database,
) -> None:
    with database.writing() as session:
        talks = [conversation(session) for _ in range(3)]
        parent = ticket(session, talks[0])
        children = [ticket(session, talk, parent_id=parent.id) for talk in talks[1:]]
        move(session, parent, "done", note="고쳤어요")
        service.rate(session, ticket=children[0], rating=5, now=NOW)
    assert delivery(database).tell() == talks
    with database.reading() as session:
        for talk, one in zip(talks, (parent, *children), strict=True):
            assert receipts(notices(session, talk)) == [one.receipt_number]
            assert "고쳤어요" in notices(session, talk)[0].text


def test_what_concerns_one_citizen_alone_is_told_to_nobody_else(database: Database) -> None:
    with database.writing() as session:
        talk, other = conversation(session), conversation(session)
        parent = ticket(session, talk)
        ticket(session, other, parent_id=parent.id)
        service.ask_citizen(session, text="연락처를 알려 주세요", **by(parent))
    assert delivery(database).tell() == [talk]
    with database.reading() as session:
        assert notices(session, other) == []


def test_who_sent_both_reads_it_once(database: Database) -> None:
    with database.writing() as session:
        talk = conversation(session)
        parent = ticket(session, talk)
        ticket(session, talk, parent_id=parent.id)
        move(session, parent, "done")
    delivery(database).tell()
    with database.reading() as session:
        assert receipts(notices(session, talk)) == [parent.receipt_number]


@pytest.mark.parametrize("talk", [None, "deleted-by-its-citizen"])
def test_a_ticket_without_a_conversation_is_marked_told(
    database: Database, talk: str | None
) -> None:
    with database.writing() as session:
        one = ticket(session, talk)
        move(session, one, "done")
    assert delivery(database).tell() == []
    with database.reading() as session:
        assert service.untold_events(session) == []


def test_two_processes_tell_it_once(database: Database) -> None:
    with database.writing() as session:
        talk = conversation(session)
        one = ticket(session, talk)
        for number in range(6):
            service.reply(session, text=f"답 {number}", **by(one))
    with ThreadPoolExecutor(max_workers=3) as pool:
        list(pool.map(lambda _: delivery(database).tell(), range(3)))
    with database.reading() as session:
        texts = [message.text for message in notices(session, talk)]
        assert [text[-3:] for text in texts] == [f"답 {number}" for number in range(6)]


def test_a_change_that_cannot_be_told_holds_up_only_its_own_ticket(database: Database) -> None:
    with database.writing() as session:
        talk, other = conversation(session), conversation(session)
        broken, whole = ticket(session, talk), ticket(session, other)
        move(session, broken, "in_progress")
        broken_event = service.untold_events(session)[0]
        broken_event.details = {"to": "no such state"}
        service.reply(session, text="그다음", **by(broken))
        move(session, whole, "in_progress")
    assert delivery(database).tell() == [other]
    with database.reading() as session:
        assert notices(session, talk) == []
        assert len(service.untold_events(session)) == 2
