"""A mail server on the loopback interface that takes letters, or fails in a chosen way."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, Literal, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.support.ports import free_ports

Mood = Literal["takes", "refuses", "busy", "slow", "takes_and_drops", "takes_and_is_rude"]


@dataclass
class MailServer:
    """What it got, and how it behaves next."""

    port: int
    mood: Mood = "takes"
    letters: list[EmailMessage] = field(default_factory=list)
    tried: int = 0

    async def handle_RCPT(  # noqa: N802  # as aiosmtpd calls it
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.tried += 1
        if self.mood == "refuses":
            return "550 No such mailbox"
        if self.mood == "busy":
            return "451 Try again later"
        if self.mood == "slow":
            await asyncio.sleep(3)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_QUIT(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        return "500 Go away" if self.mood == "takes_and_is_rude" else "221 Bye"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = cast(bytes, envelope.content)
        letter: Any = message_from_bytes(content, policy=policy.default)
        self.letters.append(letter)
        if self.mood == "takes_and_drops":
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
        return "250 OK"


@contextmanager
def listening_mail_server() -> Iterator[MailServer]:
    """A mail server until the block ends."""
    server = MailServer(free_ports(1)[0])
    controller = Controller(server, hostname="127.0.0.1", port=server.port)
    controller.start()
    try:
        yield server
    finally:
        controller.stop()
