"""What staff do with a ticket: each act checks whose it is, changes it once, and is recorded.

An act is made from a page and carries the version that the page showed; the words of staff are
masked like everybody's.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

from sqlalchemy.orm import Session

from bot.conversations.models import Conversation
from bot.hours import SEOUL
from bot.offices import offices
from bot.privacy import vault
from bot.privacy.masking import Finding, Masker
from bot.privacy.vault import BadKey, Cipher
from bot.staff import errors, ticket_errors, tickets
from bot.staff.service import Staff, audit
from bot.staff.ticket_policy import desk_tickets
from bot.staff.ticket_view import handlers
from bot.tickets import service
from bot.tickets.errors import UnknownOffice
from bot.tickets.models import Ticket
from bot.wording import Wording

Act = Literal[
    "move",
    "assign",
    "transfer",
    "not_ours",
    "extend",
    "ask",
    "reply",
    "note",
    "merge",
    "split",
    "number",
    "tried",
    "appoint",
]
ACTS: tuple[Act, ...] = get_args(Act)
MAX_TEXT = 2000
"""Characters of what is written."""


@dataclass(frozen=True)
class Given:
    """What a form of the page sends; each act reads its own part."""

    version: int | None = None
    """The version of the ticket that the page showed."""
    to: str = ""
    """The next state."""
    login: str = ""
    office: str = ""
    """An office's name as the list of offices shows it, or its id."""
    reason: str = ""
    """Why the term is extended (data/policy/desk_tickets.yml)."""
    text: str = ""
    receipt: str = ""
    """The ticket to merge into."""
    number: str = ""
    """The number in another system."""
    outcome: str = ""
    """`reached` or `not`."""
    at: str = ""
    """The moment of a visit as the browser sends it, in Jeju's time."""
    officer: str = ""
    tell_citizen: bool = False


@dataclass(frozen=True)
class Desk:
    """What acts need of the application."""

    masker: Masker
    wording: Wording


@dataclass(frozen=True)
class _Doing:
    session: Session
    ticket: Ticket
    staff: Staff
    given: Given
    desk: Desk
    now: datetime

    @property
    def usual(self) -> dict[str, Any]:
        """What every change takes."""
        return {
            "ticket": self.ticket,
            "actor": self.staff.actor,
            "version": self.given.version,
            "now": self.now,
        }

    @property
    def text(self) -> str:
        """What was written, masked."""
        return masked(self.session, self.ticket, self.given.text.strip(), self.desk.masker)


def act(
    session: Session,
    *,
    name: Act,
    receipt_number: str,
    staff: Staff,
    given: Given,
    desk: Desk,
    now: datetime,
) -> Ticket:
    """Do one act; returns the ticket as it is afterwards.

    Raises UnknownTicket, OtherOffice, BadRequest without a version, NoteTooLong, the act's own
    errors (`ticket_errors`), and those of `bot.tickets`, StaleTicket among them.
    """
    if given.version is None:
        raise errors.BadRequest
    if len(given.text) > MAX_TEXT:
        raise ticket_errors.NoteTooLong(limit=f"{MAX_TEXT:,}", length=f"{len(given.text):,}")
    found = held(session, receipt_number=receipt_number, staff=staff)
    details = _ACTS[name](_Doing(session, found, staff, given, desk, now))
    audit(
        session,
        login=staff.login,
        what=f"ticket_{name}",
        subject=found.receipt_number,
        now=now,
        details=details,
    )
    return found


def held(session: Session, *, receipt_number: str, staff: Staff) -> Ticket:
    """The ticket, its row locked, so that it cannot leave the person's office meanwhile.

    Raises UnknownTicket and OtherOffice.
    """
    found = tickets.ticket(session, receipt_number=receipt_number, staff=staff)
    session.refresh(found, with_for_update=True)
    tickets.check_office(staff, found.office)
    return found


def show_secret(
    session: Session,
    *,
    receipt_number: str,
    placeholder: str,
    cipher: Cipher,
    staff: Staff,
    now: datetime,
) -> str:
    """The sealed datum behind a placeholder of the ticket; the look is recorded twice over.

    Raises UnknownTicket, OtherOffice, UnknownSecret, or SealedUnreadable when no key fits.
    """
    found = held(session, receipt_number=receipt_number, staff=staff)
    try:
        value = service.look_at_secret(
            session,
            ticket=found,
            placeholder=placeholder.replace("\0", ""),
            cipher=cipher,
            actor=staff.actor,
            now=now,
        )
    except BadKey as error:
        raise errors.SealedUnreadable from error
    audit(
        session,
        login=staff.login,
        what="secret_look",
        subject=found.receipt_number,
        now=now,
        details={"placeholder": placeholder[:32]},
    )
    return value


def masked(session: Session, about: Ticket, text: str, masker: Masker) -> str:
    """A text with its personal data replaced; no number means two values in one conversation."""
    talk = session.get(Conversation, about.conversation_id) if about.conversation_id else None
    sealed = [Finding(one.kind, "", one.placeholder, True) for one in about.secrets]
    taken = vault.merge_counters(talk.placeholders if talk else {}, sealed)
    found = masker.mask(text.replace("\0", ""), taken)
    if talk is not None:
        talk.placeholders = vault.merge_counters(taken, found.findings)
    return found.text


def office_named(written: str) -> str:
    """The id of the office with this id or name. Raises UnknownOffice."""
    wanted = " ".join(written.split())
    for id, office in offices().items():
        if wanted in (id, office.ko, office.en):
            return id
    raise UnknownOffice(f"There is no office {wanted!r}.")


def moment(written: str) -> datetime:
    """A moment in Jeju as a browser's field sends it, 2026-11-28T14:30. Raises BadMoment."""
    try:
        return datetime.fromisoformat(written).replace(tzinfo=SEOUL)
    except ValueError as error:
        raise ticket_errors.BadMoment from error


def _move(doing: _Doing) -> dict[str, Any]:
    before, to, told = doing.ticket.state, doing.given.to, doing.given.tell_citizen
    service.move_on(doing.session, to=to, note=doing.text, tell_citizen=told, **doing.usual)
    return {"from": before, "to": to, "told": told}


def _assign(doing: _Doing) -> dict[str, Any]:
    login = doing.given.login or doing.staff.login
    if login not in {one.login for one in handlers(doing.session, doing.ticket)}:
        raise ticket_errors.UnknownHandler
    service.assign(doing.session, login=login, **doing.usual)
    return {"to": login}


def _transfer(doing: _Doing) -> dict[str, Any]:
    before, office = doing.ticket.office, office_named(doing.given.office)
    service.transfer(doing.session, office=office, reason=doing.text, **doing.usual)
    return {"from": before, "to": office}


def _not_ours(doing: _Doing) -> dict[str, Any]:
    before = doing.ticket.office
    service.not_ours(doing.session, reason=doing.text, **doing.usual)
    return {"from": before}


def _extend(doing: _Doing) -> dict[str, Any]:
    reason = doing.given.reason
    if reason not in desk_tickets().extension_reasons:
        raise ticket_errors.UnknownReason
    words = doing.desk.wording.text(f"desk_tickets.extension_{reason}", doing.ticket.language)
    told = f"{words}\n{doing.text}".strip()
    service.extend(doing.session, reason=told, **doing.usual)
    return {"reason": reason}


def _ask(doing: _Doing) -> dict[str, Any]:
    service.ask_citizen(doing.session, text=doing.text, **doing.usual)
    return {}


def _reply(doing: _Doing) -> dict[str, Any]:
    service.reply(doing.session, text=doing.text, **doing.usual)
    return {}


def _note(doing: _Doing) -> dict[str, Any]:
    service.note(doing.session, text=doing.text, **doing.usual)
    return {}


def _merge(doing: _Doing) -> dict[str, Any]:
    parent = tickets.ticket(doing.session, receipt_number=doing.given.receipt, staff=doing.staff)
    # What it leads to may be another office's, where nobody of this one can see what comes of it.
    leading = service.standing_for(doing.session, parent)
    tickets.check_office(doing.staff, leading.office)
    service.merge(doing.session, parent=parent, **doing.usual)
    return {"parent": leading.receipt_number}


def _split(doing: _Doing) -> dict[str, Any]:
    service.split(doing.session, **doing.usual)
    return {}


def _number(doing: _Doing) -> dict[str, Any]:
    number = doing.given.number.replace("\0", "")
    service.set_external_number(doing.session, number=number, **doing.usual)
    return {}


def _tried(doing: _Doing) -> dict[str, Any]:
    if doing.given.outcome not in ("reached", "not"):
        raise errors.BadRequest
    reached = doing.given.outcome == "reached"
    service.tried_call(doing.session, reached=reached, text=doing.text, **doing.usual)
    return {"reached": reached}


def _appoint(doing: _Doing) -> dict[str, Any]:
    at, officer = moment(doing.given.at), doing.given.officer.replace("\0", "")
    service.appoint(doing.session, at=at, officer=officer, **doing.usual)
    return {"at": at.isoformat(timespec="minutes")}


_ACTS: dict[Act, Callable[[_Doing], dict[str, Any]]] = {
    "move": _move,
    "assign": _assign,
    "transfer": _transfer,
    "not_ours": _not_ours,
    "extend": _extend,
    "ask": _ask,
    "reply": _reply,
    "note": _note,
    "merge": _merge,
    "split": _split,
    "number": _number,
    "tried": _tried,
    "appoint": _appoint,
}
