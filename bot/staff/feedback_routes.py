"""The staff page of what citizens said of the answers: HTTP only; the work is in `feedback`."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from bot.knowledge import topics
from bot.staff import feedback, pages
from bot.staff.dependencies import Editor, House, PageNumber
from bot.wording import Language, Wording

router = APIRouter(route_class=pages.StaffRoute)
"""Stands below the router of `bot.staff.routes`, which says the prefix."""

TopicChoice = Annotated[str, Query(pattern="^[a-z0-9_]{0,64}$")]
"""A topic to show alone; empty for every topic."""


@router.get("/feedback")
def feedback_list(
    request: Request,
    house: House,
    staff: Editor,
    topic: TopicChoice = "",
    said: feedback.Said = "all",
    page: PageNumber = 1,
) -> Response:
    """What was said of the answers, the newest first, and how often by topic."""
    del staff
    language = pages.language_of(request)
    with house.database.reading() as session:
        rows = feedback.listed(session, topic=topic, said=said, page=page)
        counts = feedback.counts(session)
    named = {count.topic for count in counts} | ({topic} if topic else set())
    titles = {name: topics.title(name, language) or name for name in named}
    shown = {name for row in rows for name in row.feedback.facets}
    return pages.page(
        request,
        "feedback.html",
        rows=rows[: feedback.PAGE],
        more=len(rows) > feedback.PAGE,
        number=page,
        counts=counts,
        topic=topic,
        said=said,
        saids=feedback.SAID,
        titles=titles,
        choices=sorted(titles.items(), key=lambda one: one[1]),
        facets={name: _facet(house.wording, name, language) for name in shown},
    )


def _facet(wording: Wording, name: str, language: Language) -> str:
    key = f"facet.{name}"
    return wording.text(key, language) if wording.has(key) else name
