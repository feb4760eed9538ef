"""A ticket or a call back from the phone desk: HTTP only; the work is in `phone_tickets`."""

from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, Form, Request, Response
from starlette.concurrency import run_in_threadpool

from bot import dates, offices
from bot.database import utc_now
from bot.knowledge import service as knowledge
from bot.staff import calls, errors, inbox, pages, phone_tickets
from bot.staff.calls import Heard
from bot.staff.dependencies import House, Services
from bot.staff.desk_parts import TicketForms
from bot.staff.phone_routes import DESK, Calling, HeardCall, Word
from bot.staff.phone_tickets import Asked, BadFields, Likeness
from bot.staff.service import Staff
from bot.tickets.forms import Form as TicketForm
from bot.tickets.forms import Forms
from bot.tickets.service import Opened, standing_for
from bot.tickets.spots import Spot

router = APIRouter(route_class=pages.StaffRoute)
"""Stands below the router of `bot.staff.routes`, which says the prefix."""

FIELD = "field_"
"""How the form's own fields begin, so that none of them is taken for one of the page's."""
MOST_VALUE = 2_000


@router.post("/phone/ticket-form")
def ticket_form(
    request: Request,
    house: House,
    staff: Calling,
    forms: TicketForms,
    call: HeardCall,
    make: Word = "",
) -> Response:
    """The form of a topic, filled from what the caller said. `make`: the topic of the button."""
    _may(staff)
    calls.checked_id(call.id)
    form = phone_tickets.form_of(forms, make or call.topic)
    values = phone_tickets.filled(form, calls.checked(call.question))
    return _form(request, house, call, form, values, opening=str(uuid4()))


@router.post("/phone/ticket")
async def open_ticket(
    request: Request,
    house: House,
    staff: Calling,
    forms: TicketForms,
    call: HeardCall,
    make: Word = "",
    opening: Word = "",
    consented: Annotated[bool, Form()] = False,
    place: Word = "",
    joins: Word = "",
) -> Response:
    """Open the ticket; its check code is shown on this answer only."""
    _may(staff)
    form = phone_tickets.form_of(forms, make)
    values = await _values(request)
    asked = Asked(make, values, consented, opening, place, joins)
    return await run_in_threadpool(_opened, request, house, staff, forms, form, call, asked)


def _may(staff: Staff) -> None:
    if not staff.may("tickets"):
        raise errors.NotAllowed


async def _values(request: Request) -> dict[str, str]:
    sent = await request.form()
    values = {
        name.removeprefix(FIELD): value
        for name, value in sent.items()
        if name.startswith(FIELD) and isinstance(value, str)
    }
    if any(len(value) > MOST_VALUE for value in values.values()):
        raise errors.BadRequest
    return values


def _opened(
    request: Request,
    house: Services,
    staff: Staff,
    forms: Forms,
    form: TicketForm,
    call: Heard,
    asked: Asked,
) -> Response:
    try:
        with house.database.writing() as session:
            done = phone_tickets.open_for(
                session,
                staff=staff,
                heard=call,
                asked=asked,
                known=forms,
                masker=house.masker,
                cipher=house.cipher,
                now=utc_now(),
            )
            if isinstance(done, Opened):
                return _receipt(request, house, session, call, done)
    except BadFields as problem:
        return _form(
            request,
            house,
            call,
            form,
            asked.fields,
            opening=asked.opening,
            asked=asked,
            problem=problem,
            wrong=problem.fields,
            choices=problem.choices,
        )
    except pages.PROBLEMS as problem:
        return _form(
            request,
            house,
            call,
            form,
            asked.fields,
            opening=asked.opening,
            asked=asked,
            problem=problem,
        )
    return _form(
        request, house, call, form, asked.fields, opening=asked.opening, asked=asked, like=done
    )


def _form(
    request: Request,
    house: Services,
    call: Heard,
    form: TicketForm,
    values: Any,
    *,
    opening: str,
    asked: Asked | None = None,
    problem: pages.Problem | None = None,
    wrong: Any = None,
    choices: tuple[Spot, ...] = (),
    like: Likeness | None = None,
) -> Response:
    with house.database.reading() as session:
        title = knowledge.title(session, form.topic, pages.language_of(request))
    words = pages.words(request)
    named = title or words.of("kind", form.kind)
    return pages.page(
        request,
        "phone_ticket.html",
        status=problem.status if problem else 200,
        here=DESK,
        call=call,
        began=inbox.stamp(call.began_at or utc_now()),
        form=form,
        said=lambda key: house.wording.text(key, call.language),
        title=named,
        fields=phone_tickets.shown(form),
        values=values,
        opening=opening,
        consented=asked.consented if asked else False,
        place=asked.place if asked else "",
        wrong=wrong or {},
        places=choices,
        like=like.tickets if like else (),
        problem=problem,
    )


def _receipt(
    request: Request, house: Services, session: Any, call: Heard, opened: Opened
) -> Response:
    ticket = opened.ticket
    leading = standing_for(session, ticket)
    spoken = call.language
    said = {
        "receipt": ticket.receipt_number,
        "code": opened.check_code or "",
        "department": offices.names([leading.office], spoken),
        "due": dates.moment(leading.due_at, spoken, now=utc_now()),
    }
    return pages.page(
        request,
        "phone_receipt.html",
        here=DESK,
        ticket=ticket,
        code=opened.check_code,
        spoken=spoken,
        read_out=house.wording.text(
            "desk_phone.read_callback" if ticket.kind == "callback" else "desk_phone.read_receipt",
            spoken,
            said,
        ),
        department=offices.names([leading.office], pages.language_of(request)),
        rule=ticket.routed_by,
    )
