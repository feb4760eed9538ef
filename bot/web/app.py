"""The ASGI application: its parts wired, its routes, and the headers that guard its pages."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles
from starlette.middleware.cors import CORSMiddleware

from bot.conversations.delivery import Delivery
from bot.conversations.lemmatiser import Lemmatiser
from bot.staff.routes import router as staff_router
from bot.web import api, health, pages, problems
from bot.web.headers import Guarded
from bot.web.limits import BodyLimit, ConversationLimit
from bot.web.parts import Parts


def create_app(parts: Parts, actions_ready: Callable[[], bool] = lambda: True) -> FastAPI:
    """The application over `parts`; `actions_ready` says whether the action listener is up."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        parts.hub.bind(asyncio.get_running_loop())
        delivery = Delivery(
            database=parts.database,
            hub=parts.hub,
            turns=parts.turns,
            desk=parts.desk,
            wording=parts.wording,
        )
        lemmatiser = Lemmatiser(database=parts.database, rasa=parts.rasa)
        tasks = [asyncio.create_task(each.run()) for each in (delivery, lemmatiser)]
        yield
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await parts.turns.close()
        await parts.rasa.close()
        parts.database.dispose()

    app = FastAPI(
        title="일사천리 120",
        version="1",
        docs_url="/api/docs",
        redoc_url=None,
        openapi_url="/api/openapi.json",
        lifespan=lifespan,
    )
    _put_parts(app, parts, actions_ready)
    problems.install(app)
    app.include_router(api.router)
    app.include_router(health.router)
    app.include_router(pages.router)
    app.include_router(staff_router)
    app.mount("/static", StaticFiles(directory=pages.STATIC), name="static")
    # Inside the other: what it raises must reach the application as it is.
    app.add_middleware(BodyLimit)
    app.add_middleware(Guarded)
    _allow_origins(app, parts.settings.allowed_origins)
    return app


def _put_parts(app: FastAPI, parts: Parts, actions_ready: Callable[[], bool]) -> None:
    app.state.parts = parts
    app.state.settings = parts.settings
    app.state.database = parts.database
    app.state.wording = parts.wording
    app.state.masker = parts.masker
    app.state.cipher = parts.cipher
    app.state.notify = parts.hub.notify
    app.state.actions_ready = actions_ready
    app.state.conversation_limit = ConversationLimit(parts.settings.conversations_per_minute)


def _allow_origins(app: FastAPI, origins: str) -> None:
    allowed = [origin.strip() for origin in origins.split(",") if origin.strip()]
    if allowed:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=allowed,
            allow_methods=["GET", "POST", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "Last-Event-ID"],
        )
