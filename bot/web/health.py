"""Whether the service lives, is ready, and what it counts."""

import structlog
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import func, select, text
from starlette.concurrency import run_in_threadpool

from bot.knowledge.models import Article
from bot.web.parts import Parts

router = APIRouter(tags=["health"])
log = structlog.get_logger(__name__)


@router.get("/health/live")
async def live() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


@router.get("/health/ready")
async def ready(request: Request) -> JSONResponse:
    """Each part by name; 503 while one of them is not ready."""
    parts: Parts = request.app.state.parts
    states = {
        "database": await run_in_threadpool(_database, parts),
        "knowledge": await run_in_threadpool(_knowledge, parts),
        "rasa": await parts.rasa.ready(),
        "actions": bool(request.app.state.actions_ready()),
    }
    named = {name: "ok" if fine else "not ready" for name, fine in states.items()}
    fine = all(states.values())
    status = "ok" if fine else "not ready"
    return JSONResponse({"status": status, "parts": named}, 200 if fine else 503)


@router.get("/metrics", include_in_schema=False)
def metrics() -> Response:
    """Prometheus metrics; a reverse proxy keeps them from the world (docs/operating.md)."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


def _database(parts: Parts) -> bool:
    try:
        with parts.database.reading() as session:
            session.execute(text("SELECT 1 FROM conversations LIMIT 1"))
    except Exception as error:
        log.warning("database_not_ready", error=type(error).__name__)
        return False
    return True


def _knowledge(parts: Parts) -> bool:
    try:
        with parts.database.reading() as session:
            return bool(session.scalar(select(func.count()).select_from(Article)))
    except Exception as error:
        log.warning("knowledge_not_ready", error=type(error).__name__)
        return False
