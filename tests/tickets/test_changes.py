from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import pytest

from bot.database import Database
from bot.tickets import service
from bot.tickets.errors import NothingSaid, StaleTicket, TicketError, WrongTransition
from bot.tickets.models import Ticket
from bot.wording import LANGUAGES, wording
from tests.tickets.conftest import Opener
from tests.tickets.history import STAFF, events, told, whats


def test_a_ticket_is_given_to_a_person_and_its_citizen_hears_of_it_once(
    database: Database, open_one: Opener, now: datetime
) -> None:
    with database.writing() as session:
        ticket = open_one(session).ticket
        service.assign(session, ticket=ticket, login="kim", actor=STAFF, version=None, now=now)
        service.assign(session, ticket=ticket, login="lee", actor=STAFF, version=None, now=now)
        assert (ticket.state, ticket.assignee) == ("assigned", "lee")
        assert whats(session, ticket) == ["opened", "assigned", "assigned"]
        assert told(session, ticket) == ["assigned"]
        assert events(session, ticket)[1].details == {
            "login": "kim",
            "from": "received",
            "to": "assigned",
        }


def test_nobody_is_given_a_ticket_that_is_done(
    database: Database, open_one: Opener, now: datetime
) -> None:
    with database.writing() as session:
        ticket = open_one(session).ticket
        service.move_on(
            session, ticket=ticket, to="done", actor=STAFF, note="", tell_citizen=False, now=now
        )
        with pytest.raises(WrongTransition):
            service.assign(session, ticket=ticket, login="kim", actor=STAFF, version=None, now=now)


def test_a_note_is_for_staff_and_a_reply_for_the_citizen(
    database: Database, open_one: Opener, now: datetime
) -> None:
    with database.writing() as session:
        ticket = open_one(session).ticket
        by: dict[str, Any] = {"ticket": ticket, "actor": STAFF, "version": None, "now": now}
        service.note(session, text=" 현장 확인 필요 ", **by)
        service.reply(session, text="내일 고칠게요", **by)
        assert told(session, ticket) == ["replied"]
        assert [event.details for event in events(session, ticket)[1:]] == [
            {"note": "현장 확인 필요"},
            {"note": "내일 고칠게요"},
        ]
        for write in (service.note, service.reply):
            with pytest.raises(NothingSaid):
                write(session, text="  ", **by)


def test_the_other_systems_number_is_kept_and_taken_away(
    database: Database, open_one: Opener, now: datetime
) -> None:
    with database.writing() as session:
        ticket = open_one(session).ticket
        by: dict[str, Any] = {"ticket": ticket, "actor": STAFF, "version": None, "now": now}
        service.set_external_number(session, number=" 2026-건설-17 ", **by)
        assert ticket.external_number == "2026-건설-17"
        service.set_external_number(session, number="", **by)
        assert ticket.external_number is None
        assert told(session, ticket) == []


def test_every_change_counts_the_version_up_even_within_one_moment(
    database: Database, open_one: Opener, now: datetime
) -> None:
    with database.writing() as session:
        ticket = open_one(session).ticket
        seen = [ticket.version]
        for text in ("가", "나"):
            service.note(session, ticket=ticket, text=text, actor=STAFF, version=None, now=now)
            seen.append(ticket.version)
        assert seen[0] < seen[1] < seen[2]


def test_who_saw_an_older_page_is_told_and_changes_nothing(
    database: Database, open_one: Opener, now: datetime
) -> None:
    with database.writing() as session:
        ticket = open_one(session).ticket
        seen, ticket_id, number = ticket.version, ticket.id, ticket.receipt_number
        service.note(session, ticket=ticket, text="먼저", actor=STAFF, version=seen, now=now)
    with database.writing() as session:
        ticket = session.get_one(Ticket, ticket_id)
        with pytest.raises(StaleTicket) as caught:
            service.transfer(
                session,
                ticket=ticket,
                office="kepco",
                reason="한전 소관",
                actor="staff:lee",
                version=seen,
                now=now,
            )
    assert caught.value.status == 409
    assert caught.value.values == {"receipt": number}
    with database.reading() as session:
        kept = session.get_one(Ticket, ticket_id)
        assert kept.office == "jeju_construction"
        assert whats(session, kept) == ["opened", "noted"]


def test_of_two_who_change_the_page_that_both_saw_one_is_told(
    database: Database, open_one: Opener, now: datetime
) -> None:
    with database.writing() as session:
        opened = open_one(session).ticket
        ticket_id, seen = opened.id, opened.version

    def change(number: int) -> bool:
        with database.writing() as session:
            ticket = session.get_one(Ticket, ticket_id)
            try:
                service.reply(
                    session,
                    ticket=ticket,
                    text=f"답 {number}",
                    actor=f"staff:{number}",
                    version=seen,
                    now=now,
                )
            except StaleTicket:
                return False
            return True

    with ThreadPoolExecutor(max_workers=4) as pool:
        assert sum(pool.map(change, range(4))) == 1
    with database.reading() as session:
        assert whats(session, session.get_one(Ticket, ticket_id)) == ["opened", "replied"]


def test_the_system_and_citizens_need_no_version_and_lose_nothing(
    database: Database, open_one: Opener, now: datetime
) -> None:
    with database.writing() as session:
        ticket_id = open_one(session).ticket.id

    def write(number: int) -> None:
        with database.writing() as session:
            ticket = session.get_one(Ticket, ticket_id)
            service.note(
                session, ticket=ticket, text=str(number), actor="system", version=None, now=now
            )

    with ThreadPoolExecutor(max_workers=4) as pool:
        list(pool.map(write, range(12)))
    with database.reading() as session:
        ticket = session.get_one(Ticket, ticket_id)
        assert sorted(event.details["note"] for event in events(session, ticket)[1:]) == sorted(
            map(str, range(12))
        )
        assert ticket.version >= 13


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_error_of_a_ticket_has_a_sentence(language: str) -> None:
    for error in _all(TicketError):
        if not error.wording.startswith("form."):
            assert wording().has(error.wording), error
            wording().template(error.wording, language)


def _all(error: type[TicketError]) -> list[type[TicketError]]:
    own = [error] if error.__module__ == "bot.tickets.errors" else []
    return own + [each for child in error.__subclasses__() for each in _all(child)]
