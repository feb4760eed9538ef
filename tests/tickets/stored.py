"""Tickets as rows, for what reads many of them and does not care how they were opened."""

from datetime import datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from bot.hours import SEOUL
from bot.tickets.models import Ticket

OPENED = datetime(2026, 10, 12, 10, 0, tzinfo=SEOUL)
"""A Monday in a week without holidays."""
_numbers = count(1)


def stored(session: Session, **given: Any) -> Ticket:
    """A ticket about a street light, due in a week; any column may be given."""
    opened = given.get("created_at", OPENED)
    usual: dict[str, Any] = {
        "receipt_number": f"120-2026-{next(_numbers):06d}",
        "kind": "report",
        "topic": "street_light",
        "state": "received",
        "office": "jeju120",
        "fields": {"location": "노형동 우체국 앞", "contact": "[전화번호 1]"},
        "language": "ko",
        "check_code_hash": "x",
        "petition": "grievance",
        "created_at": opened,
        "due_at": opened + timedelta(days=9),
    }
    ticket = Ticket(**{**usual, **given})
    session.add(ticket)
    session.flush()
    return ticket
