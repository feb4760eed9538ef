"""Taking a citizen's message from the door to its stored answer.

One message of a conversation at a time: whoever holds the conversation's lease answers its queued
messages in order. Two short transactions a message: one stores it (and takes the lease), one
stores the replies (and takes the next message or gives the lease back). No transaction is open
while Rasa is asked.
"""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import ParamSpec, TypeVar

import structlog
from sqlalchemy.orm import Session

from bot.attachments.images import Photo
from bot.conversations import moves, service, shared, turn_queue
from bot.conversations.errors import RasaFailed
from bot.conversations.hub import LOOK_AGAIN_SECONDS, Hub
from bot.conversations.models import Message, new_id
from bot.conversations.rasa_client import RasaClient
from bot.conversations.rendering import Renderer
from bot.conversations.schemas import IncomingMessage
from bot.conversations.service import Keeping
from bot.conversations.turn_queue import Job
from bot.database import Database, utc_now
from bot.korean.guard import Alarm
from bot.metrics import MESSAGES, RASA_SECONDS
from bot.replies import Reply
from bot.rounds import Tasks
from bot.wording import Wording

log = structlog.get_logger(__name__)
P = ParamSpec("P")
T = TypeVar("T")

SECOND_TRY_AFTER_SECONDS = 1.0
TRIES = 2
NUMBERS_WAIT_SECONDS = 3.0
"""How long the numbers of an emergency wait for the answer that comes with them."""
MOST_ATTEMPTS = 4
"""Of processes that died over the same message: then it may be the message."""


@dataclass(frozen=True)
class Received:
    """A stored message, and the job if this process may answer at once."""

    message_id: str
    job: Job | None
    alarm: Alarm | None = None
    """A cry for help: answered at once, past whatever the conversation still waits for."""


class Turns:
    """Receives messages and answers them, with the parts it needs given once."""

    def __init__(
        self,
        *,
        database: Database,
        rasa: RasaClient,
        hub: Hub,
        wording: Wording,
        keeping: Keeping,
        moves: moves.Moves,
        per_minute: int,
    ) -> None:
        self._database = database
        self._rasa = rasa
        self._hub = hub
        self._wording = wording
        self._keeping = keeping
        self._moves = moves
        self._per_minute = per_minute
        self._pool = ThreadPoolExecutor(max_workers=16, thread_name_prefix="turns")
        self._tasks = Tasks()
        self._answered_here: dict[str, asyncio.Event] = {}

    async def receive(
        self, *, conversation_id: str, token: str, incoming: IncomingMessage
    ) -> Received:
        """Store a message and start answering it. Raises a ConversationError."""
        photo = await self._redrawn(conversation_id, token, incoming)
        received = await self._run(self._store, conversation_id, token, incoming, photo)
        self._hub.notify(conversation_id)
        if received.job:
            self._answered_here[received.message_id] = asyncio.Event()
            self._tasks.start(
                self._alarm(received.job, received.alarm)
                if received.alarm
                else self._drain(received.job)
            )
        return received

    async def _redrawn(
        self, conversation_id: str, token: str, incoming: IncomingMessage
    ) -> Photo | None:
        """The photo that a message brings, made before the transaction that stores it."""
        if incoming.photo is None:
            return None
        # Work is done only for who may send, and for a repeated client_id none.
        if await self._run(self._sent_before, conversation_id, token, incoming):
            return None
        with shared.refusing():
            return await shared.needed(self._keeping.photos).prepared(incoming.photo)

    async def answered(self, conversation_id: str, message_id: str, seconds: float) -> bool:
        """Wait until a message is answered (or left to a person); False when time runs out."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            # Woken by this process when it answers; another process's answer is seen by looking.
            done = self._answered_here.get(message_id)
            if done is None or not await _set_within(done, min(left, LOOK_AGAIN_SECONDS)):
                if await self._run(self._is_answered, message_id):
                    return True
                if done is None:
                    await self._hub.wait(conversation_id, min(left, LOOK_AGAIN_SECONDS))
            else:
                return True
        return False

    async def resume(self, conversation_id: str) -> None:
        """Answer what a crashed process left unanswered in this conversation."""
        job = await self._run(self._lease, conversation_id)
        if job:
            await self._drain(job)

    async def close(self) -> None:
        """Let the running turns end, for a moment; what does not end is resumed elsewhere."""
        await self._tasks.ended(3.0)
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, partial(work, *args, **kwargs))

    async def _drain(self, job: Job) -> None:
        following: Job | None = job
        while following is not None:
            current = following.message_id
            following = await self._take(following)
            self._done(current, job.conversation_id)

    async def _alarm(self, job: Job, alarm: Alarm) -> None:
        await self._run(self._answer_alarm, job, alarm)
        self._done(job.message_id, job.conversation_id)

    def _done(self, message_id: str, conversation_id: str) -> None:
        if event := self._answered_here.pop(message_id, None):
            event.set()
        self._hub.notify(conversation_id)

    def _answer_alarm(self, job: Job, alarm: Alarm) -> None:
        decided = self._moves.alarmed(job, alarm)
        MESSAGES.labels(outcome=decided.turn).inc()
        with self._database.writing() as session:
            self._store_answer(session, job, decided.replies, decided.turn)

    async def _take(self, job: Job) -> Job | None:
        try:
            replies, turn = await self._replies(job)
            return await self._run(self._finish, job, replies, turn)
        except Exception:
            # Whatever is wrong here, the citizen gets a sentence and the talk goes on.
            log.exception("turn_failed", message=job.message_id)
            MESSAGES.labels(outcome="failed").inc()
            replies = await self._run(self._moves.failed, job)
            return await self._run(self._finish, job, replies, "failed")

    async def _replies(self, job: Job) -> tuple[list[Reply], str]:
        if job.attempts > MOST_ATTEMPTS:
            return await self._run(self._moves.failed, job), "failed"
        step, numbers = await self._run(self._step, job)
        if isinstance(step, moves.Decided):
            MESSAGES.labels(outcome=step.turn).inc()
            return step.replies, step.turn
        started = time.perf_counter()
        replies = await self._ask_within(step, NUMBERS_WAIT_SECONDS if numbers else None)
        RASA_SECONDS.observe(time.perf_counter() - started)
        MESSAGES.labels(outcome="failed" if replies is None else "answered").inc()
        if replies is None and not numbers:
            return self._moves.rasa_failed(), "failed"
        replies = self._moves.after_rasa(job, replies or [])
        if not numbers:
            return replies, "answered"
        said = await self._run(self._moves.with_numbers, job, numbers, replies)
        if any(each.asks for each in replies) and not any(each.asks for each in said):
            # Rasa has begun a form whose question nobody sees.
            with suppress(RasaFailed):
                await self._rasa.forget(job.conversation_id)
        return said, "answered"

    def _step(self, job: Job) -> tuple[moves.Decided | Job, list[Reply]]:
        """The gateway's own answer; or what Rasa is asked, and the numbers beside its answer."""
        step = self._moves.before_rasa(job)
        return step, [] if isinstance(step, moves.Decided) else self._moves.numbers(step)

    async def _ask_within(self, job: Job, seconds: float | None) -> list[Reply] | None:
        try:
            return await asyncio.wait_for(self._ask(job), seconds)
        except TimeoutError:
            return None

    async def _ask(self, job: Job) -> list[Reply] | None:
        if job.attempts > 1 and (known := await self._rasa.answered_before(job)):
            return known
        for attempt in range(TRIES):
            try:
                return await self._rasa.ask(job)
            except RasaFailed as failure:
                log.warning(
                    "rasa_failed", message=job.message_id, attempt=attempt, why=str(failure)
                )
            if attempt + 1 < TRIES:
                await asyncio.sleep(SECOND_TRY_AFTER_SECONDS)
                if known := await self._rasa.answered_before(job):
                    return known
        return None

    def _sent_before(self, conversation_id: str, token: str, incoming: IncomingMessage) -> bool:
        with self._database.reading() as session:
            conversation = service.authenticated(
                session, conversation_id=conversation_id, token=token
            )
            known = service.may_send(
                session,
                conversation=conversation,
                incoming=incoming,
                per_minute=self._per_minute,
                now=utc_now(),
            )
            if known is None:
                photos = shared.needed(self._keeping.photos)
                shared.check_hour(session, photos, conversation_id, utc_now())
            return known is not None

    def _store(
        self,
        conversation_id: str,
        token: str,
        incoming: IncomingMessage,
        photo: Photo | None,
    ) -> Received:
        with self._database.writing() as session:
            conversation = service.authenticated(
                session, conversation_id=conversation_id, token=token
            )
            message = service.receive(
                session,
                conversation=conversation,
                incoming=incoming,
                keeping=self._keeping,
                per_minute=self._per_minute,
                now=utc_now(),
                photo=photo,
            )
            if message.turn != "queued":
                # A repeated client_id is an old message: nothing is started for it.
                return Received(message.id, None)
            alarm = self._moves.alarm(message.text, message.press)
            # What only the learnt ear heard waits for Rasa, but for no message before it.
            if alarm is None or (
                moves.may_be_answered(alarm) and not turn_queue.others_wait(session, message)
            ):
                job = self._leased_job(session, conversation_id)
                if alarm is None or job is not None:
                    return Received(message.id, job)
            message.turn = "alarm"
            job = turn_queue.job_of(session, message=message, owner="")
            return Received(message.id, job, alarm)

    def _lease(self, conversation_id: str) -> Job | None:
        with self._database.writing() as session:
            return self._leased_job(session, conversation_id)

    def _leased_job(self, session: Session, conversation_id: str) -> Job | None:
        # An owner a run, not a process: two requests of one process must not both hold it.
        owner = new_id()
        if not turn_queue.lease(
            session, conversation_id=conversation_id, owner=owner, now=utc_now()
        ):
            return None
        job = turn_queue.next_job(session, conversation_id=conversation_id, owner=owner)
        if job is None:
            turn_queue.release(session, conversation_id=conversation_id, owner=owner)
        return job

    def _finish(self, job: Job, replies: list[Reply], turn: str) -> Job | None:
        now = utc_now()
        with self._database.writing() as session:
            self._store_answer(session, job, replies, turn)
            held = {"conversation_id": job.conversation_id, "owner": job.owner}
            if not turn_queue.lease(session, **held, now=now):
                return None
            following = turn_queue.next_job(session, **held)
            if following is None:
                turn_queue.release(session, **held)
            return following

    def _store_answer(self, session: Session, job: Job, replies: list[Reply], turn: str) -> None:
        service.answer(
            session,
            job=job,
            replies=replies,
            render=Renderer(session, self._wording, job.language),
            turn=turn,
            now=utc_now(),
        )

    def _is_answered(self, message_id: str) -> bool:
        with self._database.reading() as session:
            message = session.get(Message, message_id)
            return message is not None and message.turn not in ("queued", "asking", "alarm")


async def _set_within(event: asyncio.Event, seconds: float) -> bool:
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return False
    return True
