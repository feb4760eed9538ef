"""The staff page of the labels: HTTP only; the work is in `labels`."""

from collections.abc import Callable
from functools import partial

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from bot.database import utc_now
from bot.knowledge import topics
from bot.staff import labels, pages
from bot.staff.dependencies import PATH, Done, Editing, Editor, House, Line, PageNumber, Services

router = APIRouter(route_class=pages.StaffRoute)
"""Stands below the router of `bot.staff.routes`, which says the prefix."""


@router.get("/labels")
def label_list(
    request: Request, house: House, staff: Editor, page: PageNumber = 1, done: Done = None
) -> Response:
    """The open labels, the newest first."""
    del staff
    return _labels(request, house, page=page, done=done)


def _labels(
    request: Request,
    house: Services,
    *,
    page: int = 1,
    done: str | None = None,
    problem: pages.Problem | None = None,
) -> Response:
    language = pages.language_of(request)
    with house.database.reading() as session:
        rows = labels.listed(session, page=page)
        count = labels.waiting(session)
    named = {name for row in rows for name in (row.guess, row.pressed) if name}
    return pages.page(
        request,
        "labels.html",
        status=problem.status if problem else 200,
        here=f"{PATH}/labels",
        rows=rows[: labels.PAGE],
        more=len(rows) > labels.PAGE,
        number=page,
        count=count,
        choices=labels.choices(language),
        titles={name: topics.title(name, language) for name in named},
        problem=problem,
        done=done,
    )


@router.post("/labels/{label_id}/confirm")
def confirm(
    request: Request, house: House, staff: Editing, label_id: str, topic: Line = ""
) -> Response:
    """Confirm a label with the topic that the form names: the pressed one or another."""
    work = partial(labels.confirm, label_id=label_id, topic=topic, staff=staff, now=utc_now())
    return _acted(request, house, work, "label_confirmed")


@router.post("/labels/{label_id}/reject")
def reject(request: Request, house: House, staff: Editing, label_id: str) -> Response:
    """Set a label aside."""
    work = partial(labels.reject, label_id=label_id, staff=staff, now=utc_now())
    return _acted(request, house, work, "label_rejected")


def _acted(
    request: Request, house: Services, work: Callable[[Session], object], done: str
) -> Response:
    return pages.act(
        house,
        work,
        to=f"{PATH}/labels?done={done}",
        again=lambda problem: _labels(request, house, problem=problem),
    )
