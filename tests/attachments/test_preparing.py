"""From bytes to a photo within limits of size, time and work at once."""

import threading
import time

import pytest

from bot.attachments.errors import NotAPhoto, PhotosBusy, PhotoTooLarge, PhotoUnsafe
from bot.attachments.preparing import WORKERS, Limits, Photos
from bot.attachments.store import Store
from tests.support import photos


class Slow:
    """A scanner that holds every file until it is let go."""

    def __init__(self) -> None:
        self.go = threading.Event()

    def scan(self, data: bytes) -> None:
        self.go.wait(10)


def test_a_photo_of_40_mb_is_refused_with_the_limit(store: Store) -> None:
    taking = Photos(store=store, limits=Limits(max_mb=15), scanner=None)
    with pytest.raises(PhotoTooLarge) as refused:
        taking.prepare(photos.file() + b"\0" * 40_000_000)
    assert refused.value.values == {"limit": "15"}


def test_the_limit_itself_is_not_too_large(store: Store) -> None:
    taking = Photos(store=store, limits=Limits(max_mb=1), scanner=None)
    whole = photos.file()
    padded = whole + b"\0" * (1024 * 1024 - len(whole))
    assert taking.prepare(padded).width == 640
    with pytest.raises(PhotoTooLarge):
        taking.prepare(padded + b"\0")


def test_what_is_no_photo_waits_for_nobody(store: Store) -> None:
    taking = Photos(store=store, limits=Limits(), scanner=Slow())
    started = time.monotonic()
    with pytest.raises(NotAPhoto):
        taking.prepare(photos.zip_file())
    assert time.monotonic() - started < 1


async def test_a_file_that_takes_too_long_is_refused_and_the_next_waits_its_turn(
    store: Store,
) -> None:
    slow = Slow()
    taking = Photos(store=store, limits=Limits(), scanner=slow, seconds=0.2)
    for _ in range(WORKERS):
        with pytest.raises(PhotoUnsafe):
            await taking.prepared(photos.file())
    with pytest.raises(PhotosBusy):
        await taking.prepared(photos.file())
    with pytest.raises(PhotosBusy):
        taking.prepare(photos.file())
    slow.go.set()
    time.sleep(0.1)
    assert (await taking.prepared(photos.file())).width == 640
