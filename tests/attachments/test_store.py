"""The files of the photos: outside every web root, whole or not there, readable by us alone."""

import os
import secrets
import time
from pathlib import Path

import pytest

from bot.attachments.errors import PhotoGone
from bot.attachments.models import Attachment
from bot.attachments.store import Store
from bot.web.pages import STATIC

ID = "abcd" + "x" * 39


def test_a_file_lies_two_folders_deep_and_only_we_read_it(store: Store, folder: Path) -> None:
    store.write(ID, b"bytes")
    path = folder / "ab" / "cd" / ID
    assert path.read_bytes() == b"bytes" == store.read(Attachment(id=ID))
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o077 == 0
    assert [each for each in folder.rglob("*") if each.is_file()] == [path]


def test_a_missing_file_says_so(store: Store) -> None:
    with pytest.raises(PhotoGone):
        store.read(Attachment(id=ID))


def test_deleting_twice_is_no_error(store: Store) -> None:
    store.write(ID, b"bytes")
    store.delete(ID)
    store.delete(ID)
    with pytest.raises(PhotoGone):
        store.read(Attachment(id=ID))


@pytest.mark.parametrize("id", ["../../keys/vault_keys", "", "a" * 42, "/" * 43, "가" * 43])
def test_nothing_but_an_id_names_a_file(store: Store, id: str) -> None:
    with pytest.raises(PhotoGone):
        store.read(Attachment(id=id))
    with pytest.raises(PhotoGone):
        store.write(id, b"bytes")


def test_a_disk_that_is_full_leaves_nothing_half_written(
    store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        store.write(ID, b"bytes")
    assert [each for each in folder.rglob("*") if each.is_file()] == []


def test_what_a_crash_left_is_told_by_its_age(store: Store, folder: Path) -> None:
    fresh = secrets.token_urlsafe(32)
    store.write(ID, b"old")
    store.write(fresh, b"new")
    half = folder / "ab" / "cd" / "tmp1.part"
    half.write_bytes(b"half")
    for path in (folder / "ab" / "cd" / ID, half):
        os.utime(path, (time.time() - 7200,) * 2)
    assert list(store.older_than(3600)) == [ID]
    assert not half.exists()


def test_no_static_path_reaches_the_photos() -> None:
    from bot.paths import ROOT

    assert not (ROOT / "var" / "attachments").is_relative_to(STATIC)
