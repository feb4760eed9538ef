"""Which articles are about a text: BM25 over the served articles, in memory.

Korean is cut into pairs of syllables after the spaces are squeezed out, so that spacing and
particles matter little; Latin words and figures are taken whole.
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from bot.knowledge import service
from bot.knowledge.cache import Cache
from bot.knowledge.schemas import ArticleBody, clean_text
from bot.knowledge.service import Served

# Usual BM25 constants (Robertson and Zaragoza, 2009).
K1 = 1.2
B = 0.75
TITLE_WEIGHT = 8
SUMMARY_WEIGHT = 2

_RUN = re.compile(r"[ㄱ-ㆎ가-힣]+|[a-z]+|\d+")
_HANGUL = re.compile(r"[ㄱ-ㆎ가-힣]")
_ENGLISH_NOISE = re.compile(
    "an?|and|are|as|at|be|by|can|do|does|for|from|have|how|i|if|in|is|it|me|my|need|of|on|or|our|"
    "that|the|there|this|to|want|we|what|when|where|which|who|will|with|you|your"
)


@dataclass(frozen=True)
class Hit:
    """A topic found, and its BM25 score: above 0, the higher the nearer."""

    topic: str
    score: float


@dataclass(frozen=True)
class _Index:
    topics: tuple[str, ...]
    postings: dict[str, list[tuple[int, float]]]
    """Token → article number and the token's weight in that article."""


_words_of: Cache[Counter[str]] = Cache(service.CACHED_BODIES)
_indexes: Cache[_Index] = Cache(2)


def search(session: Session, text: str, limit: int = 5) -> list[Hit]:
    """The served articles nearest to `text`, the best first; none when nothing is shared."""
    tokens = set(tokens_of(text))
    if not tokens:
        return []
    served = service.served_all(session)
    key = tuple((one.topic, one.digest) for one in served)
    index = _indexes.get(key, lambda: _build(served))
    scores: dict[int, float] = defaultdict(float)
    for token in tokens:
        for article, weight in index.postings.get(token, ()):
            scores[article] += weight
    best = sorted(scores.items(), key=lambda item: (-item[1], index.topics[item[0]]))
    return [Hit(index.topics[article], score) for article, score in best[:limit]]


def tokens_of(text: str) -> list[str]:
    """Korean syllable pairs, Latin words and figures of `text`, in order."""
    tokens: list[str] = []
    korean = ""
    for run in _RUN.findall(clean_text(text).lower()):
        if _HANGUL.match(run):
            korean += run
            continue
        tokens += _pairs(korean)
        korean = ""
        if not _ENGLISH_NOISE.fullmatch(run):
            tokens.append(_stem(run))
    return tokens + _pairs(korean)


def _pairs(korean: str) -> list[str]:
    if len(korean) == 1:
        return [korean]
    return [korean[at : at + 2] for at in range(len(korean) - 1)]


def _stem(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and word[-2] != "s" else word


def _count(body: ArticleBody) -> Counter[str]:
    words: Counter[str] = Counter()
    for language in ("ko", "en"):
        for token in tokens_of(body.title.in_language(language)):
            words[token] += TITLE_WEIGHT
        for facet, text in body.facets(language).items():
            weight = SUMMARY_WEIGHT if facet == "summary" else 1
            for line in text.split("\n"):
                for token in tokens_of(line):
                    words[token] += weight
    return words


def _words(served: Served) -> Counter[str]:
    return _words_of.get(served.digest, lambda: _count(served.body))


def _build(served: Sequence[Served]) -> _Index:
    counts = [_words(one) for one in served]
    lengths = [words.total() for words in counts]
    average = sum(lengths) / len(lengths) if lengths else 1.0
    found_in = Counter(token for words in counts for token in words)
    postings: dict[str, list[tuple[int, float]]] = defaultdict(list)
    for article, words in enumerate(counts):
        damping = K1 * (1 - B + B * lengths[article] / average)
        for token, times in words.items():
            rarity = math.log(1 + (len(served) - found_in[token] + 0.5) / (found_in[token] + 0.5))
            weight = rarity * times * (K1 + 1) / (times + damping)
            postings[token].append((article, weight))
    return _Index(tuple(one.topic for one in served), dict(postings))
