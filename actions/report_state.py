"""The report in progress, as it lies in the slot `report`, and what one message did to it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Final

from bot.replies import Button, Reply, Say
from bot.tickets import spots
from bot.tickets.forms import AREA, Form, FormField
from bot.tickets.spots import Spot

CONSENT = "consent"
CONFIRM = "confirm"
PLACE = "place"
"""Which of several places of one name is meant."""
SAME = "same"
"""Whether an open report is about the same thing."""
ANOTHER = "none"
"""The answer to SAME that it is about something else."""
PHOTO: Final = "photo"
LOCATION: Final = "location"


@dataclass
class Report:
    """The slot `report`: plain values only, for it travels through Rasa as JSON."""

    topic: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)
    consent: str = ""
    asked: str = ""
    failures: int = 0
    outcome: str = ""
    names: list[str] = field(default_factory=list)
    """The fields of its form, by which bot/rasa/nlu/in_form.py hears a correction."""
    edited: list[str] = field(default_factory=list)
    """Fields that the citizen wants to change: asked for even if the form never asks for them."""
    spot: dict[str, Any] | None = None
    """Where it is, as far as `location` tells (`Spot`)."""
    tries: int = 0
    """Places that told too little."""
    draft: str = ""
    """What was said of the place before it was asked for once more."""
    choices: list[dict[str, Any]] = field(default_factory=list)
    """The spots of one name among which the citizen chooses."""
    photos: list[str] = field(default_factory=list)
    """Ids of attachments."""
    collecting: bool = False
    """Whether more photos are waited for."""
    alike: str = ""
    """Id of the oldest open ticket that was shown as the same."""
    same: str = ""
    """Id of the open ticket that it joins, ANOTHER, or '' before that is asked."""
    then: list[dict[str, Any]] = field(default_factory=list)
    """Requests for reports of their own, which begin when this one is done."""

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> "Report":
        """The report of a slot; what an earlier version wrote there and none reads is left out."""
        known = {each.name for each in fields(cls)}
        return cls(**{name: value for name, value in stored.items() if name in known})

    def stored(self) -> dict[str, Any]:
        """As the slot holds it."""
        return asdict(self)

    @property
    def where(self) -> Spot | None:
        """The spot, if it is known."""
        return Spot(**self.spot) if self.spot else None

    def facts(self) -> dict[str, str]:
        """The answers so far, and whether the place lies in a 동 or in a 읍·면."""
        area = spots.area(self.where) if self.where else None
        return {**self.fields, **({AREA: area} if area else {})}

    def asks_for(self, each: FormField) -> bool:
        """Whether a field belongs to this report and is still open."""
        if each.id in self.skipped or not each.applies(self.facts()):
            return False
        if not each.asked and each.id not in self.edited:
            return False
        if each.kind == PHOTO:
            return self.collecting or not self.photos
        return each.id not in self.fields


@dataclass
class Step:
    """What one message did to the report: its new state and what is said before the question."""

    report: Report
    before: list[Reply] = field(default_factory=list)
    note: list[Say] = field(default_factory=list)
    buttons: list[Button] = field(default_factory=list)
    """Shown first under the question."""


def next_question(form: Form, report: Report) -> str:
    """What to ask for next: a field's id, `place` for one of several places, `consent` before
    something personal, `confirm` at the end.
    """
    if report.choices:
        return PLACE
    for each in form.fields:
        if report.asks_for(each):
            return CONSENT if each.personal and not report.consent else each.id
    personal = [each for each in form.fields if each.personal and each.id in report.fields]
    return CONSENT if personal and not report.consent else CONFIRM
