from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.paths import POLICY
from bot.tickets.errors import PolicyError
from bot.tickets.policy import TicketPolicy, ticket_policy
from bot.tickets.routing import known_topics
from bot.wording import LANGUAGES, wording


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_state_has_a_sentence_for_citizens_and_a_name_for_staff(language: str) -> None:
    for state in ticket_policy().states:
        wording().text(f"ticket.state_{state}", language)
        wording().text(f"staff.ticket_{state}", language)


def test_somebody_has_to_act_until_a_ticket_is_done() -> None:
    assert ticket_policy().open_states == (
        "received",
        "assigned",
        "in_progress",
        "awaiting_citizen",
        "transferred",
    )


def test_every_state_can_be_reached_and_every_open_one_be_ended() -> None:
    states = ticket_policy().states
    reached = {"received"}
    while more := {to for state in reached for to in states[state].next} - reached:
        reached |= more
    assert reached == set(states)
    for state in ticket_policy().open_states:
        assert {"done", "rejected", "cancelled"} <= set(states[state].next)


def test_rules_of_topics_are_for_topics_that_exist() -> None:
    policy = ticket_policy()
    assert set(policy.duplicates.topics) <= known_topics()
    assert set(policy.incidents) <= known_topics()


@pytest.mark.parametrize(
    ("where", "value"),
    [
        (("states", "received", "next"), ["lost"]),
        (("states", "lost"), {"open": True, "next": []}),
        (("petitions", "other"), {"days": 1, "hours": 1}),
        (("duplicates", "metres"), 0),
        (("incidents", "street_light"), {"count": 1, "minutes": 60}),
        (("reopening_days",), 0),
        (("check_code",), None),
    ],
)
def test_a_policy_that_makes_no_sense_is_refused(
    tmp_path: Path, where: tuple[str, ...], value: Any
) -> None:
    policy = yaml.safe_load((POLICY / "tickets.yml").read_text(encoding="utf-8"))
    part = policy
    for name in where[:-1]:
        part = part[name]
    part[where[-1]] = value
    path = tmp_path / "tickets.yml"
    path.write_text(yaml.safe_dump(policy), encoding="utf-8")
    with pytest.raises(PolicyError, match=r"tickets\.yml"):
        TicketPolicy.load(path)


def test_a_policy_without_a_state_of_the_program_is_refused(tmp_path: Path) -> None:
    policy = yaml.safe_load((POLICY / "tickets.yml").read_text(encoding="utf-8"))
    del policy["states"]["closed"]
    path = tmp_path / "tickets.yml"
    path.write_text(yaml.safe_dump(policy), encoding="utf-8")
    with pytest.raises(PolicyError):
        TicketPolicy.load(path)
