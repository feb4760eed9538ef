from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.database import Database
from bot.hours import SEOUL
from bot.privacy.vault import BadKey, Cipher
from bot.tickets import clock, service
from bot.tickets.errors import TicketError, UnknownSecret, WrongTransition
from bot.tickets.models import ReceiptCounter, Ticket, TicketEvent, TicketSecret
from bot.tickets.policy import ticket_policy
from bot.wording import LANGUAGES, wording
from tests.tickets.conftest import Opener

STAFF = "staff:kim"


def move(session: Session, ticket: Ticket, to: str, now: datetime, **given: object) -> TicketEvent:
    usual: dict[str, object] = {"actor": STAFF, "note": "", "tell_citizen": False}
    return service.move_on(session, ticket=ticket, to=to, now=now, **{**usual, **given})  # type: ignore[arg-type]


def history(session: Session, ticket: Ticket) -> list[tuple[str, str]]:
    events = session.scalars(
        select(TicketEvent).where(TicketEvent.ticket_id == ticket.id).order_by(TicketEvent.id)
    )
    return [(event.actor, event.what) for event in events]


def test_a_ticket_is_received_with_number_code_and_deadline(
    database: Database, open_one: Opener, now: datetime
) -> None:
    with database.writing() as session:
        opened = open_one(session, rule="city:제주시")
    with database.reading() as session:
        ticket = session.get_one(Ticket, opened.ticket.id)
        assert ticket.state == "received"
        assert ticket.receipt_number == "120-2026-000001"
        assert ticket.created_at == ticket.consented_at == now
        assert ticket.due_at == datetime(2026, 12, 1, 18, tzinfo=SEOUL)
        assert opened.check_code is not None
        assert opened.check_code not in ticket.check_code_hash
        assert [event.what for event in ticket.events] == ["opened"]
        assert ticket.events[0].details == {"office": "jeju_construction", "rule": "city:제주시"}


def test_the_same_message_opens_one_ticket_and_shows_its_code_once(
    database: Database, open_one: Opener
) -> None:
    with database.writing() as session:
        first = open_one(session)
    with database.writing() as session:
        second = open_one(session)
    assert second.ticket.id == first.ticket.id
    assert second.check_code is None
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(TicketSecret)) == 1
        assert session.scalar(select(func.count()).select_from(TicketEvent)) == 1


def test_another_message_or_conversation_opens_another_ticket(
    database: Database, open_one: Opener
) -> None:
    with database.writing() as session:
        numbers = {
            open_one(session, **given).ticket.receipt_number
            for given in ({}, {"message_id": "message-2"}, {"conversation_id": "conversation-2"})
        }
    assert len(numbers) == 3


def test_the_same_message_sent_at_once_by_many_opens_one_ticket(
    database: Database, open_one: Opener
) -> None:
    def once(_: int) -> tuple[str, bool]:
        with database.writing() as session:
            opened = open_one(session)
            return opened.ticket.receipt_number, opened.check_code is not None

    with ThreadPoolExecutor(max_workers=8) as pool:
        results = list(pool.map(once, range(8)))
    assert {number for number, _ in results} == {"120-2026-000001"}
    assert sum(shown for _, shown in results) == 1
    with database.reading() as session:
        assert session.get_one(ReceiptCounter, 2026).last == 1


def test_many_messages_at_once_open_a_ticket_each(database: Database, open_one: Opener) -> None:
    def once(number: int) -> str:
        with database.writing() as session:
            return open_one(session, message_id=f"message-{number}").ticket.receipt_number

    with ThreadPoolExecutor(max_workers=8) as pool:
        numbers = sorted(pool.map(once, range(24)))
    assert numbers == [f"120-2026-{number:06d}" for number in range(1, 25)]


def test_without_a_deadline_no_ticket_is_opened(database: Database, open_one: Opener) -> None:
    with pytest.raises(clock.UnknownPetition), database.writing() as session:
        open_one(session, petition="poem")
    with database.reading() as session:
        assert service.list_tickets(session) == []


def test_without_consent_no_moment_of_consent_is_noted(
    database: Database, open_one: Opener
) -> None:
    with database.writing() as session:
        ticket = open_one(session, consent_version=None, secrets=[]).ticket
        assert ticket.consented_at is None


def test_a_ticket_goes_through_its_states(
    database: Database, open_one: Opener, now: datetime
) -> None:
    with database.writing() as session:
        ticket = open_one(session, secrets=[]).ticket
        for state in ("in_progress", "done", "in_progress", "done", "closed"):
            assert state in service.next_states(ticket)
            move(session, ticket, state, now)
        assert service.next_states(ticket) == ()
        assert history(session, ticket) == [("citizen", "opened"), *[(STAFF, "moved")] * 5]


def test_every_move_that_the_policy_does_not_name_is_refused(
    database: Database, open_one: Opener, now: datetime
) -> None:
    states = ticket_policy().states
    with database.writing() as session:
        ticket = open_one(session).ticket
        for state, rule in states.items():
            ticket.state = state
            session.flush()
            by_hand = {to for to in rule.next if states[to].by_hand}
            for to in [*(set(states) - by_hand), "lost"]:
                with pytest.raises(WrongTransition):
                    move(session, ticket, to, now)
        assert history(session, ticket) == [("citizen", "opened")]


def test_of_two_who_move_a_ticket_at_once_the_second_is_told(
    database: Database, open_one: Opener, now: datetime
) -> None:
    with database.writing() as session:
        ticket_id = open_one(session).ticket.id

    def cancel(_: int) -> bool:
        with database.writing() as session:
            try:
                move(session, session.get_one(Ticket, ticket_id), "cancelled", now)
            except WrongTransition:
                return False
            return True

    with ThreadPoolExecutor(max_workers=4) as pool:
        assert sum(pool.map(cancel, range(4))) == 1


def test_a_change_to_be_told_is_told_once(
    database: Database, open_one: Opener, now: datetime
) -> None:
    with database.writing() as session:
        ticket = open_one(session).ticket
        move(session, ticket, "in_progress", now)
        move(session, ticket, "done", now, note="고쳤어요", tell_citizen=True)
    with database.writing() as session:
        (event,) = service.untold_events(session, limit=10)
        assert event.details == {"from": "in_progress", "to": "done", "note": "고쳤어요"}
        assert event.ticket.conversation_id == "conversation-1"
        service.mark_told(session, event, now)
        service.mark_told(session, event, now + timedelta(hours=1))
    with database.reading() as session:
        assert service.untold_events(session, limit=10) == []
        assert session.get_one(TicketEvent, event.id).told_at == now


def test_a_sealed_datum_is_not_stored_in_the_open(database: Database, open_one: Opener) -> None:
    with database.writing() as session:
        open_one(session)
        secret = session.scalars(select(TicketSecret)).one()
        assert b"1234" not in secret.ciphertext


def test_a_look_at_a_sealed_datum_is_recorded(
    database: Database, open_one: Opener, cipher: Cipher, now: datetime
) -> None:
    with database.writing() as session:
        ticket = open_one(session).ticket
        look = {"ticket": ticket, "cipher": cipher, "actor": STAFF, "now": now}
        seen = service.look_at_secret(session, placeholder="[전화번호 1]", **look)
        assert seen == "010-1234-5678"
        event = session.scalars(select(TicketEvent).order_by(TicketEvent.id.desc())).first()
        assert event is not None
        assert (event.actor, event.what) == (STAFF, "looked")
        assert event.details == {"placeholder": "[전화번호 1]", "kind": "phone"}
        assert "010" not in str(event.details)
        with pytest.raises(UnknownSecret):
            service.look_at_secret(session, placeholder="[전화번호 2]", **look)


def test_a_sealed_datum_of_another_ticket_does_not_open(
    database: Database, open_one: Opener, cipher: Cipher, now: datetime
) -> None:
    with database.writing() as session:
        mine = open_one(session, secrets=[]).ticket
        open_one(session, message_id="message-2")
        stolen = session.scalars(select(TicketSecret)).one()
        stolen.ticket_id = mine.id
        session.flush()
        with pytest.raises(BadKey):
            service.look_at_secret(
                session,
                ticket=mine,
                placeholder="[전화번호 1]",
                cipher=cipher,
                actor=STAFF,
                now=now,
            )


@pytest.mark.parametrize("path", [("cancelled",), ("in_progress", "done", "closed")])
def test_personal_data_end_with_the_ticket(
    database: Database, open_one: Opener, cipher: Cipher, now: datetime, path: tuple[str, ...]
) -> None:
    with database.writing() as session:
        ticket = open_one(session).ticket
        for state in path:
            assert len(ticket.secrets) == 1
            move(session, ticket, state, now)
        assert ticket.secrets == []
        assert history(session, ticket)[-2:] == [(STAFF, "moved"), (STAFF, "forgotten")]
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(TicketSecret)) == 0


def test_tickets_are_listed_newest_first_in_pages(database: Database, open_one: Opener) -> None:
    with database.writing() as session:
        ids = [open_one(session, message_id=f"message-{n}").ticket.id for n in range(5)]
    with database.reading() as session:
        first = service.list_tickets(session, limit=2)
        second = service.list_tickets(session, limit=2, before=first[-1].id)
    assert [ticket.id for ticket in [*first, *second]] == ids[:0:-1]


def test_tickets_are_listed_by_state_and_topic(
    database: Database, open_one: Opener, now: datetime
) -> None:
    with database.writing() as session:
        one = open_one(session).ticket
        other = open_one(session, message_id="message-2", topic="road_damage").ticket
        move(session, other, "in_progress", now)
        assert service.list_tickets(session, state="in_progress") == [other]
        assert service.list_tickets(session, topic="street_light") == [one]
        assert service.list_tickets(session, state="received", topic="road_damage") == []


def test_overdue_is_what_is_open_past_its_term(
    database: Database, open_one: Opener, now: datetime
) -> None:
    with database.writing() as session:
        late = open_one(session).ticket
        cancelled = open_one(session, message_id="message-2").ticket
        move(session, cancelled, "cancelled", now)
        due = late.due_at
        assert service.list_tickets(session, overdue=True, now=due) == []
        after = due + timedelta(seconds=1)
        assert service.list_tickets(session, overdue=True, now=after) == [late]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("error", [TicketError, WrongTransition, UnknownSecret])
def test_every_error_has_a_sentence(error: type[TicketError], language: str) -> None:
    wording().text(error.wording, language)
