"""Where something is: one spot from all the places that a text names, or what is unclear about it.

Nothing is guessed: a name that several places share is asked about, and where the places of a text
disagree only that stays in which they agree.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from bot.korean.place_names import Area, Place, area_of
from bot.korean.place_regions import Regions
from bot.korean.place_shapes import Shapes
from bot.korean.places import PlaceMatch, Places
from bot.paths import PLACES

_NARROWNESS = {"landmark": 4, "ri": 3, "eupmyeondong": 3, "road": 1, "city": 0}
_DISTRICT = 2
_VILLAGES = ("ri", "eupmyeondong")
NEAR_JEJU = 3_000.0
"""Metres from the shore within which a spot still counts as that village's: piers, rocks, boats."""
NEAR_A_REGION = 10_000.0
"""The regions' outlines are rough, and leave islets out."""


@dataclass(frozen=True)
class Spot:
    """Where something is, as far as is known.

    `name` is the narrowest place in its usual spelling, `city` 제주시 or 서귀포시, `district` one
    of the 43 읍·면·동. `latitude` and `longitude` (WGS 84, degrees) only where a spot was shared.
    """

    name: str | None
    city: str | None
    district: str | None
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True)
class Ambiguous:
    """A name that several places share (월평동): which one is meant must be asked."""

    choices: tuple[Spot, ...]


@dataclass(frozen=True)
class Outside:
    """A place outside Jeju: its region, and that one's 120 line where a source names one.

    `region` is empty where it is not known, e.g. for a spot at sea.
    """

    region: str
    phone: str | None


class Spots:
    """Finds spots; safe to share between threads."""

    def __init__(self, places: Places, regions: Regions, shapes: Shapes) -> None:
        self._places = places
        self._regions = regions
        self._shapes = shapes

    def find(self, text: str) -> Spot | Ambiguous | Outside | None:
        """The spot that a text names; None when it names no place that exists.

        `text` is what somebody says about where: in any other text a city outside Jeju may be
        named for another reason ("서울에서 이사 왔는데 …").

        A place of Jeju wins over one outside ("서울에서 왔는데 노형동에 …"), unless the outer one
        stands right before it ("부산 중앙동").
        """
        matches = self._places.find(text)
        outer = list(self._regions.find(text))
        if outer and (not matches or any(_belongs_to(matches[0], one.end) for one in outer)):
            return Outside(outer[0].region.name, outer[0].region.phone)
        return self._one(text, matches) if matches else None

    def at(self, latitude: float, longitude: float) -> Spot | Outside:
        """The spot of a coordinate: the village it lies in, or the nearest on the shore.

        Raises ValueError when the numbers are no coordinate.
        """
        if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
            raise ValueError("a latitude is from -90 to 90, a longitude from -180 to 180")
        village = self._shapes.village(latitude, longitude, within=NEAR_JEJU)
        if village:
            return Spot(village.name, village.city, village.district, latitude, longitude)
        name = self._shapes.region(latitude, longitude, within=NEAR_A_REGION)
        region = self._regions.named(name) if name else None
        return Outside(region.name, region.phone) if region else Outside("", None)

    def _one(self, text: str, matches: Sequence[PlaceMatch]) -> Spot | Ambiguous:
        """One spot from the places of a text, or the choices that it leaves open."""
        known = _places(text, matches)
        sure = [place for place in known if not self._places.namesakes(place.name)]
        for place in known:
            namesakes = self._places.namesakes(place.name)
            if not namesakes:
                continue
            left = _agreeing(namesakes, sure)
            if len({(one.city, one.district) for one in left}) > 1:
                return Ambiguous(tuple(Spot(one.name, one.city, one.district) for one in left))
            sure.append(left[0])
        return _together(sure)


def _places(text: str, matches: Sequence[PlaceMatch]) -> list[Place]:
    """The places of a text. A landmark right behind a district is where the citizen puts it.

    노형동 한라병원 names one spot, though landmarks.yml has the hospital in 연동.
    """
    found: list[Place] = []
    for before, match in zip((None, *matches), matches, strict=False):
        district = match.district
        if before and _puts(before, match) and not text[before.end : match.start].strip():
            district = before.district
        found.append(Place(match.name, match.kind, match.city, district))
    return found


def _puts(before: PlaceMatch, match: PlaceMatch) -> bool:
    """Whether a place could be the district in which a landmark is put."""
    divides = before.kind in _VILLAGES and before.district is not None
    return divides and match.kind == "landmark" and before.city == match.city


def _belongs_to(first: PlaceMatch, end: int) -> bool:
    """Whether a village's name goes on from a place outside Jeju that ends at `end`."""
    return first.kind in _VILLAGES and first.start == end


def _agreeing(namesakes: Sequence[Place], sure: Iterable[Place]) -> Sequence[Place]:
    """The namesakes that lie where the other places of the text do; all when none does."""
    sure = tuple(sure)
    for told in ({one.district for one in sure}, {one.city for one in sure}):
        left = [one for one in namesakes if {one.district, one.city} & (told - {None})]
        if left:
            return left
    return namesakes


def _together(places: Sequence[Place]) -> Spot:
    """What all places of a text agree on."""
    city = _only(place.city for place in places)
    cities = {place.city for place in places if place.city}
    district = _only(place.district for place in places) if len(cities) < 2 else None
    if len(cities) > 1 or (district is None and _several(place.district for place in places)):
        return Spot(None, city, None)
    narrowest = max(places, key=_narrowness)
    return Spot(narrowest.name, city, district)


def _narrowness(place: Place) -> int:
    return _DISTRICT if place.name == place.district else _NARROWNESS[place.kind]


def _only(values: Iterable[str | None]) -> str | None:
    """The one value among those that are known, None where there is none or several."""
    known = {value for value in values if value}
    return known.pop() if len(known) == 1 else None


def _several(values: Iterable[str | None]) -> bool:
    return len({value for value in values if value}) > 1


def area(spot: Spot) -> Area | None:
    """Whether a spot lies in a 동 or in a 읍·면; None where that is not known."""
    return area_of(spot.district, spot.name)


@lru_cache(maxsize=1)
def spots() -> Spots:
    """The spots of this installation (data/places)."""
    return Spots(
        Places.load(PLACES),
        Regions.load(PLACES / "regions.yml"),
        Shapes.load(PLACES / "shapes.json"),
    )


def find(text: str) -> Spot | Ambiguous | Outside | None:
    """The spot that a text names; see `Spots.find`."""
    return spots().find(text)


def at(latitude: float, longitude: float) -> Spot | Outside:
    """The spot of a coordinate (WGS 84, degrees); see `Spots.at`."""
    return spots().at(latitude, longitude)
