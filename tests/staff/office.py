"""An installation under test, and a browser on its staff pages."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from fastapi.testclient import TestClient
from httpx import Response

from bot.conversations import service as conversations
from bot.conversations.models import Conversation, Message, new_id
from bot.conversations.schemas import IncomingMessage
from bot.conversations.service import Keeping
from bot.database import Database, utc_now
from bot.privacy.masking import Masker
from bot.privacy.vault import Cipher
from bot.staff import service
from bot.tickets import service as tickets
from bot.tickets.models import Ticket
from bot.tickets.service import NewTicket

PASSWORD = "한라산에 눈이 내리는 밤"


@dataclass
class Office:
    """The installation under test: what is in its database, and what citizens were told of."""

    database: Database
    masker: Masker
    cipher: Cipher
    notified: list[str] = field(default_factory=list)

    def account(self, login: str = "sunja", role: str = "counsellor") -> str:
        """Make an account with its own password; return the login."""
        now = utc_now()
        with self.database.writing() as session:
            given = service.add(session, login=login, name=f"{login} 상담사", role=role, now=now)
        with self.database.writing() as session:
            verified = service.verify(session, login=login, password=given)
            service.change_password(
                session, verified=verified, current=given, new=PASSWORD, now=now
            )
        return login

    def talk(self, *texts: str, now: datetime | None = None) -> str:
        """A citizen's conversation that waits for a person; return its id."""
        now = now or utc_now()
        keeping = Keeping(self.masker, self.cipher)
        with self.database.writing() as session:
            conversation, _ = conversations.open_conversation(
                session, channel="widget", language="ko", now=now
            )
            for text in texts:
                conversations.receive(
                    session,
                    conversation=conversation,
                    incoming=IncomingMessage(text=text),
                    keeping=keeping,
                    per_minute=60,
                    now=now,
                )
            conversations.hand_over(
                session, conversation_id=conversation.id, reason="citizen_asked", now=now
            )
            return conversation.id

    def ticket(self, conversation_id: str, phone: str = "010-2345-6789") -> str:
        """A ticket of the conversation with one sealed phone number; return its receipt number."""
        with self.database.writing() as session:
            new = NewTicket(
                kind="report",
                topic="road_damage",
                fields={
                    "location": "노형로터리",
                    "detail": "구멍이 났어요",
                    "contact": "[전화번호 1]",
                },
                language="ko",
                conversation_id=conversation_id,
                message_id=new_id(),
                office="jeju_construction",
                rule="road_damage/1",
                petition="grievance",
                secrets=[("[전화번호 1]", "phone", phone)],
                consent_version="2026-11",
            )
            opened = tickets.open_ticket(session, new=new, cipher=self.cipher, now=utc_now())
            return opened.ticket.receipt_number

    def conversation(self, conversation_id: str) -> Conversation:
        with self.database.reading() as session:
            return session.get_one(Conversation, conversation_id)

    def messages(self, conversation_id: str) -> list[Message]:
        with self.database.reading() as session:
            return conversations.messages_after(session, conversation_id=conversation_id, after=0)

    def rows(self, table: type[Any], **equal: Any) -> list[Any]:
        with self.database.reading() as session:
            return list(session.query(table).filter_by(**equal))

    def stored_ticket(self, receipt_number: str) -> Ticket:
        (found,) = self.rows(Ticket, receipt_number=receipt_number)
        assert isinstance(found, Ticket)
        return found

    def change(self, work: Callable[[Any], object]) -> None:
        with self.database.writing() as session:
            work(session)


class Browser:
    """A browser on the staff pages: keeps cookies, and sends each form's own hidden fields."""

    def __init__(self, client: TestClient) -> None:
        self.client = client

    def get(self, path: str, **options: Any) -> Response:
        answer: Response = self.client.get(path, **options)
        return answer

    def csrf(self, path: str) -> str:
        """The CSRF token that stands in the forms of a page."""
        return csrf_in(self.get(path))

    def post(self, path: str, page: str, **fields: str) -> Response:
        """Send a form of `page` to `path`."""
        data = {"csrf": self.csrf(page), **fields}
        answer: Response = self.client.post(path, data=data)
        return answer

    def sign_in(self, login: str = "sunja", password: str = PASSWORD) -> Response:
        fields = {"login": login, "password": password}
        return self.post("/staff/sign-in", "/staff/sign-in", **fields)


def csrf_in(page: Response) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', page.text)
    assert found, page.text
    return found[1]
