"""A ticket opened by a person from a conversation, its fields filled from what was said."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.conversations import service as conversations
from bot.conversations import written
from bot.conversations.desk import Desk, where
from bot.conversations.models import Conversation
from bot.conversations.rendering import Renderer
from bot.conversations.turn_queue import locked
from bot.privacy import vault
from bot.privacy.kinds import TYPED_PLACEHOLDER
from bot.privacy.masking import Masker
from bot.privacy.vault import Cipher
from bot.staff import errors, talk
from bot.staff.service import Staff, audit
from bot.staff.thread import Thread
from bot.tickets import service as tickets
from bot.tickets import spots
from bot.tickets.errors import FieldError
from bot.tickets.form_fields import FormField
from bot.tickets.forms import Form, Forms
from bot.tickets.models import Ticket
from bot.wording import wording

GENERAL = "general_ticket"
CLOSED_BY = "ticket"
"""Why a talk is closed that ends with a ticket (data/policy/desk.yml)."""
MOST_WORDS = 500


@dataclass(frozen=True)
class Asked:
    """What the person asks to be opened."""

    topic: str
    fields: Mapping[str, str]
    consented: bool
    opening: str
    """An id made with the form: sent twice, it opens one ticket."""
    office: str = ""
    """Another body than the one that the rules choose; empty for that one."""
    photos: tuple[str, ...] = ()
    close: bool = False
    """Whether the conversation ends with it."""


def topic_of(thread: Thread, forms: Forms) -> str:
    """The topic that a ticket of this talk is most likely about."""
    known = forms.topics()
    return next((one for one in thread.topics if one in known), GENERAL)


def filled(form: Form, thread: Thread) -> dict[str, str]:
    """The form's fields as far as the citizen's words tell them."""
    said = [
        entry.message.text
        for entry in thread.entries
        if entry.message is not None
        and entry.message.sender == "citizen"
        and entry.message.press is None
        and not entry.folded
    ]
    return {field.id: value for field in form.fields if (value := _told(field, said))}


def _told(field: FormField, said: list[str]) -> str:
    if field.kind == "location":
        return next((name for text in reversed(said) if (name := _place(text))), "")
    if field.kind in ("choice", "plate", "contact"):
        heard = (field.heard_in(text) for text in reversed(said))
        return next((value for value in heard if value), "")
    if field.id == "detail":
        return "\n".join(said)[-MOST_WORDS:]
    return ""


def _place(text: str) -> str:
    found = spots.find(text)
    if not isinstance(found, spots.Spot):
        return ""
    return found.name or found.district or found.city or ""


def open_for(
    session: Session,
    *,
    conversation_id: str,
    staff: Staff,
    asked: Asked,
    desk: Desk,
    forms: Forms,
    masker: Masker,
    cipher: Cipher,
    now: datetime,
) -> str:
    """Open the ticket and return its number; the citizen gets the receipt in the thread.

    Raises UnknownConversation, HeldByAnother, AlreadyClosed, BadTicketForm or UnknownOffice.
    """
    conversation = talk.known(session, conversation_id)
    locked(session, conversation.id)
    if not staff.may("others_talks"):
        talk.not_anothers(conversation, staff)
    if conversation.state == "closed":
        raise errors.AlreadyClosed
    if asked.topic not in forms.topics() or not _is_id(asked.opening):
        raise errors.BadTicketForm(fields="")
    before = _opened_by(session, conversation.id, asked.opening)
    if before is not None:
        return before.receipt_number
    form = forms.of(asked.topic)
    fields = _checked(session, form, asked, conversation, masker, cipher, now)
    reply = desk.open_report(
        session,
        form=form,
        fields=fields,
        consented=asked.consented,
        conversation_id=conversation.id,
        message_id=asked.opening,
        language=conversation.language,
        now=now,
        spot=where(fields.get("location", "")),
        photos=asked.photos,
    )
    ticket = session.scalars(
        select(Ticket).where(Ticket.receipt_number == (reply.ticket or ""))
    ).one()
    conversations.say(
        session,
        conversation_id=conversation.id,
        replies=[reply],
        render=Renderer(session, wording(), conversation.language),
        now=now,
        cause=f"desk-ticket:{asked.opening}",
    )
    if asked.office and asked.office != ticket.office:
        tickets.transfer(
            session,
            ticket=ticket,
            office=asked.office,
            reason=wording().text("desk_talk.chosen_by_hand", "ko"),
            actor=staff.actor,
            version=None,
            now=now,
        )
    _note(session, staff, ticket, conversation.id, now)
    if asked.close:
        talk.close(session, conversation_id=conversation.id, staff=staff, now=now, reason=CLOSED_BY)
    return ticket.receipt_number


def _note(session: Session, staff: Staff, ticket: Ticket, talk_id: str, now: datetime) -> None:
    audit(
        session,
        login=staff.login,
        what="ticket_open",
        subject=ticket.receipt_number,
        now=now,
        details={"conversation": talk_id, "topic": ticket.topic, "office": ticket.office},
    )


def _opened_by(session: Session, conversation_id: str, opening: str) -> Ticket | None:
    return session.scalar(
        select(Ticket).where(
            Ticket.conversation_id == conversation_id, Ticket.message_id == opening
        )
    )


def _checked(
    session: Session,
    form: Form,
    asked: Asked,
    conversation: Conversation,
    masker: Masker,
    cipher: Cipher,
    now: datetime,
) -> dict[str, str]:
    """The fields as a ticket keeps them, masked. Raises BadTicketForm naming what is wrong."""
    fields, wrong = {}, []
    for field in form.fields:
        text = asked.fields.get(field.id, "").strip()
        if field.kind == "photo" or (field.personal and not asked.consented):
            continue
        if not text:
            # What is asked only sometimes is for the person to judge.
            wrong += [field.id] if field.required and not field.when else []
            continue
        hidden = _hidden(session, text, conversation, masker, cipher, now)
        try:
            fields[field.id] = field.check(hidden)
        except FieldError:
            wrong.append(field.id)
    if wrong:
        names = [wording().text(f"form.label_{name}", "ko") for name in wrong]
        raise errors.BadTicketForm(fields=", ".join(names))
    return fields


def _hidden(
    session: Session,
    text: str,
    conversation: Conversation,
    masker: Masker,
    cipher: Cipher,
    now: datetime,
) -> str:
    """A text with personal data in the vault; what the conversation hid before stays its own."""
    own = [found[0] for found in TYPED_PLACEHOLDER.finditer(text)]
    masked = written.masked(conversation, text, masker)
    vault.keep(session, cipher, conversation_id=conversation.id, findings=masked.findings, now=now)
    whole = masked.text
    for name in own:
        # The masker takes away the brackets of what looks like a placeholder.
        whole = whole.replace(f"（{name[1:-1]}）", name, 1)
    return whole


def _is_id(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False
