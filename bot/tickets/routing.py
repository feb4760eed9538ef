"""Who takes a ticket: the body, by topic, place and answer, as data/policy/routing.yml says.

Never by the name of a road: sections of one road belong to different bodies.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Self

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from bot import yaml_files
from bot.korean.place_names import CITIES, area_of
from bot.offices import offices
from bot.paths import PLACES, POLICY
from bot.tickets.errors import PolicyError
from bot.tickets.policy import ticket_policy
from bot.tickets.spots import Spot, area

FILE = POLICY / "routing.yml"
DESK_RULE = "desk"
"""The rule of a decision that no rule of the file made."""
PLACED = ("area", "city", "district")
"""What a rule may ask of the place; every other key of `when` is a field of the form."""
RULE_LENGTH = 160
NOT_IN_THE_CATALOGUE = frozenset({"callback", "general_ticket"})


class UnknownTopic(PolicyError):
    """routing.yml says nothing about a topic, so no ticket can be opened for it."""


@dataclass(frozen=True)
class Decision:
    """The body that takes a ticket (an id of offices.yml) and the rule that said so.

    `rule` is readable for staff: `street_light/6 읍·면 지역 → 읍·면사무소`, or `desk`.
    """

    office: str
    rule: str


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def _listed(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


class _OfDistrict(_Part):
    of_district: str


_Way = Annotated[_OfDistrict | str | dict[str, str], Field(union_mode="left_to_right")]
"""An office; a table by district; or an office by city."""
_Listed = BeforeValidator(_listed)


class Rule(_Part):
    """A case of a topic: when it holds, and who takes it then."""

    when: dict[str, Annotated[tuple[str, ...], _Listed, Field(min_length=1)]] = {}
    office: Annotated[tuple[_Way, ...], _Listed, Field(min_length=1)]
    because: str

    def holds(self, facts: Mapping[str, str]) -> bool:
        """Whether every key of `when` has one of its values among the facts."""
        return all(facts.get(key) in values for key, values in self.when.items())

    def covers(self, other: "Rule") -> bool:
        """Whether this rule holds wherever the other does."""
        told = other._told()
        return all(
            key in told and set(told[key]) <= set(values) for key, values in self.when.items()
        )

    def _told(self) -> Mapping[str, Iterable[str]]:
        """What is sure where the rule holds: a district also tells its area and its city."""
        districts = self.when.get("district", ())
        if not districts:
            return self.when
        _, city_of = _divisions()
        return {
            "area": {area_of(one) or "" for one in districts},
            "city": {city_of.get(one, "") for one in districts},
            **self.when,
        }


class TopicRules(_Part):
    """The kind of petition of a topic and its rules in their order."""

    petition: str
    rules: tuple[Rule, ...] = ()


class RoutingPolicy(_Part):
    """The whole of routing.yml. Names of offices, topics, districts and cities must exist."""

    desk: str
    by_district: dict[str, dict[str, str]]
    topics: dict[str, TopicRules]

    @model_validator(mode="after")
    def _places_and_topics_exist(self) -> Self:
        cities, districts = _divisions()
        _none_strange("topic", self.topics, known_topics())
        _none_strange("office", self.offices(), offices())
        for table in self.by_district.values():
            _none_strange("district", table, districts)
        for topic, known in self.topics.items():
            _none_strange(f"petition of {topic}", [known.petition], ticket_policy().petitions)
            for rule in known.rules:
                _none_strange("city", rule.when.get("city", ()), cities)
                _none_strange("district", rule.when.get("district", ()), districts)
                _none_strange("area", rule.when.get("area", ()), ("dong", "eup_myeon"))
                self._check_ways(rule, cities)
        return self

    def _check_ways(self, rule: Rule, cities: Iterable[str]) -> None:
        for way in rule.office:
            if isinstance(way, _OfDistrict):
                _none_strange("table", [way.of_district], self.by_district)
            elif isinstance(way, dict):
                _none_strange("city", way, cities)

    @model_validator(mode="after")
    def _every_rule_can_be_reached(self) -> Self:
        for topic, known in self.topics.items():
            for at, rule in enumerate(known.rules):
                if earlier := [n for n, one in enumerate(known.rules[:at], 1) if one.covers(rule)]:
                    raise ValueError(
                        f"rule {topic}/{at + 1} is never reached: {topic}/{earlier[0]} holds first"
                    )
                if len(_shown(topic, at, rule)) > RULE_LENGTH:
                    raise ValueError(f"rule {topic}/{at + 1} is longer than {RULE_LENGTH} letters")
        return self

    def offices(self) -> set[str]:
        """Every office that a rule can lead to, and the desk."""
        named = {self.desk}
        for known in self.topics.values():
            for rule in known.rules:
                for way in rule.office:
                    named.update(self._of(way))
        return named

    def _of(self, way: _Way) -> Iterable[str]:
        if isinstance(way, str):
            return [way]
        if isinstance(way, dict):
            return way.values()
        return self.by_district.get(way.of_district, {}).values()

    def resolve(self, rule: Rule, spot: Spot | None) -> str | None:
        """The first office of a rule that the place allows, None when it tells none."""
        for way in rule.office:
            found = self._at(way, spot)
            if found:
                return found
        return None

    def _at(self, way: _Way, spot: Spot | None) -> str | None:
        if isinstance(way, str):
            return way
        if spot is None:
            return None
        if isinstance(way, dict):
            return way.get(spot.city or "")
        return self.by_district[way.of_district].get(spot.district or "")


class Routing:
    """The decisions of one policy file."""

    def __init__(self, policy: RoutingPolicy) -> None:
        self._policy = policy

    @classmethod
    def load(cls, path: Path = FILE) -> "Routing":
        """Read a file. Raises PolicyError when it is missing or makes no sense."""
        try:
            data = yaml_files.read(path)
            return cls(RoutingPolicy.model_validate(data))
        except (OSError, yaml.YAMLError, ValueError) as error:
            raise PolicyError(f"{path.name} cannot be used: {error}") from error

    def decide(self, topic: str, spot: Spot | None, answers: Mapping[str, str]) -> Decision:
        """The body for a topic at a place, by the answers of its form; the desk when unknown.

        `answers`: the chosen ids of the fields with choices; what else is there does not matter.
        Raises UnknownTopic.
        """
        facts = {**answers, **dict.fromkeys(PLACED, ""), **dict(_facts(spot))}
        for at, rule in enumerate(self._of(topic).rules):
            if rule.holds(facts):
                office = self._policy.resolve(rule, spot)
                return Decision(office, _shown(topic, at, rule)) if office else self._desk()
        return self._desk()

    def petition(self, topic: str) -> str:
        """The kind of petition of a topic. Raises UnknownTopic."""
        return self._of(topic).petition

    def topics(self) -> tuple[str, ...]:
        """The topics that tickets are opened for."""
        return tuple(self._policy.topics)

    def offices(self) -> tuple[str, ...]:
        """Every office that a ticket can come to, the desk first, then in the order of the file."""
        reached = self._policy.offices() - {self._policy.desk}
        return (self._policy.desk, *(one for one in offices() if one in reached))

    def questions(self, topic: str) -> dict[str, frozenset[str]]:
        """The fields whose answers the topic's rules use, each with the choices that they name.

        Raises UnknownTopic.
        """
        used: dict[str, set[str]] = {}
        for rule in self._of(topic).rules:
            for key, values in rule.when.items():
                if key not in PLACED:
                    used.setdefault(key, set()).update(values)
        return {key: frozenset(values) for key, values in used.items()}

    def needs_district(self, topic: str) -> bool:
        """Whether a rule of the topic asks for the 읍·면·동. Raises UnknownTopic."""
        return any(
            {"area", "district"} & set(rule.when)
            or any(isinstance(way, _OfDistrict) for way in rule.office)
            for rule in self._of(topic).rules
        )

    def _desk(self) -> Decision:
        return Decision(self._policy.desk, DESK_RULE)

    def _of(self, topic: str) -> TopicRules:
        if (known := self._policy.topics.get(topic)) is None:
            raise UnknownTopic(f"data/policy/routing.yml has no topic {topic!r}.")
        return known


def _facts(spot: Spot | None) -> Iterator[tuple[str, str]]:
    if spot is None:
        return
    for key, value in (("area", area(spot)), ("city", spot.city), ("district", spot.district)):
        if value:
            yield key, value


def _shown(topic: str, at: int, rule: Rule) -> str:
    return f"{topic}/{at + 1} {rule.because}"


def _none_strange(what: str, named: Iterable[str], known: Iterable[str]) -> None:
    if strange := set(named) - set(known):
        raise ValueError(f"unknown {what}: {', '.join(sorted(strange))}")


@lru_cache(maxsize=1)
def known_topics() -> frozenset[str]:
    """The topics of data/policy/topics.yml and those that only tickets have."""
    path = POLICY / "topics.yml"
    return NOT_IN_THE_CATALOGUE | frozenset(yaml_files.read(path))


@lru_cache(maxsize=1)
def _divisions() -> tuple[tuple[str, ...], Mapping[str, str]]:
    """The two cities, and the city of each of the 43 읍·면·동."""
    data = yaml_files.read(PLACES / "districts.yml")
    return CITIES, {one: city for city in CITIES for one in data[city]["districts"]}


@lru_cache(maxsize=1)
def routing() -> Routing:
    """The routing of this installation."""
    return Routing.load()
