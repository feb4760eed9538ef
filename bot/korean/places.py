"""Jeju places in a message: which are named, and the whole phrase that says where."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from bot.korean import place_patterns
from bot.korean.place_names import CITIES, City, Kind, Names, Place
from bot.korean.place_phrases import PhraseCutter, PlaceMatch

__all__ = ["CITIES", "City", "Kind", "Place", "PlaceMatch", "Places"]


class Places:
    """All places; safe to share between threads."""

    def __init__(
        self,
        districts: Mapping[str, Any],
        roads: Mapping[str, Any],
        landmarks: Mapping[str, Any],
        phrases: Mapping[str, Sequence[str]],
    ) -> None:
        names = Names(districts, roads, landmarks)
        key = place_patterns.key
        self._by_key = {key(written): place for written, place in names.short.items()}
        self._by_key.update((key(written), place) for written, place in names.full.items())
        self._by_english = {key(written): place for written, place in names.english.items()}
        # A full name is tried before a short one of the same beginning.
        self._korean = place_patterns.Finder(
            [(name, place_patterns.full(name)) for name in names.full],
            [(name, place_patterns.short(name)) for name in names.short],
        )
        self._english = place_patterns.Finder(
            [(name, place_patterns.english(name)) for name in names.english]
        )
        self._phrases = PhraseCutter(phrases)
        self._namesakes = names.namesakes

    @classmethod
    def load(cls, directory: Path) -> Places:
        """The places of a folder with districts, roads, landmarks and phrases (`*.yml`).

        Raises OSError when a file is missing, KeyError when a section is.
        """

        def read(name: str) -> Any:
            with (directory / f"{name}.yml").open(encoding="utf-8") as file:
                return yaml.safe_load(file)

        return cls(read("districts"), read("roads"), read("landmarks"), read("phrases"))

    def find(self, text: str) -> list[PlaceMatch]:
        """The places a message names, in its order, none inside another."""
        found = [
            self._match(match, place)
            for finder, known in (
                (self._korean, self._by_key),
                (self._english, self._by_english),
            )
            for match in finder.finditer(text)
            if (place := known.get(place_patterns.key(match.group())))
        ]
        return sorted(found, key=lambda match: match.start)

    def namesakes(self, name: str) -> tuple[Place, ...]:
        """The places that share a place's name, itself among them; empty when it is the only one.

        `name` is that of a match, not every way to write it.
        """
        return self._namesakes.get(name, ())

    @staticmethod
    def _match(match: re.Match[str], place: Place) -> PlaceMatch:
        return PlaceMatch(
            place.name, place.kind, place.city, match.start(), match.end(), place.district
        )

    def address(self, text: str) -> str | None:
        """The whole phrase that says where, or None when no place is named.

        "노형동 이마트 앞 도로에 구멍이 났어요" → "노형동 이마트 앞 도로". It runs from the first
        place through nouns and position words, without the closing particle and the predicate.
        """
        matches = self.find(text)
        if not matches:
            return None
        if self._english.match(text, matches[0].start):
            return self._phrases.english(text, matches)
        return self._phrases.korean(text, matches)
