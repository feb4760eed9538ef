"""What the classifier looks at in a message, as lists of features, one list a block."""

from __future__ import annotations

import os
import re
from concurrent.futures import ProcessPoolExecutor
from itertools import chain, pairwise
from multiprocessing import get_context
from typing import Iterable, Iterator, Sequence

from bot.korean.jamo import to_jamo
from bot.korean.jeju import standardise
from bot.korean.text import clean, squeeze
from bot.rasa.nlu.english import glossary, latin_words, stem, without_latin
from bot.rasa.nlu.kiwi import Morpheme, morphemes
from bot.rasa.nlu.names import names

# Sparse blocks: Korean morphemes, syllables and jamo; Latin words and their letters.
BLOCKS = ("morphemes", "syllables", "jamo", "words", "letters")

_PLACEHOLDER = re.compile(r"\[([^\[\]\d]{2,12}) \d{1,3}\]")
# Nouns, verbs, adjectives, roots, adverbs, pronouns, determiners, interjections, 아니다.
_CONTENT = frozenset(("NN", "NP", "NR", "VV", "VA", "VC", "XR", "MA", "MM", "IC"))
# Each process loads a Kiwi of its own, which takes seconds.
_WORTH_PROCESSES = 2_000
_EMPTY_VERBS = frozenset(("하/VV", "되/VV", "이/VC", "것/NN", "거/NN", "수/NN"))


def prepare(text: str) -> str:
    """The message as it is analysed: cleaned, Jeju words standard, placeholders left out.

    The label of a placeholder is our word, not the citizen's: 주민등록번호 in it would draw a
    question about passports to whatever topic speaks of registration. Alone, it is all there is.
    """
    cleaned = clean(text)
    typed = _PLACEHOLDER.sub(" ", cleaned)
    return standardise(typed if typed.strip() else _PLACEHOLDER.sub(r" \1 ", cleaned))


def content(found: Iterable[Morpheme]) -> list[Morpheme]:
    """The morphemes that carry what the message is about."""
    return [item for item in found if item.tag[:2] in _CONTENT and name(item) not in _EMPTY_VERBS]


def name(item: Morpheme) -> str:
    """A morpheme as a feature: 쓰레기/NN; kinds of nouns and of conjugation are not told apart."""
    return f"{item.form}/{item.tag[:2]}"


def ngrams(text: str, shortest: int, longest: int) -> Iterator[str]:
    """Every stretch of `shortest` to `longest` characters."""
    for size in range(shortest, longest + 1):
        for at in range(len(text) - size + 1):
            yield text[at : at + size]


def _pairs(items: list[str]) -> list[str]:
    return [f"{one} {two}" for one, two in pairwise(items)]


def taken_apart(texts: Sequence[str]) -> list[Features]:
    """The features of many texts, worked out on every core."""
    workers = os.cpu_count() or 1
    if workers == 1 or len(texts) < _WORTH_PROCESSES:
        return [Features(text) for text in texts]
    # Started afresh: a fork would carry along whatever threads the caller has.
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        return list(pool.map(Features, texts, chunksize=200))


class Features:
    """A message taken apart: `blocks` (one list of features a block) and content morphemes."""

    def __init__(self, text: str, found: Sequence[Morpheme] | None = None) -> None:
        """`found`: Kiwi's analysis of `text`, when somebody has it already."""
        prepared = prepare(text)
        if found is None or prepared != text:
            found = morphemes(prepared)
        words = latin_words(prepared)
        korean = squeeze(without_latin(prepared))
        stems = [stem(word) for word in words]
        kinds = names()
        self.content = content(found) + content(glossary().korean(stems))
        lemmas = [name(item) for item in self.content]
        elsewhere = [kind for at in range(len(found)) if (kind := kinds.korean(found, at))]
        elsewhere += kinds.latin(words)
        self.blocks: dict[str, list[str]] = {
            "morphemes": lemmas + _pairs(lemmas) + elsewhere,
            "syllables": list(ngrams(korean, 1, 4)),
            "jamo": list(ngrams(to_jamo(korean), 3, 6)),
            "words": stems + _pairs(stems),
            "letters": list(chain.from_iterable(ngrams(f" {word} ", 3, 5) for word in words)),
        }
