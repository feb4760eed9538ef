"""Measures a service: sends every message, and judges what came of it."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import httpx
from sqlalchemy import select

from bot.conversations.models import Message, ShownButton
from bot.database import Database
from bot.evaluation.citizens import Answered, Citizens, ask_all
from bot.evaluation.confidence import reliability
from bot.evaluation.figures import Figures, figures
from bot.evaluation.judging import Judged, alone, as_seen
from bot.evaluation.pairs import Paired, paired
from bot.evaluation.retyping import retyped
from bot.evaluation.rows import Row
from bot.evaluation.service import Reach
from bot.evaluation.tables import by_style, by_topic, confusions
from bot.korean.text import neutralise


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
        if styles := by_style(self.seen):
            result["by_style"] = {style: figures(some).as_dict() for style, some in styles.items()}
        return {**result, **self._where()}

    def _where(self) -> dict[str, Any]:
        """Where the citizen sees errors, and what the NLU's confidence is worth."""
        return {
            "by_topic": {
                topic: {"top1": ratio.value, "interval": ratio.interval, "n": ratio.of}
                for topic, ratio in by_topic(self.seen).items()
            },
            "confusions": [asdict(one) for one in confusions(self.seen)],
            "reliability": reliability(self.alone).as_dict(),
        }

    def ms(self, share: float) -> float | None:
        """The time that `share` of the messages did not exceed (nearest rank), milliseconds."""
        if not self.seconds:
            return None
        place = max(0, math.ceil(share * len(self.seconds)) - 1)
        return round(sorted(self.seconds)[place] * 1000, 1)

    def of_known(self, judged: Iterable[Judged]) -> Figures:
        """The figures over the messages whose topic the model knows."""
        return figures(one for one in judged if one.row.topic in self.known)


@dataclass(frozen=True)
class Retyped:
    """The first guesses about re-typed messages beside those about the messages as written."""

    seen: Paired
    alone: Paired

    def as_dict(self) -> dict[str, Any]:
        """The plain keys are as the citizen sees it."""
        return {**self.seen.as_dict(), "alone": self.alone.as_dict()}


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
            sent = ask_all(citizens, rows, at_a_time, progress)
            outcome = _judge(sent, reach, database)
            for each in sent if forget else ():
                citizens.forget(each)
    finally:
        database.dispose()
    return outcome


def measure_retyped(
    rows: Sequence[Row],
    written: Outcome,
    way: str,
    measured: Callable[[Sequence[Row]], Outcome],
) -> Retyped:
    """Measure the rows re-typed in a way of `retyping.WAYS`, each beside itself as `written`.

    `measured` sends and judges rows.
    """
    placed = retyped(rows, way)
    again = measured([row for _place, row in placed])
    places = [place for place, _row in placed]
    return Retyped(
        seen=paired([written.seen[place] for place in places], again.seen),
        alone=paired([written.alone[place] for place in places], again.alone),
    )


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


def _ranking(database: Database, answered: Answered, rasa: "_Rasa") -> list[tuple[str, float]]:
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
    return [(str(name), float(sure)) for name, sure in kept] or rasa.ranking(message.text)


class _Rasa:
    """Rasa's own HTTP API."""

    def __init__(self, http: httpx.Client, token: str) -> None:
        self._http = http
        self._params = {"token": token}

    def ranking(self, text: str) -> list[tuple[str, float]]:
        response = self._http.post(
            "/model/parse", params=self._params, json={"text": neutralise(text)}
        )
        response.raise_for_status()
        ranked = response.json().get("intent_ranking") or []
        return [(str(one["name"]), float(one["confidence"])) for one in ranked]

    def intents(self) -> frozenset[str]:
        headers = {"Accept": "application/json"}
        response = self._http.get("/domain", params=self._params, headers=headers)
        response.raise_for_status()
        named = response.json()["intents"]
        return frozenset(next(iter(one)) if isinstance(one, dict) else str(one) for one in named)
