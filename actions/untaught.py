"""Articles of topics that the classifier is not trained on yet: they answer by their own words."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from rasa_sdk import Tracker
from sqlalchemy.orm import Session

from actions.parts import lemmas_of, requests_of
from bot import yaml_files
from bot.knowledge import search
from bot.knowledge.topics import topics as catalogue
from bot.paths import POLICY

WHY_NOT = frozenset({"button", "leaning", "earlier", "corrected", "two_requests"})
"""Requests that the citizen, or the talk before, has made sure of."""


@dataclass(frozen=True)
class Found:
    """The topic that answers, or '', and those worth a button."""

    answers: str = ""
    offers: Sequence[str] = ()


@lru_cache(maxsize=1)
def thresholds() -> dict[str, float]:
    """`untaught` of data/policy/dialogue.yml: shares from which one answers, or is offered."""
    policy = yaml_files.read(POLICY / "dialogue.yml")
    return {name: float(value) for name, value in policy["untaught"].items()}


def untaught(session: Session, tracker: Tracker, *, is_sure: bool = False) -> Found:
    """What the articles of untrained topics say to the latest message.

    `is_sure`: the classifier has a topic of its own, so an article must fit the better.
    """
    for request in requests_of(tracker):
        known = catalogue().get(str(request.get("topic")))
        # 119 and the crisis lines are never outdone by an article.
        if request.get("why") in WHY_NOT or (known and known.kind == "handover"):
            return Found()
    text = str(tracker.latest_message.get("text") or "")
    hits = search.untaught(session, text, lemmas=lemmas_of(tracker))
    likely = [hit for hit in hits if hit.share >= thresholds()["offer"]]
    least = thresholds()["before_a_sure_one" if is_sure else "answer"]
    if likely and likely[0].share >= least:
        return Found(likely[0].topic)
    return Found(offers=[hit.topic for hit in likely])
