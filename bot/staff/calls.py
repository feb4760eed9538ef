"""The log of calls: what a call was about, how it ended, and the chat that it leads to."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import exists, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.conversations import codes
from bot.conversations import service as conversations
from bot.conversations.models import Conversation, Message
from bot.conversations.people_models import ShortCode
from bot.knowledge import service as knowledge
from bot.privacy.masking import Masker
from bot.staff.calls_models import Call
from bot.staff.calls_policy import calls_policy
from bot.staff.errors import BadRequest, OtherOffice, StaffError, UnknownTicket
from bot.staff.models import AuditEvent, StaffAccount
from bot.staff.service import Staff, audit
from bot.tickets import service as tickets
from bot.tickets.forms import forms
from bot.tickets.models import Ticket
from bot.tickets.receipts import tidy_number
from bot.wording import LANGUAGES

CHANNEL = "phone"
"""The channel of a conversation that a counsellor made for a caller."""
WRONG_CODE = "code_wrong"
RECENT = 8


class UnknownResult(StaffError):
    """A call is logged without a result, or with one that there is not."""

    status = 422
    wording = "desk_phone.error_result"


class NoTopic(StaffError):
    """The result says that something was told, and the call has no topic."""

    status = 422
    wording = "desk_phone.error_topic"


class TooLong(StaffError):
    """A question or a note is longer than the limit; it is refused, never cut."""

    status = 413
    wording = "desk_phone.error_too_long"


class UnknownCode(StaffError):
    """No open conversation has this short code now."""

    status = 404
    wording = "desk_phone.error_code"


class TooManyWrongCodes(StaffError):
    """The person typed too many wrong codes."""

    status = 429
    wording = "desk_phone.error_codes"


@dataclass(frozen=True)
class Heard:
    """A call as the page tells it."""

    id: str
    began_at: datetime | None = None
    """None where the page does not know."""
    topic: str = ""
    guess: str = ""
    language: str = "ko"
    question: str = ""
    note: str = ""


def checked(text: str) -> str:
    """What was typed, without NUL and outer spaces. Raises TooLong."""
    most = calls_policy().most_letters
    tidy = text.replace("\0", "").strip()
    if len(tidy) > most:
        raise TooLong(limit=f"{most:,}", length=f"{len(tidy):,}")
    return tidy


def log(
    session: Session, *, staff: Staff, heard: Heard, result: str, masker: Masker, now: datetime
) -> Call:
    """Log a call; the same one again is corrected. A result of the desk's own stays.

    Raises UnknownResult, NoTopic, TooLong, or BadRequest for another person's call.
    """
    rule = calls_policy().chosen.get(result)
    if rule is None:
        raise UnknownResult
    if rule.topic and not heard.topic:
        raise NoTopic
    return put(session, staff=staff, heard=heard, result=result, masker=masker, now=now)


def put(
    session: Session, *, staff: Staff, heard: Heard, result: str, masker: Masker, now: datetime
) -> Call:
    """Write the call with any result, its row locked. Raises TooLong and BadRequest."""
    call = _held(session, staff, heard, result, now)
    topic = _known_topic(session, heard.topic)
    call.result = result
    call.topic = topic or call.topic
    call.guess = _known_topic(session, heard.guess) or call.guess
    call.language = heard.language if heard.language in LANGUAGES else "ko"
    call.question = masker.mask(checked(heard.question)).text or call.question
    call.note = masker.mask(checked(heard.note)).text or call.note
    audit(
        session,
        login=staff.login,
        what="call_logged",
        subject=call.id,
        now=now,
        details={"result": result, "topic": call.topic or ""},
    )
    session.flush()
    return call


def _held(session: Session, staff: Staff, heard: Heard, result: str, now: datetime) -> Call:
    id = checked_id(heard.id)
    call = session.get(Call, id, with_for_update=True)
    if call is None:
        began = _began(heard.began_at, now)
        call = Call(id=id, login=staff.login, began_at=began, ended_at=now, result=result)
        call.question = call.note = ""
        try:
            with session.begin_nested():
                session.add(call)
        except IntegrityError:
            # The same page was sent twice at once.
            call = session.get_one(Call, id, with_for_update=True)
    if call.login != staff.login:
        raise BadRequest
    return call


def checked_id(text: str) -> str:
    """The id that a page made for a call or a form. Raises BadRequest for anything else."""
    try:
        if str(UUID(text)) == text:
            return text
    except ValueError:
        pass
    raise BadRequest


def _began(told: datetime | None, now: datetime) -> datetime:
    longest = timedelta(hours=calls_policy().longest_call_hours)
    return told if told is not None and now - longest <= told <= now else now


def _known_topic(session: Session, topic: str) -> str | None:
    if topic and (topic in forms().topics() or knowledge.title(session, topic, "ko")):
        return topic
    return None


def recent(session: Session, *, login: str) -> list[Call]:
    """A person's last calls, the newest first."""
    newest = select(Call).where(Call.login == login).order_by(Call.ended_at.desc()).limit(RECENT)
    return list(session.scalars(newest))


def talk_of_code(
    session: Session, *, staff: Staff, typed: str, now: datetime
) -> Conversation | None:
    """The open chat of the code that a caller reads out; every try is in the audit log.

    Needs a writing session, committed also when nothing is found. Raises TooManyWrongCodes.
    """
    # One at a time, so that parallel guesses are counted.
    session.get(StaffAccount, staff.account_id, with_for_update=True)
    rule = calls_policy().wrong_codes
    since = now - timedelta(minutes=rule.minutes)
    wrong = select(func.count()).where(
        AuditEvent.login == staff.login, AuditEvent.what == WRONG_CODE, AuditEvent.at > since
    )
    if (session.scalar(wrong) or 0) >= rule.at_most:
        raise TooManyWrongCodes(minutes=str(rule.minutes))
    found = codes.find(session, typed=typed[:40], now=now)
    what, subject = ("code_opened", found.id) if found else (WRONG_CODE, staff.login)
    audit(session, login=staff.login, what=what, subject=subject, now=now)
    return found


def lead_to_chat(
    session: Session, *, staff: Staff, heard: Heard, masker: Masker, now: datetime
) -> ShortCode:
    """A code with which the caller goes on in the chat, in the hands of this very person.

    Raises TooLong and BadRequest.
    """
    close_unused(session, now=now)
    call = put(session, staff=staff, heard=heard, result="chat", masker=masker, now=now)
    talk = session.get(Conversation, call.conversation_id) if call.conversation_id else None
    if talk is None or talk.state == "closed":
        talk, _ = conversations.open_conversation(
            session, channel=CHANNEL, language=call.language, now=now
        )
        conversations.take(session, conversation_id=talk.id, login=staff.login, now=now)
        call.conversation_id = talk.id
        audit(session, login=staff.login, what="chat_offered", subject=talk.id, now=now)
    code = codes.code_for(session, conversation_id=talk.id, now=now)
    session.flush()
    return code


def called_back(
    session: Session,
    *,
    staff: Staff,
    receipt_number: str,
    reached: bool,
    version: int | None,
    now: datetime,
) -> None:
    """Note a call back: reached ends the ticket and is a call of its own, else its citizen hears.

    Raises UnknownTicket, OtherOffice, WrongKind, WrongTransition, or StaleTicket.
    """
    number = tidy_number(receipt_number)
    found = select(Ticket).where(Ticket.receipt_number == (number or "")).with_for_update()
    ticket = session.scalar(found)
    if ticket is None:
        raise UnknownTicket
    if staff.only_office not in (None, ticket.office):
        raise OtherOffice
    tickets.tried_call(
        session, ticket=ticket, reached=reached, actor=staff.actor, version=version, now=now
    )
    if reached:
        tickets.move_on(
            session,
            ticket=ticket,
            to="done",
            actor=staff.actor,
            note="",
            tell_citizen=False,
            now=now,
        )
        call = Call(
            id=str(uuid4()),
            login=staff.login,
            began_at=now,
            ended_at=now,
            result="called_back",
            topic=ticket.topic,
            receipt=ticket.receipt_number,
        )
        session.add(call)
    audit(
        session,
        login=staff.login,
        what="callback",
        subject=ticket.receipt_number,
        now=now,
        details={"reached": reached},
    )
    session.flush()


def close_unused(session: Session, *, now: datetime) -> int:
    """Close the conversations made for callers who never came; returns how many."""
    since = now - timedelta(minutes=calls_policy().unused_chat_minutes)
    unused = session.scalars(
        select(Conversation)
        .where(
            Conversation.state == "staff",
            Conversation.channel == CHANNEL,
            Conversation.created_at <= since,
            ~exists().where(Message.conversation_id == Conversation.id),
        )
        .limit(100)
    ).all()
    for talk in unused:
        conversations.close(session, conversation_id=talk.id, now=now)
    return len(unused)


def forget_words(session: Session, *, before: datetime) -> None:
    """Empty the words of calls that ended before a moment; the figures stay."""
    old = (Call.ended_at < before, (Call.question != "") | (Call.note != ""))
    session.execute(update(Call).where(*old).values(question="", note=""))
