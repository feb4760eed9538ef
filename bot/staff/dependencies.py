"""What the staff routes take from the application and from the request.

The application puts its parts on `app.state`; this module gives them their types back.
"""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote

from fastapi import Depends, Form, Query, Request, Response

from bot import callers
from bot.database import Database, utc_now
from bot.privacy.masking import Masker
from bot.privacy.vault import Cipher
from bot.settings import Settings
from bot.staff import errors, service
from bot.staff.models import StaffSession
from bot.staff.rights import Right
from bot.staff.service import Staff
from bot.wording import Wording

SESSION_COOKIE = "ilsa_staff"
FORM_COOKIE = "ilsa_staff_form"
"""Guards the sign-in form, which has no session yet: its value must come back in the form."""
LANGUAGE_COOKIE = "ilsa_staff_language"
PATH = "/staff"
LIVE_HEADER = "X-Staff-Live"
"""Sent by a page that refreshes itself: such a request is no sign of a person being there."""


@dataclass(frozen=True)
class Services:
    """The application's parts, as `app.state` holds them."""

    database: Database
    settings: Settings
    wording: Wording
    cipher: Cipher
    masker: Masker
    notify: Callable[[str], None]
    """Wakes whoever waits for a conversation's messages; called after the commit."""


def services(request: Request) -> Services:
    """The parts that `bot.web` put on `app.state`."""
    state = request.app.state
    return Services(
        database=state.database,
        settings=state.settings,
        wording=state.wording,
        cipher=state.cipher,
        masker=state.masker,
        notify=state.notify,
    )


House = Annotated[Services, Depends(services)]


def anybody_signed_in(request: Request, house: House) -> Staff:
    """Who is signed in, with a one-time password or their own. Raises SignedOut."""
    token = request.cookies.get(SESSION_COOKIE)
    if not token:
        raise errors.SignedOut
    now = utc_now()
    with house.database.reading() as session:
        staff, note = service.signed_in(session, token=token, now=now)
    if note and LIVE_HEADER not in request.headers:
        with house.database.writing() as session:
            service.seen(session, token=token, now=now)
    request.state.staff = staff
    return staff


Anybody = Annotated[Staff, Depends(anybody_signed_in)]


def signed_in(staff: Anybody) -> Staff:
    """Who is signed in. Raises SignedOut, or MustChangePassword with a one-time password."""
    if staff.must_change:
        raise errors.MustChangePassword
    return staff


SignedIn = Annotated[Staff, Depends(signed_in)]
CsrfField = Annotated[str, Form(max_length=128)]
Line = Annotated[str, Form(max_length=256)]
Done = Annotated[str | None, Query(pattern="^[a-z_]{1,32}$")]
"""What the page before has done; its sentence is `staff.done_<word>`."""
PageNumber = Annotated[int, Query(ge=1, le=10_000)]


def same_token(sent: str, expected: str) -> bool:
    """Whether a form's token is the expected one, in constant time; an empty one never is."""
    return bool(expected) and hmac.compare_digest(sent.encode(), expected.encode())


def acting(staff: SignedIn, csrf: CsrfField = "") -> Staff:
    """Who is signed in and sent this very form. Raises WrongForm as well."""
    if not same_token(csrf, staff.csrf_token):
        raise errors.WrongForm
    return staff


def acting_anybody(staff: Anybody, csrf: CsrfField = "") -> Staff:
    """As `acting`, also with a one-time password: for changing it and for signing out."""
    if not same_token(csrf, staff.csrf_token):
        raise errors.WrongForm
    return staff


Acting = Annotated[Staff, Depends(acting)]
ActingAnybody = Annotated[Staff, Depends(acting_anybody)]


def needs(right: Right) -> Callable[[Staff], Staff]:
    """A dependency: who is signed in and has `right`. It raises NotAllowed as well."""

    def allowed(staff: SignedIn) -> Staff:
        if not staff.may(right):
            raise errors.NotAllowed
        return staff

    return allowed


def acts(right: Right) -> Callable[[Staff], Staff]:
    """A dependency: as `needs`, for who sent this very form."""

    def allowed(staff: Acting) -> Staff:
        if not staff.may(right):
            raise errors.NotAllowed
        return staff

    return allowed


Counsellor = Annotated[Staff, Depends(needs("talks"))]
Counselling = Annotated[Staff, Depends(acts("talks"))]
Handler = Annotated[Staff, Depends(needs("tickets"))]
Handling = Annotated[Staff, Depends(acts("tickets"))]
Editor = Annotated[Staff, Depends(needs("knowledge"))]
Editing = Annotated[Staff, Depends(acts("knowledge"))]
Announcer = Annotated[Staff, Depends(needs("notices"))]
Announcing = Annotated[Staff, Depends(acts("notices"))]


def client_address(request: Request, house: House) -> str:
    """The caller's address, as `callers.client_address` finds it with the settings."""
    return callers.client_address(request, house.settings.trusted_proxies)


Address = Annotated[str, Depends(client_address)]


def set_session_cookie(
    response: Response, house: Services, token: str, opened: StaffSession
) -> None:
    """Give the browser its session; the form's own cookie has done its work."""
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


def safe_next(path: str | None) -> str:
    """`path` when it is a staff page of this very site, else the first page."""
    if path and path.startswith(f"{PATH}/") and "\\" not in path and path.isprintable():
        return path
    return f"{PATH}/"


def sign_in_url(request: Request) -> str:
    """The sign-in page, leading back to the page that was asked for."""
    if request.method != "GET":
        return f"{PATH}/sign-in"
    asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return f"{PATH}/sign-in?next={quote(asked, safe='/')}"
