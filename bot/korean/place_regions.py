"""Places outside Jeju: the region that a message names, as data/places/regions.yml says."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

_PARTICLES = (
    r"(?:에서|에는|에도|에|은|는|이|가|을|를|의|도|만|과|와|로|으로|쪽|인데|이에요|예요|입니다"
    r"|까지|부터|이랑|랑|하고|사는|살)?(?![가-힣])"
)
_LATIN = re.compile(r"[a-z ]+")


@dataclass(frozen=True)
class Region:
    """A province or metropolitan city other than Jeju.

    `phone` is its 120 line as dialled from elsewhere, None where no source names one.
    """

    name: str
    phone: str | None


@dataclass(frozen=True)
class RegionMatch:
    """A place outside Jeju in a message: `text[start:end]` is how it was written there."""

    region: Region
    start: int
    end: int


class Regions:
    """All regions with the cities, counties and districts that people name; safe to share."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        """`data`: the parsed file. Raises KeyError when a section is missing."""
        endings = "|".join(data["endings"])
        self._by_name: dict[str, Region] = {}
        bare: set[str] = set()
        words: set[str] = set()
        for name, part in data["regions"].items():
            region = Region(name, part.get("phone"))
            for written in (name, *part["names"]):
                self._by_name[written.lower()] = region
            bare.update((name, *part["names"]))
            for written in part.get("words", ()):
                self._by_name[written] = region
                words.add(written)
        for name in data["several"]:
            self._by_name[name] = Region(name, None)
            bare.add(name)
        korean = {name for name in bare if not _LATIN.fullmatch(name)}
        self._pattern = re.compile(
            rf"(?<![가-힣])(?:(?P<bare>{_any(korean)})(?:{endings})?{_PARTICLES}"
            rf"|(?P<word>{_any(words)})(?:{endings}){_PARTICLES}"
            rf"|(?<![A-Za-z])(?P<latin>{_any(bare - korean)})(?![A-Za-z]))",
            re.IGNORECASE,
        )
        self._ending = re.compile(rf"(?:{endings})?\s*")

    @classmethod
    def load(cls, path: Path) -> Regions:
        """The regions of a file. Raises OSError when it is missing, KeyError when a section is."""
        return cls(yaml.safe_load(path.read_text(encoding="utf-8")))

    def find(self, text: str) -> Iterator[RegionMatch]:
        """The places outside Jeju that a message names, in its order.

        A word that means something else as well (전주 is also a pole) counts only with its ending.
        """
        for match in self._pattern.finditer(text):
            group = match.lastgroup or "bare"
            region = self._by_name[match[group].lower()]
            end = self._ending.match(text, match.end(group))
            yield RegionMatch(region, match.start(), end.end() if end else match.end(group))

    def named(self, name: str) -> Region | None:
        """The region of a name in its usual short spelling (서울, 경기)."""
        return self._by_name.get(name)

    def names(self) -> frozenset[str]:
        """Every way to write a place outside Jeju, without its ending, in small letters."""
        return frozenset(self._by_name)


def _any(names: set[str]) -> str:
    return "|".join(map(re.escape, sorted(names, key=len, reverse=True)))
