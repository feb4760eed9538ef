"""The scanner hook, against a small server that speaks clamd's protocol."""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot.attachments.errors import PhotoInfected, ScannerAway
from bot.attachments.preparing import Limits, Photos
from bot.attachments.scanning import Clamd, scanner
from bot.attachments.store import Store
from tests.support import photos

EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


class FakeClamd:
    """Answers INSTREAM as clamd does: FOUND where EICAR's text is in the stream, else OK."""

    def __init__(self, listening: socket.socket, most: int = 25_000_000) -> None:
        self.seen: list[bytes] = []
        self._listening = listening
        self._most = most
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            with connection, connection.makefile("rb") as stream:
                assert stream.read(10) == b"zINSTREAM\0"
                data = b""
                while (length := struct.unpack("!I", stream.read(4))[0]) > 0:
                    data += stream.read(length)
                    if len(data) > self._most:
                        break
                self.seen.append(data)
                connection.sendall(self._answer(data))

    def _answer(self, data: bytes) -> bytes:
        if len(data) > self._most:
            return b"INSTREAM size limit exceeded. ERROR\0"
        return b"stream: Eicar-Test-Signature FOUND\0" if EICAR in data else b"stream: OK\0"


@contextmanager
def clamd(most: int = 25_000_000) -> Iterator[tuple[str, FakeClamd]]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"127.0.0.1:{listening.getsockname()[1]}", FakeClamd(listening, most)
        # Closing alone would let the thread take one more connection.
        listening.shutdown(socket.SHUT_RDWR)


def test_a_clean_file_passes_and_is_seen_whole() -> None:
    data = photos.file(image=photos.picture(2000, 2000)) * 8
    with clamd() as (address, server):
        Clamd(address).scan(data)
    assert server.seen == [data] and len(data) > 2 * 64 * 1024


def test_a_socket_in_the_file_system_works_too(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "clamd.sock"))
        listening.listen()
        server = FakeClamd(listening)
        Clamd(str(tmp_path / "clamd.sock")).scan(b"bytes")
    assert server.seen == [b"bytes"]


def test_what_is_found_is_refused_by_name() -> None:
    with clamd() as (address, _), pytest.raises(PhotoInfected, match="Eicar-Test-Signature"):
        Clamd(address).scan(b"before" + EICAR)


def test_a_scanner_that_cannot_take_it_all_has_not_said_that_it_is_clean() -> None:
    with clamd(most=100_000) as (address, _), pytest.raises(ScannerAway):
        Clamd(address).scan(b"x" * 5_000_000)


def test_a_scanner_that_is_away_or_silent_refuses(tmp_path: Path) -> None:
    with pytest.raises(ScannerAway):
        Clamd(str(tmp_path / "none.sock")).scan(b"bytes")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(ScannerAway):
            Clamd(address, seconds=0.2).scan(b"bytes")
    with pytest.raises(ScannerAway):
        Clamd(address).scan(b"bytes")


def test_without_an_address_nothing_is_scanned() -> None:
    assert scanner("") is None
    assert isinstance(scanner("localhost:3310"), Clamd)


@pytest.mark.parametrize("address", ["clamd", "clamd:", ":3310", "clamd:port"])
def test_an_address_that_is_none_is_refused_at_the_start(address: str) -> None:
    with pytest.raises(ValueError, match="CLAMD_ADDRESS"):
        scanner(address)


async def test_a_photo_is_scanned_before_it_is_opened(store: Store) -> None:
    infected = photos.file() + EICAR
    with clamd() as (address, server):
        taking = Photos(store=store, limits=Limits(), scanner=Clamd(address))
        assert (await taking.prepared(photos.file())).width == 640
        with pytest.raises(PhotoInfected):
            await taking.prepared(infected)
        with pytest.raises(PhotoInfected):
            taking.prepare(infected)
    assert server.seen[-1] == infected
    with pytest.raises(ScannerAway):
        taking.prepare(photos.file())
