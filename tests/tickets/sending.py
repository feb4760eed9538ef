"""A sender over a database, with bodies that are reached by e-mail and Open311."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from bot.database import Database
from bot.privacy.masking import default_masker
from bot.settings import Settings
from bot.tickets.deliveries import follow
from bot.tickets.delivery_models import TicketDelivery
from bot.tickets.delivery_policy import DeliveryPolicy
from bot.tickets.forms import forms
from bot.tickets.letters import Writer
from bot.tickets.models import Ticket, TicketEvent
from bot.tickets.outgoing import Outgoing
from bot.wording import wording

MAILED = "jeju_construction"
"""A body that gets letters."""
LINKED = "kepco"
"""A body with an Open311 server."""
RETRY = {"first_seconds": 60, "factor": 2, "most_seconds": 3600, "jitter": 0, "tries": 4}
BASE_URL = "https://120.example.go.kr"


def policy(url: str = "http://127.0.0.1:9/v2", **linked: Any) -> DeliveryPolicy:
    """A policy with both bodies; `linked`: more of the one with Open311."""
    return DeliveryPolicy.model_validate(
        {
            "offices": {
                MAILED: {"way": "email", "to": "roads@example.go.kr"},
                LINKED: {
                    "way": "open311",
                    "url": url,
                    "services": {"street_light": "lamp"},
                    **linked,
                },
            },
            "retry": RETRY,
            "lease_seconds": 60,
            "timeout_seconds": 1,
            "poll_minutes": 15,
        }
    )


def tell(
    session: Session, ticket: Ticket, event: TicketEvent | None, policy: DeliveryPolicy
) -> list[TicketDelivery]:
    """Enqueue what an event means; None stands for the opening."""
    if event is None:
        session.refresh(ticket, ["events"])
        event = next(one for one in ticket.events if one.what == "opened")
    made = follow(session, ticket, event, policy=policy)
    session.flush()
    return made


@contextmanager
def sender(
    database: Database, folder: Path, policy: DeliveryPolicy, **given: Any
) -> Iterator[Outgoing]:
    """A sender; `given`: settings."""
    usual = {
        "smtp_starttls": False,
        "smtp_host": "127.0.0.1",
        "smtp_from": "120@example.go.kr",
    }
    settings = Settings(_env_file=None, var_dir=folder, **{**usual, **given})
    writer = Writer(wording=wording(), forms=forms(), base_url=BASE_URL)
    mask = default_masker().mask
    yield Outgoing(
        database=database,
        settings=settings,
        writer=writer,
        mask=lambda text: mask(text).text,
        policy=policy,
    )
