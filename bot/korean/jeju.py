"""Jeju words and endings rewritten to standard Korean, by the table data/policy/jeju_words.yml."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from bot.korean import jamo
from bot.paths import POLICY

TABLE = POLICY / "jeju_words.yml"

# Rewrites may uncover one another (갈쳐줍서양), but a table at odds with itself must end.
MOST_ROUNDS = 4

_TOKEN = re.compile(r"[가-힣]+")
_AFTER_NOUN = (
    "이 가 은 는 을 를 과 와 이랑 랑 으로 로 이나 나 에 에서 에다 에는 에도 의 도 하고 한테 한테서"
    " 에게 덜 덜이 덜은 덜을 덜도 들 들이 들은 들을 들도 네 네가 부터 까지 마다 밖에 처럼 보다"
    " 이요 요 예요 이에요 인데 입니다 입니까"
)
_PARTICLES = _AFTER_NOUN.split()
_PAIRS = {
    half: pair
    for pair in ("이/가", "은/는", "을/를", "과/와", "이랑/랑", "으로/로", "이나/나")
    for half in pair.split("/")
}


def _longest_first(table: Mapping[str, str]) -> list[tuple[str, str]]:
    return sorted(table.items(), key=lambda entry: -len(entry[0]))


def _with_particle(word: str, particle: str) -> str:
    particle = particle.replace("덜", "들")
    pair = _PAIRS.get(particle)
    return jamo.josa(word, pair) if pair else word + particle


def _join_ending(stem: str, ending: str) -> str:
    """A stem with an ending; `-ㅂ니다` joins an open stem or ㄹ, else it is 습니다."""
    if not ending.startswith("-ㅂ"):
        return stem + ending
    lead, vowel, tail = jamo.split(stem[-1])
    if tail not in ("", "ㄹ"):
        return f"{stem}습{ending[2:]}"
    return stem[:-1] + jamo.join(lead, vowel, "ㅂ") + ending[2:]


class Words:
    """The table, ready to use; safe to share between threads."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._phrases = [
            (re.compile(rf"(?<![가-힣]){re.escape(old)}(?![가-힣])"), new)
            for old, new in _longest_first(data["phrases"])
        ]
        self._alone: dict[str, str] = data["alone"]
        self._whole: dict[str, str] = data["whole"]
        self._start = _longest_first(data["start"])
        self._end_closed = _longest_first(data["end_closed"])
        self._end = _longest_first(data["end"])
        self._closed_by = frozenset(data["closed_by"])
        # One look at all endings: hardly a word has any of them.
        self._endings = tuple(old for old, _ in [*self._end, *self._end_closed])

    @classmethod
    def load(cls, path: Path) -> Words:
        """The table of a file. Raises OSError or KeyError when file or section is missing."""
        with path.open(encoding="utf-8") as file:
            return cls(yaml.safe_load(file))

    def standardise(self, text: str) -> str:
        """Jeju words and endings in standard Korean; everything else as it stands.

        In: text as typed or cleaned. Out: NFC text; lengths and offsets change.
        """
        text = jamo.plain_araea(unicodedata.normalize("NFC", text))
        for phrase, new in self._phrases:
            text = phrase.sub(new, text)
        return _TOKEN.sub(lambda token: self._settle(token.group()), text)

    def _settle(self, word: str) -> str:
        for _ in range(MOST_ROUNDS):
            changed = self._rewrite(word)
            if changed == word:
                break
            if " " in changed:
                # What came out as several words is standard already, but for its last word.
                head, _, word = changed.rpartition(" ")
                return f"{head} {self._settle(word)}"
            word = changed
        return word

    def _rewrite(self, word: str) -> str:
        if word in self._alone:
            return self._alone[word]
        noun = self._noun(word)
        if noun is not None:
            return noun
        for old, new in self._start:
            if word.startswith(old):
                return new + word[len(old) :]
        return self._ending(word)

    def _noun(self, word: str) -> str | None:
        if word in self._whole:
            return self._whole[word]
        for particle in _PARTICLES:
            stem = word.removesuffix(particle)
            if stem != word and stem in self._whole:
                return _with_particle(self._whole[stem], particle)
        return None

    def _ending(self, word: str) -> str:
        if not word.endswith(self._endings):
            return word
        for old, new in self._end:
            if len(word) > len(old) and word.endswith(old):
                return _join_ending(word.removesuffix(old), new)
        for old, new in self._end_closed:
            stem = word.removesuffix(old)
            if stem and stem != word and jamo.split(stem[-1])[2] in self._closed_by:
                return stem + new
        return word


@cache
def _words() -> Words:
    return Words.load(TABLE)


def standardise(text: str) -> str:
    """`Words.standardise` with the table of this repository, read once."""
    return _words().standardise(text)
