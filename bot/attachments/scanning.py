"""The hook for a virus scanner: ClamAV's `clamd` where one is set, else none.

Re-encoding already leaves nothing of a file but its pixels; a scanner guards the decoders, and
meets the rule of many offices that every upload is scanned.
"""

import socket
import struct
from contextlib import suppress
from typing import Protocol

from bot.attachments.errors import PhotoInfected, ScannerAway

CHUNK = 64 * 1024
LONGEST_ANSWER = 4096
CLEAN = "stream: OK"


class Scanner(Protocol):
    """Looks at a file before it is opened."""

    def scan(self, data: bytes) -> None:
        """Raises PhotoInfected, or ScannerAway when it cannot tell."""


class Clamd:
    """ClamAV's daemon, asked by INSTREAM (clamd(8)): chunks with their length, then a zero."""

    def __init__(self, address: str, seconds: float = 10.0) -> None:
        """`address`: `host:port`, or the path of a unix socket. Raises ValueError."""
        self._address = address
        self._seconds = seconds
        if not address.startswith("/"):
            host, _, port = address.rpartition(":")
            if not host or not port.isdecimal():
                raise ValueError(f"CLAMD_ADDRESS is neither host:port nor a path: {address!r}")

    def scan(self, data: bytes) -> None:
        """Raises PhotoInfected, or ScannerAway when clamd cannot be reached or answers oddly."""
        try:
            answer = self._ask(data)
        except OSError as error:
            raise ScannerAway(f"clamd did not answer: {type(error).__name__}") from error
        if answer.endswith(" FOUND"):
            raise PhotoInfected(answer.removeprefix("stream: ").removesuffix(" FOUND"))
        if answer != CLEAN:
            raise ScannerAway(f"clamd answered {answer[:80]!r}")

    def _ask(self, data: bytes) -> str:
        with self._connected() as connection:
            # Past its StreamMaxLength clamd answers and closes: the answer is still there to read.
            with suppress(BrokenPipeError, ConnectionResetError):
                connection.sendall(b"zINSTREAM\0")
                for start in range(0, len(data), CHUNK):
                    chunk = data[start : start + CHUNK]
                    connection.sendall(struct.pack("!I", len(chunk)) + chunk)
                connection.sendall(struct.pack("!I", 0))
            answer = b""
            while (part := connection.recv(LONGEST_ANSWER)) and len(answer) < LONGEST_ANSWER:
                answer += part
        return answer.rstrip(b"\0\n").decode("utf-8", "replace")

    def _connected(self) -> socket.socket:
        if self._address.startswith("/"):
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            connection.settimeout(self._seconds)
            try:
                connection.connect(self._address)
            except BaseException:
                connection.close()
                raise
            return connection
        host, _, port = self._address.rpartition(":")
        return socket.create_connection((host.strip("[]"), int(port)), timeout=self._seconds)


def scanner(address: str) -> Scanner | None:
    """The scanner of the setting CLAMD_ADDRESS; None when it is empty. Raises ValueError."""
    return Clamd(address) if address else None
