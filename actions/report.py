"""The one form: what a ticket needs is asked, one thing at a time, as data/policy/forms.yml says.

The report in progress lies in the slot `report`. The decision (bot/rasa/nlu/resolve.py) has
already told an answer from a correction, a move (cancel, skip, send …) and a new question; here
the form begins, goes on and ends. The steps stand in report_steps.py, the questions in
report_questions.py.
"""

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import ActiveLoop, EventType, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy.orm import Session

from actions.answering import answer
from actions.feedback import JUDGING, heard, pressed
from actions.memory import remembered
from actions.parts import Parts, first_request, say
from actions.report_begin import Heard, begun, switched
from actions.report_questions import question
from actions.report_state import Report, Step
from actions.report_steps import answered, is_answered, moved
from bot.database import utc_now
from bot.replies import PERSON, Reply, Say

INSTEAD = ("button", "switched")
"""Why a request for another report is no question beside this one."""
OTHERWISE = "otherwise"
"""Why of what a message asks for if it does not answer the form."""


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
        judged = await self._judged(tracker)
        step, asked = await self._parts.read(lambda session: self._turn(session, tracker, judged))
        report = step.report
        said = [*step.before, *([asked] if asked else [])]
        say(dispatcher, tracker, self.name(), *said)
        kept = [*remembered(tracker, step.before), SlotSet("report", report.stored())]
        if asked is None:
            return [*kept, *_ended(report)]
        return [
            *kept,
            SlotSet("requested_slot", report.asked),
            SlotSet("unsure", 0),
            SlotSet("shared", None),
        ]

    def _turn(
        self, session: Session, tracker: Tracker, judged: Reply | None
    ) -> tuple[Step, Reply | None]:
        """One message: what it did, and the next question unless the report is over."""
        step = self._step(session, tracker)
        if judged is not None:
            step.before.append(judged)
            step.note.append(Say(key="report.back"))
        report = step.report
        if report.outcome:
            return step, None
        form = self._parts.forms.of(report.topic)
        report.names = [each.id for each in form.fields]
        return step, question(session, form, step, utc_now())

    def _step(self, session: Session, tracker: Tracker) -> Step:
        stored = tracker.get_slot("report")
        heard_now = Heard.of(tracker, self._parts.forms)
        if not stored:
            return begun(session, self._parts.forms, heard_now, tracker)
        return self._continue(session, Report.of(stored), heard_now)

    def _continue(self, session: Session, report: Report, heard_now: Heard) -> Step:
        request = next(iter(heard_now.requests), {})
        control = str(request.get("control") or "")
        topic = str(request.get("topic") or "")
        if control:
            return moved(report, control, request, self._parts.forms)
        if not request:
            return Step(report)
        others = [each for each in self._parts.forms.topics() if each != report.topic]
        instead = request.get("why") in INSTEAD and not request.get("facet")
        if instead and topic in others:
            return switched(session, self._parts.forms, report, request)
        is_question = request.get("why") == "digression" or bool(request.get("facet"))
        if is_question or topic != report.topic:
            return _digressions(session, report, heard_now)
        form = self._parts.forms.of(report.topic)
        otherwise = next((one for one in heard_now.requests if one.get("why") == OTHERWISE), None)
        if otherwise and not is_answered(report, form, request, heard_now.moments):
            return _digression(session, report, otherwise, heard_now)
        return answered(session, report, form, request, heard_now.moments)

    async def _judged(self, tracker: Tracker) -> Reply | None:
        """An answer that is judged while the form is open is kept all the same."""
        control = str(first_request(tracker).get("control") or "")
        if control not in JUDGING or not tracker.get_slot("report"):
            return None
        press = pressed(tracker, control)
        return await self._parts.write(lambda session: heard(session, tracker.sender_id, press))


def _digressions(session: Session, report: Report, heard_now: Heard) -> Step:
    """What was asked beside the report, one answer a request."""
    asked = [one for one in heard_now.requests if one.get("topic")]
    step = _digression(session, report, asked[0], heard_now)
    for one in asked[1:]:
        step.before += _digression(session, report, one, heard_now).before
    return step


def _digression(
    session: Session, report: Report, request: dict[str, Any], heard_now: Heard
) -> Step:
    topic = str(request["topic"])
    reply = answer(
        session,
        topic=topic,
        facet=request.get("facet") or "",
        lemmas=heard_now.lemmas,
        told=heard_now.told.get(topic, ()),
    )
    if reply is None:
        missing = Reply(parts=[Say(key="report.later")])
        return Step(report, [missing], [Say(key="report.back")])
    if topic in heard_now.reports and topic != report.topic and not request.get("facet"):
        report.then = [*(one for one in report.then if one.get("topic") != topic), request]
    return Step(report, [shortened(reply)], [Say(key="report.back")])


def shortened(reply: Reply) -> Reply:
    """An answer in the middle of a report: without its buttons, but for a person's."""
    return reply.model_copy(update={"buttons": [one for one in reply.buttons if one == PERSON]})


def _ended(report: Report) -> list[EventType]:
    # A question about reporting leaves what was shared for the report that may follow.
    used = [] if report.outcome == "answered" else [SlotSet("shared", None)]
    return [
        SlotSet("requested_slot", None),
        *used,
        ActiveLoop(None),
        FollowupAction("action_close_report"),
    ]
