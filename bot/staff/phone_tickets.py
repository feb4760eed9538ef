"""A ticket that a counsellor opens for a caller: its form filled, routed, and kept like any other.

A caller agrees aloud that contact details are kept; without that nothing of them is.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from bot.conversations.desk import CONSENT_VERSION
from bot.korean import wished
from bot.metrics import TICKETS
from bot.privacy import vault
from bot.privacy.masking import Finding, Masker
from bot.privacy.vault import Cipher
from bot.staff import calls
from bot.staff.calls import Heard
from bot.staff.errors import BadRequest, StaffError
from bot.staff.service import Staff, audit
from bot.tickets import service as tickets
from bot.tickets import spots
from bot.tickets.errors import FieldError
from bot.tickets.form_fields import AREA, FormField
from bot.tickets.forms import Form, Forms, NoForm
from bot.tickets.models import Ticket
from bot.tickets.routing import routing
from bot.tickets.service import NewTicket, Opened
from bot.tickets.spots import Ambiguous, Outside, Spot

ORIGIN = "phone"
SPOKEN = f"{CONSENT_VERSION}-spoken"
"""The wording that was agreed to, and that it was agreed to aloud."""
WISHED = ("wish_date", "time_window")
MISSING = "desk_phone.error_field"
NO_CONSENT = "desk_phone.error_consent"
WHICH_PLACE = "desk_phone.error_place"
OPENS = {"callback": "callback"}
"""Kinds of tickets that are a result of their own; the others are a `ticket`."""


class BadFields(StaffError):
    """Fields are missing or wrong; each is named with the wording key of what to do."""

    status = 422
    wording = "desk_phone.error_fields"

    def __init__(self, fields: Mapping[str, str], choices: tuple[Spot, ...] = ()) -> None:
        super().__init__()
        self.fields = fields
        self.choices = choices
        """The places between which the location leaves open which one is meant."""


@dataclass(frozen=True)
class Asked:
    """What the counsellor wants opened."""

    topic: str
    fields: Mapping[str, str]
    consented: bool
    opening: str
    """An id made with the form: sent twice, it opens one ticket."""
    place: str = ""
    """Which of the places that the location may mean, counted from 0; `-` for none of them."""
    joins: str = ""
    """The receipt number of the open ticket that the caller joins; `-` for a ticket of its own."""


@dataclass(frozen=True)
class Likeness:
    """Open tickets about the same: the caller may join one instead."""

    tickets: tuple[Ticket, ...]


@dataclass(frozen=True)
class _Read:
    fields: dict[str, str]
    findings: list[Finding] = field(default_factory=list)
    spot: Spot | None = None


def form_of(known: Forms, topic: str) -> Form:
    """The form of a topic. Raises BadRequest where there is none."""
    try:
        return known.of(topic)
    except NoForm as error:
        raise BadRequest from error


def shown(form: Form) -> list[FormField]:
    """The fields that can be told on the phone."""
    return [one for one in form.fields if one.kind != "photo"]


def filled(form: Form, question: str) -> dict[str, str]:
    """The form's fields as far as the caller's words tell them."""
    return {one.id: value for one in shown(form) if (value := _told(one, question))}


def _told(asked: FormField, question: str) -> str:
    if asked.kind == "location":
        return question if spots.find(question) is not None else ""
    if asked.kind == "choice":
        return asked.heard_in(question) or ""
    return question if asked.id == "detail" else ""


def open_for(
    session: Session,
    *,
    staff: Staff,
    heard: Heard,
    asked: Asked,
    known: Forms,
    masker: Masker,
    cipher: Cipher,
    now: datetime,
) -> Opened | Likeness:
    """Open the ticket and log the call with it; or the open ones that it may join, when unasked.

    Raises BadFields, BadRequest, TooLong, or what `tickets.open_ticket` raises.
    """
    form = form_of(known, asked.topic)
    calls.checked_id(asked.opening)
    read = _checked(form, asked, masker)
    like = _like(session, asked, read, now)
    if like and not asked.joins:
        return Likeness(tuple(like))
    result = OPENS.get(form.kind, "ticket")
    call = calls.put(session, staff=staff, heard=heard, result=result, masker=masker, now=now)
    parent = next((one.id for one in like if one.receipt_number == asked.joins), None)
    new = _new(form, asked, read, call.language, parent, now)
    opened = tickets.open_ticket(session, new=new, cipher=cipher, now=now)
    call.receipt, call.topic = opened.ticket.receipt_number, asked.topic
    if opened.check_code is not None:
        TICKETS.labels(kind=form.kind, topic=form.topic).inc()
        _note(session, staff, opened.ticket, asked, call.id, now)
    return opened


def _new(
    form: Form, asked: Asked, read: _Read, language: str, parent: int | None, now: datetime
) -> NewTicket:
    decision = routing().decide(form.topic, read.spot, read.fields)
    wish = next((read.fields[name] for name in WISHED if name in read.fields), "")
    wanted_from, wanted_until = wished.window(wish, now)
    return NewTicket(
        kind=form.kind,
        topic=form.topic,
        fields=read.fields,
        language=language,
        petition=routing().petition(form.topic),
        office=decision.office,
        rule=decision.rule,
        origin=ORIGIN,
        message_id=asked.opening,
        spot=read.spot,
        secrets=_secrets(read) if asked.consented else (),
        consent_version=SPOKEN if asked.consented else None,
        parent_id=parent,
        wanted_from=wanted_from,
        wanted_until=wanted_until,
    )


def _note(
    session: Session, staff: Staff, ticket: Ticket, asked: Asked, call: str, now: datetime
) -> None:
    audit(
        session,
        login=staff.login,
        what="ticket_open",
        subject=ticket.receipt_number,
        now=now,
        details={
            "call": call,
            "topic": ticket.topic,
            "office": ticket.office,
            "spoken_consent": asked.consented,
        },
    )


def _like(session: Session, asked: Asked, read: _Read, now: datetime) -> list[Ticket]:
    location = read.fields.get("location", "")
    return tickets.open_like(session, topic=asked.topic, spot=read.spot, now=now, location=location)


def _secrets(read: _Read) -> Iterable[tuple[str, str, str]]:
    """What the fields point at and may be kept."""
    whole = " ".join(read.fields.values())
    return [
        (one.placeholder, one.kind, one.original)
        for one in read.findings
        if one.keep and one.placeholder in whole
    ]


def _checked(form: Form, asked: Asked, masker: Masker) -> _Read:
    """The fields as a ticket keeps them, masked. Raises BadFields."""
    wrong: dict[str, str] = {}
    spot, open_between = _spot(form, asked)
    if open_between:
        wrong[_location(form)] = WHICH_PLACE
    area = spots.area(spot) if spot else None
    facts = {**asked.fields, **({AREA: area} if area else {})}
    read = _Read({}, [], spot)
    for one in shown(form):
        text = asked.fields.get(one.id, "").replace("\0", "").strip()
        if not text or not one.applies(facts):
            wrong |= {one.id: MISSING} if one.required and one.applies(facts) else {}
        elif one.personal and not asked.consented:
            wrong[one.id] = NO_CONSENT
        elif problem := _take(one, text, read, masker):
            wrong[one.id] = problem
    if wrong:
        raise BadFields(wrong, open_between)
    return read


def _take(one: FormField, text: str, read: _Read, masker: Masker) -> str | None:
    """Keep a field's value, masked; returns the wording key of what is wrong with it."""
    masked = masker.mask(text, vault.merge_counters({}, read.findings))
    try:
        read.fields[one.id] = one.check(masked.text)
    except FieldError as problem:
        return problem.wording
    read.findings.extend(masked.findings)
    return None


def _location(form: Form) -> str:
    found = form.of_kind("location")
    return found.id if found else ""


def _spot(form: Form, asked: Asked) -> tuple[Spot | None, tuple[Spot, ...]]:
    """Where it is; and the places between which a person must choose."""
    found = spots.find(asked.fields.get(_location(form), "")) if _location(form) else None
    if isinstance(found, Ambiguous):
        if asked.place.isdecimal() and int(asked.place) < len(found.choices):
            return found.choices[int(asked.place)], ()
        return None, () if asked.place == "-" else found.choices
    return (None, ()) if found is None or isinstance(found, Outside) else (found, ())
