"""The photos of conversations and tickets, for staff whose work they are."""

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from bot.attachments import service as attachments
from bot.attachments import showing
from bot.attachments.models import Attachment
from bot.attachments.preparing import Photos
from bot.conversations import shared
from bot.database import utc_now
from bot.staff import errors, pages
from bot.staff.dependencies import House, SignedIn
from bot.staff.service import Staff, audit
from bot.tickets.models import Ticket

router = APIRouter(route_class=pages.StaffRoute)
"""Stands below the router of `bot.staff.routes`, which says the prefix."""


@router.get("/photos/{attachment_id}")
def photo(request: Request, house: House, staff: SignedIn, attachment_id: str) -> Response:
    """A photo; a look at one of a ticket goes into the audit log."""
    photos: Photos = request.app.state.photos
    with house.database.writing() as session, shared.refusing():
        found = attachments.find(session, attachment_id)
        _may_see(session, staff, found)
        data = photos.store.read(found)
    return Response(data, media_type=found.media_type, headers=showing.HEADERS)


def _may_see(session: Session, staff: Staff, found: Attachment) -> None:
    """Raises NotAllowed or OtherOffice; notes the look at a ticket's photo."""
    ticket = session.get(Ticket, found.ticket_id) if found.ticket_id else None
    if not staff.may("tickets" if ticket else "talks"):
        raise errors.NotAllowed
    if ticket is None:
        return
    if staff.only_office not in (None, ticket.office):
        raise errors.OtherOffice
    audit(
        session,
        login=staff.login,
        what="photo_seen",
        subject=ticket.receipt_number,
        now=utc_now(),
        details={"photo": found.id},
    )
