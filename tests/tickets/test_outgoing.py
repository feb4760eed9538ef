"""Letters and Open311 requests that really go out, to servers that take them, fail, or vanish."""

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.database import Database
from bot.tickets import deliveries, service
from bot.tickets.delivery_models import TicketDelivery
from bot.tickets.models import Ticket
from bot.tickets.spots import Spot
from tests.support.open311 import OtherServer, listening_open311
from tests.support.ports import free_ports
from tests.support.smtp import MailServer, listening_mail_server
from tests.tickets.conftest import Opener
from tests.tickets.sending import BASE_URL, LINKED, MAILED, policy, sender, tell

MINUTE = timedelta(minutes=1)
LATER = timedelta(hours=1)
TOLD = {
    "location": "노형동 우체국 앞",
    "detail": "불이 <b>안</b> 켜져요\r\nBcc: all@example.com",
    "contact": "[전화번호 1]",
}


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with listening_mail_server() as server:
        yield server


@pytest.fixture
def other() -> Iterator[OtherServer]:
    with listening_open311() as server:
        yield server


def _opened(database: Database, open_one: Opener, office: str, **given: object) -> int:
    with database.writing() as session:
        ticket = open_one(
            session, office=office, fields=TOLD, rule="street_light/2", **given
        ).ticket
        tell(session, ticket, None, policy())
        return ticket.id


def _delivery(database: Database) -> TicketDelivery:
    with database.reading() as session:
        return session.scalars(select(TicketDelivery).order_by(TicketDelivery.id)).one()


# By e-mail


async def test_a_letter_tells_the_office_all_it_needs_and_no_personal_data(
    database: Database, open_one: Opener, mail: MailServer, tmp_path: Path, now: datetime
) -> None:
    _opened(database, open_one, MAILED)
    with sender(database, tmp_path, policy(), smtp_port=mail.port) as outgoing:
        assert await outgoing.send_due(now) == 1
        assert await outgoing.send_due(now + LATER) == 0
    [letter] = mail.letters
    assert letter["To"] == "roads@example.go.kr"
    assert letter["From"] == "120@example.go.kr"
    assert letter["Bcc"] is None
    assert "120-2026-000001" in letter["Subject"]
    assert letter["Auto-Submitted"] == "auto-generated"
    plain = letter.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    for told in (
        "120-2026-000001",
        "노형동 우체국 앞",
        "[전화번호 1]",
        "2026-12-01 18:00",
        "street_light/2",
        f"{BASE_URL}/staff/tickets/120-2026-000001",
        f"{BASE_URL}/bodies/not-ours/",
    ):
        assert told in plain
    assert "010" not in plain
    html = letter.get_body(("html",)).get_content()  # type: ignore[union-attr]
    assert "<b>안" not in html
    assert "&lt;b&gt;안" in html
    assert _delivery(database).state == "sent"


async def test_a_letter_about_a_visit_does_not_say_where_somebody_lives(
    database: Database, open_one: Opener, mail: MailServer, tmp_path: Path, now: datetime
) -> None:
    home = Spot("협재리", "제주시", "한림읍", 33.3938, 126.2396)
    _opened(database, open_one, MAILED, kind="visit", topic="visiting_service", spot=home)
    with sender(database, tmp_path, policy(), smtp_port=mail.port) as outgoing:
        assert await outgoing.send_due(now) == 1
    [letter] = mail.letters
    plain = letter.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "제주시 한림읍" in plain
    for private in ("노형동 우체국 앞", "협재리", "33.39"):
        assert private not in plain


async def test_a_busy_mail_server_is_tried_again_with_the_same_message_id(
    database: Database, open_one: Opener, mail: MailServer, tmp_path: Path, now: datetime
) -> None:
    _opened(database, open_one, MAILED)
    with sender(database, tmp_path, policy(), smtp_port=mail.port) as outgoing:
        mail.mood = "busy"
        await outgoing.send_due(now)
        assert _delivery(database).state == "waiting"
        assert "451" in str(_delivery(database).last_error)
        assert await outgoing.send_due(now + MINUTE / 2) == 0
        mail.mood = "takes"
        await outgoing.send_due(now + MINUTE)
    [letter] = mail.letters
    assert letter["Message-ID"] == f"<{_delivery(database).key}@example.go.kr>"
    assert _delivery(database).state == "sent"


async def test_an_unknown_mailbox_is_parked_at_once(
    database: Database, open_one: Opener, mail: MailServer, tmp_path: Path, now: datetime
) -> None:
    _opened(database, open_one, MAILED)
    mail.mood = "refuses"
    with sender(database, tmp_path, policy(), smtp_port=mail.port) as outgoing:
        await outgoing.send_due(now)
    assert _delivery(database).state == "parked"
    assert mail.tried == 1


async def test_a_slow_mail_server_is_given_up_for_now(
    database: Database, open_one: Opener, mail: MailServer, tmp_path: Path, now: datetime
) -> None:
    _opened(database, open_one, MAILED)
    mail.mood = "slow"
    with sender(database, tmp_path, policy(), smtp_port=mail.port) as outgoing:
        await outgoing.send_due(now)
    assert _delivery(database).state == "waiting"


async def test_a_server_that_drops_the_line_gets_the_same_letter_again(
    database: Database, open_one: Opener, mail: MailServer, tmp_path: Path, now: datetime
) -> None:
    _opened(database, open_one, MAILED)
    with sender(database, tmp_path, policy(), smtp_port=mail.port) as outgoing:
        mail.mood = "takes_and_drops"
        await outgoing.send_due(now)
        assert _delivery(database).doubtful
        mail.mood = "takes"
        await outgoing.send_due(now + LATER)
    first, second = mail.letters
    assert first["Message-ID"] == second["Message-ID"]
    links = [
        letter.get_body(("plain",)).get_content().split("/bodies/not-ours/")[1].split("?")[0]  # type: ignore[union-attr]
        for letter in (first, second)
    ]
    assert links[0] == links[1]


async def test_a_farewell_that_fails_does_not_send_a_letter_again(
    database: Database, open_one: Opener, mail: MailServer, tmp_path: Path, now: datetime
) -> None:
    _opened(database, open_one, MAILED)
    mail.mood = "takes_and_is_rude"
    with sender(database, tmp_path, policy(), smtp_port=mail.port) as outgoing:
        await outgoing.send_due(now)
        await outgoing.send_due(now + LATER)
    assert _delivery(database).state == "sent"
    assert len(mail.letters) == 1


@pytest.mark.parametrize(
    "given",
    [
        {"smtp_starttls": True},
        {"smtp_user": "120", "smtp_password": "wrong"},
        {"smtp_from": "120@example.go.kr\nBcc: all@example.com"},
        {"smtp_from": ""},
        {"smtp_host": ""},
    ],
)
async def test_nothing_is_sent_unencrypted_unsigned_or_from_nobody(
    database: Database,
    open_one: Opener,
    mail: MailServer,
    tmp_path: Path,
    now: datetime,
    given: dict[str, object],
) -> None:
    _opened(database, open_one, MAILED)
    with sender(database, tmp_path, policy(), smtp_port=mail.port, **given) as outgoing:
        await outgoing.send_due(now)
    assert _delivery(database).state in ("waiting", "parked")
    assert _delivery(database).last_error
    assert mail.letters == []


async def test_no_mail_server_leaves_the_ticket_on_the_list_of_what_was_not_delivered(
    database: Database, open_one: Opener, tmp_path: Path, now: datetime
) -> None:
    ticket_id = _opened(database, open_one, MAILED)
    [port] = free_ports(1)
    with sender(database, tmp_path, policy(), smtp_port=port) as outgoing:
        for hours in range(10):
            await outgoing.send_due(now + hours * LATER)
    with database.reading() as session:
        [parked] = deliveries.not_delivered(session)
        assert (parked.ticket_id, parked.attempts) == (ticket_id, 4)


async def test_two_senders_at_once_send_each_letter_once(
    database: Database, open_one: Opener, mail: MailServer, tmp_path: Path, now: datetime
) -> None:
    for number in range(12):
        _opened(database, open_one, MAILED, message_id=f"m{number}")
    given = {"smtp_port": mail.port}
    with (
        sender(database, tmp_path, policy(), **given) as one,
        sender(database, tmp_path, policy(), **given) as two,
    ):
        for _ in range(4):
            await asyncio.gather(one.send_due(now), two.send_due(now))
    ids = [letter["Message-ID"] for letter in mail.letters]
    assert len(ids) == len(set(ids)) == 12


# By Open311


async def test_a_ticket_is_posted_and_shows_the_other_systems_number(
    database: Database, open_one: Opener, other: OtherServer, tmp_path: Path, now: datetime
) -> None:
    (tmp_path / "keys" / "delivery").mkdir(parents=True)
    (tmp_path / "keys" / "delivery" / "kepco").write_text("s3cret\n")
    ticket_id = _opened(database, open_one, LINKED)
    used = policy(other.url, api_key="kepco", jurisdiction_id="jeju.go.kr")
    with sender(database, tmp_path, used) as outgoing:
        await outgoing.send_due(now)
        assert await outgoing.send_due(now + LATER) == 0
    [posted] = other.posted
    assert posted["service_code"] == "lamp"
    assert posted["api_key"] == "s3cret"
    assert posted["jurisdiction_id"] == "jeju.go.kr"
    assert posted["address_string"] == "노형동 우체국 앞"
    assert posted["attribute[external_id]"] == "120-2026-000001"
    assert "010" not in posted["description"]
    with database.reading() as session:
        assert session.get_one(Ticket, ticket_id).external_number == "1"


async def test_a_refused_request_is_parked_at_once(
    database: Database, open_one: Opener, other: OtherServer, tmp_path: Path, now: datetime
) -> None:
    _opened(database, open_one, LINKED)
    other.mood = "refuses"
    with sender(database, tmp_path, policy(other.url)) as outgoing:
        await outgoing.send_due(now)
    assert _delivery(database).state == "parked"
    assert "service_code is unknown" in str(_delivery(database).last_error)


@pytest.mark.parametrize("mood", ["broken", "busy"])
async def test_a_server_that_is_out_of_order_or_busy_is_asked_again(
    database: Database,
    open_one: Opener,
    other: OtherServer,
    tmp_path: Path,
    now: datetime,
    mood: str,
) -> None:
    _opened(database, open_one, LINKED)
    with sender(database, tmp_path, policy(other.url)) as outgoing:
        other.mood = mood  # type: ignore[assignment]
        await outgoing.send_due(now)
        wait = _delivery(database).next_try_at - now
        # The busy one said when to come again.
        assert wait == (2 * MINUTE if mood == "busy" else MINUTE)
        other.mood = "takes"
        await outgoing.send_due(now + wait)
    assert len(other.posted) == 1
    assert _delivery(database).state == "sent"


async def test_a_request_that_may_have_arrived_waits_for_a_person(
    database: Database, open_one: Opener, other: OtherServer, tmp_path: Path, now: datetime
) -> None:
    _opened(database, open_one, LINKED)
    other.mood = "takes_and_is_slow"
    with sender(database, tmp_path, policy(other.url)) as outgoing:
        await outgoing.send_due(now)
        await outgoing.send_due(now + LATER)
    row = _delivery(database)
    assert (row.state, row.doubtful, len(other.posted)) == ("parked", True, 1)


async def test_a_request_that_may_have_arrived_is_looked_up_before_it_is_sent_again(
    database: Database, open_one: Opener, other: OtherServer, tmp_path: Path, now: datetime
) -> None:
    _opened(database, open_one, LINKED)
    used = policy(other.url, on_doubt="look_up", look_up_by="external_id")
    with sender(database, tmp_path, used) as outgoing:
        other.mood = "takes_and_is_slow"
        await outgoing.send_due(now)
        assert _delivery(database).state == "waiting"
        other.mood = "takes"
        await outgoing.send_due(now + LATER)
    row = _delivery(database)
    assert (row.state, row.external_id, len(other.posted)) == ("sent", "1", 1)


async def test_what_the_look_up_does_not_find_is_posted(
    database: Database, open_one: Opener, other: OtherServer, tmp_path: Path, now: datetime
) -> None:
    _opened(database, open_one, LINKED)
    used = policy(other.url, on_doubt="look_up", look_up_by="external_id")
    with database.writing() as session:
        session.scalars(select(TicketDelivery)).one().doubtful = True
    with sender(database, tmp_path, used) as outgoing:
        await outgoing.send_due(now)
    assert len(other.posted) == 1


async def test_a_process_that_died_while_posting_leaves_it_to_a_person(
    database: Database, open_one: Opener, other: OtherServer, tmp_path: Path, now: datetime
) -> None:
    _opened(database, open_one, LINKED)
    with database.writing() as session:
        row = session.scalars(select(TicketDelivery)).one()
        row.state, row.attempts, row.next_try_at = "sending", 1, now
    with sender(database, tmp_path, policy(other.url)) as outgoing:
        await outgoing.send_due(now + MINUTE)
    assert _delivery(database).state == "parked"
    assert other.posted == []


async def test_a_token_becomes_a_number_when_the_server_has_one(
    database: Database, open_one: Opener, other: OtherServer, tmp_path: Path, now: datetime
) -> None:
    ticket_id = _opened(database, open_one, LINKED)
    other.mood = "gives_tokens"
    with sender(database, tmp_path, policy(other.url)) as outgoing:
        await outgoing.send_due(now)
        assert await outgoing.poll(now + MINUTE) == 0
        await outgoing.poll(now + 15 * MINUTE)
        assert _delivery(database).external_id is None
        other.tokens_ready = True
        await outgoing.poll(now + 30 * MINUTE)
    assert _delivery(database).external_id == "1"
    with database.reading() as session:
        assert session.get_one(Ticket, ticket_id).external_number == "1"


@pytest.mark.parametrize(
    ("on_closed", "state"), [("note", "received"), ("done", "done"), ("ignore", "received")]
)
async def test_a_request_closed_there_does_to_the_ticket_what_the_policy_says(
    database: Database,
    open_one: Opener,
    other: OtherServer,
    tmp_path: Path,
    now: datetime,
    on_closed: str,
    state: str,
) -> None:
    ticket_id = _opened(database, open_one, LINKED)
    with sender(database, tmp_path, policy(other.url, on_closed=on_closed)) as outgoing:
        await outgoing.send_due(now)
        other.closed["1"] = "교체했습니다. 문의 010-1234-5678"
        for times in range(1, 4):
            await outgoing.poll(now + times * LATER)
    with database.reading() as session:
        ticket = session.get_one(Ticket, ticket_id)
        notes = [
            str(event.details.get("note")) for event in ticket.events if "note" in event.details
        ]
    assert ticket.state == state
    assert len(notes) == (0 if on_closed == "ignore" else 1)
    assert not any("1234" in note for note in notes)


async def test_what_open311_cannot_tell_waits_for_a_person(
    database: Database, open_one: Opener, other: OtherServer, tmp_path: Path, now: datetime
) -> None:
    ticket_id = _opened(database, open_one, LINKED)
    with sender(database, tmp_path, policy(other.url)) as outgoing:
        await outgoing.send_due(now)
        with database.writing() as session:
            ticket = session.get_one(Ticket, ticket_id)
            event = service.transfer(
                session,
                ticket=ticket,
                office="waterworks",
                reason="x",
                actor="staff:a",
                version=None,
                now=now,
            )
            tell(session, ticket, event, policy(other.url))
        await outgoing.send_due(now)
    with database.reading() as session:
        assert [one.kind for one in deliveries.not_delivered(session)] == ["withdrawn"]


# Reminders


async def test_a_body_is_reminded_once_before_the_term_ends_and_once_after(
    database: Database, open_one: Opener, mail: MailServer, tmp_path: Path, now: datetime
) -> None:
    ticket_id = _opened(database, open_one, MAILED)
    with database.reading() as session:
        due, version = session.get_one(Ticket, ticket_id).due_at, 1
    with sender(database, tmp_path, policy(), smtp_port=mail.port) as outgoing:
        await outgoing.send_due(now)
        for moment, reminded in [
            (due - timedelta(days=3), 0),
            (due - 4 * LATER, 1),
            (due - LATER, 0),
            (due + MINUTE, 1),
            (due + 24 * LATER, 0),
        ]:
            assert await outgoing.remind(moment) == reminded
            await outgoing.send_due(moment)
    assert len(mail.letters) == 3
    with database.reading() as session:
        ticket = session.get_one(Ticket, ticket_id)
        events = [event for event in ticket.events if event.what == "reminded"]
        assert [event.details["overdue"] for event in events] == [False, True]
        assert ticket.version == version


async def test_an_extended_term_is_reminded_of_anew(
    database: Database, open_one: Opener, tmp_path: Path, now: datetime
) -> None:
    ticket_id = _opened(database, open_one, "waterworks")
    with database.reading() as session:
        due = session.get_one(Ticket, ticket_id).due_at
    with sender(database, tmp_path, policy()) as outgoing:
        assert await outgoing.remind(due - LATER) == 1
        with database.writing() as session:
            ticket = session.get_one(Ticket, ticket_id)
            service.extend(
                session, ticket=ticket, reason="x", actor="staff:a", version=None, now=due - LATER
            )
            later = ticket.due_at
        assert await outgoing.remind(later - timedelta(days=3)) == 0
        assert await outgoing.remind(later - LATER) == 1
        assert await outgoing.remind(later - LATER / 2) == 0


async def test_nobody_is_reminded_while_the_citizen_is_asked_or_when_it_is_done(
    database: Database, open_one: Opener, tmp_path: Path, now: datetime
) -> None:
    paused = _opened(database, open_one, "waterworks", message_id="m1")
    done = _opened(database, open_one, "waterworks", message_id="m2")
    with database.writing() as session:
        asked = session.get_one(Ticket, paused)
        service.ask_citizen(
            session, ticket=asked, text="어디예요?", actor="staff:a", version=None, now=now
        )
        service.move_on(
            session,
            ticket=session.get_one(Ticket, done),
            to="done",
            actor="staff:a",
            note="",
            tell_citizen=False,
            now=now,
        )
    with sender(database, tmp_path, policy()) as outgoing:
        assert await outgoing.remind(now + timedelta(days=30)) == 0
