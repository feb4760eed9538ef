"""The one form: what a ticket needs is asked, one thing at a time, as data/policy/forms.yml says.

The report in progress lives in the slot `report`. The decision (bot/rasa/nlu/resolve.py) has
already told an answer from a correction, a move (cancel, skip, send …) and a new question; here
the values are checked, the next thing is asked, and a question in between is answered.
"""

from dataclasses import asdict, dataclass, field
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import ActiveLoop, EventType, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy.orm import Session

from actions.answering import answer
from actions.conversation import hand_over
from actions.memory import forgotten, remembered
from actions.parts import (
    Parts,
    first_request,
    language_of,
    lemmas_of,
    message_id_of,
    requests_of,
    say,
)
from bot.conversations.moves import handed_over
from bot.database import utc_now
from bot.knowledge import service as knowledge
from bot.replies import PERSON, Button, Facet, Press, Reply, Say
from bot.tickets.forms import FieldError, Form, FormField, Forms

CONSENT = "consent"
CONFIRM = "confirm"
OFFER_A_PERSON_AFTER = 2
"""Failed answers in a row to one question."""


@dataclass
class Report:
    """The slot `report`: plain values only, for it travels through Rasa as JSON."""

    topic: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    city: str = ""
    skipped: list[str] = field(default_factory=list)
    consent: str = ""
    asked: str = ""
    failures: int = 0
    outcome: str = ""
    then: list[dict[str, Any]] = field(default_factory=list)
    """Requests for reports of their own, which begin when this one is done."""


@dataclass
class Step:
    """What one message did to the report: its new state and what is said before the question."""

    report: Report
    before: list[Reply] = field(default_factory=list)
    note: list[Say] = field(default_factory=list)


class ValidateReportForm(Action):
    """Rasa calls it at the start of the form and at every message while it is open."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def name(self) -> str:
        return "validate_report_form"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        """Take the message in, then ask for what is missing or end the form."""
        stored = tracker.get_slot("report")
        if stored:
            request = first_request(tracker)
            step = await self._parts.read(
                lambda session: self._continue(session, Report(**stored), request)
            )
        else:
            requests = requests_of(tracker)
            lemmas = lemmas_of(tracker)
            step = await self._parts.read(lambda session: self._begin(session, requests, lemmas))
        report = step.report
        if report.outcome:
            say(dispatcher, tracker, self.name(), *step.before)
            return [*remembered(tracker, step.before), *_ended(report)]
        form = self._parts.forms.of(report.topic)
        report.asked = next_question(form, report)
        question = self._question(form, report, step.note)
        say(dispatcher, tracker, self.name(), *step.before, question)
        return [
            *remembered(tracker, step.before),
            SlotSet("report", asdict(report)),
            SlotSet("requested_slot", report.asked),
            SlotSet("unsure", 0),
        ]

    def _begin(self, session: Session, requests: list[dict[str, Any]], lemmas: list[str]) -> Step:
        """Start the first report asked for; what else was asked is answered before, or waits."""
        forms = self._parts.forms.topics()
        # A facet only asks about a report.
        ours = [one for one in requests if one.get("topic") in forms and not one.get("facet")]
        first = next(iter(ours), next(iter(requests), {}))
        step = self._start(session, first)
        others = [one for one in requests if one is not first]
        step.report.then = [one for one in others if one in ours]
        for one in (each for each in others if each not in ours):
            topic, facet = str(one.get("topic") or ""), str(one.get("facet") or "")
            reply = answer(session, topic=topic, facet=facet, lemmas=lemmas)
            if reply is not None:
                step.before.insert(0, _shortened(reply))
        return step

    def _start(self, session: Session, request: dict[str, Any]) -> Step:
        topic = str(request.get("topic") or "general_ticket")
        report = Report(topic=topic)
        facet = str(request.get("facet") or "")
        if facet and (reply := answer(session, topic=topic, facet=facet)):
            report.outcome = "answered"
            start = Button(title=Say(key="button.report"), press=Press(topic=topic))
            return Step(report, [reply.model_copy(update={"buttons": [start, *reply.buttons]})])
        form = self._parts.forms.of(topic)
        for name, value in (request.get("slots") or {}).items():
            _fill(report, form, name, value)
        opening = [Say(key=f"report.start_{form.kind}", values=_title(session, topic))]
        return Step(report, [Reply(parts=[*opening, *_urgent(session, topic)], topic=topic)])

    def _continue(self, session: Session, report: Report, request: dict[str, Any]) -> Step:
        control = str(request.get("control") or "")
        topic = str(request.get("topic") or "")
        if control:
            return _moved(report, control, request, self._parts.forms)
        if not request:
            return Step(report)
        if request.get("why") == "button" and topic == "callback" != report.topic:
            # After a cry for help the call comes first, whatever was being reported.
            return self._start(session, request)
        if request.get("facet") or topic != report.topic:
            return self._digression(session, report, request)
        form = self._parts.forms.of(report.topic)
        return _answered(report, form, request)

    def _digression(self, session: Session, report: Report, request: dict[str, Any]) -> Step:
        reply = answer(session, topic=request["topic"], facet=request.get("facet") or "")
        if reply is None:
            missing = Reply(parts=[Say(key="report.later")])
            return Step(report, [missing], [Say(key="report.back")])
        return Step(report, [_shortened(reply)], [Say(key="report.back")])

    def _question(self, form: Form, report: Report, note: list[Say]) -> Reply:
        if report.asked == CONFIRM:
            return _confirmation(form, report, note)
        buttons = _buttons(form, report)
        if report.failures >= OFFER_A_PERSON_AFTER:
            buttons = [PERSON, *buttons]
        parts = [*note, *_asking(form, report)]
        return Reply(parts=parts, buttons=buttons, asks=report.asked, topic=report.topic)


def _shortened(reply: Reply) -> Reply:
    """An answer in the middle of a report: without its buttons, but for a person's."""
    return reply.model_copy(update={"buttons": [one for one in reply.buttons if one == PERSON]})


def next_question(form: Form, report: Report) -> str:
    """What to ask for next: a field's id, `consent` before a personal one, `confirm` at the end."""
    for each in form.fields:
        if each.id in report.fields or each.id in report.skipped:
            continue
        return CONSENT if each.personal and not report.consent else each.id
    personal = [each for each in form.fields if each.personal and each.id in report.fields]
    if personal and not report.consent:
        return CONSENT
    return CONFIRM


def _fill(report: Report, form: Form, name: str, value: str) -> None:
    """Take a value that the first message already held, if it is good; else it is asked for."""
    if (found := form.field(name)) is None:
        return
    try:
        report.fields[name] = found.check(value)
    except FieldError:
        return


def _answered(report: Report, form: Form, request: dict[str, Any]) -> Step:
    slots = dict(request.get("slots") or {})
    also = slots.pop("also_location", None)
    for name, value in slots.items():
        target = form.field(name)
        if target is None:
            report.failures += 1
            return Step(report, note=[Say(key="report.not_understood")])
        try:
            report.fields[name] = target.check(str(value))
        except FieldError as problem:
            report.failures += 1
            return Step(report, note=[Say(key=problem.wording)])
        if name in report.skipped:
            report.skipped.remove(name)
    if also and "location" not in report.fields:
        _fill(report, form, "location", also)
    report.failures = 0
    corrected = request.get("why") == "form_correction"
    return Step(report, note=[Say(key="report.corrected")] if corrected else [])


def _moved(report: Report, control: str, request: dict[str, Any], forms: Forms) -> Step:
    report.failures = 0
    form = forms.of(report.topic)
    if control in ("cancel", "restart"):
        report.outcome = "cancelled" if control == "cancel" else "restarted"
    elif control == "person":
        report.outcome = "person"
    elif control == "send" and report.asked == CONFIRM:
        report.outcome = "sent"
    elif control == "agree":
        report.consent = "given"
    elif control == "edit":
        return _edited(report, form, str((request.get("slots") or {}).get("field") or ""))
    elif control == "skip":
        return _skipped(report, form)
    return Step(report)


def _edited(report: Report, form: Form, name: str) -> Step:
    if form.field(name) is None:
        return Step(report, note=[Say(key="report.which_field")])
    report.fields.pop(name, None)
    if name in report.skipped:
        report.skipped.remove(name)
    return Step(report)


def _skipped(report: Report, form: Form) -> Step:
    asked = report.asked
    if asked == CONSENT:
        personal = [each for each in form.fields if each.personal]
        if any(each.required for each in personal):
            return Step(report, note=[Say(key="report.consent_needed")])
        report.skipped += [each.id for each in personal if each.id not in report.skipped]
        for each in personal:
            report.fields.pop(each.id, None)
        return Step(report)
    found = form.field(asked)
    if found is None or found.required:
        return Step(report, note=[Say(key="report.needed")])
    report.skipped.append(asked)
    return Step(report)


def _following(session: Session, report: Report) -> list[Reply]:
    """A button for each other report that the citizen asked for at first."""
    if report.outcome in ("person", "restarted"):
        return []
    return [
        Reply(
            parts=[Say(key="report.next", values=_title(session, str(one["topic"])))],
            buttons=[
                Button(
                    title=Say(key="button.report"),
                    press=Press(topic=str(one["topic"]), slots=one.get("slots") or {}),
                )
            ],
            topic=str(one["topic"]),
        )
        for one in report.then
    ]


def _ended(report: Report) -> list[EventType]:
    return [
        SlotSet("report", asdict(report)),
        SlotSet("requested_slot", None),
        ActiveLoop(None),
        FollowupAction("action_close_report"),
    ]


def _title(session: Session, topic: str) -> dict[str, str]:
    return {
        "title_ko": knowledge.title(session, topic, "ko") or "",
        "title_en": knowledge.title(session, topic, "en") or "",
    }


def _urgent(session: Session, topic: str) -> list[Facet]:
    served = knowledge.served(session, topic)
    if served is None or "urgent" not in served.body.facets("ko"):
        return []
    return [Facet(topic=topic, facet="urgent", revision=served.revision)]


def _asking(form: Form, report: Report) -> list[Say]:
    if report.asked == CONSENT:
        return [Say(key="consent.ask")]
    return [Say(key=form.question(report.asked))]


def _buttons(form: Form, report: Report) -> list[Button]:
    cancel = Button(title=Say(key="button.cancel"), press=Press(control="cancel"))
    if report.asked == CONSENT:
        agree = Button(title=Say(key="button.agree"), press=Press(control="agree"))
        refuse = Button(title=Say(key="button.refuse"), press=Press(control="skip"))
        return [agree, refuse, cancel]
    asked = form.field(report.asked)
    if asked is None:
        return [cancel]
    choices = [
        Button(
            title=Say(key=f"form.choice_{choice}"),
            press=Press(topic=report.topic, slots={asked.id: choice}),
        )
        for choice in asked.choices
    ]
    skip = Button(title=Say(key="button.skip"), press=Press(control="skip"))
    return [*choices, *([] if asked.required else [skip]), cancel]


def _confirmation(form: Form, report: Report, note: list[Say]) -> Reply:
    lines: list[Say] = [*note, Say(key="report.confirm")]
    for each in form.fields:
        if each.id in report.fields:
            lines.append(_line(each, report.fields[each.id]))
    send = Button(title=Say(key="button.send"), press=Press(control="send"))
    edits = [
        Button(
            title=Say(key=f"form.edit_{each.id}"),
            press=Press(control="edit", slots={"field": each.id}),
        )
        for each in form.fields
        if each.id in report.fields or each.id in report.skipped
    ]
    cancel = Button(title=Say(key="button.cancel"), press=Press(control="cancel"))
    return Reply(parts=lines, buttons=[send, *edits, cancel], asks=CONFIRM, topic=report.topic)


def _line(each: FormField, value: str) -> Say:
    if each.choices:
        return Say(key=f"form.chosen_{each.id}_{value}")
    return Say(key=f"form.line_{each.id}", values={"value": value})


class ActionCloseReport(Action):
    """What follows the form: the receipt, a cancellation, a person, or nothing more."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def name(self) -> str:
        return "action_close_report"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        """Opens the ticket when the citizen sent the report; clears the form in every case."""
        report = Report(**(tracker.get_slot("report") or {}))
        reply = await self._reply(tracker, report)
        following = await self._parts.read(lambda session: _following(session, report))
        say(dispatcher, tracker, self.name(), *([reply] if reply else []), *following)
        if report.outcome == "restarted":
            return [SlotSet("report", None), SlotSet("report_ready", None), *forgotten()]
        about = (
            [Reply(parts=[], topic=report.topic)] if await self._has_article(report.topic) else []
        )
        return [
            SlotSet("report", None),
            SlotSet("report_ready", None),
            *(remembered(tracker, about) or [SlotSet("topic", None)]),
        ]

    async def _has_article(self, topic: str) -> bool:
        return await self._parts.read(lambda session: knowledge.served(session, topic) is not None)

    async def _reply(self, tracker: Tracker, report: Report) -> Reply | None:
        if report.outcome == "sent":
            return await self._parts.write(
                lambda session: self._parts.desk.open_report(
                    session,
                    form=self._parts.forms.of(report.topic),
                    fields=report.fields,
                    consented=bool(report.consent),
                    conversation_id=tracker.sender_id,
                    message_id=message_id_of(tracker),
                    language=language_of(tracker),
                    now=utc_now(),
                )
            )
        if report.outcome == "person":
            await hand_over(self._parts, tracker, "citizen_asked")
            return handed_over()
        if report.outcome == "cancelled":
            return Reply(parts=[Say(key="report.cancelled")], buttons=[PERSON])
        if report.outcome == "restarted":
            return Reply(parts=[Say(key="say.start_over")], buttons=[PERSON], topic="start_over")
        return None
