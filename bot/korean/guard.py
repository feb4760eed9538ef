"""The emergency guard: sees a cry for help in any message, before anything else looks at it.

It hears with two ears. Patterns, and the figures of speech that they must not fall for, are data
(data/policy/emergency.yml, which explains its own form). A learnt scale (bot/korean/ear.py) hears
what no pattern names, and overrules a pattern that everything else in the message speaks against.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from bot import yaml_files
from bot.korean import jamo, jeju
from bot.korean.ear import STRETCH, Ear, EarDataError, Kind, squeezed_form
from bot.korean.text import even_width, strip_hidden

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

    @property
    def certain(self) -> bool:
        """Whether a pattern heard it; what the learnt scale alone hears may be everyday talk."""
        return self.pattern != BY_EAR


# What an alarm names as its pattern when the learnt scale alone heard the cry.
BY_EAR = "ear"


class GuardDataError(ValueError):
    """The guard's data cannot be used; the sentence says which entry is at fault."""


@dataclass(frozen=True)
class _Pattern:
    id: str
    kind: Kind
    topic: Topic
    spaced: bool
    sure: bool
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


def spaced_form(text: str) -> str:
    """What English patterns read: lower case, no apostrophes, `.` for every end of a sentence."""
    seen = _APOSTROPHES.sub("", even_width(strip_hidden(text[:LONGEST])))
    seen = _SPELT_OUT.sub(lambda word: re.sub(r"[^가-힣]", "", word.group()), seen)
    seen = _STOPS.sub(" . ", _PAUSE.sub(" ", seen))
    return _BLANKS.sub(" ", _SIGNS.sub(" ", seen)).strip()


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
        sure=bool(entry.get("sure")),
        cry=_compile(entry["any"], parts, name, spaced),
        unless=_compile(unless, parts, f"{name}, unless", spaced) if unless else None,
    )


@dataclass(frozen=True)
class Heard:
    """What the patterns make of a message: how it was read, the alarm, and whether it is sure."""

    spaced: str
    alarm: Alarm | None = None
    sure: bool = False


@dataclass(frozen=True)
class _Scale:
    """The learnt scale, where a cry begins on it, and which topic answers which kind."""

    ear: Ear
    threshold: float
    answered_from: float
    topics: Mapping[Kind, Topic]


def _scale(data: Mapping[str, Any], ear: Ear) -> _Scale:
    topics = data.get("topics", {})
    if set(topics) != set(get_args(Kind)) or not set(topics.values()) <= set(get_args(Topic)):
        raise GuardDataError("The ear must name a known topic for every kind.")
    return _Scale(ear, float(data["threshold"]), float(data["answered_from"]), topics)


class Guard:
    """All emergency patterns, compiled once, and the learnt scale; safe to share between threads.

    Without weights only the patterns are heard.
    """

    def __init__(self, data: Mapping[str, Any], ear: Ear | None = None) -> None:
        parts = data.get("parts", {})
        self._figures = _compile(data["figures"], parts, "figures", False)
        self._phrases = _compile(data["phrases"], parts, "phrases", True)
        self._other = _compile(data["other"], parts, "other", False)
        self._someone = _compile(data["someone"], parts, "someone", True)
        self._patterns = tuple(_pattern(entry, parts) for entry in data["patterns"])
        self._scale = None if ear is None else _scale(data.get("ear", {}), ear)

    @classmethod
    def load(cls, path: Path) -> Guard:
        """The guard of a pattern file, with the weights beside it (`<name>_ear.tsv`).

        Raises GuardDataError when either file cannot be used.
        """
        data = yaml_files.read(path)
        try:
            return cls(data, Ear.load(path.with_name(f"{path.stem}_ear.tsv")))
        except EarDataError as error:
            raise GuardDataError(str(error)) from error

    @property
    def answered_from(self) -> float:
        """How sure of a topic Rasa has to be for its answer to stand below the numbers."""
        return self._scale.answered_from if self._scale else 1.0

    def check(self, text: str) -> Alarm | None:
        """The alarm that a message raises, or None.

        In: the text as it came, not masked, not cleaned. Only the first alarm is given; patterns
        stand in the file with the most urgent kind of help first.
        """
        heard = self.by_pattern(text)
        if self._scale is None or heard.sure:
            return heard.alarm
        if heard.alarm is not None and len(heard.spaced.split()) > STRETCH:
            # In a long message all that is everyday talk would drown the one sentence.
            return heard.alarm
        score = self._scale.ear.score(heard.spaced, hit=heard.alarm is not None)
        if score < self._scale.threshold:
            return None
        return heard.alarm or self._by_ear(heard.spaced, self._scale)

    def by_pattern(self, text: str) -> Heard:
        """What the patterns alone hear, and the reading of the text in which they heard it."""
        spaced = spaced_form(text)
        standard = jeju.standardise(spaced)
        tight = self._figures.sub(CUT, squeezed_form(spaced))
        readings = [(standard, {True: self._phrases.sub(" ", spaced), False: tight})]
        if standard != spaced:
            tight = self._figures.sub(CUT, squeezed_form(standard))
            readings.append((standard, {True: "", False: tight}))
        if len(spaced) >= 6 and spaced.isascii():
            # Korean typed with the keyboard left in English.
            typed = jamo.from_keyboard(spaced)
            readings.append((typed, {True: "", False: squeezed_form(typed)}))
        for reading, forms in readings:
            for pattern, match in self._hits(forms):
                about = self._about(pattern, match)
                alarm = Alarm(pattern.kind, pattern.topic, pattern.id, about)
                return Heard(reading, alarm, pattern.sure)
        return Heard(standard)

    def _by_ear(self, spaced: str, scale: _Scale) -> Alarm:
        kind = scale.ear.kind(spaced)
        about: About | None = None
        if kind == "suicide":
            someone = self._someone.search(spaced) or self._other.search(squeezed_form(spaced))
            about = "other" if someone else "self"
        return Alarm(kind, scale.topics[kind], BY_EAR, about)

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
