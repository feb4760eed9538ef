"""The emergency guard: sees a cry for help in any message, before anything else looks at it.

The patterns and the figures of speech that they must not fall for are data
(data/policy/emergency.yml, which explains its own form).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import yaml

from bot.korean import jamo, jeju
from bot.korean.text import even_width, shorten, strip_hidden

Kind = Literal["fire", "medical", "crime", "violence", "child", "suicide", "sea", "gas"]
Topic = Literal["emergency", "crisis_counseling"]
About = Literal["self", "other"]

# How much of the sentence around a hit may excuse it, in squeezed characters.
BEFORE, AFTER = 40, 30
# What stands for a figure of speech that was cut out: its neighbours must not grow together.
CUT = "_"
# Nobody needs more to be heard, and a pasted book must not hold up the line.
LONGEST = 8_000


@dataclass(frozen=True)
class Alarm:
    """A message that may be a matter of life: what it is, which topic answers, why we think so."""

    kind: Kind
    topic: Topic
    pattern: str
    about: About | None = None


class GuardDataError(ValueError):
    """The pattern file cannot be used; the sentence says which entry is at fault."""


@dataclass(frozen=True)
class _Pattern:
    id: str
    kind: Kind
    topic: Topic
    spaced: bool
    cry: re.Pattern[str]
    unless: re.Pattern[str] | None

    def hit(self, text: str) -> re.Match[str] | None:
        """The first match that its own sentence does not excuse."""
        for match in self.cry.finditer(text):
            if self.unless is None or not self.unless.search(_around(text, match)):
                return match
        return None


def _around(text: str, match: re.Match[str]) -> str:
    """The part of the sentence that stands next to a match."""
    start, end = max(0, match.start() - BEFORE), min(len(text), match.end() + AFTER)
    start = max(start, text.rfind(".", start, match.start()) + 1)
    stop = text.find(".", match.end(), end)
    return text[start : end if stop < 0 else stop]


_APOSTROPHES = re.compile("['’‘`´]")
_SPELT_OUT = re.compile(r"(?<![가-힣])[가-힣](?:[.,·\-_~*/!|]+ ?[가-힣](?![가-힣])){2,}")
_PAUSE = re.compile(r"\.{2,}|…+")
_STOPS = re.compile(r"\s*[.!?\n;。]+\s*")
_SIGNS = re.compile(r"[^\w\s.\u1100-\u11ff\U0001f300-\U0001faff]+")
_BLANKS = re.compile(r"\s+")
_LOOSE_JAMO = re.compile("[ㄱ-ㆎ\u1100-\u11ff]+")


def spaced_form(text: str) -> str:
    """What English patterns read: lower case, no apostrophes, `.` for every end of a sentence."""
    seen = _APOSTROPHES.sub("", even_width(strip_hidden(text[:LONGEST])))
    seen = _SPELT_OUT.sub(lambda word: re.sub(r"[^가-힣]", "", word.group()), seen)
    seen = _STOPS.sub(" . ", _PAUSE.sub(" ", seen))
    return _BLANKS.sub(" ", _SIGNS.sub(" ", seen)).strip()


def squeezed_form(spaced: str) -> str:
    """What Korean patterns read: the spaced form without blanks, brought to one spelling."""
    tight = jamo.compose(jamo.plain_araea(spaced.replace(" ", "")))
    return jamo.sound(shorten(_LOOSE_JAMO.sub("", tight)))


_PART = re.compile(r"<([a-z_]+)>")


def _fill(regex: str, parts: Mapping[str, str], where: str) -> str:
    """A pattern with its named parts put in; parts may hold parts."""

    def part(match: re.Match[str]) -> str:
        if match.group(1) not in parts:
            raise GuardDataError(f"{where} names the part <{match.group(1)}>, which is not there.")
        return f"(?:{_fill(parts[match.group(1)], parts, where)})"

    return _PART.sub(part, regex)


def _compile(
    regexes: Sequence[str], parts: Mapping[str, str], where: str, spaced: bool
) -> re.Pattern[str]:
    filled = "|".join(f"(?:{_fill(regex, parts, where)})" for regex in regexes)
    try:
        return re.compile(filled if spaced else jamo.sound(filled))
    except re.error as error:
        raise GuardDataError(f"{where} is not a regular expression: {error}.") from error


def _pattern(entry: Mapping[str, Any], parts: Mapping[str, str]) -> _Pattern:
    name = str(entry.get("id"))
    spaced = entry.get("form", "squeezed") == "spaced"
    if entry.get("kind") not in get_args(Kind) or entry.get("topic") not in get_args(Topic):
        raise GuardDataError(f"Pattern {name} has an unknown kind or topic.")
    if not entry.get("any"):
        raise GuardDataError(f"Pattern {name} has nothing to look for.")
    unless = entry.get("unless") or []
    return _Pattern(
        id=name,
        kind=entry["kind"],
        topic=entry["topic"],
        spaced=spaced,
        cry=_compile(entry["any"], parts, name, spaced),
        unless=_compile(unless, parts, f"{name}, unless", spaced) if unless else None,
    )


class Guard:
    """All emergency patterns, compiled once; safe to share between threads."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        parts = data.get("parts", {})
        self._figures = _compile(data["figures"], parts, "figures", False)
        self._phrases = _compile(data["phrases"], parts, "phrases", True)
        self._other = _compile(data["other"], parts, "other", False)
        self._someone = _compile(data["someone"], parts, "someone", True)
        self._patterns = tuple(_pattern(entry, parts) for entry in data["patterns"])

    @classmethod
    def load(cls, path: Path) -> Guard:
        """The guard of a pattern file. Raises GuardDataError when the file cannot be used."""
        with path.open(encoding="utf-8") as file:
            return cls(yaml.safe_load(file))

    def check(self, text: str) -> Alarm | None:
        """The alarm that a message raises, or None.

        In: the text as it came, not masked, not cleaned. Only the first alarm is given; patterns
        stand in the file with the most urgent kind of help first.
        """
        spaced = spaced_form(text)
        squeezed = squeezed_form(spaced)
        forms = {True: self._phrases.sub(" ", spaced), False: self._figures.sub(CUT, squeezed)}
        return self._first(forms) or self._in_jeju(spaced) or self._wrong_keyboard(spaced)

    def _in_jeju(self, spaced: str) -> Alarm | None:
        """The same once more with Jeju words and endings, if any, in standard Korean."""
        standard = jeju.standardise(spaced)
        if standard == spaced:
            return None
        return self._first({True: "", False: self._figures.sub(CUT, squeezed_form(standard))})

    def _wrong_keyboard(self, spaced: str) -> Alarm | None:
        """The same for Korean typed with the keyboard left in English."""
        if len(spaced) < 6 or not spaced.isascii():
            return None
        return self._first({True: "", False: squeezed_form(jamo.from_keyboard(spaced))})

    def _first(self, forms: Mapping[bool, str]) -> Alarm | None:
        for pattern, match in self._hits(forms):
            return Alarm(pattern.kind, pattern.topic, pattern.id, self._about(pattern, match))
        return None

    def _hits(self, forms: Mapping[bool, str]) -> Iterator[tuple[_Pattern, re.Match[str]]]:
        for pattern in self._patterns:
            match = pattern.hit(forms[pattern.spaced])
            if match is not None:
                yield pattern, match

    def _about(self, pattern: _Pattern, match: re.Match[str]) -> About | None:
        """Whom it is about; worth saying only where the words for the citizen differ by it."""
        if pattern.kind != "suicide":
            return None
        nearby = _around(match.string, match)
        someone = self._someone if pattern.spaced else self._other
        return "other" if someone.search(nearby) else "self"
