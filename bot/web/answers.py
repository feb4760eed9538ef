"""The page of an answer, for whoever gets its link: an article as it may be told now."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import HTMLResponse

from bot.database import utc_now
from bot.staff import phone
from bot.web.api import PartsOf
from bot.web.pages import page
from bot.web.problems import language_of

router = APIRouter(include_in_schema=False)

HEADERS = {
    # What a notice or a switch says first must show at once.
    "Cache-Control": "no-cache",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


@router.get("/answers/{topic}")
def answer(
    request: Request,
    parts: PartsOf,
    topic: Annotated[str, Path(max_length=64)],
    asked: Annotated[str, Query(alias="lang", max_length=8)] = "",
) -> HTMLResponse:
    """The article of a topic, all of its facets on one page; works with scripts off."""
    language = asked if asked in ("ko", "en") else language_of(request)
    with parts.database.reading() as session:
        found = phone.read(
            session,
            # PostgreSQL refuses a NUL, and no topic has one.
            topic=topic.replace("\0", ""),
            wording=parts.wording,
            language=language,
            now=utc_now(),
        )
    shown = page(
        request,
        "answers.html",
        language,
        status=404 if found is None else 200,
        here=request.url.path,
        article=found,
    )
    shown.headers.update(HEADERS)
    return shown
