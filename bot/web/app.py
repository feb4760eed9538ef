"""The ASGI application: its parts wired, its routes, and the headers that guard its pages."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime

from fastapi import Depends, FastAPI
from fastapi.staticfiles import StaticFiles
from sqlalchemy.orm import Session
from starlette.middleware.cors import CORSMiddleware

from bot.attachments.tidying import Tidying
from bot.channels.registry import Channels
from bot.channels.routes import router as channels_router
from bot.conversations.delivery import Delivery
from bot.conversations.lemmatiser import Lemmatiser
from bot.conversations.retention import Retention
from bot.conversations.search_reader import SearchReader
from bot.database import utc_now
from bot.open311.routes import router as open311_router
from bot.staff import calls, viewers
from bot.staff.routes import router as staff_router
from bot.tickets.outgoing import Outgoing
from bot.web import (
    answers,
    api,
    bodies,
    chat_pages,
    health,
    pages,
    people_api,
    photos,
    problems,
    status,
    widget_api,
)
from bot.web.headers import Guarded
from bot.web.limits import (
    OPEN311_PER_MINUTE,
    PHOTOS_PER_MINUTE,
    STATUS_PER_MINUTE,
    BodyLimit,
    ConversationLimit,
    open311_allowed,
)
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
        tidying = Tidying(
            database=parts.database,
            store=parts.photos.store,
            hours=parts.settings.attachment_hours,
        )
        retention = Retention(
            database=parts.database,
            rasa=parts.rasa,
            store=parts.photos.store,
            days=parts.settings.conversation_days,
            also=_outlived_by_staff,
        )
        reader = SearchReader(database=parts.database, rasa=parts.rasa)
        beside = (delivery, lemmatiser, tidying, retention, reader)
        tasks = [asyncio.create_task(each.run()) for each in beside]
        outgoing = Outgoing.of(
            database=parts.database,
            settings=parts.settings,
            wording=parts.wording,
            forms=parts.forms,
            masker=parts.masker,
        )
        tasks.append(asyncio.create_task(outgoing.run()))
        tasks.append(asyncio.create_task(app.state.channels.run()))
        yield
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await app.state.channels.close()
        await parts.turns.close()
        parts.memory.close()
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
    app.include_router(photos.router)
    app.include_router(people_api.router)
    app.include_router(health.router)
    app.include_router(pages.router)
    app.include_router(chat_pages.router)
    app.include_router(widget_api.router)
    app.include_router(status.router)
    app.include_router(answers.router)
    app.include_router(bodies.router)
    app.include_router(open311_router, dependencies=[Depends(open311_allowed)])
    app.include_router(channels_router)
    app.include_router(staff_router)
    app.mount("/static", StaticFiles(directory=pages.STATIC), name="static")
    # Inside the other: what it raises must reach the application as it is.
    app.add_middleware(BodyLimit)
    app.add_middleware(Guarded)
    _allow_origins(app, parts.settings.allowed_origins)
    return app


def _outlived_by_staff(session: Session, before: datetime) -> None:
    """What the desk kept for a while: the words of calls, and who looked at which talk."""
    calls.forget_words(session, before=before)
    viewers.purge(session, now=utc_now())


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
    app.state.photos = parts.photos
    app.state.channels = Channels(
        settings=parts.settings,
        database=parts.database,
        turns=parts.turns,
        memory=parts.memory,
        wording=parts.wording,
        cipher=parts.cipher,
        photos=parts.photos,
        links_key=parts.links_key,
    )
    app.state.photo_limit = ConversationLimit(PHOTOS_PER_MINUTE)
    app.state.status_limit = ConversationLimit(STATUS_PER_MINUTE)
    app.state.open311_limit = ConversationLimit(OPEN311_PER_MINUTE)


def _allow_origins(app: FastAPI, origins: str) -> None:
    allowed = [origin.strip() for origin in origins.split(",") if origin.strip()]
    if allowed:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=allowed,
            allow_methods=["GET", "POST", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "Last-Event-ID"],
        )
