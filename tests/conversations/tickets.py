"""Tickets of conversations, for the tests of what citizens are told of them."""

from datetime import datetime
from itertools import count
from typing import Any

from cryptography.fernet import Fernet
from sqlalchemy.orm import Session

from bot.conversations import service as conversations
from bot.conversations.desk import Desk
from bot.conversations.models import Message
from bot.conversations.rendering import Renderer
from bot.hours import SEOUL
from bot.privacy.vault import Cipher
from bot.replies import Reply
from bot.tickets import service
from bot.tickets.forms import Forms
from bot.tickets.models import Ticket
from bot.tickets.routing import Routing
from bot.tickets.service import NewTicket
from bot.wording import wording

NOW = datetime(2026, 11, 23, 10, tzinfo=SEOUL)
STAFF = "staff:kim"
CIPHER = Cipher(Fernet.generate_key().decode())
_numbers = count(1)


def desk() -> Desk:
    """A ticket desk of its own."""
    return Desk(cipher=CIPHER, forms=Forms({}), routing=Routing.load())


def conversation(session: Session, language: str = "ko") -> str:
    """A citizen's conversation; its id."""
    opened, _ = conversations.open_conversation(
        session, channel="widget", language=language, now=NOW
    )
    return opened.id


def ticket(session: Session, talk: str | None, **given: Any) -> Ticket:
    """A ticket of a conversation."""
    usual: dict[str, Any] = {
        "kind": "report",
        "topic": "street_light",
        "fields": {"location": "노형동 우체국 앞"},
        "language": "ko",
        "petition": "grievance",
        "office": "jeju_construction",
        "rule": "desk",
        "conversation_id": talk,
        "message_id": f"message-{next(_numbers)}",
    }
    new = NewTicket(**{**usual, **given})
    return service.open_ticket(session, new=new, cipher=CIPHER, now=NOW).ticket


def move(session: Session, one: Ticket, to: str, note: str = "") -> None:
    """Staff put a ticket into a state and tell its citizen."""
    service.move_on(session, ticket=one, to=to, actor=STAFF, note=note, tell_citizen=True, now=NOW)


def by(one: Ticket, **given: Any) -> dict[str, Any]:
    """What every change is given, made by staff."""
    return {"ticket": one, "actor": STAFF, "version": None, "now": NOW, **given}


def text(session: Session, reply: Reply, language: str = "ko") -> str:
    """A reply as the citizen reads it."""
    return Renderer(session, wording(), language)(reply).text


def controls(reply: Reply) -> list[str | None]:
    """What the buttons of a reply do."""
    return [button.press.control if button.press else None for button in reply.buttons]


def notices(session: Session, talk: str) -> list[Message]:
    """What a conversation was told of its tickets."""
    said = conversations.messages_after(session, conversation_id=talk, after=0)
    return [message for message in said if message.sender == "system"]
