"""Signing in by the organisation's account: HTTP only; the work is in `openid`."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from bot.database import utc_now
from bot.staff import pages, service
from bot.staff.dependencies import (
    PATH,
    SESSION_COOKIE,
    House,
    safe_next,
    set_session_cookie,
)
from bot.staff.openid import STATE_FOR, Provider, account_of

router = APIRouter(route_class=pages.StaffRoute)
"""Stands below the router of `bot.staff.routes`, which says the prefix."""

KEPT_COOKIE = "ilsa_staff_openid"
KEPT_PATH = f"{PATH}/openid"


@router.get("/openid")
def begin(house: House, next: Annotated[str | None, Query(max_length=512)] = None) -> Response:
    """Lead the browser to the provider."""
    provider = Provider(house.settings)
    url, kept = provider.begin(next=safe_next(next), cipher=house.cipher, now=utc_now())
    response = RedirectResponse(url, status_code=303)
    response.set_cookie(
        KEPT_COOKIE,
        kept,
        max_age=int(STATE_FOR.total_seconds()),
        path=KEPT_PATH,
        secure=not house.settings.development,
        httponly=True,
        # The provider leads back from another site.
        samesite="lax",
    )
    return response


@router.get("/openid/callback")
def callback(
    request: Request,
    house: House,
    state: Annotated[str, Query(max_length=256)] = "",
    code: Annotated[str, Query(max_length=4096)] = "",
) -> Response:
    """Open a session for whom the provider vouches for."""
    now = utc_now()
    identity, to = Provider(house.settings).finish(
        kept=request.cookies.get(KEPT_COOKIE, ""),
        state=state,
        code=code,
        cipher=house.cipher,
        now=now,
    )
    with house.database.writing() as session:
        account = account_of(session, identity=identity, now=now)
        if replaces := request.cookies.get(SESSION_COOKIE):
            service.sign_out(session, token=replaces)
        token, opened = service.open_session(
            session, account=account, now=now, agent=request.headers.get("user-agent", "")
        )
    response = RedirectResponse(safe_next(to), status_code=303)
    set_session_cookie(response, house, token, opened)
    response.delete_cookie(KEPT_COOKIE, path=KEPT_PATH)
    return response
