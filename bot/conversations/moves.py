"""What the gateway decides itself, without Rasa: alarms, who holds the talk, and failures."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.conversations import (
    codes,
    desk_rules,
    holding,
    satisfaction,
    service,
    switches,
    ticket_moves,
)
from bot.conversations.desk import Desk
from bot.conversations.errors import BadScore, TooManyCodes, WrongState
from bot.conversations.handing_over import ask_for_person
from bot.conversations.models import Message
from bot.conversations.turn_queue import Job
from bot.conversations.waiting import CALLBACK, TO_BOT, opening_values
from bot.database import Database, utc_now
from bot.knowledge import topics
from bot.korean.guard import Alarm, Guard
from bot.metrics import ALARMS, HANDOVERS
from bot.privacy.kinds import unkept_in
from bot.replies import PERSON, Button, Press, Reply, Say, Understood

RETRY = Button(title=Say(key="button.retry"), press=Press(control="retry"))
LEAVE = Button(title=Say(key="button.leave"), press=Press(control="leave"))

ON_THE_WAY = 64
"""Messages that one process answers at a time, and some more."""
HELP = frozenset({"emergency", "crisis_counseling"})
"""Topics whose answer adds nothing to the numbers of an emergency."""


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
        # Asked three times on a message's way, a millisecond each.
        self._heard = lru_cache(maxsize=ON_THE_WAY)(guard.check)
        self._desk = desk

    def before_rasa(self, job: Job) -> Decided | Job:
        """The gateway's own answer, or the job with which Rasa is to be asked.

        A cry for help comes before everything else, whoever holds the conversation. What the
        learnt ear alone heard of the bot's citizen is answered as well: see `numbers`.
        """
        alarm = self.alarm(job.text, job.press)
        if alarm is None:
            return self._ordinary(job)
        if not may_be_answered(alarm) or job.state != "bot":
            return self.alarmed(job, alarm)
        step = self._ordinary(job)
        if isinstance(step, Job):
            return step
        return Decided([*self._told(job, alarm)[:1], *step.replies], step.turn)

    def numbers(self, job: Job) -> list[Reply]:
        """The numbers that stand before the answer to a message in which only the learnt ear heard
        a cry, and the staff's alarm; nothing for other messages.
        """
        alarm = self.alarm(job.text, job.press)
        if alarm is None or not may_be_answered(alarm):
            return []
        return self._told(job, alarm)

    def with_numbers(
        self, job: Job, numbers: Sequence[Reply], replies: Sequence[Reply]
    ) -> list[Reply]:
        """The numbers, then Rasa's replies where a form goes on, or Rasa is very sure of a topic.

        Nothing may stand below a real cry that has nothing to do with it. Without Rasa an open
        form asks again.
        """
        with self._database.reading() as session:
            asked = service.last_bot_reply(session, conversation_id=job.conversation_id)
        in_form = asked is not None and asked.asks is not None
        known = next((each.understood for each in replies if each.understood), None)
        if not replies or not (in_form or self._is_surely_asked(known)):
            return list(numbers)
        # What the message was about is what Rasa understood.
        return [numbers[0].model_copy(update={"understood": None}), *replies]

    def _is_surely_asked(self, known: Understood | None) -> bool:
        return (
            known is not None
            and known.intent in topics.topics()
            and known.intent not in HELP
            and known.confidence >= self._guard.answered_from
        )

    def _ordinary(self, job: Job) -> Decided | Job:
        control = (job.press or {}).get("control")
        if control == "satisfied":
            return self._rated(job)
        if said := self._of_ticket(job):
            return Decided([said], "answered")
        if job.press is None and codes.tidy(job.text) and (moved := self._continued(job)):
            return moved
        if job.state != "bot":
            return self._held(job, control)
        if control == "person":
            return Decided([self._hand_over(job, "citizen_asked")], "answered")
        if control == "leave":
            return Decided([self._leave(job)], "answered")
        with self._database.reading() as session:
            off = switches.instead(session, channel=job.channel)
        if off is not None:
            return Decided([off], "answered")
        return self._retried(job) if control == "retry" else job

    def _of_ticket(self, job: Job) -> Reply | None:
        """What a press about a ticket does, or the words that its staff wait for."""
        typed = job.press is None
        if (typed and job.state != "bot") or not (typed or ticket_moves.concerns(job.press)):
            return None
        with self._database.reading() as session:
            if typed and ticket_moves.awaited(session, job) is None:
                return None
        with self._database.writing() as session:
            return ticket_moves.of_ticket(session, job, utc_now())

    def alarm(self, text: str, press: dict[str, Any] | None) -> Alarm | None:
        """What the emergency guard sees in a typed message; a button's title is our own text."""
        return self._heard(text) if press is None else None

    def after_rasa(self, job: Job, replies: Sequence[Reply]) -> list[Reply]:
        """Rasa's replies, but for topics that are off; a kind word first for what is never kept."""
        with self._database.reading() as session:
            replies = switches.without_topics_off(session, replies)
        if not unkept_in(job.text) or not replies:
            return list(replies)
        first = replies[0]
        note = Say(key="privacy.not_kept")
        return [first.model_copy(update={"parts": [note, *first.parts]}), *replies[1:]]

    def rasa_failed(self) -> list[Reply]:
        """The honest sentence when Rasa failed twice, with the choice that is left."""
        return [Reply(parts=[Say(key="failure.rasa")], buttons=[RETRY, LEAVE, PERSON])]

    def failed(self, job: Job) -> list[Reply]:
        """What is said when nothing else could be: the numbers where somebody may need them, and
        the honest sentence.
        """
        alarm = self.alarm(job.text, job.press)
        return [*(self._told(job, alarm) if alarm else []), *self.rasa_failed()]

    def alarmed(self, job: Job, alarm: Alarm) -> Decided:
        """The answer to a cry for help, and the staff's alarm."""
        return Decided(self._told(job, alarm), "answered")

    def _told(self, job: Job, alarm: Alarm) -> list[Reply]:
        ALARMS.labels(kind=alarm.kind).inc()
        now = utc_now()
        crisis = alarm.kind == "suicide"
        # What the learnt ear alone heard may be a fragment of a talk: the numbers at once, a person
        # by one press, and the staff's alarm; the talk is not taken from the citizen.
        takes_over = crisis and alarm.certain
        with self._database.writing() as session:
            service.raise_alarm(
                session, conversation_id=job.conversation_id, alarm=alarm.kind, now=now
            )
            opening = desk_rules.current(session).opening
            is_open = opening.is_open(now)
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
            parts.append(Say(key="guard.closed", values=opening_values(opening, now)))
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
        return replies

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
        with self._database.writing() as session:
            return ask_for_person(
                session,
                self._desk,
                conversation_id=job.conversation_id,
                message_id=job.message_id,
                reason=reason,
                language=job.language,
                now=utc_now(),
            )

    def _continued(self, job: Job) -> Decided | None:
        """The talk of the short code that was typed goes on here; None when it may be a value."""
        now = utc_now()
        with self._database.reading() as session:
            asked = service.last_bot_reply(session, conversation_id=job.conversation_id)
        is_answer = job.state != "bot" or (asked is not None and bool(asked.asks))
        try:
            with self._database.writing() as session:
                found = codes.find_for_citizen(
                    session, typed=job.text, conversation_id=job.conversation_id, now=now
                )
                if found is not None:
                    holding.continue_here(
                        session, here=job.conversation_id, there=found.id, now=now
                    )
        except TooManyCodes as problem:
            if is_answer:
                return None
            return Decided([Reply(parts=[Say(key=problem.wording)], buttons=[PERSON])], "answered")
        except WrongState:
            found = None
        if found is not None:
            return Decided([Reply(parts=[Say(key="handover.continued")])], "answered")
        if is_answer:
            return None
        unknown = Reply(parts=[Say(key="handover.code_unknown")], buttons=[PERSON])
        return Decided([unknown], "answered")

    def _rated(self, job: Job) -> Decided:
        score = str(((job.press or {}).get("slots") or {}).get(satisfaction.SCORE) or "")
        try:
            with self._database.writing() as session:
                satisfaction.rate(
                    session,
                    conversation_id=job.conversation_id,
                    score=int(score) if score.isdecimal() else 0,
                    now=utc_now(),
                )
        except BadScore as problem:
            return Decided([Reply(parts=[Say(key=problem.wording)])], "answered")
        return Decided([Reply(parts=[Say(key="satisfaction.thanks")])], "answered")

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


def may_be_answered(alarm: Alarm) -> bool:
    """Whether an alarm may be everyday talk. Below a whisper of death stands nothing else."""
    return not alarm.certain and alarm.kind != "suicide"
