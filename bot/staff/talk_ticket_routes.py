"""Opening a ticket from a conversation: HTTP only; the work is in `talk_tickets`."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request, Response

from bot import offices
from bot.conversations.models import new_id
from bot.database import utc_now
from bot.knowledge import topics as catalogue
from bot.staff import pages, talk_tickets, thread
from bot.staff.dependencies import PATH, Counselling, Counsellor, House, Line, Services
from bot.staff.desk_parts import TicketDesk, TicketForms
from bot.staff.service import Staff
from bot.staff.talk_pages import back
from bot.staff.talk_tickets import Asked
from bot.tickets.forms import Forms

router = APIRouter(route_class=pages.StaffRoute)
"""Stands below the router of `bot.staff.routes`, which says the prefix."""

PREFIX = "field_"
"""How the names of the form's own fields begin, beside those that every form has."""


@router.get("/conversations/{conversation_id}/ticket")
def ticket_form(
    request: Request,
    house: House,
    forms: TicketForms,
    staff: Counsellor,
    conversation_id: str,
    topic: Annotated[str, Query(max_length=64)] = "",
) -> Response:
    """The form of a ticket, filled from what was said."""
    return _form(request, house, forms, staff, conversation_id, topic=topic)


def _form(
    request: Request,
    house: Services,
    forms: Forms,
    staff: Staff,
    conversation_id: str,
    *,
    topic: str,
    asked: Asked | None = None,
    problem: pages.Problem | None = None,
) -> Response:
    del staff
    language = pages.language_of(request)
    with house.database.reading() as session:
        found = thread.read(session, conversation_id=conversation_id)
    if topic not in forms.topics():
        topic = talk_tickets.topic_of(found, forms)
    form = forms.of(topic)
    titled = [(each, catalogue.title(each, language) or each) for each in forms.topics()]
    return pages.page(
        request,
        "conversation_ticket.html",
        status=problem.status if problem else 200,
        here=f"{PATH}/conversations/{found.conversation.id}/ticket",
        conversation=found.conversation,
        thread=found,
        form=form,
        topic=topic,
        topics=sorted(titled, key=lambda one: one[1]),
        offices=sorted(
            ((id, one.name(language)) for id, one in offices.offices().items()),
            key=lambda one: one[1],
        ),
        values=dict(asked.fields) if asked else talk_tickets.filled(form, found),
        asked=asked,
        opening=asked.opening if asked else new_id(),
        photos=[photo for entry in found.entries for photo in entry.photos],
        problem=problem,
    )


async def own_fields(request: Request) -> dict[str, str]:
    """The form's own fields, whatever its topic asks for."""
    sent = await request.form()
    return {
        name.removeprefix(PREFIX): str(value)[:2000]
        for name, value in sent.items()
        if name.startswith(PREFIX)
    }


OwnFields = Annotated[dict[str, str], Depends(own_fields)]


@router.post("/conversations/{conversation_id}/ticket")
def open_ticket(
    request: Request,
    house: House,
    desk: TicketDesk,
    forms: TicketForms,
    staff: Counselling,
    conversation_id: str,
    own: OwnFields,
    topic: Line = "",
    office: Line = "",
    opening: Line = "",
    consented: Annotated[bool, Form()] = False,
    close: Annotated[bool, Form()] = False,
    photos: Annotated[list[str] | None, Form()] = None,
) -> Response:
    """Open the ticket; the citizen gets the receipt. What was wrong stands in the form again."""
    asked = Asked(
        topic=topic,
        fields=own,
        consented=consented,
        opening=opening,
        office=office,
        photos=tuple((photos or [])[:20]),
        close=close,
    )
    try:
        with house.database.writing() as session:
            talk_tickets.open_for(
                session,
                conversation_id=conversation_id,
                staff=staff,
                asked=asked,
                desk=desk,
                forms=forms,
                masker=house.masker,
                cipher=house.cipher,
                now=utc_now(),
            )
    except pages.PROBLEMS as problem:
        return _form(
            request, house, forms, staff, conversation_id, topic=topic, asked=asked, problem=problem
        )
    house.notify(conversation_id)
    return back(conversation_id, "ticket_opened")
