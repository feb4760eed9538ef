"""Photos are kept, taken by tickets, and deleted; files and rows go together."""

import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.attachments import service
from bot.attachments.errors import NotAPhoto, PhotoGone, TooManyPhotos
from bot.attachments.models import Attachment
from bot.attachments.preparing import Limits
from bot.attachments.store import Store
from bot.attachments.tidying import Tidying
from bot.database import Database
from tests.support import photos

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
TALK = "00000000-0000-4000-8000-000000000001"


@pytest.fixture
def kept(database: Database, store: Store) -> Attachment:
    return keep(database, store)


def keep(database: Database, store: Store, talk: str = TALK, **more: object) -> Attachment:
    with database.writing() as session:
        given = {"data": photos.file(), "conversation_id": talk, "now": NOW, **more}
        return service.keep(session, store=store, **given)  # type: ignore[arg-type]


def files(folder: Path) -> set[str]:
    return {each.name for each in folder.rglob("*") if each.is_file()}


def rows(database: Database) -> set[str]:
    with database.reading() as session:
        return {each.id for each in session.query(Attachment)}


@pytest.fixture(autouse=True)
def _files_and_rows_agree(database: Database, folder: Path) -> Iterator[None]:
    yield
    assert rows(database) == files(folder)


def test_a_photo_is_kept_under_a_name_that_nobody_guesses(
    database: Database, store: Store, kept: Attachment
) -> None:
    other = keep(database, store)
    assert len(kept.id) == 43 and kept.id != other.id
    data = store.read(kept)
    assert (kept.media_type, kept.size) == ("image/jpeg", len(data))
    assert (kept.width, kept.height) == (640, 480)
    assert photos.opened(data).size == (640, 480)


def test_what_is_refused_leaves_nothing(database: Database, store: Store) -> None:
    with pytest.raises(NotAPhoto):
        keep(database, store, data=photos.zip_file())
    assert rows(database) == set()


def test_a_transaction_that_fails_leaves_no_file(database: Database, store: Store) -> None:
    def fail() -> None:
        with database.writing() as session:
            service.keep(session, data=photos.file(), conversation_id=TALK, now=NOW, store=store)
            with session.begin_nested():
                pass
            raise RuntimeError("something else failed")

    with pytest.raises(RuntimeError):
        fail()
    assert rows(database) == set()


def test_a_later_failure_of_the_same_session_leaves_what_was_committed(
    database: Database, store: Store
) -> None:
    with database.writing() as session:
        with session.begin_nested():
            service.keep(session, data=photos.file(), conversation_id=TALK, now=NOW, store=store)
        session.commit()
        session.rollback()
    assert len(rows(database)) == 1


def test_a_ticket_takes_photos_once(database: Database, store: Store, kept: Attachment) -> None:
    with database.writing() as session:
        taken = service.attach(session, ids=[kept.id, "x" * 43], ticket_id=7)
        assert [each.id for each in taken] == [kept.id]
    with database.writing() as session:
        assert service.attach(session, ids=[kept.id], ticket_id=8) == []
        assert len(service.attach(session, ids=[kept.id], ticket_id=7)) == 1
        assert service.attach(session, ids=[], ticket_id=7) == []
    with database.reading() as session:
        assert [each.id for each in service.of_ticket(session, 7)] == [kept.id]
        assert service.of_ticket(session, 8) == []


def test_photos_are_found_by_message(database: Database, store: Store) -> None:
    first = keep(database, store, message_id="m1")
    second = keep(database, store, message_id="m1", now=NOW + timedelta(seconds=1))
    keep(database, store, message_id="m2")
    with database.reading() as session:
        assert [each.id for each in service.of_message(session, "m1")] == [first.id, second.id]
        found = service.of_messages(session, ["m1", "m2", "m3"])
        assert {id: len(each) for id, each in found.items()} == {"m1": 2, "m2": 1}
        assert service.of_messages(session, []) == {}


@pytest.mark.parametrize("id", ["", "x" * 43, "a\0b", "x" * 5000])
def test_an_id_that_is_none_is_gone(database: Database, id: str) -> None:
    with database.reading() as session, pytest.raises(PhotoGone):
        service.find(session, id)


def test_a_deleted_conversation_takes_its_photos_along_but_not_a_tickets(
    database: Database, store: Store, kept: Attachment
) -> None:
    taken, others = keep(database, store), keep(database, store, talk="another")
    with database.writing() as session:
        service.attach(session, ids=[taken.id], ticket_id=7)
        assert service.erase(session, conversation_id=TALK, store=store) == 1
    assert rows(database) == {taken.id, others.id}
    with database.reading() as session:
        left = service.find(session, taken.id)
        assert (left.conversation_id, left.message_id, left.ticket_id) == (None, None, 7)
    with pytest.raises(PhotoGone):
        store.read(kept)


def test_files_go_only_when_the_deletion_is_certain(
    database: Database, store: Store, kept: Attachment
) -> None:
    def fail() -> None:
        with database.writing() as session:
            service.erase(session, conversation_id=TALK, store=store)
            raise RuntimeError("something else failed")

    with pytest.raises(RuntimeError):
        fail()
    assert store.read(kept)


def test_without_the_store_the_files_go_with_the_next_sweep(
    database: Database, store: Store, folder: Path, kept: Attachment
) -> None:
    left = keep(database, store, talk="another")
    with database.writing() as session:
        service.erase(session, conversation_id=TALK)
    assert files(folder) == {kept.id, left.id}
    for path in folder.rglob("*"):
        os.utime(path, (time.time() - 7200,) * 2)
    with database.reading() as session:
        assert service.sweep(session, store=store) == 1


def test_what_no_ticket_took_in_time_is_deleted(
    database: Database, store: Store, kept: Attachment
) -> None:
    taken = keep(database, store)
    with database.writing() as session:
        service.attach(session, ids=[taken.id], ticket_id=7)
    young = keep(database, store, now=NOW + timedelta(hours=1))
    with database.writing() as session:
        later = NOW + timedelta(hours=72, minutes=1)
        assert service.purge(session, now=later, hours=72, store=store) == 1
    assert rows(database) == {taken.id, young.id}
    assert kept.id not in rows(database)


def test_the_tidying_task_deletes_both(
    database: Database, store: Store, folder: Path, kept: Attachment
) -> None:
    stray = "stray" + "x" * 38
    store.write(stray, b"bytes")
    os.utime(folder / "st" / "ra" / stray, (time.time() - 7200,) * 2)
    Tidying(database=database, store=store, hours=1).tidy()
    assert files(folder) == set()
    assert kept.id not in rows(database)


def test_an_hour_has_an_end(database: Database, store: Store) -> None:
    limits = Limits(hourly_count=2)
    for _ in range(2):
        keep(database, store, limits=limits)
    with pytest.raises(TooManyPhotos) as refused:
        keep(database, store, limits=limits)
    assert refused.value.values == {"count": "2"}
    keep(database, store, talk="another", limits=limits)
    keep(database, store)  # staff
    keep(database, store, limits=limits, now=NOW + timedelta(hours=1, seconds=1))
    assert len(rows(database)) == 5


def test_the_bytes_of_an_hour_are_counted_too(database: Database, store: Store) -> None:
    limits = Limits(hourly_count=100, hourly_mb=0)
    with pytest.raises(TooManyPhotos):
        keep(database, store, limits=limits)
