"""The citizens' pages: the page of the service, the chat on a page of its own, the widget."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse
from fastapi.templating import Jinja2Templates

from bot.paths import ROOT
from bot.wording import Wording

WEB = ROOT / "bot" / "web"
STATIC = WEB / "static"
templates = Jinja2Templates(directory=WEB / "templates")
router = APIRouter(include_in_schema=False)
Language = Annotated[Literal["ko", "en"], Query(alias="lang")]


def _page(request: Request, name: str, language: str) -> HTMLResponse:
    wording: Wording = request.app.state.wording

    def say(key: str, **values: str) -> str:
        return wording.text(key, language, values)

    return templates.TemplateResponse(request, name, {"lang": language, "say": say})


@router.get("/")
def home(request: Request, language: Language = "ko") -> HTMLResponse:
    """The page of the service, with the widget on it."""
    return _page(request, "home.html", language)


@router.get("/chat")
def chat(request: Request, language: Language = "ko") -> HTMLResponse:
    """The chat on a page of its own."""
    return _page(request, "chat.html", language)


@router.get("/widget/ilsa-chat.js")
def widget() -> FileResponse:
    """The widget's one script, for any page."""
    return FileResponse(
        STATIC / "widget" / "ilsa-chat.js",
        media_type="text/javascript",
        headers={
            "Cache-Control": "public, max-age=300",
            "Cross-Origin-Resource-Policy": "cross-origin",
        },
    )


@router.get("/widget/wording.json")
def widget_wording(request: Request, language: Language = "ko") -> JSONResponse:
    """The widget's sentences in one language."""
    wording: Wording = request.app.state.wording
    sentences = {
        key.removeprefix("widget."): wording.template(key, language)
        for key in wording.names()
        if key.startswith("widget.")
    }
    return JSONResponse(sentences, headers={"Cache-Control": "public, max-age=300"})
