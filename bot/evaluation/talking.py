"""Has the talks with a service, turn by turn, and judges each turn."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass

import httpx

from bot.conversations.models import Message
from bot.database import Database
from bot.evaluation.figures import Ratio
from bot.evaluation.service import Reach
from bot.evaluation.talks import Expected, Heard, Talk, Turn, is_right
from bot.korean.text import language
from bot.replies import Reply


@dataclass(frozen=True)
class JudgedTurn:
    """A turn, what came of it, and whether that was right."""

    talk: str
    turn: Turn
    heard: Heard
    right: bool


def judged_talks(
    talks: Sequence[Talk], reach: Reach, *, at_a_time: int, progress: Callable[[int], None]
) -> list[JudgedTurn]:
    """Every turn with an expectation, in the order of the talks.

    Raises httpx.HTTPError when the service cannot be reached.
    """
    database = Database(reach.database)
    limits = httpx.Limits(max_connections=at_a_time)
    try:
        with (
            httpx.Client(base_url=reach.url, timeout=90, limits=limits, trust_env=False) as http,
            ThreadPoolExecutor(max_workers=at_a_time) as pool,
        ):
            had = [pool.submit(_have, talk, http, database) for talk in talks]
            for done, each in enumerate(as_completed(had), start=1):
                each.result()
                progress(done)
            return [turn for each in had for turn in each.result()]
    finally:
        database.dispose()


def _have(talk: Talk, http: httpx.Client, database: Database) -> list[JudgedTurn]:
    spoken = "en" if language(talk.turns[0].text) == "en" else "ko"
    opened = http.post("/api/conversations", json={"language": spoken})
    opened.raise_for_status()
    held = opened.json()
    headers = {"Authorization": f"Bearer {held['token']}"}
    path = f"/api/conversations/{held['id']}/messages"
    shown: dict[str, str] = {}
    judged = []
    for turn in talk.turns:
        body = _body(turn, shown)
        response = http.post(path, json=body, headers=headers)
        response.raise_for_status()
        answer = response.json()
        shown = {
            button["title"]: button["payload"]
            for message in answer["messages"]
            for button in message["buttons"]
            if button.get("payload")
        } or shown
        heard = _heard(answer, http, path, headers, database)
        if turn.expected != Expected():
            judged.append(JudgedTurn(talk.name, turn, heard, is_right(turn.expected, heard)))
    return judged


def _body(turn: Turn, shown: dict[str, str]) -> dict[str, str]:
    if turn.presses and turn.text in shown:
        return {"payload": shown[turn.text]}
    return {"text": turn.text}


def _heard(
    answer: dict[str, list[dict[str, str]]],
    http: httpx.Client,
    path: str,
    headers: dict[str, str],
    database: Database,
) -> Heard:
    state = http.get(f"{path}?after=0", headers=headers).json()
    citizens = [one for one in state["messages"] if one["sender"] == "citizen"]
    with database.reading() as session:
        said = [session.get_one(Message, one["id"]) for one in answer["messages"]]
        asked = session.get_one(Message, citizens[-1]["id"])
        return Heard(
            replies=tuple(Reply.model_validate(one.reply) for one in said if one.reply),
            understood=dict(asked.understood or {}),
            state=state["state"],
        )


def by_kind(judged: Sequence[JudgedTurn]) -> Iterator[tuple[str, Ratio]]:
    """How many turns were right, by what was expected of them, and in all."""
    kinds: dict[str, list[bool]] = {}
    for one in judged:
        kinds.setdefault(_kind(one.turn.expected), []).append(one.right)
    for kind, right in sorted(kinds.items()):
        yield kind, Ratio(sum(right), len(right))
    yield "all", Ratio(sum(one.right for one in judged), len(judged))


def _kind(expected: Expected) -> str:
    if expected.acts:
        return "act"
    if expected.form:
        return "form"
    if len(expected.topics) > 1:
        return "two_requests"
    return "facet" if expected.facets else "topic"


def whole(judged: Sequence[JudgedTurn]) -> Ratio:
    """How many talks were right in every turn."""
    talks: dict[str, bool] = {}
    for one in judged:
        talks[one.talk] = talks.get(one.talk, True) and one.right
    return Ratio(sum(talks.values()), len(talks))
