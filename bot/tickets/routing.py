"""Who takes a ticket: the department, by topic and place, as data/policy/tickets.yml decides.

Never by the name of a road: sections of one road belong to different bodies.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from string import Template

from bot.paths import POLICY
from bot.tickets.errors import PolicyError
from bot.tickets.policy import Name, TicketPolicy, TopicRule

COUNTRY = ("읍", "면")


class UnknownTopic(PolicyError):
    """tickets.yml says nothing about a topic, so no ticket can be opened for it."""


@dataclass(frozen=True)
class Decision:
    """The department that takes a ticket, and the rule that said so, e.g. `city:제주시`."""

    department: str
    rule: str


class Routing:
    """The decisions of one policy file."""

    def __init__(self, policy: TicketPolicy) -> None:
        self._policy = policy

    @classmethod
    def load(cls, path: Path = POLICY / "tickets.yml") -> "Routing":
        """Read a policy file. Raises PolicyError."""
        return cls(TicketPolicy.load(path))

    def petition(self, topic: str) -> str:
        """The kind of petition of a topic. Raises UnknownTopic."""
        return self._rule(topic).petition

    def department(
        self, topic: str, place_city: str | None, language: str, district: str | None = None
    ) -> Decision:
        """The department for `topic` in a city, as its name in `language`.

        `place_city`: 제주시 or 서귀포시, None when unknown.
        `district`: the 읍, 면 or 동, where it is known. Raises UnknownTopic.
        """
        rule = self._rule(topic)
        if rule.eup_myeon and district and district.endswith(COUNTRY):
            name = _office(rule.eup_myeon, district)
            return Decision(name.text(language), f"eup_myeon:{district}")
        if place_city in rule.departments:
            return Decision(rule.departments[place_city].text(language), f"city:{place_city}")
        return Decision(self._policy.desk.text(language), "desk")

    def in_language(self, department: str, language: str) -> str:
        """The name in `language` of a department stored in Korean; as it is when not known."""
        for rule in self._policy.topics.values():
            for name in rule.departments.values():
                if department == name.ko:
                    return name.text(language)
            if rule.eup_myeon and (district := _district(rule.eup_myeon, department)):
                return _office(rule.eup_myeon, district).text(language)
        if department == self._policy.desk.ko:
            return self._policy.desk.text(language)
        return department

    def _rule(self, topic: str) -> TopicRule:
        if (rule := self._policy.topics.get(topic)) is None:
            raise UnknownTopic(f"data/policy/tickets.yml has no topic {topic!r}.")
        return rule


def _office(pattern: Name, district: str) -> Name:
    return Name(
        ko=Template(pattern.ko).substitute(district=district),
        en=Template(pattern.en).substitute(district=district),
    )


def _district(pattern: Name, office: str) -> str | None:
    ending = Template(pattern.ko).substitute(district="")
    district = office.removesuffix(ending)
    return district if district != office and district.endswith(COUNTRY) else None


@lru_cache
def routing() -> Routing:
    """The routing of this installation."""
    return Routing.load()


def department(
    topic: str, place_city: str | None, language: str, district: str | None = None
) -> Decision:
    """The department for a topic in a city; see `Routing.department`."""
    return routing().department(topic, place_city, language, district)
