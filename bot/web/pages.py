"""The citizens' pages: the page of the service. Also what every page of theirs is drawn with."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from fastapi.templating import Jinja2Templates

from bot.hours import SEOUL
from bot.paths import ROOT
from bot.wording import Wording

WEB = ROOT / "bot" / "web"
STATIC = WEB / "static"
templates = Jinja2Templates(directory=WEB / "templates")
router = APIRouter(include_in_schema=False)
Language = Annotated[Literal["ko", "en"], Query(alias="lang")]


def seoul_time(at: datetime) -> str:
    """A time (aware) as people in Jeju read it."""
    return f"{at.astimezone(SEOUL):%Y-%m-%d %H:%M}"


templates.env.filters["seoul_time"] = seoul_time


def page(
    request: Request, name: str, language: str, *, status: int = 200, **values: Any
) -> HTMLResponse:
    """A template in one language; it gets `lang`, `say(key)` and the `values`."""
    wording: Wording = request.app.state.wording

    def say(key: str, **filled: str) -> str:
        return wording.text(key, language, filled)

    return templates.TemplateResponse(
        request, name, {"lang": language, "say": say, **values}, status_code=status
    )


@router.get("/")
def home(request: Request, language: Language = "ko") -> HTMLResponse:
    """The page of the service, with the widget on it."""
    return page(request, "home.html", language)
