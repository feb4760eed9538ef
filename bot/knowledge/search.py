"""Which articles are about a text: BM25 over the served articles, in memory.

A text is found by its syllable pairs and Latin words (`bot.knowledge.tokens`) and, where the
caller and the article have them, by lemmas. The cost hardly grows with the number of articles:
only those are looked at that share a token with the text, and tokens that most of them have are
left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy.orm import Session

from bot.knowledge.counting import Floats, Numbers, kind
from bot.knowledge.index import Index, current, rarity, vocabulary
from bot.knowledge.likeness import Heard, likeness
from bot.knowledge.tokens import is_lemma, tokens_of

__all__ = ["Hit", "search", "tokens_of", "untaught"]

# Usual BM25 constants (Robertson and Zaragoza, 2009).
K1 = 1.2
B = 0.75
# A token of more than a third of the articles tells none of them from the others.
COMMON = 1 / 3
# Among fewer articles than this every token may tell.
MANY = 30
# What an article must stand out from where no trained topic is like the text at all.
BACKGROUND = 0.2
# How many of the best by BM25 are compared question by question.
COMPARED = 30


@dataclass(frozen=True)
class Hit:
    """A topic found, and its BM25 score: above 0, the higher the nearer.

    `share` (0 to 1, of `untaught` only): how much this article is like the text, beside the
    trained topics. Where it says "yes", and where "perhaps", stands in data/policy/dialogue.yml.
    """

    topic: str
    score: float
    share: float = 0.0


def search(session: Session, text: str, limit: int = 5, lemmas: Sequence[str] = ()) -> list[Hit]:
    """The served articles nearest to `text`, the best first; none when nothing is shared.

    `lemmas` are those of `text`, from Rasa's parse; without them it is found by its letters.
    """
    tokens = all_tokens(text, lemmas)
    if not tokens:
        return []
    index = current(session)
    scores = _scores(index, _heard(index, tokens).numbers)
    return [Hit(index.topic(place), float(scores[place])) for place in _best(index, scores, limit)]


def untaught(session: Session, text: str, lemmas: Sequence[str] = (), limit: int = 3) -> list[Hit]:
    """The articles nearest to `text` among topics that the classifier is not trained on.

    The best `share` comes first. It compares the likeness to an article with that to the nearest
    trained topic, so that a text about one of those scores low even where it shares some words.
    """
    tokens = all_tokens(text, lemmas)
    return nearest_untaught(current(session), tokens, limit) if tokens else []


def nearest_untaught(index: Index, tokens: Sequence[str], limit: int) -> list[Hit]:
    """`untaught` on one state of the index."""
    if not index.untaught.any():
        # As it mostly is, and this is asked at every answer.
        return []
    heard = _heard(index, tokens)
    scores = _scores(index, heard.numbers)
    new = _best(index, np.where(index.untaught, scores, 0.0), max(COMPARED, limit))
    if not new:
        return []
    old = _best(index, np.where(index.untaught, 0.0, scores), COMPARED)
    alike = likeness(index, heard, new + old)
    rival = float(alike[len(new) :].max(initial=0.0))
    hits = [
        Hit(index.topic(place), float(scores[place]), one / (one + rival + BACKGROUND))
        for place, one in zip(new, alike[: len(new)].tolist(), strict=True)
    ]
    return sorted(hits, key=lambda hit: (-hit.share, hit.topic))[:limit]


def all_tokens(text: str, lemmas: Sequence[str]) -> list[str]:
    """What a text is searched by: its own tokens and its lemmas."""
    # Once each and in order: sums of floats come out the same in every process.
    return list(dict.fromkeys([*tokens_of(text), *lemmas]))


def _heard(index: Index, tokens: Sequence[str]) -> Heard:
    """A text as the index knows it. A number beyond it is of an article that came later."""
    found = [(token, vocabulary.find(token)) for token in tokens]
    known = [number for _, number in found if number is not None and number < len(index.weights)]
    new = [token for token, number in found if number is None or number >= len(index.weights)]
    most = float(rarity(index.size, np.zeros(1))[0])
    return Heard(
        numbers=np.array(known, dtype=np.int32),
        unknown=np.array([kind(token) * most for token in new if not is_lemma(token)]),
        unknown_lemmas=np.array([kind(token) * most for token in new if is_lemma(token)]),
    )


def _scores(index: Index, numbers: Numbers) -> Floats:
    """The BM25 score of each place for the tokens of a text."""
    among = index.frequency[numbers]
    telling = (among > 0) & ((among <= COMMON * index.size) | (index.size < MANY))
    numbers, among = numbers[telling], among[telling]
    rarities = np.log(1 + (index.size - among + 0.5) / (among + 0.5))
    average = index.lengths.sum() / max(1, index.size) or 1.0
    damping = K1 * (1 - B + B * index.lengths / average)
    scores = np.zeros(len(index.entries))
    for segment, stays in index.segments:
        which, places, times = segment.find(numbers, stays)
        weights = rarities[which] * (times * (K1 + 1) / (times + damping[places]))
        scores += np.bincount(places, weights, minlength=len(scores))
    return scores


def _best(index: Index, scores: Floats, limit: int) -> list[int]:
    """The places of the highest scores above 0, the best first, equals by topic."""
    above = np.flatnonzero(scores)
    if len(above) > limit:
        least = np.partition(scores[above], len(above) - limit)[len(above) - limit]
        above = above[scores[above] >= least]
    order = sorted(above.tolist(), key=lambda place: (-scores[place], index.topic(place)))
    return order[:limit]
