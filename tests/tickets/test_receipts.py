import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.database import Database
from bot.tickets import receipts

CODE = "AB2C-D3EF"
STORED = receipts.hash_code(CODE)


def next_number(database: Database, now: datetime) -> str:
    with database.writing() as session:
        return receipts.next_number(session, now)


def test_numbers_count_up_within_a_year(database: Database, now: datetime) -> None:
    given_out = [next_number(database, now) for _ in range(3)]
    assert given_out == ["120-2026-000001", "120-2026-000002", "120-2026-000003"]


def test_a_new_year_begins_at_midnight_in_seoul(database: Database) -> None:
    eve = datetime(2026, 12, 31, 14, 59, tzinfo=UTC)
    assert next_number(database, eve) == "120-2026-000001"
    assert next_number(database, eve + timedelta(minutes=1)) == "120-2027-000001"


def test_a_rolled_back_number_is_given_again(database: Database, now: datetime) -> None:
    with database.writing() as session:
        receipts.next_number(session, now)
        session.rollback()
    assert next_number(database, now) == "120-2026-000001"


def test_concurrent_writers_get_different_numbers_without_a_gap(
    database: Database, now: datetime
) -> None:
    with ThreadPoolExecutor(max_workers=8) as pool:
        given_out = list(pool.map(lambda _: next_number(database, now), range(40)))
    assert sorted(given_out) == [f"120-2026-{number:06d}" for number in range(1, 41)]


@pytest.mark.parametrize(
    ("typed", "tidy"),
    [
        ("120-2026-000123", "120-2026-000123"),
        (" 120-2026-000123\n", "120-2026-000123"),
        ("１２０－２０２６－０００１２３", "120-2026-000123"),
        ("120 - 2026 - 000123", "120-2026-000123"),
        ("120-2026-123", None),
        ("120-2026-000123' OR 1=1", None),
        ("", None),
    ],
)
def test_a_typed_number_is_tidied_or_refused(typed: str, tidy: str | None) -> None:
    assert receipts.tidy_number(typed) == tidy


def test_a_code_is_two_groups_of_four_with_a_digit_and_a_letter() -> None:
    for _ in range(2000):
        code = receipts.new_code()
        assert re.fullmatch(rf"[{receipts.ALPHABET}]{{4}}-[{receipts.ALPHABET}]{{4}}", code)
        assert re.search(r"\d", code)
        assert re.search(r"[A-Z]", code)


def test_no_letter_of_a_code_can_be_mistaken_for_a_digit() -> None:
    assert not set("01IO") & set(receipts.ALPHABET)


@pytest.mark.parametrize("typed", ["AB2C-D3EF", "ab2cd3ef", " Ab2C d3eF ", "ＡＢ２Ｃ－Ｄ３ＥＦ"])
def test_a_code_fits_in_any_case_and_with_or_without_a_hyphen(typed: str) -> None:
    assert receipts.code_fits(typed, STORED)


@settings(max_examples=25, deadline=None)
@given(st.text(max_size=12))
def test_another_code_does_not_fit(typed: str) -> None:
    assert receipts.code_fits(typed, STORED) is (
        re.sub(r"[^0-9A-Z]", "", typed.upper()) == CODE.replace("-", "")
    )


def test_no_code_fits_where_there_is_no_ticket() -> None:
    assert not receipts.code_fits(CODE, None)


def test_the_code_cannot_be_read_from_what_is_stored() -> None:
    assert "AB2C" not in STORED
    assert receipts.hash_code(CODE) != STORED
    assert len(STORED) <= 128
