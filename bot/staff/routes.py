"""The staff pages under /staff/: HTTP only; the work is in `service`."""

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from bot.database import utc_now
from bot.staff import (
    audit_routes,
    delivery_routes,
    errors,
    feedback_routes,
    inbox_routes,
    incident_routes,
    label_routes,
    live_routes,
    notice_routes,
    openid_routes,
    pages,
    people_routes,
    phone_routes,
    phone_sending,
    phone_ticket_routes,
    photo_routes,
    rule_routes,
    service,
    statistics_routes,
    switch_routes,
    talk_more_routes,
    talk_photo_routes,
    talk_routes,
    talk_ticket_routes,
    ticket_bulk_routes,
    ticket_page_routes,
    ticket_routes,
    visit_routes,
)
from bot.staff.dependencies import (
    FORM_COOKIE,
    PATH,
    SESSION_COOKIE,
    ActingAnybody,
    Address,
    Anybody,
    CsrfField,
    Done,
    House,
    Line,
    Services,
    SignedIn,
    safe_next,
    same_token,
    set_session_cookie,
)
from bot.staff.models import StaffSession
from bot.staff.service import new_token

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
router.include_router(people_routes.router)
router.include_router(audit_routes.router)
router.include_router(switch_routes.router)
router.include_router(rule_routes.router)
router.include_router(openid_routes.router)
router.include_router(photo_routes.router)
router.include_router(inbox_routes.router)
router.include_router(live_routes.router)
router.include_router(phone_routes.router)
router.include_router(phone_sending.router)
router.include_router(phone_ticket_routes.router)
router.include_router(statistics_routes.router)
router.include_router(talk_routes.router)
router.include_router(talk_more_routes.router)
router.include_router(talk_photo_routes.router)
router.include_router(talk_ticket_routes.router)
router.include_router(ticket_routes.router)
router.include_router(ticket_bulk_routes.router)
router.include_router(ticket_page_routes.router)
router.include_router(visit_routes.router)
router.include_router(delivery_routes.router)
router.include_router(incident_routes.router)


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
            session,
            verified=verified,
            replaces=request.cookies.get(SESSION_COOKIE),
            now=now,
            agent=request.headers.get("user-agent", ""),
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
        openid=house.settings.oidc_label if house.settings.oidc_issuer else "",
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
    set_session_cookie(response, house, token, opened)
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


# The first page


@router.get("")
@router.get("/")
def first_page(staff: SignedIn, done: Done = None) -> Response:
    """Lead to the first page that the person's role opens."""
    query = f"?done={done}" if done else ""
    first = next((name for name, right in pages.MENU if staff.may(right)), "sessions")
    return RedirectResponse(f"{PATH}/{first}{query}", status_code=303)
