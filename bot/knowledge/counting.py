"""One article as the search index keeps it: its tokens, counted, and what it is asked by."""

from array import array
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from bot.knowledge import lemmas
from bot.knowledge.lemmas import Lemmas
from bot.knowledge.schemas import ArticleBody
from bot.knowledge.tokens import is_lemma, tokens_of_clean
from bot.offices import MENTION

QUESTION_WEIGHT = 12
TITLE_WEIGHT = 8
SUMMARY_WEIGHT = 2
# A word gives one lemma and about two pairs of syllables, which are weaker evidence each.
LEMMA_WEIGHT = 1.0
PAIR_WEIGHT = 0.7

Numbers = NDArray[np.int32]
Weights = NDArray[np.float32]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Counted:
    """An article's tokens by number, how much of each there is, and the tokens of each question.

    Question `n` has the tokens `asked[starts[n]:starts[n + 1]]`; titles are among the questions.
    """

    tokens: Numbers
    times: Weights
    length: float
    asked: Numbers
    starts: Numbers
    lemmas: bool
    """Whether its lemmas were known."""


class Vocabulary:
    """Numbers for tokens, given once and for ever in this process."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._kinds = array("f")
        self._lock = Lock()

    def learn(self, tokens: Collection[str]) -> Numbers:
        """The numbers of `tokens`, new ones among them."""
        with self._lock:
            for token in tokens:
                if token not in self._numbers:
                    self._kinds.append(kind(token))
                    # Last, so that whoever finds it without the lock finds its kind as well.
                    self._numbers[token] = len(self._kinds) - 1
            return np.array([self._numbers[token] for token in tokens], dtype=np.int32)

    def find(self, token: str) -> int | None:
        """The number of a token, or None when no article ever had it."""
        return self._numbers.get(token)

    def kinds(self) -> Weights:
        """What a token of each number is worth beside the others, whatever its rarity."""
        with self._lock:
            return np.array(self._kinds, dtype=np.float32)


def kind(token: str) -> float:
    """What a token is worth beside others of the same rarity."""
    return LEMMA_WEIGHT if is_lemma(token) else PAIR_WEIGHT


def count(body: ArticleBody, known: Lemmas | None, vocabulary: Vocabulary) -> Counted:
    """Count an article; without lemmas (`known` is None) it is found by its text alone."""
    words: Counter[str] = Counter(known.told if known else ())
    questions = _questions(body, known)
    for number, tokens in enumerate(questions):
        weight = TITLE_WEIGHT if number < len(("ko", "en")) else QUESTION_WEIGHT
        words.update(tokens * weight)
    for language in ("ko", "en"):
        for facet, text in body.facets(language).items():
            weight = SUMMARY_WEIGHT if facet == "summary" else 1
            words.update(tokens_of_clean(MENTION.sub(" ", text)) * weight)
    distinct = [list(dict.fromkeys(tokens)) for tokens in questions if tokens]
    # Titles in an alphabet that makes no tokens: then the whole is one question.
    distinct = distinct or [list(words)]
    return Counted(
        tokens=vocabulary.learn(words),
        times=np.fromiter(words.values(), dtype=np.float32),
        length=float(words.total()),
        asked=vocabulary.learn([token for tokens in distinct for token in tokens]),
        starts=np.cumsum([0, *map(len, distinct)], dtype=np.int32),
        lemmas=known is not None,
    )


def _questions(body: ArticleBody, known: Lemmas | None) -> list[list[str]]:
    """The tokens of each line that the article is asked by, its lemmas included."""
    lines = lemmas.asked(body)
    found = known.asked if known and len(known.asked) == len(lines) else [[] for _ in lines]
    return [tokens_of_clean(line) + some for line, some in zip(lines, found, strict=True)]
