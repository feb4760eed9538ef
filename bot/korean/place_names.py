"""Every way to write a Jeju place, and the place it means: what the files of data/places say."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["city", "eupmyeondong", "ri", "road", "landmark"]
City = Literal["제주시", "서귀포시"]
Area = Literal["dong", "eup_myeon"]
CITIES: tuple[City, ...] = ("제주시", "서귀포시")

_NUMBERS = {"1": "일", "2": "이", "3": "삼"}


@dataclass(frozen=True)
class Place:
    """A place as the files know it.

    `city` is None for what lies in both cities or has a namesake in the other; `district` is the
    읍·면·동 it belongs to, None where that is not sure.
    """

    name: str
    kind: Kind
    city: City | None = None
    district: str | None = None


def area_of(district: str | None, name: str | None = None) -> Area | None:
    """Town (동) or country (읍·면): by the district, else by the name of a 동. None if unknown."""
    if district:
        return "dong" if district.endswith("동") else "eup_myeon"
    return "dong" if name and name.endswith("동") else None


class Names:
    """Ways of writing and their places.

    `full` may stand inside other syllables, `short` only where nothing but a particle or a known
    word follows, `english` is in Latin letters.
    """

    def __init__(
        self, districts: Mapping[str, Any], roads: Mapping[str, Any], landmarks: Mapping[str, Any]
    ) -> None:
        """Take the three parsed files. Raises KeyError when a section is missing."""
        self.full: dict[str, Place] = {}
        self.short: dict[str, Place] = {}
        self.english: dict[str, Place] = {}
        self.namesakes: dict[str, tuple[Place, ...]] = {}
        """By its name, the places that share it: 월평동 of 제주시 and 월평동 of 서귀포시."""
        for city in CITIES:
            self._add_city(city, districts[city])
        self._add(self.short, "서귀포", Place("서귀포시", "city", "서귀포시"))
        for name, cities in districts["asked"].items():
            asked = [self.full[name], *(Place(name, "eupmyeondong", city) for city in cities)]
            self.namesakes[name] = tuple(sorted(asked, key=_city_order))
        self._add_listed(roads, "road")
        self._add_listed(landmarks, "landmark")

    def _add(self, table: dict[str, Place], written: str, place: Place) -> None:
        known = table.get(written)
        if known is not None and known.city != place.city:
            # A namesake in the other city: the name alone does not say which.
            place = self._shared(known, place)
        table[written] = place

    def _shared(self, known: Place, place: Place) -> Place:
        """What is sure of a name that `known` and `place` share."""
        same = (*self.namesakes.get(known.name, (known,)), place)
        self.namesakes[place.name] = tuple(dict.fromkeys(one for one in same if one.city))
        return Place(place.name, place.kind, None, None)

    def _add_city(self, city: City, part: Mapping[str, Any]) -> None:
        self._add(self.full, city, Place(city, "city", city))
        self._add(self.english, part["en"], Place(city, "city", city))
        places = {name: Place(name, "eupmyeondong", city, name) for name in part["districts"]}
        for district, names in part["inside"].items():
            for name in names:
                kind: Kind = "ri" if name.endswith("리") else "eupmyeondong"
                places.setdefault(name, Place(name, kind, city, district))
        for name in part["loose"]:
            places[name] = Place(name, "eupmyeondong", city)
        for name, place in places.items():
            for written in _numbered(name):
                if written == name or written not in places:
                    self._add(self.full, written, place)
        self._add_short(city, part, places)

    def _add_short(self, city: City, part: Mapping[str, Any], places: Mapping[str, Place]) -> None:
        for name, more in part["districts"].items():
            for short in more.get("short", ()):
                self._add(self.short, short, places[name])
            for english in more.get("en", ()):
                self._add(self.english, english, places[name])
        for short, name in part["short"].items():
            place = places.get(name) or Place(short, "eupmyeondong", city)
            self._add(self.short, short, place)
        for english, name in part["en_more"].items():
            kind: Kind = "city" if name == city else "eupmyeondong"
            place = places.get(name) or Place(name, kind, city)
            self._add(self.english, english, place)
            if place.kind == "ri" and not english.endswith("-ri"):
                self._add(self.english, f"{english}-ri", place)

    def _add_listed(self, data: Mapping[str, Any], kind: Kind) -> None:
        for where, entries in data.items():
            city: City | None = next((city for city in CITIES if city == where), None)
            for entry in entries:
                place = Place(entry["name"], kind, city, entry.get("in"))
                for written in (entry["name"], *entry.get("as", ())):
                    self._add(self.full, written, place)
                for written in entry.get("short", ()):
                    self._add(self.short, written, place)
                for written in entry.get("en", ()):
                    self._add(self.english, written, place)


def _city_order(place: Place) -> int:
    return CITIES.index(place.city) if place.city else len(CITIES)


def _numbered(name: str) -> Iterator[str]:
    """일도2동 also as 일도이동; 하귀리 also as 하귀1리."""
    yield name
    match = re.fullmatch(r"(\D+)([123])(동)", name)
    if match:
        yield match.group(1) + _NUMBERS[match.group(2)] + "동"
        yield f"{match.group(1)} {match.group(2)}동"
    if name.endswith("리"):
        for digit, word in _NUMBERS.items():
            yield f"{name[:-1]}{digit}리"
            yield f"{name[:-1]}{word}리"
