from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from bot.database import Database
from bot.tickets import receipts, service
from bot.tickets.models import ReceiptAttempt, TicketEvent
from tests.tickets.conftest import Opener

UNKNOWN = "120-2026-999999"
WRONG = "2222-AAAA"


@pytest.fixture
def given_out(database: Database, open_one: Opener) -> tuple[str, str]:
    """Receipt number and check code of a ticket."""
    with database.writing() as session:
        opened = open_one(session)
        assert opened.check_code is not None
        return opened.ticket.receipt_number, opened.check_code


def found(database: Database, number: str, code: str, now: datetime) -> bool:
    with database.writing() as session:
        ticket = service.find_for_citizen(session, receipt_number=number, check_code=code, now=now)
        return ticket is not None


def test_number_and_code_together_find_the_ticket(
    database: Database, given_out: tuple[str, str], now: datetime
) -> None:
    number, code = given_out
    assert found(database, f" {number} ", code.lower().replace("-", ""), now)


def test_finding_it_stands_in_the_history(
    database: Database, given_out: tuple[str, str], now: datetime
) -> None:
    found(database, *given_out, now)
    with database.reading() as session:
        events = session.scalars(select(TicketEvent.what).order_by(TicketEvent.id)).all()
    assert events == ["opened", "checked"]


def test_wrong_codes_unknown_numbers_and_nonsense_find_nothing(
    database: Database, given_out: tuple[str, str], now: datetime
) -> None:
    number, code = given_out
    assert not found(database, number, WRONG, now)
    assert not found(database, UNKNOWN, code, now)
    assert not found(database, "nonsense" * 50, code, now)
    assert not found(database, number, "", now)


def test_five_wrong_codes_lock_the_number_for_an_hour(
    database: Database, given_out: tuple[str, str], now: datetime
) -> None:
    for _ in range(5):
        assert not found(database, *(given_out[0], WRONG), now)
    assert not found(database, *given_out, now)
    assert not found(database, *given_out, now + timedelta(minutes=59))
    assert found(database, *given_out, now + timedelta(minutes=60))


def test_after_a_lock_counting_begins_anew(
    database: Database, given_out: tuple[str, str], now: datetime
) -> None:
    for _ in range(5):
        found(database, given_out[0], WRONG, now)
    later = now + timedelta(minutes=61)
    for _ in range(4):
        found(database, given_out[0], WRONG, later)
    assert found(database, *given_out, later)


def test_wrong_codes_spread_over_hours_lock_nothing(
    database: Database, given_out: tuple[str, str], now: datetime
) -> None:
    for number in range(12):
        found(database, given_out[0], WRONG, now + timedelta(minutes=20 * number))
    assert found(database, *given_out, now + timedelta(minutes=240))


def test_the_right_code_clears_the_count(
    database: Database, given_out: tuple[str, str], now: datetime
) -> None:
    for _ in range(3):
        for _ in range(4):
            found(database, given_out[0], WRONG, now)
        assert found(database, *given_out, now)


def test_an_empty_code_is_no_try(
    database: Database, given_out: tuple[str, str], now: datetime
) -> None:
    for _ in range(6):
        found(database, given_out[0], "", now)
    assert found(database, *given_out, now)


def test_a_locked_number_does_not_lock_another(
    database: Database, given_out: tuple[str, str], now: datetime
) -> None:
    for _ in range(6):
        found(database, UNKNOWN, WRONG, now)
    assert found(database, *given_out, now)


def test_an_unknown_number_is_counted_like_a_known_one(
    database: Database, given_out: tuple[str, str], now: datetime
) -> None:
    for number in (given_out[0], UNKNOWN):
        found(database, number, WRONG, now)
    with database.reading() as session:
        rows = session.execute(select(ReceiptAttempt.receipt_number, ReceiptAttempt.wrong)).all()
    assert sorted(tuple(row) for row in rows) == [(given_out[0], 1), (UNKNOWN, 1)]


def test_an_unknown_number_costs_the_same_hashing_as_a_known_one(
    database: Database,
    given_out: tuple[str, str],
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hashed: list[str] = []
    real = receipts._digest
    monkeypatch.setattr(
        receipts, "_digest", lambda code, salt: (hashed.append(code), real(code, salt))[1]
    )
    for number in (given_out[0], UNKNOWN):
        found(database, number, WRONG, now)
    assert hashed == [WRONG, WRONG]


def test_guesses_in_parallel_are_counted_one_by_one(
    database: Database, given_out: tuple[str, str], now: datetime
) -> None:
    with ThreadPoolExecutor(max_workers=8) as pool:
        list(pool.map(lambda _: found(database, given_out[0], WRONG, now), range(16)))
    with database.reading() as session:
        attempt = session.get_one(ReceiptAttempt, given_out[0])
    assert attempt.wrong == 5
    assert not found(database, *given_out, now)


def test_old_counts_are_forgotten_and_locks_kept(
    database: Database, given_out: tuple[str, str], now: datetime
) -> None:
    found(database, UNKNOWN, WRONG, now)
    for minutes in (30, 31, 32, 33, 34):
        found(database, given_out[0], WRONG, now + timedelta(minutes=minutes))
    with database.writing() as session:
        assert service.forget_attempts(session, now=now + timedelta(minutes=92)) == 1
        assert session.scalar(select(func.count()).select_from(ReceiptAttempt)) == 1
    with database.writing() as session:
        assert service.forget_attempts(session, now=now + timedelta(minutes=95)) == 1


def test_the_right_code_given_twice_at_once_finds_the_ticket_twice(
    database: Database, given_out: tuple[str, str], now: datetime
) -> None:
    for _ in range(5):
        found(database, given_out[0], WRONG, now - timedelta(hours=3))
        with ThreadPoolExecutor(max_workers=8) as pool:
            assert all(pool.map(lambda _: found(database, *given_out, now), range(8)))
