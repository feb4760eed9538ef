"""The widget's script, and what it needs to know before a conversation: `GET /api/widget`."""

from typing import Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel
from sqlalchemy.orm import Session
from starlette.routing import BaseRoute, Match

from bot.conversations import desk_rules
from bot.database import utc_now
from bot.hours import Opening
from bot.knowledge import service as knowledge
from bot.web import quick_topics
from bot.web.api import PartsOf
from bot.web.widget import script
from bot.wording import LANGUAGES, Language, Wording

router = APIRouter()
PREFIX = "widget."
CACHE_SCRIPT = "public, max-age=300"
CACHE_ABOUT = "public, max-age=60"
STATUS_PATH = "/status"
FEATURES = {
    "photos": ("POST", "/api/conversations/x/photos"),
    "code": ("GET", "/api/conversations/x/code"),
    "satisfaction": ("POST", "/api/conversations/x/satisfaction"),
}
"""What the widget offers only where this application answers it."""


class TopicOut(BaseModel):
    """A topic to ask about, by its title."""

    topic: str
    title: str


class HoursOut(BaseModel):
    """When people answer, in Asia/Seoul, and whether they do now."""

    opens: str
    closes: str
    open: bool


class WidgetOut(BaseModel):
    """All that the widget shows before and around a conversation."""

    language: Language
    words: dict[str, str]
    thumbs: dict[str, Literal["up", "down"]]
    """Titles of the buttons that judge an answer, in every language: drawn as thumbs."""
    topics: list[TopicOut]
    hours: HoursOut
    features: dict[str, bool]
    photo_mb: int
    status: str | None
    """Address of the page on which a receipt number is looked up, where there is one."""


@router.get("/widget/ilsa-chat.js", include_in_schema=False)
def widget(request: Request) -> Response:
    """The widget's one script, for any page."""
    made = script()
    headers = {
        "Cache-Control": CACHE_SCRIPT,
        "Cross-Origin-Resource-Policy": "cross-origin",
        "ETag": made.etag,
        "Vary": "Accept-Encoding",
    }
    if request.headers.get("if-none-match") == made.etag:
        return Response(status_code=304, headers=headers)
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return Response(made.text, media_type="text/javascript", headers=headers)
    headers["Content-Encoding"] = "gzip"
    return Response(made.zipped, media_type="text/javascript", headers=headers)


@router.get("/api/widget", tags=["conversations"])
def about(
    request: Request,
    response: Response,
    parts: PartsOf,
    language: Literal["ko", "en"] = Query("ko", description="Language of the words"),
) -> WidgetOut:
    """Words, topics of the season, hours and abilities, for the chat widget."""
    response.headers["Cache-Control"] = CACHE_ABOUT
    routes = request.app.routes
    with parts.database.reading() as session:
        topics = _topics(session, language)
        opening = desk_rules.current(session).opening
    return WidgetOut(
        language=language,
        words=words(parts.wording, language),
        thumbs=_thumbs(parts.wording),
        topics=topics,
        hours=_hours(opening),
        features={name: _answers(routes, *what) for name, what in FEATURES.items()},
        photo_mb=parts.settings.attachment_max_mb,
        status=STATUS_PATH if _answers(routes, "GET", STATUS_PATH) else None,
    )


def words(wording: Wording, language: str) -> dict[str, str]:
    """The widget's sentences by name, `$values` and all."""
    return {
        key.removeprefix(PREFIX): wording.template(key, language)
        for key in wording.names()
        if key.startswith(PREFIX)
    }


def _thumbs(wording: Wording) -> dict[str, Literal["up", "down"]]:
    up: dict[str, Literal["up", "down"]] = {
        wording.template("button.useful", each): "up" for each in LANGUAGES
    }
    return up | {wording.template("button.not_useful", each): "down" for each in LANGUAGES}


def _topics(session: Session, language: str) -> list[TopicOut]:
    titles = {
        topic: knowledge.title(session, topic, language) for topic in quick_topics.of(utc_now())
    }
    return [TopicOut(topic=topic, title=title) for topic, title in titles.items() if title]


def _hours(opening: Opening) -> HoursOut:
    return HoursOut(
        opens=f"{opening.opens:%H:%M}",
        closes=f"{opening.closes:%H:%M}",
        open=opening.is_open(utc_now()),
    )


def _answers(routes: list[BaseRoute], method: str, path: str) -> bool:
    scope = {"type": "http", "method": method, "path": path, "headers": []}
    return any(route.matches(scope)[0] is Match.FULL for route in routes)
