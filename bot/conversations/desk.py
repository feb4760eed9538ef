"""The ticket desk as a conversation sees it: opens a ticket, gives the receipt, tells its state.

The check code goes through the conversation's vault: what is stored and shown to staff is its
placeholder, and the code itself is put into the text only on delivery.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from bot import dates, offices
from bot.attachments import service as attachments
from bot.conversations import ticket_news
from bot.conversations.errors import UnknownConversation
from bot.conversations.turn_queue import locked
from bot.knowledge import service as knowledge
from bot.metrics import TICKETS
from bot.privacy import vault
from bot.privacy.kinds import placeholder
from bot.privacy.masking import Finding
from bot.privacy.vault import Cipher
from bot.replies import PERSON, Reply, Say
from bot.tickets import service as tickets
from bot.tickets import spots
from bot.tickets.changing import is_open
from bot.tickets.forms import Form, Forms
from bot.tickets.models import Ticket, TicketEvent
from bot.tickets.routing import Routing
from bot.tickets.service import NewTicket
from bot.tickets.spots import Spot
from bot.wording import wording

CODE_SHOWN_FOR = timedelta(minutes=10)
"""How long a delivery, a reload or a second tab may still show the check code."""
CONSENT_VERSION = "2026-11"
"""Which wording of data/wording/consent.yml was agreed to."""


class Desk:
    """Opens tickets for conversations and tells citizens how they stand."""

    def __init__(self, *, cipher: Cipher, forms: Forms, routing: Routing) -> None:
        self._cipher = cipher
        self._forms = forms
        self._routing = routing

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
        spot: Spot | None = None,
        parent_id: int | None = None,
        photos: Sequence[str] = (),
        wanted_from: datetime | None = None,
        wanted_until: datetime | None = None,
    ) -> Reply:
        """Open the ticket of a finished form and give its receipt; the same message opens one.

        `spot`: where it is, when that is known better than `location` tells. `parent_id`: the open
        ticket that the citizen joins. `photos`: ids of attachments that the ticket takes.
        Raises tickets.errors.WrongTransition when the parent is not open any more.
        """
        # Before the counter of receipt numbers, as everybody else who opens a ticket from a talk.
        locked(session, conversation_id)
        spot = spot or where(fields.get("location", ""))
        decision = self._routing.decide(form.topic, spot, fields)
        new = NewTicket(
            kind=form.kind,
            topic=form.topic,
            fields=fields,
            language=language,
            petition=self._routing.petition(form.topic),
            office=decision.office,
            rule=decision.rule,
            conversation_id=conversation_id,
            message_id=message_id,
            spot=spot,
            secrets=self._secrets(
                session, conversation_id, fields if consented else _reported(form, fields), now
            ),
            consent_version=CONSENT_VERSION if consented else None,
            parent_id=parent_id,
            attachments=tuple(photos),
            wanted_from=wanted_from,
            wanted_until=wanted_until,
        )
        opened = tickets.open_ticket(session, new=new, cipher=self._cipher, now=now)
        if opened.check_code is not None:
            attachments.attach(session, ids=photos, ticket_id=opened.ticket.id)
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
        """Leave a message for a person when the bot failed: one open ticket a conversation.

        What is left while that one is open is noted in it; after it ended another is opened.
        """
        already = session.scalar(
            select(Ticket)
            .where(
                Ticket.conversation_id == conversation_id,
                Ticket.topic == "general_ticket",
                or_(Ticket.done_at.is_(None), Ticket.message_id == message_id),
            )
            .order_by(Ticket.id.desc())
            .limit(1)
        )
        if already is not None:
            if is_open(already) and already.message_id != message_id and detail.strip():
                tickets.note(
                    session, ticket=already, text=detail, actor="citizen", version=None, now=now
                )
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
        return ticket_news.found(session, ticket, language, now)

    def told(self, session: Session, ticket: Ticket, event: TicketEvent) -> Reply:
        """The notice of a change to the citizen of a ticket, or of one that duplicates it."""
        return ticket_news.news(session, ticket, event, ticket.language)

    def _receipt(
        self, session: Session, ticket: Ticket, code: str | None, language: str, now: datetime
    ) -> Reply:
        leading = tickets.standing_for(session, ticket)
        values = {
            "kind": wording().text(f"ticket.kind_{ticket.kind}", language),
            "receipt": ticket.receipt_number,
            "code": self._keep_code(session, ticket, code, now) if code else "",
            "department": offices.names([leading.office], language),
            "due": dates.moment(leading.due_at, language, now=now),
        }
        opened = "receipt.joined" if ticket.parent_id else "receipt.opened"
        parts = [Say(key=opened if code else "receipt.already", values=values)]
        parts += self._terms(ticket, values)
        if code:
            parts.append(Say(key="receipt.keep", values=values))
        if knowledge.served(session, ticket.topic) is None or ticket.kind == "general":
            parts.append(Say(key="receipt.formal"))
        return Reply(parts=parts, topic=ticket.topic, ticket=ticket.receipt_number)

    def _terms(self, ticket: Ticket, values: dict[str, str]) -> list[Say]:
        """By when what happens, by the kind of ticket."""
        if ticket.kind == "callback":
            return [Say(key="receipt.call", values=values)]
        term = [Say(key=f"ticket.term_{ticket.petition}"), Say(key="receipt.due", values=values)]
        return [Say(key="receipt.visit"), *term] if ticket.kind == "visit" else term

    def _keep_code(self, session: Session, ticket: Ticket, code: str, now: datetime) -> str:
        conversation_id = ticket.conversation_id or ""
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


def where(location: str) -> Spot | None:
    """The one spot that a location names; None where it names none, several, or one elsewhere."""
    found = spots.find(location)
    return found if isinstance(found, Spot) else None


def _reported(form: Form, fields: dict[str, str]) -> dict[str, str]:
    """What is reported and no datum of the citizen's own: the plate of the car it is about.

    The office needs it for its duty (개인정보 보호법 제15조 제1항 제3호), with or without consent.
    """
    return {
        name: value
        for name, value in fields.items()
        if (found := form.field(name)) and found.holds and not found.personal
    }


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
