"""Which village or region a coordinate lies in, by the outlines of data/places/shapes.json."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

_METRES_A_DEGREE = 111_000.0
_VILLAGE_UNIT = 10_000
_REGION_UNIT = 1_000

_Point = tuple[float, float]
_Named = TypeVar("_Named", bound="Shape")


@dataclass(frozen=True)
class Shape:
    """An outline: rings of longitude and latitude in degrees, WGS 84."""

    name: str
    rings: tuple[tuple[_Point, ...], ...]

    def holds(self, point: _Point) -> bool:
        """Whether a point lies inside (even-odd rule)."""
        return any(_inside(point, ring) for ring in self.rings)

    def metres_to(self, point: _Point) -> float:
        """The distance from a point to the outline, good to a few metres near Jeju."""
        shrink = math.cos(math.radians(point[1]))
        return _METRES_A_DEGREE * min(
            _to_segment(point, start, end, shrink)
            for ring in self.rings
            for start, end in zip(ring, (*ring[1:], ring[0]), strict=True)
        )


@dataclass(frozen=True)
class Village(Shape):
    """A 법정리 or 법정동; `district` is its 읍·면·동, None where the border runs through it."""

    city: str
    district: str | None


class Shapes:
    """All outlines; safe to share between threads."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        """`data`: the parsed file. Raises KeyError when a section is missing."""
        self.villages = tuple(
            Village(one["name"], _rings(one, _VILLAGE_UNIT), one["city"], one["district"])
            for one in data["villages"]
        )
        self.regions = tuple(
            Shape(one["name"], _rings(one, _REGION_UNIT)) for one in data["regions"]
        )

    @classmethod
    def load(cls, path: Path) -> Shapes:
        """The outlines of a file. Raises OSError when it is missing, KeyError when a section is."""
        return cls(json.loads(path.read_text(encoding="utf-8")))

    def village(self, latitude: float, longitude: float, *, within: float) -> Village | None:
        """The village of a coordinate, or the nearest one at most `within` metres away."""
        return _nearest(self.villages, (longitude, latitude), within)

    def region(self, latitude: float, longitude: float, *, within: float) -> str | None:
        """The region outside Jeju of a coordinate, or the nearest at most `within` metres away."""
        found = _nearest(self.regions, (longitude, latitude), within)
        return found.name if found else None


def _rings(one: Mapping[str, Any], unit: int) -> tuple[tuple[_Point, ...], ...]:
    return tuple(tuple(_unfolded(ring, unit)) for ring in one["rings"])


def _unfolded(ring: Sequence[int], unit: int) -> Iterable[_Point]:
    """The points of a ring that is stored as its first point and the steps to the others."""
    east, north = 0, 0
    for at in range(0, len(ring), 2):
        east, north = east + ring[at], north + ring[at + 1]
        yield east / unit, north / unit


def _nearest(shapes: Iterable[_Named], point: _Point, within: float) -> _Named | None:
    best, least = None, within
    for shape in shapes:
        if not _near_box(shape, point, within):
            continue
        if shape.holds(point):
            return shape
        if (distance := shape.metres_to(point)) <= least:
            best, least = shape, distance
    return best


def _near_box(shape: Shape, point: _Point, within: float) -> bool:
    """A quick look whether a shape can be near at all."""
    margin = within / _METRES_A_DEGREE * 1.3
    return any(
        min(x for x, _ in ring) - margin <= point[0] <= max(x for x, _ in ring) + margin
        and min(y for _, y in ring) - margin <= point[1] <= max(y for _, y in ring) + margin
        for ring in shape.rings
    )


def _inside(point: _Point, ring: Sequence[_Point]) -> bool:
    east, north = point
    inside = False
    before = ring[-1]
    for corner in ring:
        (x, y), (last_x, last_y) = corner, before
        crosses = (y > north) != (last_y > north)
        if crosses and east < (last_x - x) * (north - y) / (last_y - y) + x:
            inside = not inside
        before = corner
    return inside


def _to_segment(point: _Point, start: _Point, end: _Point, shrink: float) -> float:
    """Degrees from a point to a line between two others; a degree east is `shrink` of one north."""
    x, y = (point[0] - start[0]) * shrink, point[1] - start[1]
    along_x, along_y = (end[0] - start[0]) * shrink, end[1] - start[1]
    length = along_x * along_x + along_y * along_y
    part = (x * along_x + y * along_y) / length if length else 0.0
    part = min(1.0, max(0.0, part))
    return math.hypot(x - part * along_x, y - part * along_y)
