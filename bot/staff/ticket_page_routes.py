"""The page of one ticket and what is done on it: HTTP only; the work is in `ticket_acts`."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from bot import offices
from bot.database import utc_now
from bot.staff import (
    pages,
    ticket_acts,
    ticket_choices,
    ticket_history,
    ticket_view,
    tickets,
)
from bot.staff.dependencies import (
    PATH,
    Done,
    Handler,
    Handling,
    House,
    Line,
    Services,
    acts,
)
from bot.staff.service import Staff
from bot.staff.ticket_acts import Act, Desk, Given
from bot.staff.ticket_policy import desk_tickets
from bot.tickets.errors import StaleTicket

router = APIRouter(route_class=pages.StaffRoute)
"""Stands below the router of `bot.staff.routes`, which says the prefix."""

LIST = f"{PATH}/tickets"
BACK = {"callbacks": f"{PATH}/callbacks", "visits": f"{PATH}/visits"}
"""Lists with a form of their own, to which its act leads back."""
Text = Annotated[str, Form(max_length=20_000)]
Number = Annotated[int | None, Form(ge=0, lt=2**31)]


def given(
    version: Number = None,
    to: Line = "",
    login: Line = "",
    office: Line = "",
    reason: Line = "",
    text: Text = "",
    receipt: Line = "",
    number: Annotated[str, Form(max_length=64)] = "",
    outcome: Line = "",
    at: Line = "",
    officer: Annotated[str, Form(max_length=64)] = "",
    tell_citizen: Annotated[bool, Form()] = False,
) -> Given:
    """What a form of the page sent."""
    return Given(
        version=version,
        to=to,
        login=login,
        office=office,
        reason=reason,
        text=text,
        receipt=receipt,
        number=number,
        outcome=outcome,
        at=at,
        officer=officer,
        tell_citizen=tell_citizen,
    )


Sent = Annotated[Given, Depends(given)]


@router.get("/tickets/{receipt_number}")
def ticket_page(
    request: Request, house: House, staff: Handler, receipt_number: str, done: Done = None
) -> Response:
    """One ticket: what was asked, who handles it by when, its history, what can be done."""
    return show(request, house, staff, receipt_number, done=done)


def show(
    request: Request,
    house: Services,
    staff: Staff,
    receipt_number: str,
    *,
    done: str | None = None,
    problem: pages.Problem | None = None,
    failed: tuple[str, Given] | None = None,
    seen: int | None = None,
    shown: tuple[str, str] | None = None,
) -> Response:
    """The page. `failed`: the act that was refused, with what was written; `seen`: the last event
    that the refused form's page showed; `shown`: a placeholder and its datum, on this answer only.
    """
    words = pages.words(request)
    with house.database.reading() as session:
        ticket = tickets.ticket(session, receipt_number=receipt_number, staff=staff)
        view = ticket_view.view(session, ticket=ticket, staff=staff, words=words, now=utc_now())
    stale = isinstance(problem, StaleTicket)
    return pages.page(
        request,
        "ticket.html",
        status=problem.status if problem else 200,
        here=f"{LIST}/{ticket.receipt_number}",
        view=view,
        ticket=ticket,
        office_name=lambda id: offices.names([id], words.language) or id,
        passing_to=ticket_choices.passing_to(words.language),
        extension_reasons=desk_tickets().extension_reasons,
        most_text=ticket_acts.MAX_TEXT,
        last_event=max((one.id for one in ticket.events), default=0),
        changed=ticket_history.lines(ticket_history.since(ticket.events, seen), words)
        if stale
        else [],
        open_act=failed[0] if failed else None,
        draft=failed[1] if failed else Given(),
        shown=shown,
        problem=problem,
        done=done,
    )


@router.post("/tickets/{receipt_number}/secret")
def show_secret(
    request: Request,
    house: House,
    staff: Annotated[Staff, Depends(acts("secrets"))],
    handler: Handler,
    receipt_number: str,
    placeholder: Line = "",
) -> Response:
    """Show one sealed datum, on this answer only; the look is recorded."""
    del handler
    try:
        with house.database.writing() as session:
            value = ticket_acts.show_secret(
                session,
                receipt_number=receipt_number,
                placeholder=placeholder,
                cipher=house.cipher,
                staff=staff,
                now=utc_now(),
            )
    except pages.PROBLEMS as problem:
        return show(request, house, staff, receipt_number, problem=problem)
    return show(request, house, staff, receipt_number, shown=(placeholder, value))


@router.post("/tickets/{receipt_number}/{act}")
def do(
    request: Request,
    house: House,
    staff: Handling,
    receipt_number: str,
    act: Act,
    sent: Sent,
    seen: Number = None,
    back: Line = "",
) -> Response:
    """Do one act and show the ticket; what was refused stays in its form."""
    try:
        with house.database.writing() as session:
            ticket = ticket_acts.act(
                session,
                name=act,
                receipt_number=receipt_number,
                staff=staff,
                given=sent,
                desk=Desk(house.masker, house.wording),
                now=utc_now(),
            )
    except pages.PROBLEMS as problem:
        return show(
            request, house, staff, receipt_number, problem=problem, failed=(act, sent), seen=seen
        )
    if ticket.conversation_id:
        house.notify(ticket.conversation_id)
    return RedirectResponse(_leads_to(staff, ticket.office, receipt_number, act, back), 303)


def _leads_to(staff: Staff, office: str, receipt_number: str, act: Act, back: str) -> str:
    if staff.only_office not in (None, office):
        return f"{LIST}?done=ticket_{act}"  # it has left the person's office
    return f"{BACK.get(back, f'{LIST}/{receipt_number}')}?done=ticket_{act}"
