"""How a report begins: with what the first message told, or what another report holds already."""

from dataclasses import dataclass, field
from typing import Any

from rasa_sdk import Tracker
from sqlalchemy.orm import Session

from actions.answer import answers
from actions.answering import answer, topic_buttons
from actions.memory import told_of
from actions.parts import lemmas_of, options_of, requests_of
from actions.report_photos import took
from actions.report_places import located, shared
from actions.report_state import LOCATION, Report, Step
from actions.report_steps import fill, hear, remark, titles
from bot.knowledge import service as knowledge
from bot.replies import PERSON, Facet, Reply, Say
from bot.tickets.forms import Form, Forms

MOMENTS = ("date", "time")
"""Entities that say when."""
SHARED = "shared"
"""Slot: photos and a place that came before it was known what they are about."""


@dataclass(frozen=True)
class Heard:
    """What a report needs of the latest message and of the talk before."""

    requests: list[dict[str, Any]]
    lemmas: list[str] = field(default_factory=list)
    options: list[str] = field(default_factory=list)
    """What else may have been meant."""
    moments: str = ""
    """The words that say when, in their order."""
    shared: dict[str, Any] = field(default_factory=dict)
    reports: list[str] = field(default_factory=list)
    """The topics that are reported."""
    told: dict[str, list[str]] = field(default_factory=dict)
    """The facets that this talk has heard, by topic."""

    @classmethod
    def of(cls, tracker: Tracker, forms: Forms) -> "Heard":
        """Read a tracker."""
        return cls(
            reports=[topic for topic in forms.topics() if forms.of(topic).kind == "report"],
            requests=requests_of(tracker),
            lemmas=lemmas_of(tracker),
            options=options_of(tracker),
            moments=_moments(tracker),
            shared=dict(tracker.get_slot(SHARED) or {}),
            told=told_of(tracker),
        )


def _moments(tracker: Tracker) -> str:
    text = str(tracker.latest_message.get("text") or "")
    found = [
        (int(each["start"]), text[int(each["start"]) : int(each["end"])])
        for each in tracker.latest_message.get("entities") or []
        if each.get("entity") in MOMENTS
    ]
    return " ".join(words for _, words in sorted(found))


def begun(session: Session, forms: Forms, heard: Heard, tracker: Tracker) -> Step:
    """Start the first report asked for; what else was asked is answered before, or waits.

    Where the message only asks about reports, it is answered, with the way to report.
    """
    topics = forms.topics()
    # A facet only asks about a report.
    ours = [one for one in heard.requests if one.get("topic") in topics and not one.get("facet")]
    first = next(iter(ours), next(iter(heard.requests), {}))
    if first.get("facet"):
        report = Report(topic=str(first["topic"]), outcome="answered")
        return Step(report, answers(session, tracker))
    step = _started(session, forms, first, heard)
    others = [one for one in heard.requests if one is not first]
    step.report.then = [one for one in others if one in ours]
    step.before[:0] = [_waits(session, str(one["topic"])) for one in step.report.then]
    for one in (each for each in others if each not in ours):
        topic, facet = str(one.get("topic") or ""), str(one.get("facet") or "")
        reply = answer(session, topic=topic, facet=facet, lemmas=heard.lemmas)
        if reply is not None:
            buttons = [button for button in reply.buttons if button == PERSON]
            step.before.insert(0, reply.model_copy(update={"buttons": buttons}))
    return step


def _waits(session: Session, topic: str) -> Reply:
    """That another report was heard too, and comes when this one is done."""
    return Reply(parts=[Say(key="report.then", values=titles(session, topic))], topic=topic)


def _started(session: Session, forms: Forms, request: dict[str, Any], heard: Heard) -> Step:
    topic = str(request.get("topic") or "general_ticket")
    report, form = Report(topic=topic), forms.of(topic)
    options = [one for one in heard.options if one != topic]
    step = Step(report, [_with_options(session, _opening(session, form), options)])
    for name, value in (request.get("slots") or {}).items():
        fill(report, form, name, str(value))
    if LOCATION in report.fields:
        step.note += located(report)
    pressed = request.get("why") == "button"
    text = "" if pressed else str(request.get("text") or report.fields.get("detail") or "")
    filled = hear(report, form, text, heard.moments)
    if heard.shared:
        step.note += _taken_along(report, form, heard.shared)
    has_urgent = any(isinstance(part, Facet) for part in step.before[0].parts)
    remark(session, step, form, filled, urgent=not has_urgent)
    return step


def _opening(session: Session, form: Form) -> Reply:
    opening = Say(key=f"report.start_{form.kind}", values=titles(session, form.topic))
    return Reply(parts=[opening, *_urgent(session, form.topic)], topic=form.topic)


def _with_options(session: Session, reply: Reply, options: list[str]) -> Reply:
    buttons = topic_buttons(session, options)
    if not buttons:
        return reply
    parts = [*reply.parts, Say(key="answer.or_did_you_mean")]
    return reply.model_copy(update={"parts": parts, "buttons": buttons})


def _urgent(session: Session, topic: str) -> list[Facet]:
    served = knowledge.served(session, topic)
    if served is None or "urgent" not in served.body.facets("ko"):
        return []
    return [Facet(topic=topic, facet="urgent", revision=served.revision)]


def _taken_along(report: Report, form: Form, brought: dict[str, Any]) -> list[Say]:
    note: list[Say] = []
    if form.of_kind("photo") is not None:
        for photo in brought.get("photos") or []:
            note = took(report, form, str(photo))
    if (place := brought.get("place")) and form.of_kind(LOCATION) is not None:
        note += shared(report, form, place)
    return note


def switched(session: Session, forms: Forms, old: Report, request: dict[str, Any]) -> Step:
    """Another report instead, by a button: what both ask for moves along."""
    form = forms.of(str(request.get("topic")))
    report = Report(topic=form.topic, consent=old.consent, then=old.then)
    step = Step(report, [_opening(session, form)])
    given = {**old.fields, **(request.get("slots") or {})}
    for name, value in given.items():
        fill(report, form, name, str(value))
    if LOCATION in report.fields:
        report.spot, report.choices, report.tries = old.spot, old.choices, old.tries
        if not report.spot and not report.choices:
            step.note += located(report)
    if form.of_kind("photo") is not None:
        report.photos = list(old.photos)
    told = (old.fields.get("detail", ""), str(request.get("text") or ""))
    filled = [name for text in told for name in hear(report, form, text)]
    remark(session, step, form, filled)
    return step
