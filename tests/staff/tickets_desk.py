"""Tickets for the staff pages' tests: opened as the dialogue opens them, seen by officers."""

from datetime import datetime
from typing import Any

from httpx import Response

from bot.conversations.models import new_id
from bot.database import utc_now
from bot.staff.models import StaffAccount
from bot.staff.service import Staff
from bot.tickets import service as tickets
from bot.tickets.delivery_models import TicketDelivery
from bot.tickets.models import Ticket
from bot.tickets.service import NewTicket
from tests.staff.office import Browser, Office

ROADS, DESK = "jeju_construction", "jeju120"
SUNJA = Staff(1, "sunja", "순자", "counsellor", must_change=False, csrf_token="x")
CHIEF = Staff(2, "chief", "반장", "supervisor", must_change=False, csrf_token="x")
OFFICER = Staff(3, "gangho", "강호", "officer", must_change=False, csrf_token="x", office=ROADS)
STRANGER = Staff(4, "mija", "미자", "officer", False, "x", "seogwipo_construction")
NOWHERE = Staff(5, "noone", "무소속", "officer", must_change=False, csrf_token="x")


def opened(house: Office, /, *, now: datetime | None = None, **given: Any) -> str:
    """Open a ticket of the road office; any part of it may be given. Returns its receipt number."""
    usual: dict[str, Any] = {
        "kind": "report",
        "topic": "road_damage",
        "fields": {"location": "노형로터리", "detail": "구멍이 났어요"},
        "language": "ko",
        "petition": "grievance",
        "office": ROADS,
        "rule": "road_damage/2 동 지역",
        "message_id": new_id(),
    }
    with house.database.writing() as session:
        new = NewTicket(**{**usual, **given})
        made = tickets.open_ticket(session, new=new, cipher=house.cipher, now=now or utc_now())
        return made.ticket.receipt_number


def put(house: Office, receipt: str, /, **columns: Any) -> None:
    """Set columns of a ticket, past its version."""
    house.change(
        lambda session: session.query(Ticket).filter_by(receipt_number=receipt).update(columns)
    )


def officer(office: Office, browser: Browser, login: str = "gangho", of: str | None = ROADS) -> str:
    """Sign a department officer in."""
    office.account(login, "officer")
    office.change(
        lambda session: session.query(StaffAccount).filter_by(login=login).update({"office": of})
    )
    assert browser.sign_in(login).status_code == 303
    return login


def act(house: Office, browser: Browser, receipt: str, name: str, /, **fields: str) -> Response:
    """Send one of the forms of a ticket's page, with the version that the page shows now."""
    page = f"/staff/tickets/{receipt}"
    version = fields.pop("version", str(house.stored_ticket(receipt).version))
    return browser.post(f"{page}/{name}", page, version=version, **fields)


def parked(house: Office, receipt: str, /, *, key: str = "k", state: str = "parked") -> int:
    """A delivery about a ticket that failed (or is in another state); returns its id."""
    ticket = house.stored_ticket(receipt)
    with house.database.writing() as session:
        row = TicketDelivery(
            ticket_id=ticket.id,
            office=ticket.office,
            way="email",
            kind="opened",
            key=key,
            state=state,
            next_try_at=utc_now(),
            last_error="550 <b>no</b>",
        )
        session.add(row)
        session.flush()
        return row.id
