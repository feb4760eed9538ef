"""One process, two listeners: the web application for the world, the actions for Rasa only.

`python -m bot.web.serve` serves until SIGTERM or Ctrl-C.
"""

import asyncio
import signal

import structlog
import uvicorn
from rasa_sdk.interfaces import ActionExecutionRejection, ActionNotFoundException
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from actions.registry import executor
from bot.logs import configure
from bot.settings import Settings, settings
from bot.web.app import create_app
from bot.web.parts import Parts

log = structlog.get_logger(__name__)
GRACE_SECONDS = 4


def actions_app(parts: Parts) -> Starlette:
    """Rasa's action endpoint: the request goes to rasa-sdk's executor, its result comes back."""
    actions = executor(parts.for_actions())

    async def webhook(request: Request) -> JSONResponse:
        call = await request.json()
        try:
            result = await actions.run(call)
        except ActionExecutionRejection as error:
            rejected = {"error": str(error), "action_name": error.action_name}
            return JSONResponse(rejected, 400)
        except ActionNotFoundException as error:
            return JSONResponse({"error": str(error), "action_name": error.action_name}, 404)
        except Exception as error:
            # The name is enough to find the line; the message may hold a citizen's words.
            log.exception("action_failed", action=call.get("next_action"))
            return JSONResponse({"error": type(error).__name__}, 500)
        return JSONResponse(result.model_dump() if result else {"events": [], "responses": []})

    async def healthy(_request: Request) -> JSONResponse:
        return JSONResponse({"status": "ok"})

    return Starlette(
        routes=[Route("/webhook", webhook, methods=["POST"]), Route("/health", healthy)]
    )


def _server(app: object, host: str, port: int) -> uvicorn.Server:
    config = uvicorn.Config(
        app,  # type: ignore[arg-type]
        host=host,
        port=port,
        log_config=None,
        ws="none",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    return uvicorn.Server(config)


async def serve(chosen: Settings) -> None:
    """Serve both listeners until a signal asks to stop."""
    parts = Parts.make(chosen)
    actions = _server(actions_app(parts), "127.0.0.1", chosen.action_port)
    web = _server(create_app(parts, lambda: actions.started), chosen.host, chosen.port)

    def stop() -> None:
        web.should_exit = True
        actions.should_exit = True

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    # Not `Server.serve`, which takes the signals for one server: here they are for both.
    await asyncio.gather(web._serve(), actions._serve())


def main() -> None:
    """Serve with the settings of the environment."""
    chosen = settings()
    configure(chosen)
    asyncio.run(serve(chosen))


if __name__ == "__main__":
    main()
