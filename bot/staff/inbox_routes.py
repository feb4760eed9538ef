"""The inbox: HTTP only; the work is in `inbox`, `inbox_search`, `saved_views` and `talk`."""

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.concurrency import run_in_threadpool

from bot import offices
from bot.conversations import presence
from bot.database import utc_now
from bot.knowledge import topics
from bot.staff import errors, inbox, inbox_filters, inbox_search, pages, saved_views, talk
from bot.staff.dependencies import (
    PATH,
    Counselling,
    Counsellor,
    Done,
    House,
    Line,
    Services,
    safe_next,
)
from bot.staff.desk_parts import Reader, Watching
from bot.staff.inbox import View
from bot.staff.inbox_filters import Filters
from bot.staff.live import Live
from bot.staff.service import Staff, audit

router = APIRouter(route_class=pages.StaffRoute)
"""Stands below the router of `bot.staff.routes`, which says the prefix."""

LIST = f"{PATH}/conversations"
Short = Annotated[str, Query(max_length=64, pattern=r"^[a-z0-9_]*$")]
Cursor = Annotated[str | None, Query(max_length=80)]


def asked_filters(
    channel: Short = "",
    topic: Short = "",
    office: Short = "",
    reason: Short = "",
    language: Short = "",
    age: Annotated[str, Query(max_length=6, pattern=r"^\d*$")] = "",
) -> Filters:
    """The filters of the page's address."""
    return Filters(channel, topic, office, reason, language, int(age or 0))


Asked = Annotated[Filters, Depends(asked_filters)]


@router.get("/conversations")
def conversation_list(
    request: Request,
    house: House,
    staff: Counsellor,
    watching: Watching,
    filters: Asked,
    show: View = "needs",
    after: Cursor = None,
    live: bool = False,
    done: Done = None,
) -> Response:
    """The conversations that need a person; with `live`, only the parts that change."""
    if live:
        return _live(request, house, staff, watching, show=show, filters=filters, after=after)
    return _page(
        request, house, staff, watching, show=show, filters=filters, after=after, done=done
    )


def _page(
    request: Request,
    house: Services,
    staff: Staff,
    watching: Live,
    *,
    show: View = "needs",
    filters: Filters | None = None,
    after: str | None = None,
    done: str | None = None,
    problem: pages.Problem | None = None,
) -> Response:
    filters = filters or Filters()
    now = utc_now()
    with house.database.reading() as session:
        found = inbox.listed(
            session, view=show, login=staff.login, now=now, filters=filters, after=after
        )
        waiting, alarms = inbox.needing(session)
        counts = inbox.counts(session, login=staff.login, unassigned=waiting)
        kept = saved_views.of(session, login=staff.login)
        choices = inbox_filters.choices(session)
    address = _address(show, filters, after)
    return pages.page(
        request,
        "conversations.html",
        status=problem.status if problem else 200,
        here=LIST,
        **_rows(request, found.rows, watching),
        address=address,
        next_page=_address(show, filters, found.after) if found.after else None,
        first_page=_address(show, filters) if after else None,
        show=show,
        views=inbox.VIEWS,
        counts=counts,
        filters=filters,
        choices=choices,
        office_name=lambda id: offices.names([id], pages.language_of(request)),
        saved=[(view, _saved_address(view.wanted)) for view in kept],
        waiting=waiting,
        alarms=alarms,
        problem=problem,
        done=done,
    )


def _live(
    request: Request,
    house: Services,
    staff: Staff,
    watching: Live,
    *,
    show: View,
    filters: Filters,
    after: str | None,
) -> Response:
    """What changes: drawn once for all consoles that look at the same list."""
    now = utc_now()

    def draw() -> str:
        with house.database.reading() as session:
            found = inbox.listed(
                session, view=show, login=staff.login, now=now, filters=filters, after=after
            )
            waiting, alarms = inbox.needing(session)
            counts = inbox.counts(session, login="", unassigned=waiting)
        shown = pages.page(
            request,
            "_conversations.html",
            **_rows(request, found.rows, watching),
            counts=counts,
            waiting=waiting,
            alarms=alarms,
            live=True,
        )
        return bytes(shown.body).decode()

    own = staff.login if show == "mine" else ""
    key = (show, own, filters, after, pages.language_of(request), now.minute)
    with house.database.reading() as session:
        mine = inbox.count_of(session, view="mine", login=staff.login)
    shown = pages.page(request, "_count.html", view="mine", number=mine)
    return HTMLResponse(watching.drawn(key, draw) + bytes(shown.body).decode())


def _rows(request: Request, rows: list[inbox.Row], watching: Live) -> dict[str, Any]:
    return {
        "rows": rows,
        "looking": watching.seen.looking,
        "title": _titles(request),
        "alarming": (inbox.DISTRESS, "crisis"),
    }


def _titles(request: Request) -> Any:
    language = pages.language_of(request)
    return lambda topic: topics.title(topic, language) or topic


def _address(show: str, filters: Filters, after: str | None = None) -> str:
    query = {"show": show, **filters.chosen()}
    if after:
        query["after"] = after
    return f"{LIST}?{urlencode(query)}"


def _saved_address(wanted: dict[str, Any]) -> str:
    known = inbox_filters.known(wanted)
    return f"{LIST}?{urlencode({'show': str(wanted.get('show', 'needs')), **known})}"


@router.get("/conversations/search")
async def search_page(
    request: Request,
    house: House,
    staff: Counsellor,
    rasa: Reader,
    watching: Watching,
    q: Annotated[str, Query(max_length=inbox_search.MOST_ASKED)] = "",
    before: Annotated[int | None, Query(ge=0, le=2**53)] = None,
) -> Response:
    """Conversations in which something was said; a receipt number or a code leads to its own."""
    asked = q.strip().replace("\0", "")
    words = await inbox_search.words_of(rasa, asked) if asked else []
    return await run_in_threadpool(_searched, request, house, staff, watching, asked, words, before)


def _searched(
    request: Request,
    house: Services,
    staff: Staff,
    watching: Live,
    asked: str,
    words: list[str] | None,
    before: int | None,
) -> Response:
    now = utc_now()
    with house.database.reading() as session:
        found = inbox_search.Found(
            inbox_search.direct(session, text=asked, now=now) if asked else None
        )
        if asked and found.conversation_id is None:
            since = inbox.moment(before) if before is not None else None
            found = inbox_search.find(session, text=asked, words=words, before=since)
    if asked:
        with house.database.writing() as session:
            # The words may name somebody: only that there was a search is recorded.
            audit(session, login=staff.login, what="search", subject="conversations", now=now)
    if found.conversation_id is not None:
        return RedirectResponse(f"{LIST}/{found.conversation_id}", status_code=303)
    more = {"q": asked, "before": inbox.stamp(found.before) if found.before else ""}
    return pages.page(
        request,
        "conversation_search.html",
        here=f"{LIST}/search",
        **_rows(request, list(found.rows), watching),
        asked=asked,
        by_letters=found.by_letters,
        next_page=f"{LIST}/search?{urlencode(more)}" if found.before else None,
    )


@router.post("/conversations/next")
def take_next(request: Request, house: House, staff: Counselling, watching: Watching) -> Response:
    """Take the one that is next: alarms first, then the longest wait."""
    try:
        with house.database.writing() as session:
            taken = talk.take_next(session, staff=staff, now=utc_now())
    except errors.NobodyWaits as problem:
        return _page(request, house, staff, watching, problem=problem)
    house.notify(taken)
    return RedirectResponse(f"{LIST}/{taken}?done=taken", status_code=303)


@router.post("/conversations/views")
def keep_view(
    request: Request,
    house: House,
    staff: Counselling,
    watching: Watching,
    name: Line = "",
    show: Line = "needs",
    channel: Line = "",
    topic: Line = "",
    office: Line = "",
    reason: Line = "",
    language: Line = "",
    age: Line = "",
) -> Response:
    """Keep the view that the page shows under a name."""
    given = (channel, topic, office, reason, language)
    filters = Filters(*given, age=int(age) if age.isdecimal() and len(age) < 7 else 0)
    wanted = {"show": show if show in inbox.VIEWS else "needs", **filters.chosen()}
    try:
        with house.database.writing() as session:
            saved_views.keep(session, login=staff.login, name=name, wanted=wanted, now=utc_now())
    except errors.StaffError as problem:
        return _page(request, house, staff, watching, problem=problem)
    return RedirectResponse(_saved_address(wanted) + "&done=view_kept", status_code=303)


@router.post("/conversations/views/{view_id}/forget")
def forget_view(house: House, staff: Counselling, view_id: str) -> Response:
    """Delete one of the person's own views."""
    with house.database.writing() as session:
        saved_views.forget(session, login=staff.login, view_id=view_id)
    return RedirectResponse(f"{LIST}?done=view_forgotten", status_code=303)


@router.post("/presence")
def set_presence(
    house: House,
    staff: Counselling,
    state: Line = "off",
    capacity: Annotated[int | None, Form(ge=1, le=50)] = None,
    next: Annotated[str, Form(max_length=512)] = "",
) -> Response:
    """Say whether the person is there for chats, and for how many at once."""
    with house.database.writing() as session:
        presence.set_state(
            session, login=staff.login, state=state, capacity=capacity, now=utc_now()
        )
        audit(
            session,
            login=staff.login,
            what="presence",
            subject=staff.login,
            now=utc_now(),
            details={"state": state},
        )
    return RedirectResponse(safe_next(next), status_code=303)
