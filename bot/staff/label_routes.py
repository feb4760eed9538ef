"""The staff page of the labels: HTTP only; the work is in `labels`."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from bot.database import utc_now
from bot.knowledge import topics
from bot.staff import labels, pages, work
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
        waiting, alarms = work.needing(session)
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
        waiting=waiting,
        alarms=alarms,
        problem=problem,
        done=done,
    )


@router.post("/labels/{label_id}/confirm")
def confirm(
    request: Request, house: House, staff: Editing, label_id: str, topic: Line = ""
) -> Response:
    """Confirm a label with the topic that the form names: the pressed one or another."""
    try:
        with house.database.writing() as session:
            labels.confirm(session, label_id=label_id, topic=topic, staff=staff, now=utc_now())
    except pages.PROBLEMS as problem:
        return _labels(request, house, problem=problem)
    return RedirectResponse(f"{PATH}/labels?done=label_confirmed", status_code=303)


@router.post("/labels/{label_id}/reject")
def reject(request: Request, house: House, staff: Editing, label_id: str) -> Response:
    """Set a label aside."""
    try:
        with house.database.writing() as session:
            labels.reject(session, label_id=label_id, staff=staff, now=utc_now())
    except pages.PROBLEMS as problem:
        return _labels(request, house, problem=problem)
    return RedirectResponse(f"{PATH}/labels?done=label_rejected", status_code=303)
