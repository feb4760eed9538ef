"""Structured logs without personal data."""

import logging
from collections.abc import MutableMapping
from typing import Any

import structlog

from bot.paths import POLICY
from bot.privacy.masking import Masker
from bot.settings import Settings


def configure(settings: Settings) -> None:
    """Logs as lines or JSON; every text in them goes through the masker first."""
    masker = Masker.load(POLICY / "personal_data.yml")

    def masked(
        _logger: Any, _method: str, entry: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        return {
            key: masker.mask(value).text if isinstance(value, str) else value
            for key, value in entry.items()
        }

    render: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if settings.log_json
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        masked,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.ExtraAdder(), *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, render],
        )
    )
    logging.basicConfig(level=settings.log_level, handlers=[handler], force=True)
    for quiet in ("httpx", "httpcore", "rasa_sdk", "sse_starlette"):
        logging.getLogger(quiet).setLevel(logging.WARNING)
