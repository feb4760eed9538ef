"""A message that leans on the topic answered last, or one with a topic of its own.

Both are judged by a few numbers whose weights stand in data/policy/dialogue.yml; `python -m
benchmarks.dialogue_weights` learns them from data/dialogue.
"""

from __future__ import annotations

from typing import Callable, Mapping, Sequence

from bot.korean.text import squeeze
from bot.rasa.nlu.decision import DialoguePolicy
from bot.rasa.nlu.weighing import chance, log_odds

Ranking = Sequence[tuple[str, float]]
# A longer message is no shorter for it.
_LONG, _MUCH = 40, 20


def stays(
    text: str,
    topic: str,
    *,
    alone: Ranking,
    joined: Ranking,
    facet: str,
    policy: DialoguePolicy,
) -> float:
    """Whether `text` stays with `topic`, answered last (0 to 1).

    `alone` is the ranking of the text, `joined` that of the message before and the text together;
    `facet` the facet that its words ask for, or ''.
    """
    numbers = measured(text, topic, alone=alone, joined=joined, facet=facet, policy=policy)
    return chance(policy.leaning, numbers)


def measured(
    text: str,
    topic: str,
    *,
    alone: Ranking,
    joined: Ranking,
    facet: str,
    policy: DialoguePolicy,
) -> Mapping[str, float]:
    """The numbers that are weighed: log odds of both topics, lengths, whether it asks a facet."""
    likely, likely_joined = dict(alone), dict(joined)
    return {
        "own": log_odds(_best(alone, policy.is_catalogued, topic)[1]),
        "mine": log_odds(likely.get(topic, 0.0)),
        "joined_mine": log_odds(likely_joined.get(topic, 0.0)),
        "joined_own": log_odds(_best(joined, policy.is_catalogued, topic)[1]),
        "not_ours": log_odds(likely.get("out_of_scope", 0.0)),
        "length": min(len(squeeze(text)), _LONG) / _LONG,
        "rest": min(len(policy.remainder(text, facet)), _MUCH) / _MUCH,
        "facet": float(bool(facet)),
    }


def _best(ranking: Ranking, is_topic: Callable[[str], bool], other: str) -> tuple[str, float]:
    """The likeliest topic besides `other`."""
    own = ((name, sure) for name, sure in ranking if is_topic(name) and name != other)
    return next(own, ("", 0.0))
