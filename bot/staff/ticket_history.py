"""The history of a ticket in plain words: one sentence a change, and what was written with it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot import offices
from bot.staff.pages import Words
from bot.tickets.models import TicketEvent

QUIET = ("looked", "checked", "forgotten", "reminded")
"""Events that change nothing which a page shows of a ticket."""
Details = Mapping[str, Any]


@dataclass(frozen=True)
class Line:
    """One event as staff read it."""

    event: TicketEvent
    what: str
    who: str
    said: tuple[str, ...]
    """What happened, a sentence each."""
    written: str
    """What a person wrote with it."""
    own_text: bool
    """Whether that was written for staff alone."""


def lines(events: Iterable[TicketEvent], words: Words) -> list[Line]:
    """The events in plain words, in their order."""
    return [_line(event, words) for event in events]


def since(events: Iterable[TicketEvent], seen: int | None) -> list[TicketEvent]:
    """The changes after the event that a page showed last; none where that is not known."""
    if seen is None:
        return []
    return [event for event in events if event.id > seen and event.what not in QUIET]


def who(actor: str, words: Words) -> str:
    """Who did something: a login, a body, or one of `citizen`, `bot`, `system`."""
    kind, _, name = actor.partition(":")
    if kind == "office":
        return offices.names([name], words.language) or name
    return name or words.of("actor", actor)


def _line(event: TicketEvent, words: Words) -> Line:
    details = event.details or {}
    said = _SAID.get(event.what, _nothing)(details, words)
    key = next((key for key in _WRITTEN if details.get(key)), "")
    return Line(
        event=event,
        what=_name(event, words),
        who=who(event.actor, words),
        said=tuple(sentence for sentence in said if sentence),
        written=str(details.get(key, "")),
        own_text=key == "remark" or (not event.tell_citizen and event.what not in _BY_CITIZEN),
    )


def _name(event: TicketEvent, words: Words) -> str:
    if event.what == "reminded" and not (event.details or {}).get("at"):
        return words("desk_tickets.event_term_reminded")
    return words.of("event", event.what)


_WRITTEN = ("note", "reason", "remark")
_BY_CITIZEN = ("told", "reopened")


def _nothing(details: Details, words: Words) -> list[str]:
    return [_states(details, words)]


def _states(details: Details, words: Words) -> str:
    before, after = details.get("from"), details.get("to")
    if not after:
        return ""
    values = {"before": words.of("ticket", before), "after": words.of("ticket", after)}
    return words("desk_tickets.said_moved", **values)


def _opened(details: Details, words: Words) -> list[str]:
    said = []
    if details.get("office"):
        values = {"office": _office(details["office"], words), "rule": str(details.get("rule", ""))}
        said.append(words("desk_tickets.said_opened", **values))
    return [*said, *_parent(details, words)]


def _assigned(details: Details, words: Words) -> list[str]:
    return [words("desk_tickets.said_assigned", login=str(details.get("login", "")))]


def _passed(details: Details, words: Words) -> list[str]:
    values = {
        "before": _office(details.get("office_before"), words),
        "after": _office(details.get("office"), words),
    }
    said = [words("desk_tickets.said_passed", **values)]
    if by := _moment(details.get("by"), words):
        key = (
            "desk_tickets.said_passed_late"
            if details.get("late")
            else "desk_tickets.said_passed_by"
        )
        said.append(words(key, by=by))
    return said


def _due(key: str) -> Callable[[Details, Words], list[str]]:
    def told(details: Details, words: Words) -> list[str]:
        values = {name: _moment(details.get(name), words) for name in ("due_before", "due")}
        return [words(key, **values)] if values["due"] else []

    return told


def _tried(details: Details, words: Words) -> list[str]:
    return [words(f"desk_tickets.said_tried_{'reached' if details.get('reached') else 'not'}")]


def _appointed(details: Details, words: Words) -> list[str]:
    at = _moment(details.get("at"), words)
    officer = str(details.get("officer") or words("desk_tickets.no_officer"))
    return [words("desk_tickets.said_appointed", at=at, officer=officer)] if at else []


def _parent(details: Details, words: Words) -> list[str]:
    parent = details.get("parent")
    return [words("desk_tickets.said_parent", receipt=str(parent))] if parent else []


def _merged(details: Details, words: Words) -> list[str]:
    return _parent(details, words)


def _split(details: Details, words: Words) -> list[str]:
    return [words("desk_tickets.said_split", receipt=str(details.get("parent", "")))]


def _joined(details: Details, words: Words) -> list[str]:
    receipt, count = str(details.get("receipt", "")), str(details.get("children", ""))
    return [words("desk_tickets.said_joined", receipt=receipt, count=count)]


def _numbered(details: Details, words: Words) -> list[str]:
    number = details.get("external_number")
    return [str(number) if number else words("desk_tickets.said_unnumbered")]


def _rated(details: Details, words: Words) -> list[str]:
    return [words("desk_tickets.said_rated", points=str(details.get("rating", "")))]


def _reopened(details: Details, words: Words) -> list[str]:
    said = [_states(details, words)]
    if details.get("receipt"):
        said.append(words("desk_tickets.said_reopened_by", receipt=str(details["receipt"])))
    return said


def _looked(details: Details, words: Words) -> list[str]:
    return [f"{details.get('placeholder', '')} {words.of('secret', details.get('kind'))}".strip()]


def _forgotten(details: Details, words: Words) -> list[str]:
    return [", ".join(str(one) for one in details.get("placeholders", ()))]


_SAID: dict[str, Callable[[Details, Words], list[str]]] = {
    "opened": _opened,
    "assigned": _assigned,
    "transferred": _passed,
    "returned": _passed,
    "extended": _due("desk_tickets.said_extended"),
    "told": _due("desk_tickets.said_resumed"),
    "tried": _tried,
    "appointed": _appointed,
    "reminded": _appointed,
    "merged": _merged,
    "split": _split,
    "joined": _joined,
    "numbered": _numbered,
    "rated": _rated,
    "reopened": _reopened,
    "looked": _looked,
    "forgotten": _forgotten,
}


def _office(id: object, words: Words) -> str:
    return offices.names([str(id)], words.language) or str(id or "")


def _moment(written: object, words: Words) -> str:
    try:
        return words.moment(datetime.fromisoformat(str(written)))
    except ValueError:
        return ""
