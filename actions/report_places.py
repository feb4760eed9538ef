"""Where something is: found in what the citizen says, asked about when it is not clear, never
asked for ever.
"""

from dataclasses import asdict

from actions.report_state import LOCATION, PLACE, Report
from bot.replies import Say
from bot.tickets import spots
from bot.tickets.errors import FieldError
from bot.tickets.forms import Form
from bot.tickets.routing import routing
from bot.tickets.spots import Ambiguous, Outside, Spot

CHOICE = "place_choice"
"""Slot of a button: which of `report.choices` is meant."""
MOST_TRIES = 1
"""So often a place is asked for once more; then it is taken as it is, and a person reads it."""


def located(report: Report) -> list[Say]:
    """Find the spot of `fields["location"]`; what is said before the question that follows.

    What names no place, or too wide a one, is asked for once more and then taken as it stands.
    """
    report.spot, report.choices, report.same = None, [], ""
    text = report.fields[LOCATION]
    if report.draft and report.draft not in text:
        text = report.fields[LOCATION] = f"{text}, {report.draft}"
    report.draft = ""
    found = spots.find(text)
    if isinstance(found, Ambiguous):
        report.choices = [asdict(spot) for spot in found.choices]
        return []
    if isinstance(found, Outside):
        return [] if _taken(report) else [outside(found)]
    if found is None:
        return _once_more(report, text, "report.place_unknown")
    report.spot = asdict(found)
    if _too_wide(report.topic, found):
        return _once_more(report, text, "report.place_wider")
    return []


def is_nowhere(text: str) -> bool:
    """Whether a text names no place that is known."""
    return spots.find(text) is None


def _too_wide(topic: str, spot: Spot) -> bool:
    return routing().needs_district(topic) and not spot.district and spots.area(spot) is None


def _once_more(report: Report, text: str, key: str) -> list[Say]:
    if _taken(report):
        return []
    report.draft = text
    return [Say(key=key), Say(key="form.example_location")]


def _taken(report: Report) -> bool:
    """Whether the place now stands as it is; else it is asked for again."""
    report.tries += 1
    if report.tries > MOST_TRIES:
        return True
    del report.fields[LOCATION]
    return False


def outside(found: Outside) -> Say:
    """That a place is not in Jeju, and whom to call there."""
    if not (found.region and found.phone):
        return Say(key="report.place_outside_unknown")
    values = {"region_ko": found.region, "region_en": found.region, "phone": found.phone}
    return Say(key="report.place_outside", values=values)


def label(spot: Spot) -> str:
    """A spot in words, the widest part first: 제주시 아라동 월평동."""
    parts = dict.fromkeys([spot.city, spot.district, spot.name])
    return " ".join(part for part in parts if part)


def chosen(report: Report, slots: dict[str, str]) -> list[Say]:
    """Take the place that a button, or words such as «제주시요», choose among `choices`."""
    choices = [Spot(**each) for each in report.choices]
    at = slots.get(CHOICE, "")
    if at.isdecimal() and int(at) < len(choices):
        _settle(report, choices[int(at)])
        return []
    said = slots.get(PLACE, "")
    found = spots.find(f"{said} {choices[0].name or ''}") if said and choices else None
    if isinstance(found, Spot) and found.name == (choices[0].name if choices else None):
        _settle(report, found)
        return []
    report.failures += 1
    if report.failures > MOST_TRIES and choices:
        # Twice not understood: what all of them share is kept, and a person reads the rest.
        cities = {spot.city for spot in choices}
        shared = cities.pop() if len(cities) == 1 else None
        report.fields[LOCATION] = (
            f"{report.fields[LOCATION]} ({said})" if said else (report.fields[LOCATION])
        )
        report.spot = asdict(Spot(None, shared, None)) if shared else None
        report.choices = []
        return []
    return [Say(key="form.invalid_choice")]


def _settle(report: Report, spot: Spot) -> None:
    text = report.fields[LOCATION]
    wider = [part for part in (spot.city, spot.district) if part and part not in text]
    report.fields[LOCATION] = " ".join([*wider, text])
    report.spot, report.choices, report.failures = asdict(spot), [], 0


def shared(report: Report, form: Form, slots: dict[str, str]) -> list[Say]:
    """Take in a place that the citizen shared; what is said of it.

    What was told of the place in words stays; the spot is the shared one.
    """
    field = form.of_kind(LOCATION)
    if field is None:
        return [Say(key="report.place_not_here")]
    try:
        latitude, longitude = float(slots["latitude"]), float(slots["longitude"])
        spot = spots.at(latitude, longitude)
    except (KeyError, ValueError):
        return [Say(key="report.place_unknown")]
    if isinstance(spot, Outside):
        return [outside(spot)]
    told = report.fields.get(LOCATION) or report.draft
    name = slots.get(LOCATION) or label(spot) or f"{latitude:.5f}, {longitude:.5f}"
    try:
        report.fields[LOCATION] = field.check(told or name)
    except FieldError:
        report.fields[LOCATION] = name[: field.max]
    if LOCATION in report.skipped:
        report.skipped.remove(LOCATION)
    report.spot, report.choices, report.draft, report.same = asdict(spot), [], "", ""
    return [Say(key="report.place_kept")]
