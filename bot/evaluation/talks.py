"""Whole talks with what is expected of each turn, and what came of it."""

import csv
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot import yaml_files
from bot.replies import Facet, Reply

FACETS_OF = {
    "requirements": ("eligibility", "documents", "steps", "notes"),
    "method": ("steps", "online", "place"),
    "hours": ("place", "phone"),
    "payment_method": ("fee", "online", "steps", "place"),
}
"""Names of shared sets for what our articles call otherwise."""


class BadTalk(Exception):
    """A file of talks cannot be read; the sentence says which entry is at fault."""


@dataclass(frozen=True)
class Expected:
    """What is right: topics served in order (each a set of equals), facets, a form, or acts."""

    topics: tuple[frozenset[str], ...] = ()
    facets: frozenset[str] = frozenset()
    form: str = ""
    acts: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Turn:
    """One message of a citizen, typed or a pressed title, and what is expected."""

    text: str
    expected: Expected
    presses: bool = False


@dataclass(frozen=True)
class Talk:
    """A whole talk. Only turns with an expectation count."""

    name: str
    turns: tuple[Turn, ...]


@dataclass(frozen=True)
class Heard:
    """What came back for one turn."""

    replies: tuple[Reply, ...]
    understood: dict[str, Any]
    state: str

    @property
    def topics(self) -> list[str]:
        """Topics of the replies in order, none twice."""
        return list(dict.fromkeys(reply.topic for reply in self.replies if reply.topic))

    @property
    def facets(self) -> set[str]:
        """Facets shown, and those that were understood to be asked for."""
        shown = {
            part.facet for reply in self.replies for part in reply.parts if isinstance(part, Facet)
        }
        asked = {str(one.get("facet")) for one in self.understood.get("requests") or []}
        return shown | asked

    @property
    def acts(self) -> set[str]:
        """What the turn was, in the words of the expectations."""
        acts = {_ACTS.get(str(self.understood.get("action")), "")}
        intent, rule = str(self.understood.get("intent")), str(self.understood.get("rule"))
        acts.add(_INTENTS.get(intent, intent))
        keys = {part.key for reply in self.replies for part in reply.parts if hasattr(part, "key")}
        if rule.startswith("guard:") or intent in ("emergency", "crisis_counseling"):
            acts |= {"emergency", "crisis"}
        if self.state in ("waiting", "staff"):
            acts.add("person")
        if "report.cancelled" in keys:
            acts.add("cancel")
        if any(reply.ticket for reply in self.replies):
            acts.add("receipt")
        return acts - {""}

    @property
    def form(self) -> str:
        """The topic of the form that asks something, or ''."""
        return next((reply.topic or "" for reply in reversed(self.replies) if reply.asks), "")


_ACTS = {
    "action_clarify": "ask",
    "action_out_of_scope": "out_of_scope",
    "action_replay": "repeat",
    "action_hand_over": "person",
    "action_other_language": "language",
    "action_calm": "abuse",
    "action_ticket_status": "status",
    "action_feedback": "not_useful",
}
_INTENTS = {"start_over": "restart", "bot_challenge": "bot", "capabilities": "greet"}


def is_right(expected: Expected, heard: Heard) -> bool:
    """Whether a turn came out as expected."""
    if expected.acts:
        return bool(expected.acts & heard.acts)
    if expected.form:
        return heard.form == expected.form
    if not _served(expected.topics, heard.topics, begins_form=bool(heard.form)):
        return False
    return not expected.facets or bool(expected.facets & heard.facets)


def _served(wanted: tuple[frozenset[str], ...], topics: list[str], *, begins_form: bool) -> bool:
    """Whether the topics were served: one first of all, several in their order.

    A report among several begins last, because it asks something.
    """
    if len(wanted) == 1:
        return bool(topics) and topics[0] in wanted[0]
    places = [next((at for at, one in enumerate(topics) if one in some), -1) for some in wanted]
    return -1 not in places and (begins_form or places == sorted(places))


def talks(path: Path) -> list[Talk]:
    """The talks of a YAML file. Raises BadTalk, OSError."""
    return [_talk(entry) for entry in yaml_files.read(path) or []]


def _talk(entry: dict[str, Any]) -> Talk:
    try:
        turns = [
            Turn(
                text=str(turn.get("say") or turn["press"]),
                expected=_expected(turn["expect"]),
                presses="press" in turn,
            )
            for turn in entry["turns"]
        ]
        return Talk(str(entry["id"]), tuple(turns))
    except (KeyError, TypeError, AttributeError) as error:
        raise BadTalk(f"talk {entry.get('id')}: {error!r} is missing or of another form") from error


def _expected(given: dict[str, Any]) -> Expected:
    facets = _listed(given.get("facet"))
    topics = [frozenset({one}) for one in _listed(given.get("topics"))]
    if not topics and given.get("topic"):
        topics = [frozenset(_listed(given["topic"]))]
    return Expected(
        topics=tuple(topics),
        facets=frozenset() if "any" in facets else frozenset(facets),
        form=str(given.get("form") or ""),
        acts=frozenset(_listed(given.get("act"))),
    )


def _listed(value: Any) -> list[str]:
    return [str(one) for one in (value if isinstance(value, list) else [value]) if one]


def follow_ups(path: Path) -> list[Talk]:
    """Pairs of messages: first_message, second_message, expected (`topic`, `topic:facet`, `|`).

    Raises OSError, or BadTalk when a column is missing.
    """
    found = []
    for at, row in enumerate(_rows(path, ("first_message", "second_message", "expected")), 1):
        meant = re.split(r"[|;]", row["expected"])
        topics = frozenset(one.split(":")[0] for one in meant)
        asked = [one.split(":")[1].split("=")[0] for one in meant if ":" in one and "=" not in one]
        # `topic` beside `topic:facet`: the facet is not what matters.
        bare = any(":" not in one or "=" in one for one in meant)
        facets = {name for one in asked for name in FACETS_OF.get(one, (one,))}
        expected = Expected((topics,), frozenset() if bare else frozenset(facets))
        turns = (Turn(row["first_message"], Expected()), Turn(row["second_message"], expected))
        found.append(Talk(f"{path.stem} {at}", turns))
    return found


def two_requests(path: Path) -> list[Talk]:
    """Messages with two requests: text, topic1, topic2; rows without topic2 are left out.

    Raises OSError, or BadTalk when a column is missing.
    """
    return [
        Talk(
            f"{path.stem} {at}",
            (
                Turn(
                    row["text"],
                    Expected((frozenset({row["topic1"]}), frozenset({row["topic2"]}))),
                ),
            ),
        )
        for at, row in enumerate(_rows(path, ("text", "topic1", "topic2")), 1)
        if row["topic2"]
    ]


def _rows(path: Path, columns: tuple[str, ...]) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        table = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        if missing := set(columns) - set(table.fieldnames or []):
            raise BadTalk(f"{path}: the columns {', '.join(sorted(missing))} are missing")
        return [{name: (row.get(name) or "").strip() for name in columns} for row in table]


def read(path: Path) -> list[Talk]:
    """The talks of a file of any of the three forms. Raises BadTalk, OSError."""
    if path.suffix in (".yml", ".yaml"):
        return talks(path)
    with path.open(encoding="utf-8-sig") as file:
        head = file.readline()
    return follow_ups(path) if "second_message" in head else two_requests(path)
