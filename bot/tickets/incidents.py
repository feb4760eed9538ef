"""Incidents: many tickets of one kind from one area within a short time (tickets.yml)."""

from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.tickets.errors import UnknownIncident
from bot.tickets.models import Incident, Ticket
from bot.tickets.policy import ticket_policy


def current(session: Session, now: datetime, *, topic: str | None = None) -> list[Incident]:
    """The incidents that staff have not ended, the newest first; with `topic`, only its own."""
    query = (
        select(Incident)
        .where(Incident.ended_at.is_(None), Incident.began_at <= now)
        .order_by(Incident.began_at.desc(), Incident.id.desc())
    )
    if topic is not None:
        query = query.where(Incident.topic == topic)
    return list(session.scalars(query))


def note_opening(session: Session, ticket: Ticket, now: datetime) -> Incident | None:
    """The incident that a ticket just opened belongs to: the one going on, or one it begins.

    None for topics without a rule, where the 읍, 면 or 동 is not known, and below the count.
    """
    rule = ticket_policy().incidents.get(ticket.topic)
    if rule is None or ticket.city is None or ticket.district is None:
        return None
    incident = _going_on(session, ticket)
    if incident is None:
        since = now - timedelta(minutes=rule.minutes)
        if _opened_since(session, ticket, since) < rule.count:
            return None
        incident = _begun(session, ticket, now)
        _take_in(session, ticket, incident, since)
    ticket.incident_id = incident.id
    session.flush()
    return incident


def end(session: Session, *, incident_id: int, actor: str, now: datetime) -> Incident:
    """End an incident: it is not said any more. Raises UnknownIncident."""
    incident = session.get(Incident, incident_id, with_for_update=True, populate_existing=True)
    if incident is None or incident.ended_at is not None:
        raise UnknownIncident(f"No incident {incident_id} goes on.")
    incident.ended_at, incident.ended_by = now, actor
    session.flush()
    return incident


def tickets_of(session: Session, incident: Incident) -> int:
    """How many tickets belong to an incident."""
    query = select(func.count()).select_from(Ticket).where(Ticket.incident_id == incident.id)
    return session.scalar(query) or 0


def _going_on(session: Session, ticket: Ticket) -> Incident | None:
    return session.scalar(
        select(Incident).where(
            Incident.topic == ticket.topic,
            Incident.city == ticket.city,
            Incident.district == ticket.district,
            Incident.ended_at.is_(None),
        )
    )


def _opened_since(session: Session, ticket: Ticket, since: datetime) -> int:
    """From how many citizens: one who reports again and again is no crowd."""
    # Those of an incident that ended meanwhile do not begin the next one.
    whose = func.coalesce(Ticket.conversation_id, Ticket.receipt_number)
    query = (
        select(func.count(whose.distinct()))
        .select_from(Ticket)
        .where(
            Ticket.topic == ticket.topic,
            Ticket.city == ticket.city,
            Ticket.district == ticket.district,
            Ticket.created_at >= since,
            Ticket.incident_id.is_(None),
        )
    )
    return session.scalar(query) or 0


def _begun(session: Session, ticket: Ticket, now: datetime) -> Incident:
    assert ticket.city is not None
    assert ticket.district is not None
    incident = Incident(
        topic=ticket.topic, city=ticket.city, district=ticket.district, began_at=now
    )
    try:
        with session.begin_nested():
            session.add(incident)
            session.flush()
    except IntegrityError:
        # Another process began it for another ticket at the same moment.
        if (known := _going_on(session, ticket)) is None:
            raise
        return known
    return incident


def _take_in(session: Session, ticket: Ticket, incident: Incident, since: datetime) -> None:
    """The tickets before the one that began an incident belong to it as well."""
    # Past the version: what a person sees on a page does not change by it.
    session.execute(
        update(Ticket)
        .where(
            Ticket.topic == ticket.topic,
            Ticket.city == ticket.city,
            Ticket.district == ticket.district,
            Ticket.created_at >= since,
            Ticket.incident_id.is_(None),
        )
        .values(incident_id=incident.id)
        .execution_options(synchronize_session=False)
    )
