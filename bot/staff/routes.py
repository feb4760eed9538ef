"""The staff pages under /staff/: HTTP only; the work is in `service` and `work`."""

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from bot.database import utc_now
from bot.knowledge import service as knowledge
from bot.staff import errors, feedback_routes, label_routes, notice_routes, pages, service, work
from bot.staff.dependencies import (
    FORM_COOKIE,
    PATH,
    SESSION_COOKIE,
    Acting,
    ActingAnybody,
    Address,
    Anybody,
    CsrfField,
    Done,
    House,
    Line,
    PageNumber,
    Services,
    SignedIn,
    safe_next,
    same_token,
)
from bot.staff.models import StaffSession
from bot.staff.service import Staff, new_token
from bot.tickets.routing import routing
from bot.tickets.service import next_states

MAX_BODY = 64 * 1024
"""Bytes of a form: far more than the longest answer needs."""

router = APIRouter(
    prefix=PATH,
    route_class=pages.StaffRoute,
    include_in_schema=False,
    max_body_size=MAX_BODY,
)

router.include_router(label_routes.router)
router.include_router(feedback_routes.router)
router.include_router(notice_routes.router)

Text = Annotated[str, Form(max_length=20_000)]


# Signing in and out


@router.get("/sign-in")
def sign_in_page(request: Request, house: House, next: str | None = None) -> Response:
    """The sign-in form."""
    return _sign_in_form(request, house, next=safe_next(next))


@router.post("/sign-in")
def sign_in(
    request: Request,
    house: House,
    address: Address,
    login: Line = "",
    password: Annotated[str, Form(max_length=1024)] = "",
    next: Annotated[str, Form(max_length=512)] = "",
    csrf: CsrfField = "",
) -> Response:
    """Open a session and go where the person wanted to go."""
    if not same_token(csrf, request.cookies.get(FORM_COOKIE, "")):
        return _sign_in_form(request, house, next=safe_next(next), problem=errors.WrongForm())
    now = utc_now()
    try:
        with house.database.writing() as session:
            service.note_attempt(session, login=login, address=address, now=now)
        with house.database.reading() as session:
            verified = service.verify(session, login=login, password=password)
    except (errors.TooManyAttempts, errors.WrongPassword) as problem:
        return _sign_in_form(
            request, house, next=safe_next(next), problem=problem, login=login[:64]
        )
    with house.database.writing() as session:
        token, opened = service.sign_in(
            session, verified=verified, replaces=request.cookies.get(SESSION_COOKIE), now=now
        )
    return _signed_in_response(house, token, opened, safe_next(next))


def _sign_in_form(
    request: Request,
    house: Services,
    *,
    next: str,
    problem: errors.StaffError | None = None,
    login: str = "",
) -> Response:
    token = request.cookies.get(FORM_COOKIE) or new_token()
    response = pages.page(
        request,
        "sign_in.html",
        status=problem.status if problem else 200,
        headers=_retry_after(problem),
        here=f"{PATH}/sign-in",
        problem=problem,
        csrf=token,
        next=next,
        login=login,
    )
    response.set_cookie(
        FORM_COOKIE,
        token,
        path=PATH,
        secure=not house.settings.development,
        httponly=True,
        samesite="strict",
    )
    return response


def _retry_after(problem: Exception | None) -> dict[str, str] | None:
    if isinstance(problem, errors.TooManyAttempts):
        return {"Retry-After": str(problem.seconds)}
    return None


def _signed_in_response(house: Services, token: str, opened: StaffSession, to: str) -> Response:
    response = RedirectResponse(to, status_code=303)
    response.set_cookie(
        SESSION_COOKIE,
        token,
        max_age=int((opened.expires_at - opened.created_at).total_seconds()),
        path=PATH,
        secure=not house.settings.development,
        httponly=True,
        samesite="lax",
    )
    response.delete_cookie(FORM_COOKIE, path=PATH)
    return response


@router.post("/sign-out")
def sign_out(request: Request, house: House, staff: ActingAnybody) -> Response:
    """End this session."""
    del staff
    with house.database.writing() as session:
        service.sign_out(session, token=request.cookies[SESSION_COOKIE])
    response = RedirectResponse(f"{PATH}/sign-in", status_code=303)
    response.delete_cookie(SESSION_COOKIE, path=PATH)
    return response


@router.get("/password")
def password_page(request: Request, staff: Anybody) -> Response:
    """The form for a new password: the only page that a one-time password opens."""
    return pages.page(request, "password.html", minimum=service.MIN_PASSWORD)


@router.post("/password")
def change_password(
    request: Request,
    house: House,
    staff: ActingAnybody,
    address: Address,
    current: Line = "",
    new: Annotated[str, Form(max_length=1024)] = "",
    again: Annotated[str, Form(max_length=1024)] = "",
) -> Response:
    """Set a new password; every other session of the account ends."""
    now = utc_now()
    try:
        if new != again:
            raise errors.WeakPassword("staff.error_password_differs")
        service.check_password(new, login=staff.login, current=current)
        with house.database.writing() as session:
            service.note_attempt(session, login=staff.login, address=address, now=now)
        with house.database.reading() as session:
            verified = service.verify(session, login=staff.login, password=current)
        with house.database.writing() as session:
            token, opened = service.change_password(
                session, verified=verified, current=current, new=new, now=now
            )
    except (errors.WeakPassword, errors.WrongPassword, errors.TooManyAttempts) as problem:
        # 401 would say that the person is signed out.
        wrong = isinstance(problem, errors.WrongPassword)
        return pages.page(
            request,
            "password.html",
            status=422 if wrong else problem.status,
            headers=_retry_after(problem),
            here=f"{PATH}/password",
            minimum=service.MIN_PASSWORD,
            problem=errors.WrongCurrentPassword() if wrong else problem,
        )
    return _signed_in_response(house, token, opened, f"{PATH}/?done=password")


# Conversations


@router.get("")
@router.get("/")
def first_page(staff: SignedIn, done: Done = None) -> Response:
    """Lead to the conversations."""
    del staff
    query = f"?done={done}" if done else ""
    return RedirectResponse(f"{PATH}/conversations{query}", status_code=303)


@router.get("/conversations")
def conversation_list(
    request: Request,
    house: House,
    staff: SignedIn,
    show: work.Show = "needs",
    page: PageNumber = 1,
    live: bool = False,
    done: Done = None,
) -> Response:
    """The conversations that need a person; with `live`, only the part that changes."""
    with house.database.reading() as session:
        rows = work.listed(session, show=show, login=staff.login, page=page)
        waiting, alarms = work.needing(session)
    return pages.page(
        request,
        "_conversations.html" if live else "conversations.html",
        live=live,
        rows=rows[: work.PAGE],
        more=len(rows) > work.PAGE,
        number=page,
        show=show,
        shows=work.SHOWS,
        waiting=waiting,
        alarms=alarms,
        done=done,
    )


@router.get("/conversations/{conversation_id}")
def conversation_page(
    request: Request,
    house: House,
    staff: SignedIn,
    conversation_id: str,
    live: bool = False,
    done: Done = None,
) -> Response:
    """The whole conversation; with `live`, only the parts that change."""
    return _conversation(request, house, staff, conversation_id, live=live, done=done)


def _conversation(
    request: Request,
    house: Services,
    staff: Staff,
    conversation_id: str,
    *,
    live: bool = False,
    done: str | None = None,
    problem: pages.Problem | None = None,
    draft: str = "",
) -> Response:
    language = pages.language_of(request)
    with house.database.reading() as session:
        thread = work.thread(session, conversation_id=conversation_id)
        waiting, alarms = work.needing(session)
        titles = {
            ticket.topic: knowledge.title(session, ticket.topic, language)
            for ticket in thread.tickets
        }
    conversation = thread.conversation
    mine = conversation.state == "staff" and conversation.staff_login == staff.login
    free = conversation.state in ("bot", "waiting")
    return pages.page(
        request,
        "_conversation.html" if live else "conversation.html",
        status=problem.status if problem else 200,
        here=f"{PATH}/conversations/{conversation_id}",
        thread=thread,
        conversation=conversation,
        titles=titles,
        mine=mine,
        may_take=free,
        may_release=mine or (conversation.state == "staff" and staff.is_administrator),
        may_close=mine or free or (conversation.state != "closed" and staff.is_administrator),
        waiting=waiting,
        alarms=alarms,
        problem=problem,
        draft=draft,
        done=done,
    )


def _back(conversation_id: str, done: str, fragment: str = "") -> Response:
    return RedirectResponse(
        f"{PATH}/conversations/{conversation_id}?done={done}{fragment}", status_code=303
    )


@router.post("/conversations/{conversation_id}/take")
def take(request: Request, house: House, staff: Acting, conversation_id: str) -> Response:
    """Take the conversation: from now on the bot is silent in it."""
    try:
        with house.database.writing() as session:
            work.take(session, conversation_id=conversation_id, staff=staff, now=utc_now())
    except pages.PROBLEMS as problem:
        return _conversation(request, house, staff, conversation_id, problem=problem)
    house.notify(conversation_id)
    return _back(conversation_id, "taken")


@router.post("/conversations/{conversation_id}/say")
def say(
    request: Request, house: House, staff: Acting, conversation_id: str, text: Text = ""
) -> Response:
    """Answer the citizen. What could not be sent stands in the form again."""
    try:
        with house.database.writing() as session:
            work.say(
                session,
                conversation_id=conversation_id,
                staff=staff,
                text=text,
                masker=house.masker,
                now=utc_now(),
            )
    except pages.PROBLEMS as problem:
        return _conversation(request, house, staff, conversation_id, problem=problem, draft=text)
    house.notify(conversation_id)
    return _back(conversation_id, "said", "#answer")


@router.post("/conversations/{conversation_id}/hand-back")
def hand_back(request: Request, house: House, staff: Acting, conversation_id: str) -> Response:
    """Give the conversation back to the bot."""
    try:
        with house.database.writing() as session:
            work.hand_back(session, conversation_id=conversation_id, staff=staff, now=utc_now())
    except pages.PROBLEMS as problem:
        return _conversation(request, house, staff, conversation_id, problem=problem)
    house.notify(conversation_id)
    return _back(conversation_id, "handed_back")


@router.post("/conversations/{conversation_id}/close")
def close(request: Request, house: House, staff: Acting, conversation_id: str) -> Response:
    """End the conversation."""
    try:
        with house.database.writing() as session:
            work.close(session, conversation_id=conversation_id, staff=staff, now=utc_now())
    except pages.PROBLEMS as problem:
        return _conversation(request, house, staff, conversation_id, problem=problem)
    house.notify(conversation_id)
    return _back(conversation_id, "closed")


# Tickets


@router.get("/tickets")
def ticket_list(
    request: Request,
    house: House,
    staff: SignedIn,
    state: work.Filter = "open",
    page: PageNumber = 1,
    live: bool = False,
) -> Response:
    """The tickets of a state, open ones by due date; with `live`, only the part that changes."""
    del staff
    language = pages.language_of(request)
    with house.database.reading() as session:
        rows = work.tickets_listed(session, state=state, page=page)
        overdue = work.overdue(session, now=utc_now())
        waiting, alarms = work.needing(session)
        titles = {
            topic: knowledge.title(session, topic, language)
            for topic in {row.topic for row in rows}
        }
    return pages.page(
        request,
        "_tickets.html" if live else "tickets.html",
        live=live,
        rows=rows[: work.PAGE],
        more=len(rows) > work.PAGE,
        number=page,
        state=state,
        filters=work.FILTERS,
        titles=titles,
        departments={
            row.department: routing().in_language(row.department, language) for row in rows
        },
        overdue=overdue,
        waiting=waiting,
        alarms=alarms,
    )


@router.get("/tickets/find")
def find_ticket(
    house: House, staff: SignedIn, number: Annotated[str, Query(max_length=40)] = ""
) -> Response:
    """Lead to the ticket of a receipt number, as a caller reads it out."""
    del staff
    with house.database.reading() as session:
        found = work.ticket(session, receipt_number=number)
    return RedirectResponse(f"{PATH}/tickets/{found.receipt_number}", status_code=303)


@router.get("/tickets/{receipt_number}")
def ticket_page(
    request: Request, house: House, staff: SignedIn, receipt_number: str, done: Done = None
) -> Response:
    """One ticket: what was asked, its history, and what can be done next."""
    del staff
    return _ticket(request, house, receipt_number, done=done)


def _ticket(
    request: Request,
    house: Services,
    receipt_number: str,
    *,
    done: str | None = None,
    problem: pages.Problem | None = None,
    draft: dict[str, str] | None = None,
    shown: tuple[str, str] | None = None,
) -> Response:
    language = pages.language_of(request)
    with house.database.reading() as session:
        ticket = work.ticket(session, receipt_number=receipt_number)
        title = knowledge.title(session, ticket.topic, language)
        talk = work.has_conversation(session, ticket.conversation_id)
        waiting, alarms = work.needing(session)
    return pages.page(
        request,
        "ticket.html",
        status=problem.status if problem else 200,
        here=f"{PATH}/tickets/{ticket.receipt_number}",
        ticket=ticket,
        title=title or ticket.topic,
        department=routing().in_language(ticket.department, language),
        has_conversation=talk,
        moves=next_states(ticket),
        shown=shown,
        waiting=waiting,
        alarms=alarms,
        problem=problem,
        draft=draft or {},
        done=done,
    )


@router.post("/tickets/{receipt_number}/move")
def move(
    request: Request,
    house: House,
    staff: Acting,
    receipt_number: str,
    to: Line = "",
    note: Text = "",
    tell_citizen: Annotated[bool, Form()] = False,
) -> Response:
    """Move the ticket on, with a note."""
    try:
        with house.database.writing() as session:
            moved = work.move(
                session,
                receipt_number=receipt_number,
                staff=staff,
                to=to,
                note=note,
                tell_citizen=tell_citizen,
                masker=house.masker,
                now=utc_now(),
            )
    except pages.PROBLEMS as problem:
        draft = {"to": to, "note": note, "tell": "yes" if tell_citizen else ""}
        return _ticket(request, house, receipt_number, problem=problem, draft=draft)
    house.notify(moved.conversation_id)
    return RedirectResponse(f"{PATH}/tickets/{receipt_number}?done=moved", status_code=303)


@router.post("/tickets/{receipt_number}/secret")
def show_secret(
    request: Request,
    house: House,
    staff: Acting,
    receipt_number: str,
    placeholder: Line = "",
) -> Response:
    """Show one sealed datum, on this answer only; the look is recorded."""
    try:
        with house.database.writing() as session:
            value = work.show_secret(
                session,
                receipt_number=receipt_number,
                placeholder=placeholder,
                cipher=house.cipher,
                staff=staff,
                now=utc_now(),
            )
    except pages.PROBLEMS as problem:
        return _ticket(request, house, receipt_number, problem=problem)
    return _ticket(request, house, receipt_number, shown=(placeholder, value))
