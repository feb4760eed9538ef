"""Where the errors are: by style, by topic, and which topic is taken for which."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bot.evaluation.figures import Ratio
from bot.evaluation.judging import Judged

MOST = 20
"""Confusions that are listed."""
ASKED, UNANSWERED = "asked_back", "no_answer"
"""What stands for a reply without a topic, and for none at all."""


@dataclass(frozen=True)
class Confusion:
    """A topic, what was given in its stead, and how often."""

    topic: str
    given: str
    count: int


def by_style(judged: Iterable[Judged]) -> dict[str, list[Judged]]:
    """The messages by style, styles in order; empty without that column."""
    styled = [one for one in judged if one.row.style is not None]
    return _grouped(styled, lambda one: one.row.style or "")


def by_topic(judged: Iterable[Judged]) -> dict[str, Ratio]:
    """How often the first guess is right for each topic: the worst first."""
    found = {
        topic: Ratio(sum(one.is_right for one in some), len(some))
        for topic, some in _grouped(judged, lambda one: one.row.topic).items()
    }
    # Among topics all wrong, the one with more messages is the worse.
    return dict(sorted(found.items(), key=lambda item: (item[1].hits / item[1].of, -item[1].of)))


def confusions(judged: Iterable[Judged], most: int = MOST) -> list[Confusion]:
    """The `most` frequent wrong first guesses; ties in the order of the names."""
    counted = Counter((one.row.topic, given(one)) for one in judged if not one.is_right)
    ordered = sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    return [Confusion(topic, wrong, count) for (topic, wrong), count in ordered[:most]]


def given(judged: Judged) -> str:
    """The first guess as it is listed."""
    return judged.first or (ASKED if judged.answered else UNANSWERED)


def _grouped(judged: Iterable[Judged], kind: Callable[[Judged], str]) -> dict[str, list[Judged]]:
    found: dict[str, list[Judged]] = {}
    for one in judged:
        found.setdefault(kind(one), []).append(one)
    return dict(sorted(found.items()))
