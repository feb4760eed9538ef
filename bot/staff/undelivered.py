"""What bodies could not be told of tickets, as far as the person may see it."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, contains_eager

from bot.staff.service import Staff, audit
from bot.staff.tickets import check_office
from bot.tickets import deliveries
from bot.tickets.delivery_models import TicketDelivery
from bot.tickets.models import Ticket

PAGE = 50


def listed(session: Session, *, staff: Staff, after: int = 0) -> list[TicketDelivery]:
    """Deliveries that wait for a person, the oldest first, with their tickets; one more than a
    page tells that there are more. `after`: the id of the last one of the page before.
    """
    query = (
        select(TicketDelivery)
        .join(TicketDelivery.ticket)
        .options(contains_eager(TicketDelivery.ticket))
        .where(TicketDelivery.state == "parked", TicketDelivery.id > after)
        .order_by(TicketDelivery.id)
        .limit(PAGE + 1)
    )
    if staff.only_office is not None:
        query = query.where(Ticket.office == staff.only_office)
    return list(session.scalars(query))


def try_again(session: Session, *, delivery_id: int, staff: Staff, now: datetime) -> Ticket:
    """Have a delivery sent again; returns its ticket. Raises UnknownDelivery and OtherOffice."""
    ticket = _its_ticket(session, delivery_id, staff)
    deliveries.try_again(session, delivery_id, now=now)
    _note(session, ticket, staff, "delivery_again", delivery_id, now)
    return ticket


def settle(session: Session, *, delivery_id: int, staff: Staff, now: datetime) -> Ticket:
    """Drop a delivery that a person saw to otherwise. Raises UnknownDelivery and OtherOffice."""
    ticket = _its_ticket(session, delivery_id, staff)
    deliveries.settle(session, delivery_id)
    _note(session, ticket, staff, "delivery_settled", delivery_id, now)
    return ticket


def _its_ticket(session: Session, delivery_id: int, staff: Staff) -> Ticket:
    ticket = session.scalar(
        select(Ticket)
        .join(TicketDelivery, TicketDelivery.ticket_id == Ticket.id)
        .where(TicketDelivery.id == delivery_id)
        .with_for_update(of=Ticket)
    )
    if ticket is None:
        raise deliveries.UnknownDelivery(f"There is no delivery {delivery_id}.")
    check_office(staff, ticket.office)
    return ticket


def _note(
    session: Session, ticket: Ticket, staff: Staff, what: str, delivery_id: int, now: datetime
) -> None:
    details = {"delivery": delivery_id}
    subject = ticket.receipt_number
    audit(session, login=staff.login, what=what, subject=subject, now=now, details=details)
