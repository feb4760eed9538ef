"""Two requests in one message: which way of parting it, if any, gives two topics."""

from __future__ import annotations

from typing import Mapping, NamedTuple, Sequence

from bot.korean.text import squeeze
from bot.rasa.nlu.decision import DialoguePolicy
from bot.rasa.nlu.parts import Split
from bot.rasa.nlu.weighing import chance, log_odds

KINDS = ("sentence", "and", "list", "go_on", "clause")
_LONG = 120
# What «그거 서류» may say besides its facet, in characters.
_LITTLE = 4


class Guessed(NamedTuple):
    """A message read as two: how it parts, and the best guess on each half with its confidence."""

    split: Split
    before: tuple[str, float]
    behind: tuple[str, float]


class Pair(NamedTuple):
    """Two requests: their topics, the words that ask for each, and how sure it is."""

    topics: tuple[str, str]
    texts: tuple[str, str]
    sure: float
    listed: bool = False
    """Whether they are two things of one list, which share what is asked of them."""


def pair(
    text: str,
    splits: Sequence[Guessed],
    *,
    whole: Sequence[tuple[str, float]],
    policy: DialoguePolicy,
) -> Pair | None:
    """The likeliest two requests of a message, or None when it has one.

    `whole` is the ranking of the message in one piece.
    """
    found = [
        Pair(
            (guess.before[0], guess.behind[0]),
            (text[slice(*guess.split.before)], text[slice(*guess.split.behind)]),
            chance(policy.two_requests, measured(text, guess, whole, policy)),
            guess.split.by == "list",
        )
        for guess in splits
        if differ(guess, policy)
    ]
    best = max(found, key=lambda one: one.sure, default=None)
    return best if best and best.sure >= policy.thresholds["two_requests"] else None


def leaning_pair(
    text: str, splits: Sequence[Guessed], *, topic: str, policy: DialoguePolicy
) -> Pair | None:
    """«그거 서류하고 건축물대장은요?»: a facet of the topic answered last, and another topic."""
    for guess in splits if topic else ():
        before, behind = (text[slice(*span)] for span in (guess.split.before, guess.split.behind))
        facet, (other, sure) = policy.facet(before), guess.behind
        leans = bool(facet) and len(policy.remainder(before, facet)) <= _LITTLE
        new = policy.is_catalogued(other) and other != topic
        if leans and new and guess.split.by != "clause" and sure >= policy.thresholds["answer"]:
            return Pair((topic, other), (before, behind), sure)
    return None


def differ(guess: Guessed, policy: DialoguePolicy) -> bool:
    """Whether the halves are about two topics of the catalogue."""
    one, other = guess.before[0], guess.behind[0]
    return one != other and policy.is_catalogued(one) and policy.is_catalogued(other)


def measured(
    text: str, guess: Guessed, whole: Sequence[tuple[str, float]], policy: DialoguePolicy
) -> Mapping[str, float]:
    """The numbers that are weighed: how sure the halves are, alone and in the whole; the border."""
    likely = dict(whole)
    first_two = [name for name, _ in whole if policy.is_catalogued(name)][:2]
    before, behind = (text[slice(*span)] for span in (guess.split.before, guess.split.behind))
    return {
        "before": log_odds(guess.before[1]),
        "behind": log_odds(guess.behind[1]),
        "whole_before": log_odds(likely.get(guess.before[0], 0.0)),
        "whole_behind": log_odds(likely.get(guess.behind[0], 0.0)),
        "first_two": float(set(first_two) == {guess.before[0], guess.behind[0]}),
        "not_ours": log_odds(likely.get("out_of_scope", 0.0)),
        "also": float(policy.borders.says_also(behind)),
        **{kind: float(guess.split.by == kind) for kind in KINDS},
        "asks_before": float(policy.asks(before)),
        "asks_behind": float(policy.asks(behind)),
        "length": min(len(squeeze(text)), _LONG) / _LONG,
    }
