"""What the gateway decides itself, without Rasa: alarms, who holds the talk, and failures."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import hours
from bot.conversations import service
from bot.conversations.desk import Desk
from bot.conversations.models import Message
from bot.conversations.turn_queue import Job
from bot.database import Database, utc_now
from bot.korean.guard import BY_EAR, Alarm, Guard
from bot.metrics import ALARMS, HANDOVERS
from bot.privacy.kinds import unkept_in
from bot.replies import PERSON, Button, Press, Reply, Say, Understood

CALLBACK = Button(title=Say(key="button.callback"), press=Press(topic="callback"))
TO_BOT = Button(title=Say(key="button.bot"), press=Press(control="bot"))
RETRY = Button(title=Say(key="button.retry"), press=Press(control="retry"))
LEAVE = Button(title=Say(key="button.leave"), press=Press(control="leave"))


@dataclass(frozen=True)
class Decided:
    """The gateway's own answer to a message."""

    replies: list[Reply]
    turn: str


class Moves:
    """Decides before Rasa is asked, and mends what comes back."""

    def __init__(self, *, database: Database, guard: Guard, desk: Desk) -> None:
        self._database = database
        self._guard = guard
        self._desk = desk

    def before_rasa(self, job: Job) -> Decided | Job:
        """The gateway's own answer, or the job with which Rasa is to be asked.

        A cry for help comes before everything else, whoever holds the conversation.
        """
        if alarm := self.alarm(job.text, job.press):
            return self._alarmed(job, alarm)
        control = (job.press or {}).get("control")
        if job.state != "bot":
            return self._held(job, control)
        if control == "person":
            return Decided([self._hand_over(job, "citizen_asked")], "answered")
        if control == "leave":
            return Decided([self._leave(job)], "answered")
        if control == "retry":
            return self._retried(job)
        return job

    def alarm(self, text: str, press: dict[str, Any] | None) -> Alarm | None:
        """What the emergency guard sees in a typed message; a button's title is our own text."""
        return self._guard.check(text) if press is None else None

    def after_rasa(self, job: Job, replies: Sequence[Reply]) -> list[Reply]:
        """Rasa's replies, with a kind word first when the message held what is never kept."""
        if not unkept_in(job.text) or not replies:
            return list(replies)
        first = replies[0]
        note = Say(key="privacy.not_kept")
        return [first.model_copy(update={"parts": [note, *first.parts]}), *replies[1:]]

    def rasa_failed(self) -> list[Reply]:
        """The honest sentence when Rasa failed twice, with the choice that is left."""
        return [Reply(parts=[Say(key="failure.rasa")], buttons=[RETRY, LEAVE, PERSON])]

    def _alarmed(self, job: Job, alarm: Alarm) -> Decided:
        ALARMS.labels(kind=alarm.kind).inc()
        now = utc_now()
        is_open = hours.is_open(now)
        crisis = alarm.kind == "suicide"
        # What the learnt ear alone heard may be a fragment of a talk: the numbers at once, a person
        # by one press, and the staff's alarm; the talk is not taken from the citizen.
        takes_over = crisis and alarm.pattern != BY_EAR
        with self._database.writing() as session:
            service.raise_alarm(
                session, conversation_id=job.conversation_id, alarm=alarm.kind, now=now
            )
            waits = job.state in ("waiting", "staff")
            if takes_over and is_open and not waits:
                waits = service.hand_over(
                    session, conversation_id=job.conversation_id, reason="crisis", now=now
                )
                HANDOVERS.labels(reason="crisis").inc()
            asked = service.last_bot_reply(session, conversation_id=job.conversation_id)
        parts = [Say(key=f"guard.{alarm.kind}")]
        if waits:
            parts.append(Say(key="guard.person_alerted"))
        buttons: list[Button] = []
        if crisis and not takes_over and not waits:
            buttons.append(PERSON)
        elif crisis and not is_open and job.state != "staff":
            # Waiting at night means waiting until the morning: the lines that answer now.
            parts.append(Say(key="guard.closed", values=opening_values()))
            buttons.append(CALLBACK)
        understood = Understood(
            intent=alarm.topic, confidence=1.0, rule=f"guard:{alarm.pattern}", action="guard"
        )
        reply = Reply(parts=parts, buttons=buttons, topic=alarm.topic, understood=understood)
        replies = [reply]
        goes_on = (job.state == "bot" and not waits) or (job.state == "waiting" and _calls(asked))
        if goes_on and asked is not None and asked.asks:
            # The form waits in Rasa: its question is shown again, not lost behind the alarm.
            again = [Say(key="guard.continue"), *asked.parts]
            replies.append(asked.model_copy(update={"parts": again}))
        return Decided(replies, "answered")

    def _held(self, job: Job, control: str | None) -> Decided | Job:
        if job.state != "waiting":
            return Decided([], "held")
        if control == "bot":
            with self._database.writing() as session:
                service.hand_back(session, conversation_id=job.conversation_id, now=utc_now())
            return Decided([Reply(parts=[Say(key="handover.back_to_bot")])], "answered")
        if (job.press or {}).get("topic") == "callback":
            return job
        with self._database.reading() as session:
            last = service.last_bot_reply(session, conversation_id=job.conversation_id)
        if _calls(last):
            return job
        noted = last is not None and Say(key="handover.noted") in last.parts
        if noted:
            return Decided([], "held")
        return Decided([Reply(parts=[Say(key="handover.noted")], buttons=[TO_BOT])], "held")

    def _hand_over(self, job: Job, reason: str) -> Reply:
        now = utc_now()
        with self._database.writing() as session:
            service.hand_over(session, conversation_id=job.conversation_id, reason=reason, now=now)
        HANDOVERS.labels(reason=reason).inc()
        return handed_over()

    def _leave(self, job: Job) -> Reply:
        with self._database.writing() as session:
            failed = _last_failed(session, job.conversation_id)
            return self._desk.open_general(
                session,
                conversation_id=job.conversation_id,
                message_id=failed.id if failed else job.message_id,
                detail=failed.text if failed else job.text,
                language=job.language,
                now=utc_now(),
            )

    def _retried(self, job: Job) -> Job | Decided:
        with self._database.reading() as session:
            failed = _last_failed(session, job.conversation_id)
        if failed is None:
            return Decided([Reply(parts=[Say(key="failure.nothing_to_retry")])], "answered")
        return replace(job, text=failed.text, press=failed.press)


def handed_over() -> Reply:
    """What a citizen is told when a person was asked for: now in hours, or when they open."""
    if hours.is_open(utc_now()):
        return Reply(
            parts=[Say(key="handover.waiting")], buttons=[TO_BOT, CALLBACK], topic="talk_to_human"
        )
    return Reply(
        parts=[Say(key="handover.closed", values=opening_values())],
        buttons=[CALLBACK, TO_BOT],
        topic="talk_to_human",
    )


def opening_values() -> dict[str, str]:
    """Values of the sentences that say when a person is there."""
    return {"opens": hours.next_open(utc_now()).astimezone(hours.SEOUL).strftime("%m-%d %H:%M")}


def _calls(asked: Reply | None) -> bool:
    """Whether the bot's last words ask for something that a call back needs."""
    return asked is not None and bool(asked.asks) and asked.topic == "callback"


def _last_failed(session: Session, conversation_id: str) -> Message | None:
    """The last message given up; a press of «try again» that failed too is not what was meant."""
    failed = session.scalars(
        select(Message)
        .where(Message.conversation_id == conversation_id, Message.turn == "failed")
        .order_by(Message.seq.desc())
    )
    return next((each for each in failed if (each.press or {}).get("control") != "retry"), None)
