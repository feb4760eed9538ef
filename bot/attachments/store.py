"""The files of the photos: outside the web root, under names that nobody can guess."""

import os
import re
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile

from bot.attachments.errors import PhotoGone
from bot.attachments.models import Attachment

ID = re.compile(r"[A-Za-z0-9_-]{43}")
PART = ".part"
"""Ending of a file that is still being written."""


class Store:
    """A folder of photos. Each lies two folders deep, so that no folder holds too many."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, id: str, data: bytes) -> None:
        """Keep `data` under `id`, readable by this account alone; whole or not at all."""
        path = self._path(id)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Made with mode 0600.
        with NamedTemporaryFile(dir=path.parent, suffix=PART, delete=False) as file:
            try:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
                Path(file.name).rename(path)
            except BaseException:
                Path(file.name).unlink(missing_ok=True)
                raise

    def read(self, attachment: Attachment) -> bytes:
        """The bytes of a photo. Raises PhotoGone when its file is missing."""
        try:
            return self._path(attachment.id).read_bytes()
        except FileNotFoundError as error:
            raise PhotoGone(f"the file of attachment {attachment.id} is missing") from error

    def delete(self, id: str) -> None:
        """Remove the file of `id`; none is no error."""
        self._path(id).unlink(missing_ok=True)

    def delete_all(self, ids: Iterable[str]) -> None:
        """Remove the files of `ids`."""
        for id in ids:
            self.delete(id)

    def older_than(self, seconds: float) -> Iterator[str]:
        """Ids of files last written before that; what a crash left half written is removed."""
        until = time.time() - seconds
        for path in self._folder.glob("??/??/*"):
            # Another process may remove it at this very moment.
            with suppress(FileNotFoundError):
                if path.stat().st_mtime > until:
                    continue
                if path.suffix == PART:
                    path.unlink()
                elif ID.fullmatch(path.name):
                    yield path.name

    def _path(self, id: str) -> Path:
        if not ID.fullmatch(id):
            raise PhotoGone("that is no id of a photo")
        return self._folder / id[:2] / id[2:4] / id
