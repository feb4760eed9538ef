"""What the page of one ticket shows: what was asked, the clock, its family, its deliveries."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import offices
from bot.attachments import service as attachments
from bot.attachments.models import Attachment
from bot.conversations.models import Conversation, Message
from bot.staff import errors, ticket_history
from bot.staff.models import StaffAccount
from bot.staff.pages import Words
from bot.staff.rights import rights_of
from bot.staff.service import Staff
from bot.staff.ticket_choices import title
from bot.staff.ticket_history import Line
from bot.staff.tickets import check_office
from bot.tickets import clock, deliveries
from bot.tickets import service as tickets
from bot.tickets.changing import AWAITING, is_open, successors
from bot.tickets.delivery_models import TicketDelivery
from bot.tickets.errors import PolicyError
from bot.tickets.forms import Form, NoForm, forms
from bot.tickets.models import Incident, Ticket
from bot.tickets.passing import DESK

LAST_MESSAGES = 10
RELATIVES = 50
"""Duplicates that the page names."""
_ARRIVALS = ("opened", "transferred", "returned", "split")


@dataclass(frozen=True)
class Field:
    """One thing that was asked, with its title."""

    title: str
    text: str


@dataclass(frozen=True)
class PassOn:
    """By when a ticket that came to the wrong body must be passed on (시행령 제13–16조)."""

    inside: datetime
    outside: datetime
    over: bool


@dataclass(frozen=True)
class Family:
    """The tickets about the same thing; those that the person may not see are only counted."""

    parent: Ticket | None
    children: Sequence[Ticket]
    hidden: int


@dataclass(frozen=True)
class View:
    """Everything of the page that is not a form."""

    ticket: Ticket
    title: str
    fields: list[Field]
    photos: list[Attachment]
    pass_on: PassOn | None
    family: Family
    incident: Incident | None
    deliveries: Sequence[TicketDelivery]
    history: list[Line]
    talk: str | None
    """The conversation, where there still is one and the person may see it."""
    messages: list[Message]
    handlers: list[StaffAccount]
    acts: frozenset[str]
    """What can be done with it now (`may_act`)."""
    moves: tuple[str, ...]


def view(session: Session, *, ticket: Ticket, staff: Staff, words: Words, now: datetime) -> View:
    """What the page of a ticket shows to a person who may see it."""
    talk = _talk(session, ticket, staff)
    return View(
        ticket=ticket,
        title=title(session, ticket.topic, words),
        fields=asked(ticket, words),
        photos=attachments.of_ticket(session, ticket.id),
        pass_on=_pass_on(ticket, now),
        family=_family(session, ticket, staff),
        incident=session.get(Incident, ticket.incident_id) if ticket.incident_id else None,
        deliveries=deliveries.of_ticket(session, ticket.id),
        history=ticket_history.lines(reversed(ticket.events), words),
        talk=talk,
        messages=_messages(session, talk) if talk else [],
        handlers=handlers(session, ticket),
        acts=may_act(ticket),
        moves=tickets.next_states(ticket),
    )


def asked(ticket: Ticket, words: Words) -> list[Field]:
    """What the citizen told, in the order of the form, with the titles of fields and choices."""
    form = _form(ticket.topic)
    order = [each.id for each in form.fields] if form else []
    names = sorted(ticket.fields, key=lambda one: order.index(one) if one in order else len(order))
    return [
        Field(
            _first(words, f"form.label_{one}", f"staff.field_{one}") or one,
            _text(form, one, ticket.fields[one], words),
        )
        for one in names
        if str(ticket.fields[one]).strip()
    ]


def handlers(session: Session, ticket: Ticket) -> list[StaffAccount]:
    """Who may be given a ticket: open accounts that may see and handle it, by name."""
    accounts = session.scalars(
        select(StaffAccount).where(StaffAccount.active).order_by(StaffAccount.name)
    )
    return [one for one in accounts if _may_handle(one, ticket.office)]


def may_act(ticket: Ticket) -> frozenset[str]:
    """The acts that a ticket's state, kind and family allow."""
    goes_on, next_ = is_open(ticket), successors(ticket)
    allowed = {
        "move": bool(tickets.next_states(ticket)),
        "assign": goes_on,
        "transfer": "transferred" in next_,
        "not_ours": ticket.office != DESK and (ticket.state == "received" or "received" in next_),
        "extend": goes_on and ticket.extended_at is None,
        "ask": AWAITING in next_,
        "merge": "duplicate" in next_,
        "split": ticket.parent_id is not None,
        "tried": goes_on and ticket.kind == "callback",
        "appoint": goes_on and ticket.kind == "visit",
    }
    return frozenset(act for act, can in allowed.items() if can) | {"reply", "note", "number"}


def _may_handle(account: StaffAccount, office: str) -> bool:
    rights = rights_of(account.role)
    return "tickets" in rights and ("all_offices" in rights or account.office == office)


def _form(topic: str) -> Form | None:
    try:
        return forms().of(topic)
    except NoForm:
        return None


def _text(form: Form | None, name: str, value: str, words: Words) -> str:
    field = form.field(name) if form else None
    if form and field and value in field.choices and words.has(form.chosen(name, value)):
        return words(form.chosen(name, value))
    key = f"staff.value_{name}_{value}"
    return words(key) if words.has(key) else value


def _first(words: Words, *keys: str) -> str | None:
    return next((words(key) for key in keys if words.has(key)), None)


def _pass_on(ticket: Ticket, now: datetime) -> PassOn | None:
    if not is_open(ticket):
        return None
    arrived = next((one.at for one in reversed(ticket.events) if one.what in _ARRIVALS), None)
    begins = arrived or ticket.created_at
    try:
        inside, outside = (clock.transfer_due(begins, another) for another in (False, True))
    except PolicyError:  # a year whose holidays nobody vouches for
        return None
    return PassOn(inside, outside, now > outside)


def _family(session: Session, ticket: Ticket, staff: Staff) -> Family:
    parent = session.get(Ticket, ticket.parent_id) if ticket.parent_id else None
    children = tickets.children(session, ticket)
    seen = [one for one in children if _may_see(staff, one)]
    shown = parent if parent is not None and _may_see(staff, parent) else None
    hidden = len(children) - len(seen[:RELATIVES]) + (parent is not None and shown is None)
    return Family(shown, seen[:RELATIVES], hidden)


def _may_see(staff: Staff, ticket: Ticket) -> bool:
    try:
        check_office(staff, ticket.office)
    except errors.OtherOffice:
        return False
    return True


def _talk(session: Session, ticket: Ticket, staff: Staff) -> str | None:
    if ticket.conversation_id is None or not staff.may("talks"):
        return None
    found = session.get(Conversation, ticket.conversation_id)
    return found.id if found else None


def _messages(session: Session, conversation_id: str) -> list[Message]:
    newest = session.scalars(
        select(Message)
        .where(Message.conversation_id == conversation_id)
        .order_by(Message.seq.desc())
        .limit(LAST_MESSAGES)
    )
    return list(reversed(newest.all()))


def office_names(ids: Iterable[str], language: str) -> dict[str, str]:
    """The names of offices by id; the id itself for one that the file lost."""
    return {id: offices.names([id], language) or id for id in ids}
