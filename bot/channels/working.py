"""What a webhook starts: events are stored before it is answered, answers are sent later."""

import asyncio
import time
from collections.abc import Coroutine, Sequence
from uuid import uuid4

import structlog

from bot.channels.base import Address, Channel, Event, Message
from bot.channels.intake import Taken
from bot.channels.metrics import SENDS
from bot.channels.registry import Channels

log = structlog.get_logger(__name__)
AT_ONCE = 8
"""Citizens of one batch whose events are stored at the same time; each one's stay in order."""
SPARE_SECONDS = 0.5
"""Of the platform's limit, for the way there and back."""
TYPING_AFTER = 0.7
ANSWER_SECONDS = 65.0
"""Two questions to Rasa; what takes longer is sent by the outbox's rounds."""


async def stored(
    channels: Channels, channel: Channel, events: Sequence[Event], started: float
) -> None:
    """Store the events and begin to answer them.

    Returns when all are stored, or when the platform would give up waiting (a photo's download may
    take longer); they are stored all the same. Raises what made storing fail, so that the platform
    tries again.
    """
    by_user: dict[str, list[Event]] = {}
    for event in events:
        by_user.setdefault(event.user, []).append(event)
    limit = asyncio.Semaphore(AT_ONCE)

    async def one(mine: list[Event]) -> None:
        async with limit:
            for event in mine:
                taken = await channels.intake.take(channel, event)
                _begin(channels, _follow(channels, channel, event, taken))

    tasks = [_begin(channels, one(mine)) for mine in by_user.values()]
    if not tasks:
        return
    left = channel.capabilities.answer_seconds - SPARE_SECONDS - (time.monotonic() - started)
    done, late = await asyncio.wait(tasks, timeout=max(left, 0.1))
    if late:
        log.warning("stored_after_answering", channel=channel.name, citizens=len(late))
    for task in done:
        task.result()


async def _follow(channels: Channels, channel: Channel, event: Event, taken: Taken) -> None:
    """Show that it arrived, wait for the answer, and send it."""
    if isinstance(event, Message) and event.acknowledge:
        await channel.acknowledge(event)
    if taken.said:
        await _say(channel, taken)
    if taken.conversation_id is None:
        return
    if not taken.message_ids:
        channels.outbox.start(taken.conversation_id)
    for message_id in taken.message_ids:
        await _answered(channels, channel, taken, message_id)
        channels.outbox.start(taken.conversation_id)


async def _answered(channels: Channels, channel: Channel, taken: Taken, message_id: str) -> None:
    assert taken.conversation_id is not None
    wait = channels.turns.answered
    if not await wait(taken.conversation_id, message_id, TYPING_AFTER):
        await channel.typing(Address(taken.user))
        await wait(taken.conversation_id, message_id, ANSWER_SECONDS)


async def _say(channel: Channel, taken: Taken) -> None:
    for payload in channel.render(taken.said):
        sent = await channel.send(Address(taken.user), payload, str(uuid4()))
        SENDS.labels(channel=channel.name, outcome=sent.outcome).inc()


def _begin(channels: Channels, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
    task = channels.tasks.start(work)
    task.add_done_callback(_told)
    return task


def _told(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()):
        log.error("channel_work_failed", error=type(error).__name__)
