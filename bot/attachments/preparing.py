"""From the bytes that came to a photo that may be kept: size, type, scanner, redrawing, time.

Redrawing runs on two threads of its own. Threads are enough, although one cannot be stopped: the
decoders leave Python's lock while they work, what they may unpack is limited before they begin
(`images.MAX_PIXELS`), and a process of its own would cost every photo 100 MB and half a second.
Whoever waits is answered after SECONDS all the same.
"""

import asyncio
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from bot.attachments import images
from bot.attachments.errors import AttachmentError, PhotosBusy, PhotoTooLarge, PhotoUnsafe
from bot.attachments.images import Photo
from bot.attachments.scanning import Scanner, scanner
from bot.attachments.store import Store
from bot.settings import Settings

SECONDS = 20.0
"""The largest photo takes about two on a slow machine."""
WORKERS = 2
MB = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """How large one photo may be as it comes, and what a conversation may keep in an hour."""

    max_mb: int = 15
    hourly_count: int = 20
    hourly_mb: int = 60

    @property
    def max_bytes(self) -> int:
        """The largest file."""
        return self.max_mb * MB

    def too_large(self) -> PhotoTooLarge:
        """The error of a larger file."""
        return PhotoTooLarge(limit=str(self.max_mb))


class Photos:
    """The store of the photos, and the way into it."""

    def __init__(
        self, *, store: Store, limits: Limits, scanner: Scanner | None, seconds: float = SECONDS
    ) -> None:
        self.store = store
        self.limits = limits
        self._scanner = scanner
        self._seconds = seconds
        self._pool = ThreadPoolExecutor(max_workers=WORKERS, thread_name_prefix="photos")

    @classmethod
    def of(cls, settings: Settings) -> "Photos":
        """As the settings say. Raises ValueError for a CLAMD_ADDRESS that is none."""
        return cls(
            store=Store(Path(settings.attachments_dir or settings.var_dir / "attachments")),
            limits=Limits(
                settings.attachment_max_mb,
                settings.attachment_hourly_count,
                settings.attachment_hourly_mb,
            ),
            scanner=scanner(settings.clamd_address),
        )

    def prepare(self, data: bytes) -> Photo:
        """The photo in `data`, redrawn. Blocks; raises an AttachmentError."""
        work = self._begun(data)
        try:
            return work.result(self._seconds)
        except TimeoutError:
            raise _late(work) from None

    async def prepared(self, data: bytes) -> Photo:
        """As `prepare`, without blocking."""
        work = self._begun(data)
        try:
            return await asyncio.wait_for(asyncio.wrap_future(work), self._seconds)
        except TimeoutError:
            raise _late(work) from None

    def _begun(self, data: bytes) -> Future[Photo]:
        if len(data) > self.limits.max_bytes:
            raise self.limits.too_large()
        # What is no photo at all needs no worker.
        images.kind_of(data)
        return self._pool.submit(self._work, data)

    def _work(self, data: bytes) -> Photo:
        if self._scanner is not None:
            self._scanner.scan(data)
        return images.redrawn(data)


def _late(work: Future[Photo]) -> AttachmentError:
    """Not begun in time means many at once; begun and not finished means an odd file."""
    return PhotosBusy() if work.cancel() else PhotoUnsafe("redrawing took too long")
