"""Measuring the service on labelled messages, through the very path of a citizen's message.

Each message is sent in a conversation of its own over the citizen API. Judged is what the citizen
then sees (the reply's topic, and the topics that its buttons offer), and beside it what the NLU
alone made of the message.
"""

import csv
import math
import re
import shutil
import socket
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from pydantic import SecretStr
from sqlalchemy import select

from bot.conversations.models import Message, ShownButton
from bot.database import Database
from bot.korean.text import language, neutralise
from bot.processes import KeepsDying
from bot.settings import Settings
from bot.supervisor import LOOPBACK, NotReady, Supervisor
from bot.terminal import step

OUT_OF_SCOPE = "out_of_scope"
FIRST = 3
"""Guesses that count for `top3`."""
NO_LIMIT = 1_000_000
Z95 = 1.959963984540054
"""Standard normal quantile of a two-sided 95 % interval."""
LATE_SECONDS = 60.0
"""How long a reply that did not come with the request is waited for."""


class BadFile(Exception):
    """The file of messages cannot be read; `missing` columns, or the `line` without a value."""

    def __init__(self, *, missing: Sequence[str] = (), line: int = 0) -> None:
        super().__init__(f"missing columns: {missing}" if missing else f"line {line} is incomplete")
        self.missing = missing
        self.line = line


@dataclass(frozen=True)
class Row:
    """A labelled message: its topic, and every topic that is a right answer."""

    text: str
    topic: str
    right: frozenset[str]
    style: str | None = None


@dataclass(frozen=True)
class Judged:
    """One message and what was made of it: the first guess and the first three."""

    row: Row
    first: str | None
    three: tuple[str, ...]
    refused: bool
    """Whether the citizen is told that it is not ours, with no right topic to press instead."""

    @property
    def in_scope(self) -> bool:
        """Whether the message is ours to answer."""
        return self.row.topic != OUT_OF_SCOPE


@dataclass(frozen=True)
class Ratio:
    """So many of so many."""

    hits: int
    of: int

    @property
    def value(self) -> float | None:
        """The ratio from 0 to 1, None of nothing."""
        return round(self.hits / self.of, 4) if self.of else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Its 95 % Wilson score interval (Wilson 1927), None of nothing."""
        if not self.of:
            return None
        share, square = self.hits / self.of, Z95**2
        centre = share + square / (2 * self.of)
        spread = Z95 * math.sqrt(share * (1 - share) / self.of + square / (4 * self.of**2))
        whole = 1 + square / self.of
        return (
            round(max(0.0, (centre - spread) / whole), 4),
            round(min(1.0, (centre + spread) / whole), 4),
        )


RATIOS = ("top1", "top3", "out_of_scope_recall", "in_scope_refused")


@dataclass(frozen=True)
class Figures:
    """How well a set of messages was understood."""

    n: int
    n_in_scope: int
    top1: Ratio
    top3: Ratio
    out_of_scope_recall: Ratio
    in_scope_refused: Ratio

    def as_dict(self) -> dict[str, Any]:
        """Plain values; `intervals` holds the 95 % interval of each ratio."""
        ratios: dict[str, Ratio] = {name: getattr(self, name) for name in RATIOS}
        return {
            "n": self.n,
            "n_in_scope": self.n_in_scope,
            "n_out_of_scope": self.n - self.n_in_scope,
            **{name: ratio.value for name, ratio in ratios.items()},
            "intervals": {name: ratio.interval for name, ratio in ratios.items()},
        }


def read(path: Path) -> list[Row]:
    """The messages of a tab-separated file with the columns text, topic, accept and style.

    Columns are found by name; accept (other right answers) and style may be missing. Raises
    BadFile, OSError or UnicodeDecodeError.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        table = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        names = [name.strip().lower() for name in table.fieldnames or []]
        table.fieldnames = names
        if missing := [name for name in ("text", "topic") if name not in names]:
            raise BadFile(missing=missing)
        return [_row(line, cells) for line, cells in enumerate(table, start=2)]


def _row(line: int, cells: dict[str, str | None]) -> Row:
    text, topic = (str(cells[name] or "").strip() for name in ("text", "topic"))
    if not text or not topic:
        raise BadFile(line=line)
    others = re.split(r"[,;\s]+", cells.get("accept") or "")
    style = (cells.get("style") or "").strip() if "style" in cells else None
    return Row(text, topic, frozenset({topic, *filter(None, others)}), style)


def figures(judged: Iterable[Judged]) -> Figures:
    """The figures over `judged`."""
    every = list(judged)
    ours = [one for one in every if one.in_scope]
    others = [one for one in every if not one.in_scope]
    return Figures(
        n=len(every),
        n_in_scope=len(ours),
        top1=Ratio(sum(one.first in one.row.right for one in every), len(every)),
        top3=Ratio(sum(bool(one.row.right & set(one.three)) for one in every), len(every)),
        out_of_scope_recall=Ratio(sum(one.first == OUT_OF_SCOPE for one in others), len(others)),
        in_scope_refused=Ratio(sum(one.refused for one in ours), len(ours)),
    )


def as_seen(row: Row, topics: Sequence[str | None], offered: Sequence[str]) -> Judged:
    """What the citizen sees: the topics of the replies in order, then those of the buttons.

    The first guess is the first reply's topic: a question what was meant has none, so it is wrong
    at first, and right among three when one of the first three buttons is.
    """
    first = topics[0] if topics else None
    shown = list(dict.fromkeys([*filter(None, topics), *offered]))
    instead = [topic for topic in shown if topic != OUT_OF_SCOPE]
    return Judged(
        row=row,
        first=first,
        three=tuple(shown[:FIRST]),
        refused=_says_no(row, first) and not row.right & set(instead),
    )


def alone(row: Row, ranking: Sequence[str]) -> Judged:
    """What the NLU alone ranks first, and among the first three."""
    first = ranking[0] if ranking else None
    return Judged(row, first, tuple(ranking[:FIRST]), _says_no(row, first))


def _says_no(row: Row, first: str | None) -> bool:
    return first == OUT_OF_SCOPE and OUT_OF_SCOPE not in row.right


@dataclass(frozen=True)
class Answered:
    """A message that was sent: its conversation, the replies' ids and topics, and the time."""

    row: Row
    conversation_id: str
    token: str
    replies: tuple[tuple[str, str | None], ...]
    seconds: float | None
    """From sending to the reply; None when none came."""


@dataclass(frozen=True)
class Reach:
    """A running service: its application, its Rasa, and its database."""

    url: str
    rasa_url: str
    rasa_token: str
    database: str

    @classmethod
    def of(cls, settings: Settings, url: str) -> "Reach":
        """The service that these settings describe, its application at `url`."""
        return cls(
            url=url,
            rasa_url=f"http://{LOOPBACK}:{settings.rasa_port}",
            rasa_token=settings.rasa_api_token(),
            database=settings.database,
        )


def free_ports(count: int) -> list[int]:
    """`count` different ports of the loopback interface that nobody listens on."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind((LOOPBACK, 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


@contextmanager
def own_service() -> Iterator[Supervisor]:
    """A whole service for this block alone: free ports, an empty database, no rate limits.

    Trains the model when it is not fresh. Raises what Supervisor raises; the logs stay when a
    program did not start.
    """
    folder = Path(tempfile.mkdtemp(prefix="ilsa-evaluate-"))
    try:
        supervisor = Supervisor(_own_settings(folder))
        supervisor.start()
        try:
            with step("run_waiting"):
                supervisor.wait_until_ready()
            yield supervisor
        finally:
            supervisor.stop()
    except (NotReady, KeepsDying):
        raise
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    shutil.rmtree(folder, ignore_errors=True)


def _own_settings(folder: Path) -> Settings:
    port, action_port, rasa_port = free_ports(3)
    # Everything that could lead to an installation's own data is named, whatever its settings say.
    return Settings(
        _env_file=None,
        host=LOOPBACK,
        port=port,
        action_port=action_port,
        rasa_port=rasa_port,
        var_dir=folder,
        database_url="",
        tracker_database_url="",
        public_url="",
        development=True,
        vault_keys=SecretStr(""),
        rasa_token=SecretStr(""),
        messages_per_minute=NO_LIMIT,
        conversations_per_minute=NO_LIMIT,
    )


class Citizens:
    """Sends messages as citizens do, each in a new conversation."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http

    def ask(self, row: Row) -> Answered:
        """Open a conversation, send the message and take the replies.

        A message that the service refuses (too long, empty) is one without replies. Raises
        httpx.HTTPError when the service cannot be reached or refuses conversations.
        """
        spoken = "en" if language(row.text) == "en" else "ko"
        opened = self._post("/api/conversations", {"language": spoken}, {})
        opened.raise_for_status()
        talk = opened.json()
        headers = {"Authorization": f"Bearer {talk['token']}"}
        path = f"/api/conversations/{talk['id']}/messages"
        began = time.perf_counter()
        response = self._post(path, {"text": row.text}, headers)
        answer = response.json() if response.is_success else {"messages": []}
        if answer.get("pending"):
            answer = {"messages": self._late(path, talk, headers)}
        seconds = time.perf_counter() - began
        replies = tuple((one["id"], one["topic"]) for one in answer["messages"])
        return Answered(row, talk["id"], talk["token"], replies, seconds if replies else None)

    def forget(self, answered: Answered) -> None:
        """Delete the conversation, as a citizen may."""
        headers = {"Authorization": f"Bearer {answered.token}"}
        self._http.delete(f"/api/conversations/{answered.conversation_id}", headers=headers)

    def _post(self, path: str, body: dict[str, str], headers: dict[str, str]) -> httpx.Response:
        while True:
            response = self._http.post(path, json=body, headers=headers)
            if response.status_code != httpx.codes.TOO_MANY_REQUESTS:
                return response
            # Only a service that was running already has limits.
            time.sleep(min(60.0, float(response.headers.get("Retry-After", "1"))))

    def _late(self, path: str, talk: dict[str, Any], headers: dict[str, str]) -> list[Any]:
        greeted = max((one["seq"] for one in talk["messages"]), default=0)
        deadline = time.monotonic() + LATE_SECONDS
        while time.monotonic() < deadline:
            found = self._http.get(f"{path}?after={greeted}", headers=headers).json()["messages"]
            if said := [one for one in found if one["sender"] != "citizen"]:
                return said
            time.sleep(0.5)
        return []


@dataclass(frozen=True)
class Outcome:
    """Every message judged twice, with the times and the topics that the model knows."""

    seen: list[Judged]
    alone: list[Judged]
    seconds: list[float]
    known: frozenset[str]

    def as_dict(self) -> dict[str, Any]:
        """The plain keys are as the citizen sees it; ms are milliseconds a message."""
        seen = figures(self.seen).as_dict()
        times = {"ms_p50": self.ms(0.50), "ms_p95": self.ms(0.95)}
        result = {
            **seen,
            **times,
            "unanswered": len(self.seen) - len(self.seconds),
            "as_seen": {**seen, **times},
            "alone": figures(self.alone).as_dict(),
            "known": {
                **self.of_known(self.seen).as_dict(),
                "alone": self.of_known(self.alone).as_dict(),
            },
        }
        if styles := self.styles():
            result["by_style"] = {style: figures(some).as_dict() for style, some in styles.items()}
        return result

    def ms(self, share: float) -> float | None:
        """The time that `share` of the messages did not exceed (nearest rank), milliseconds."""
        if not self.seconds:
            return None
        place = max(0, math.ceil(share * len(self.seconds)) - 1)
        return round(sorted(self.seconds)[place] * 1000, 1)

    def of_known(self, judged: Iterable[Judged]) -> Figures:
        """The figures over the messages whose topic the model knows."""
        return figures(one for one in judged if one.row.topic in self.known)

    def styles(self) -> dict[str, list[Judged]]:
        """The messages as seen, by style; empty without that column."""
        found: dict[str, list[Judged]] = {}
        for one in self.seen:
            if one.row.style is not None:
                found.setdefault(one.row.style, []).append(one)
        return dict(sorted(found.items()))


def measure(
    rows: Sequence[Row],
    reach: Reach,
    *,
    at_a_time: int = 1,
    forget: bool = False,
    progress: Callable[[int], None] = lambda _done: None,
) -> Outcome:
    """Send every row and judge it; `progress` is told how many are done.

    `forget` deletes the conversations afterwards. Raises httpx.HTTPError, or an SQLAlchemyError
    of the database.
    """
    database = Database(reach.database)
    try:
        with httpx.Client(base_url=reach.url, timeout=90, trust_env=False) as http:
            citizens = Citizens(http)
            sent = _ask_all(citizens, rows, at_a_time, progress)
            outcome = _judge(sent, reach, database)
            for each in sent if forget else ():
                citizens.forget(each)
    finally:
        database.dispose()
    return outcome


def _ask_all(
    citizens: Citizens, rows: Sequence[Row], at_a_time: int, progress: Callable[[int], None]
) -> list[Answered]:
    with ThreadPoolExecutor(max_workers=at_a_time) as pool:
        asked = [pool.submit(citizens.ask, row) for row in rows]
        try:
            for done, each in enumerate(as_completed(asked), start=1):
                each.result()
                progress(done)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return [each.result() for each in asked]


def _judge(sent: Sequence[Answered], reach: Reach, database: Database) -> Outcome:
    with httpx.Client(base_url=reach.rasa_url, timeout=60, trust_env=False) as http:
        rasa = _Rasa(http, reach.rasa_token)
        return Outcome(
            seen=[
                as_seen(each.row, [topic for _id, topic in each.replies], _offered(database, each))
                for each in sent
            ],
            alone=[alone(each.row, _ranking(database, each, rasa)) for each in sent],
            seconds=[each.seconds for each in sent if each.seconds is not None],
            known=rasa.intents(),
        )


def _offered(database: Database, answered: Answered) -> list[str]:
    """The topics of the buttons under the replies, in the order in which they are shown."""
    shown = select(ShownButton).where(ShownButton.conversation_id == answered.conversation_id)
    with database.reading() as session:
        buttons = list(session.scalars(shown.order_by(ShownButton.place)))
    return [
        button.press["topic"]
        for reply, _topic in answered.replies
        for button in buttons
        if button.message_id == reply and button.press and button.press.get("topic")
    ]


def _ranking(database: Database, answered: Answered, rasa: "_Rasa") -> list[str]:
    """The classifier's ranking as it was kept; what never reached Rasa is parsed now."""
    with database.reading() as session:
        message = session.scalar(
            select(Message).where(
                Message.conversation_id == answered.conversation_id, Message.sender == "citizen"
            )
        )
    if message is None:
        return []
    kept = (message.understood or {}).get("ranking") or []
    return [str(name) for name, _sure in kept] or rasa.ranking(message.text)


class _Rasa:
    """Rasa's own HTTP API."""

    def __init__(self, http: httpx.Client, token: str) -> None:
        self._http = http
        self._params = {"token": token}

    def ranking(self, text: str) -> list[str]:
        response = self._http.post(
            "/model/parse", params=self._params, json={"text": neutralise(text)}
        )
        response.raise_for_status()
        return [str(one["name"]) for one in response.json().get("intent_ranking") or []]

    def intents(self) -> frozenset[str]:
        headers = {"Accept": "application/json"}
        response = self._http.get("/domain", params=self._params, headers=headers)
        response.raise_for_status()
        named = response.json()["intents"]
        return frozenset(next(iter(one)) if isinstance(one, dict) else str(one) for one in named)
