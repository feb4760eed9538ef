"""What follows the form: the receipt, a cancellation, a person, or nothing more."""

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy.orm import Session

from actions import report_same
from actions.conversation import hand_over
from actions.memory import forgotten, remembered
from actions.parts import Parts, language_of, message_id_of, say
from actions.report_state import Report
from actions.report_steps import titles
from bot.database import utc_now
from bot.knowledge import service as knowledge
from bot.korean import wished
from bot.replies import PERSON, Button, Press, Reply, Say
from bot.tickets.forms import Form

WISHED = ("wish_date", "time_window")
"""The fields of a visit and of a call that say when it is wanted."""


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
        report = Report.of(tracker.get_slot("report") or {})
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
            return await self._parts.write(lambda session: self._sent(session, tracker, report))
        if report.outcome == "person":
            return await hand_over(self._parts, tracker, "citizen_asked")
        if report.outcome == "cancelled":
            return Reply(parts=[Say(key="report.cancelled")], buttons=[PERSON])
        if report.outcome == "restarted":
            return Reply(parts=[Say(key="say.start_over")], buttons=[PERSON], topic="start_over")
        return None

    def _sent(self, session: Session, tracker: Tracker, report: Report) -> Reply:
        form, now = self._parts.forms.of(report.topic), utc_now()
        wanted = wished.window(_wish(form, report), now)
        return self._parts.desk.open_report(
            session,
            form=form,
            fields=report.fields,
            consented=bool(report.consent),
            conversation_id=tracker.sender_id,
            message_id=message_id_of(tracker),
            language=language_of(tracker),
            now=now,
            spot=report.where,
            parent_id=report_same.joins(session, report),
            photos=tuple(report.photos),
            wanted_from=wanted[0],
            wanted_until=wanted[1],
        )


def _wish(form: Form, report: Report) -> str:
    return next((report.fields[name] for name in WISHED if name in report.fields), "")


def _following(session: Session, report: Report) -> list[Reply]:
    """A button for each other report that the citizen asked for at first."""
    if report.outcome in ("person", "restarted"):
        return []
    return [
        Reply(
            parts=[Say(key="report.next", values=titles(session, str(one["topic"])))],
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
