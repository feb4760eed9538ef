"""The ticket desk as a conversation sees it: opens a ticket, gives the receipt, tells its state.

The check code goes through the conversation's vault: what is stored and shown to staff is its
placeholder, and the code itself is put into the text only on delivery.
"""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.conversations.errors import UnknownConversation
from bot.conversations.turn_queue import locked
from bot.hours import SEOUL
from bot.knowledge import service as knowledge
from bot.korean.places import Places
from bot.metrics import TICKETS
from bot.privacy import vault
from bot.privacy.kinds import placeholder
from bot.privacy.masking import Finding
from bot.privacy.vault import Cipher
from bot.replies import PERSON, Reply, Say
from bot.tickets import service as tickets
from bot.tickets.forms import Form, Forms
from bot.tickets.models import Ticket
from bot.tickets.routing import Routing

CODE_SHOWN_FOR = timedelta(minutes=10)
"""How long a delivery, a reload or a second tab may still show the check code."""
CONSENT_VERSION = "2026-11"
"""Which wording of data/wording/consent.yml was agreed to."""


class Desk:
    """Opens tickets for conversations and tells citizens how they stand."""

    def __init__(self, *, cipher: Cipher, forms: Forms, routing: Routing, places: Places) -> None:
        self._cipher = cipher
        self._forms = forms
        self._routing = routing
        self._places = places

    def open_report(
        self,
        session: Session,
        *,
        form: Form,
        fields: dict[str, str],
        consented: bool,
        conversation_id: str,
        message_id: str,
        language: str,
        now: datetime,
    ) -> Reply:
        """Open the ticket of a finished form and give its receipt; the same message opens one."""
        city, district = self._where(fields.get("location", ""))
        decision = self._routing.department(form.topic, city, "ko", district)
        opened = tickets.open_ticket(
            session,
            kind=form.kind,
            topic=form.topic,
            fields=fields,
            language=language,
            conversation_id=conversation_id,
            message_id=message_id,
            department=decision.department,
            petition=self._routing.petition(form.topic),
            secrets=self._secrets(session, conversation_id, fields, now) if consented else [],
            cipher=self._cipher,
            consent_version=CONSENT_VERSION if consented else None,
            now=now,
            rule=decision.rule,
        )
        TICKETS.labels(kind=form.kind, topic=form.topic).inc()
        return self._receipt(session, opened.ticket, opened.check_code, language, now)

    def open_general(
        self,
        session: Session,
        *,
        conversation_id: str,
        message_id: str,
        detail: str,
        language: str,
        now: datetime,
    ) -> Reply:
        """Leave a message for a person when the bot failed: one ticket a conversation at most."""
        already = session.scalar(
            select(Ticket).where(
                Ticket.conversation_id == conversation_id, Ticket.topic == "general_ticket"
            )
        )
        if already is not None:
            return Reply(
                parts=[Say(key="receipt.already", values={"receipt": already.receipt_number})],
                ticket=already.receipt_number,
            )
        return self.open_report(
            session,
            form=self._forms.of("general_ticket"),
            fields={"detail": detail},
            consented=False,
            conversation_id=conversation_id,
            message_id=message_id,
            language=language,
            now=now,
        )

    def status(
        self,
        session: Session,
        *,
        conversation_id: str,
        receipt_number: str,
        code_placeholder: str,
        language: str,
        now: datetime,
    ) -> Reply:
        """How a ticket stands, for the right code; otherwise the same nothing as for none."""
        code = vault.reveal(
            session,
            self._cipher,
            conversation_id=conversation_id,
            placeholder=code_placeholder,
            now=now,
        )
        ticket = tickets.find_for_citizen(
            session, receipt_number=receipt_number, check_code=code or "", now=now
        )
        if ticket is None:
            nothing = Say(key="status.nothing", values={"receipt": receipt_number})
            return Reply(parts=[nothing], buttons=[PERSON], topic="ticket_status")
        values = {
            "receipt": ticket.receipt_number,
            "department": self._department(ticket, language),
            "due": _when(ticket.due_at),
            "received": _when(ticket.created_at),
        }
        return Reply(
            parts=[
                Say(key="status.found", values=values),
                Say(key=f"ticket.state_{ticket.state}"),
            ],
            topic="ticket_status",
            ticket=ticket.receipt_number,
        )

    def told(self, ticket: Ticket, state: str, note: str) -> Reply:
        """The notice of a change of a ticket to its citizen."""
        parts = [
            Say(key="notice.changed", values={"receipt": ticket.receipt_number}),
            Say(key=f"ticket.state_{state}"),
        ]
        if note:
            parts.append(Say(key="notice.note", values={"note": note}))
        return Reply(parts=parts, ticket=ticket.receipt_number, topic=ticket.topic)

    def _receipt(
        self, session: Session, ticket: Ticket, code: str | None, language: str, now: datetime
    ) -> Reply:
        shown = self._keep_code(session, ticket.conversation_id, code, now) if code else ""
        values = {
            "receipt": ticket.receipt_number,
            "code": shown,
            "department": self._department(ticket, language),
            "due": _when(ticket.due_at),
        }
        parts = [Say(key="receipt.opened" if code else "receipt.already", values=values)]
        if ticket.kind != "callback":
            parts.append(Say(key=f"ticket.term_{ticket.petition}"))
        parts.append(Say(key="receipt.due", values=values))
        if code:
            parts.append(Say(key="receipt.keep", values=values))
        if knowledge.served(session, ticket.topic) is None or ticket.kind == "general":
            parts.append(Say(key="receipt.formal"))
        return Reply(parts=parts, topic=ticket.topic, ticket=ticket.receipt_number)

    def _keep_code(self, session: Session, conversation_id: str, code: str, now: datetime) -> str:
        conversation = locked(session, conversation_id)
        if conversation is None:
            raise UnknownConversation
        number = conversation.placeholders.get("check_code", 0) + 1
        finding = Finding("check_code", code, placeholder("check_code", number), True)
        conversation.placeholders = vault.merge_counters(conversation.placeholders, [finding])
        vault.keep(
            session,
            self._cipher,
            conversation_id=conversation_id,
            findings=[finding],
            now=now,
            lifetime=CODE_SHOWN_FOR,
        )
        return finding.placeholder

    def _secrets(
        self, session: Session, conversation_id: str, fields: dict[str, str], now: datetime
    ) -> list[tuple[str, str, str]]:
        """The personal data that the fields point at, taken out of the vault."""
        taken = []
        for kind in ("phone", "email", "vehicle_plate"):
            label = placeholder(kind, 0)[:-2]
            for value in fields.values():
                for name in _placeholders(value, label):
                    original = vault.reveal(
                        session,
                        self._cipher,
                        conversation_id=conversation_id,
                        placeholder=name,
                        now=now,
                    )
                    if original is not None:
                        taken.append((name, kind, original))
        return list(dict.fromkeys(taken))

    def _where(self, location: str) -> tuple[str | None, str | None]:
        """The city and the 읍, 면 or 동 that a location names; None where it does not tell."""
        found = self._places.find(location)
        cities = {match.city for match in found if match.city}
        districts = {match.district for match in found if match.district}
        city = cities.pop() if len(cities) == 1 else None
        return city, districts.pop() if len(districts) == 1 else None

    def _department(self, ticket: Ticket, language: str) -> str:
        return self._routing.in_language(ticket.department, language)


def _placeholders(text: str, label: str) -> list[str]:
    found = []
    start = text.find(label)
    while start >= 0:
        end = text.find("]", start)
        if end < 0:
            break
        found.append(text[start : end + 1])
        start = text.find(label, end)
    return found


def _when(moment: datetime) -> str:
    return moment.astimezone(SEOUL).strftime("%Y-%m-%d %H:%M")
