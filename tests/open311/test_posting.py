"""Posting on both databases: the same reference at once, the minute of a key, what is asked for."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import func, select

from bot.database import Database
from bot.hours import SEOUL
from bot.open311 import keys, requests, service
from bot.open311.errors import TooMany
from bot.open311.posted import Posted, read
from bot.privacy.masking import default_masker
from bot.privacy.vault import Cipher
from bot.tickets.models import Ticket
from tests.open311.caller import LAMP

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=SEOUL)
CIPHER = Cipher(Fernet.generate_key().decode())


def _posted(reference: str | None = None) -> Posted:
    given = {name: [value] for name, value in LAMP.items()}
    if reference:
        given["external_id"] = [reference]
    return read(given, masker=default_masker(), media_hosts=frozenset())


def _post(database: Database, key: str, posted: Posted, allowed: int = 100) -> str:
    with database.writing() as session:
        return service.post(
            session,
            posted,
            api_key=key,
            language="ko",
            allowed=allowed,
            cipher=CIPHER,
            now=NOW,
        ).receipt_number


@pytest.fixture
def key(database: Database) -> str:
    with database.writing() as session:
        return keys.add(session, name="app", now=NOW)


def test_the_same_reference_at_once_opens_one_ticket(database: Database, key: str) -> None:
    posted = _posted("A-1")
    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(lambda _: _post(database, key, posted), range(16)))
    assert len(set(numbers)) == 1
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Ticket)) == 1


def test_posts_at_once_never_exceed_the_minute_of_their_key(database: Database, key: str) -> None:
    def post(number: int) -> bool:
        try:
            _post(database, key, _posted(f"B-{number}"), allowed=5)
        except TooMany:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(post, range(12))) == 5


def test_a_duplicate_stands_as_the_request_stands_that_it_duplicates(
    database: Database, key: str
) -> None:
    first, second = _post(database, key, _posted()), _post(database, key, _posted())
    with database.writing() as session:
        parent, child = session.scalars(select(Ticket).order_by(Ticket.id))
        child.parent_id, child.state, child.done_at = parent.id, "duplicate", NOW
    for status, expected in (("open", {first, second}), ("closed", set())):
        with database.reading() as session:
            wanted = requests.Wanted.of({"status": status})
            found = requests.find(session, wanted, language="ko", now=NOW)
        assert {one["service_request_id"] for one in found} == expected
        assert {one["status"] for one in found} <= {status}
