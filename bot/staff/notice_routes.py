"""The staff page of the notices: HTTP only; the work is in `notices`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Form, Path, Query, Request, Response
from sqlalchemy.orm import Session

from bot.database import utc_now
from bot.knowledge import topics as catalogue
from bot.knowledge.notices_file import LIMIT
from bot.staff import labels, notices, pages
from bot.staff.dependencies import PATH, Announcer, Announcing, Done, House, Line, Services

router = APIRouter(route_class=pages.StaffRoute)
"""Stands below the router of `bot.staff.routes`, which says the prefix."""

NoticeId = Annotated[str, Path(pattern=r"^[a-z0-9_]{1,64}$")]
Text = Annotated[str, Form(max_length=2000)]
Topics = Annotated[list[str], Form(default_factory=list, max_length=500)]


@dataclass(frozen=True)
class Written:
    """What stands in the form of a new notice."""

    ko: str = ""
    en: str = ""
    topics: Sequence[str] = ()
    until: str = ""


@router.get("/notices")
def notice_list(
    request: Request,
    house: House,
    staff: Announcer,
    draft: Annotated[str | None, Query(max_length=64)] = None,
    done: Done = None,
) -> Response:
    """Every notice and how it stands; `draft` names one whose text begins the form."""
    del staff
    written = Written()
    if draft:
        found = notices.draft(draft)
        chosen = ("all",) if found.topics == "all" else found.topics
        written = Written(ko=found.text.ko, en=found.text.en, topics=chosen)
    return _notices(request, house, written=written, done=done)


def _notices(
    request: Request,
    house: Services,
    *,
    written: Written | None = None,
    done: str | None = None,
    problem: pages.Problem | None = None,
) -> Response:
    language = pages.language_of(request)
    with house.database.reading() as session:
        rows = notices.listed(session, utc_now())
    choices = labels.choices(language)
    return pages.page(
        request,
        "notices.html",
        status=problem.status if problem else 200,
        here=f"{PATH}/notices",
        rows=rows,
        drafts=notices.drafts(),
        written=written or Written(),
        limit=LIMIT,
        choices=choices,
        title=lambda name: catalogue.title(name, language) or name,
        problem=problem,
        done=done,
    )


@router.post("/notices")
def write(
    request: Request,
    house: House,
    staff: Announcing,
    topics: Topics,
    text_ko: Text = "",
    text_en: Text = "",
    until: Line = "",
) -> Response:
    """Write a notice of the staff's own; what was written stays in the form when it is refused."""

    def work(session: Session) -> None:
        notices.write(
            session,
            texts={"ko": text_ko, "en": text_en},
            topics=topics,
            until=notices.end(until),
            by=staff.login,
            now=utc_now(),
        )

    written = Written(ko=text_ko, en=text_en, topics=topics, until=until)
    return _acted(request, house, work, "notice_written", written)


@router.post("/notices/{notice_id}/on")
def switch_on(
    request: Request, house: House, staff: Announcing, notice_id: NoticeId, until: Line = ""
) -> Response:
    """Let a notice speak at once, until a moment when the form names one."""

    def work(session: Session) -> None:
        notices.switch_on(
            session,
            notice_id=notice_id,
            until=notices.end(until),
            by=staff.login,
            now=utc_now(),
        )

    return _acted(request, house, work, "notice_on")


@router.post("/notices/{notice_id}/off")
def switch_off(request: Request, house: House, staff: Announcing, notice_id: NoticeId) -> Response:
    """Silence a notice."""
    work = partial(notices.switch_off, notice_id=notice_id, by=staff.login, now=utc_now())
    return _acted(request, house, work, "notice_off")


@router.post("/notices/{notice_id}/auto")
def follow_dates(
    request: Request, house: House, staff: Announcing, notice_id: NoticeId
) -> Response:
    """Let a notice's dates decide again."""
    work = partial(notices.follow_dates, notice_id=notice_id, by=staff.login, now=utc_now())
    return _acted(request, house, work, "notice_auto")


def _acted(
    request: Request,
    house: Services,
    work: Callable[[Session], object],
    done: str,
    written: Written | None = None,
) -> Response:
    return pages.act(
        house,
        work,
        to=f"{PATH}/notices?done={done}",
        again=lambda problem: _notices(request, house, written=written, problem=problem),
    )
