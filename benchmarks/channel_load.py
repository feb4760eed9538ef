"""The callers of `make bench-channels`: citizens who write, and webhooks that come twice."""

import csv
import random
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import httpx
from sqlalchemy import func, select

from benchmarks.channel_messengers import Messenger, Repeats, Webhook
from bot.channels import capabilities, outgoing
from bot.channels.identities import Identities
from bot.conversations.models import Message, OutboxUnit
from bot.paths import ROOT
from bot.privacy.vault import Cipher
from bot.wording import wording
from tests.support.service import Service, wait_for

AT_ONCE, EACH, REPEATED = 8, 10, 0.1
IN_WORK = ("queued", "asking", "alarm")
BESIDE_SECONDS = 0.02
"""By which a repeat follows its first where it comes while that is in work."""
ANSWER_SECONDS, SETTLE_SECONDS, MOST_FETCHES = 180.0, 900.0, 50


@dataclass
class Load:
    """What the callers saw."""

    seconds: list[float] = field(default_factory=list)
    refused: int = 0
    repeats: int = 0
    sent: dict[int, int] = field(default_factory=dict)
    """New webhooks by citizen."""
    honest: int = 0
    """Times that a citizen said the same again, after it was answered."""
    eaten: int = 0
    """How many of those were not stored."""
    fetches: list[float] = field(default_factory=list)
    """What the presses for waiting answers took."""
    lock: threading.Lock = field(default_factory=threading.Lock)


class Caller:
    """One of the callers, with a client of its own."""

    def __init__(
        self, service: Service, messenger: Messenger, made: Load, client: httpx.Client, seed: int
    ) -> None:
        self._service, self._messenger, self._made = service, messenger, made
        self._client, self._dice = client, random.Random(seed)
        settings = service.settings
        cipher = Cipher(settings.vault_key())
        self._identities = Identities(key=settings.channels_key(), cipher=cipher)

    def say(self, citizen: int, text: str) -> None:
        """Send a new message; a tenth twice, as the platform repeats."""
        hook = self._messenger.webhook(citizen, text)
        repeats = self._messenger.repeats
        again = repeats is not Repeats.NEVER and self._dice.random() < REPEATED
        if again and repeats is Repeats.BESIDE:
            self._take(citizen, self._beside(hook))
        elif again:
            self._take(citizen, [self._posted(hook), self._posted(hook)])
        else:
            self._take(citizen, [self._posted(hook)])
        with self._made.lock:
            self._made.repeats += again
            self._made.sent[citizen] = self._made.sent.get(citizen, 0) + 1

    def say_again(self, citizen: int, text: str) -> None:
        """Say what was said last, once it is answered: an honest message, not a repeat."""
        wait_for(lambda: not self._in_work(citizen), ANSWER_SECONDS, "an answer")
        before = self._stored(citizen)
        self.say(citizen, text)
        with self._made.lock:
            self._made.honest += 1
            self._made.eaten += self._stored(citizen) == before

    def fetch_all(self, citizen: int) -> None:
        """Press the button for waiting answers until none waits, where there is one."""
        for _ in range(MOST_FETCHES):
            hook = self._messenger.fetch(citizen)
            if hook is None or not self._waiting(citizen):
                return
            answer, took = self._posted(hook)
            with self._made.lock:
                self._made.fetches.append(took)
                self._made.refused += answer.status_code != httpx.codes.OK
                self._messenger.replied(citizen, [answer.content])

    def _posted(self, hook: Webhook) -> tuple[httpx.Response, float]:
        path, body, headers = hook
        began = time.perf_counter()
        answer = self._client.post(path, content=body, headers=headers)
        return answer, time.perf_counter() - began

    def _beside(self, hook: Webhook) -> list[tuple[httpx.Response, float]]:
        """Two calls with the same, in the order in which they were answered."""
        done: list[tuple[httpx.Response, float]] = []
        threads = [threading.Thread(target=lambda: done.append(self._posted(hook))) for _ in "12"]
        for thread in threads:
            thread.start()
            time.sleep(BESIDE_SECONDS)
        for thread in threads:
            thread.join()
        return done

    def _take(self, citizen: int, answers: Sequence[tuple[httpx.Response, float]]) -> None:
        with self._made.lock:
            for answer, took in answers:
                self._made.seconds.append(took)
                self._made.refused += answer.status_code != httpx.codes.OK
            self._messenger.replied(citizen, [answer.content for answer, _ in answers])

    def _talk(self, citizen: int) -> str:
        user = self._messenger.user(citizen)
        with self._service.database.reading() as session:
            known = self._identities.current(session, self._messenger.name, user)
        return known.conversation_id if known else ""

    def _in_work(self, citizen: int) -> bool:
        with self._service.database.reading() as session:
            mine = Message.conversation_id == self._talk(citizen)
            found = select(Message.id).where(mine, Message.turn.in_(IN_WORK)).limit(1)
            return session.scalar(found) is not None

    def _stored(self, citizen: int) -> int:
        mine = Message.conversation_id == self._talk(citizen)
        with self._service.database.reading() as session:
            found = select(func.count()).where(mine, Message.sender == "citizen")
            return session.scalar(found) or 0

    def _waiting(self, citizen: int) -> bool:
        with self._service.database.reading() as session:
            return bool(outgoing.waiting(session, self._talk(citizen)))


def texts() -> list[str]:
    """Messages of the development set, which nothing is trained on."""
    with (ROOT / "tests/data/dev.tsv").open(encoding="utf-8", newline="") as file:
        return [row["text"] for row in csv.DictReader(file, delimiter="\t")]


def load(service: Service, messenger: Messenger, webhooks: int) -> Load:
    """Send the webhooks, AT_ONCE at a time, each citizen's in order; a tenth twice.

    Where there are no event ids, each citizen's last two messages are an honest "yes", said twice.
    """
    made = Load()
    words = texts()
    yes = wording().text("form.choice_yes", "ko")
    says_yes = messenger.repeats is not Repeats.AFTER

    def work(caller: Caller, group: range) -> None:
        for turn in range(EACH):
            for citizen in group:
                if says_yes and turn == EACH - 1:
                    caller.say_again(citizen, yes)
                elif says_yes and turn == EACH - 2:
                    caller.say(citizen, yes)
                else:
                    caller.say(citizen, words[(citizen * EACH + turn) % len(words)])

    _together(service, messenger, made, _groups(webhooks), work)
    return made


def collect(service: Service, messenger: Messenger, webhooks: int, made: Load) -> None:
    """Let every citizen ask for what still waits."""

    def work(caller: Caller, group: range) -> None:
        for citizen in group:
            caller.fetch_all(citizen)

    _together(service, messenger, made, _groups(webhooks), work)


def settled(service: Service, channel: str) -> float:
    """Wait until everything is answered and sent, or set aside; returns the seconds."""
    began = time.monotonic()
    in_http = capabilities.of(channel).answers_in_http
    while time.monotonic() - began < SETTLE_SECONDS:
        with service.database.reading() as session:
            turning = session.scalar(
                select(func.count()).select_from(Message).where(Message.turn.in_(IN_WORK))
            )
            waiting = session.scalar(
                select(func.count())
                .select_from(OutboxUnit)
                .where(OutboxUnit.delivered_at.is_(None), OutboxUnit.parked_at.is_(None))
            )
        if not turning and (in_http or not waiting):
            break
        time.sleep(0.5)
    return time.monotonic() - began


def _groups(webhooks: int) -> list[range]:
    citizens = max(webhooks // EACH, 1)
    return [range(start + 1, citizens + 1, AT_ONCE) for start in range(AT_ONCE)]


def _together(
    service: Service,
    messenger: Messenger,
    made: Load,
    groups: Sequence[range],
    work: Callable[[Caller, range], None],
) -> None:
    def one(group: range) -> None:
        with httpx.Client(base_url=service.url, timeout=60, trust_env=False) as client:
            work(Caller(service, messenger, made, client, seed=group.start), group)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(one, groups))
