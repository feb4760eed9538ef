"""Fixtures of the ticket tests: a vault's cipher, a moment on a working day, and an opener."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from cryptography.fernet import Fernet
from sqlalchemy.orm import Session

from bot.hours import SEOUL
from bot.privacy.vault import Cipher
from bot.tickets import service
from bot.tickets.service import NewTicket, Opened

Opener = Callable[..., Opened]


@pytest.fixture(scope="session")
def cipher() -> Cipher:
    return Cipher(Fernet.generate_key().decode())


@pytest.fixture
def now() -> datetime:
    """Monday morning, in a week without holidays."""
    return datetime(2026, 11, 23, 10, 0, tzinfo=SEOUL)


@pytest.fixture
def open_one(cipher: Cipher, now: datetime) -> Opener:
    """Opens a ticket about a street light; any field of NewTicket, and `now`, may be given."""

    def opener(session: Session, **given: Any) -> Opened:
        usual: dict[str, Any] = {
            "kind": "report",
            "topic": "street_light",
            "fields": {"location": "노형동 우체국 앞", "contact": "[전화번호 1]"},
            "language": "ko",
            "conversation_id": "conversation-1",
            "message_id": "message-1",
            "office": "jeju_construction",
            "rule": "",
            "petition": "grievance",
            "secrets": [("[전화번호 1]", "phone", "010-1234-5678")],
            "consent_version": "2026-11",
        }
        at = given.pop("now", now)
        new = NewTicket(**{**usual, **given})
        return service.open_ticket(session, new=new, cipher=cipher, now=at)

    return opener
