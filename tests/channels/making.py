"""Channels made from settings of their own, over a client that reaches the stand-ins."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from bot.channels import http as platforms
from bot.channels.base import Channel
from bot.settings import Settings


def made_settings(**chosen: Any) -> Settings:
    """Settings without this machine's environment."""
    return Settings(_env_file=None, **chosen)


@asynccontextmanager
async def made_channel[C: Channel](kind: type[C], **chosen: Any) -> AsyncIterator[C]:
    """A channel until the block ends."""
    async with platforms.client() as http:
        make: Any = kind
        yield make(made_settings(**chosen), http)


def pure[C: Channel](kind: type[C], **chosen: Any) -> C:
    """A channel for what needs no network."""
    make: Any = kind
    return make(made_settings(**chosen), None)  # type: ignore[no-any-return]
