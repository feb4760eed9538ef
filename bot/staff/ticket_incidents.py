"""Incidents as staff see them: what goes on, what is over, ended by a person."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session

from bot.staff.service import Staff, audit
from bot.tickets import incidents
from bot.tickets.models import Incident, Ticket

PAGE = 50


@dataclass(frozen=True)
class Counted:
    """An incident, and how many of its tickets the person may see."""

    incident: Incident
    tickets: int


def going_on(session: Session, *, staff: Staff, now: datetime) -> list[Counted]:
    """The incidents that nobody ended yet, the newest first."""
    rows = incidents.current(session, now)
    found = [_counted(session, row, staff) for row in rows]
    return [one for one in found if staff.only_office is None or one.tickets]


def past(session: Session, *, staff: Staff, before: int | None = None) -> list[Counted]:
    """Incidents that are over, the newest first; one more than a page tells that there are more.

    `before`: the id of the last one of the page before.
    """
    query = select(Incident).where(Incident.ended_at.is_not(None))
    if staff.only_office is not None:
        query = query.where(exists().where(_belongs(staff), Ticket.incident_id == Incident.id))
    if before is not None:
        query = query.where(Incident.id < before)
    rows = session.scalars(query.order_by(Incident.id.desc()).limit(PAGE + 1)).all()
    return [_counted(session, row, staff) for row in rows]


def end(session: Session, *, incident_id: int, staff: Staff, now: datetime) -> None:
    """End an incident: the bot does not say it any more. Raises UnknownIncident."""
    incidents.end(session, incident_id=incident_id, actor=staff.actor, now=now)
    audit(
        session,
        login=staff.login,
        what="incident_end",
        subject=str(incident_id),
        now=now,
    )


def _counted(session: Session, incident: Incident, staff: Staff) -> Counted:
    query = select(func.count()).select_from(Ticket).where(Ticket.incident_id == incident.id)
    return Counted(incident, session.scalar(query.where(_belongs(staff))) or 0)


def _belongs(staff: Staff) -> ColumnElement[bool]:
    office = staff.only_office
    return Ticket.id.is_not(None) if office is None else Ticket.office == office
