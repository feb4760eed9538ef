"""The figures: chats and calls as one, over whole days of Jeju."""

import csv
import io
from datetime import date, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from bot.conversations import satisfaction
from bot.conversations import service as conversations
from bot.conversations.models import Conversation, Feedback, Message, OutboxUnit, new_id
from bot.database import utc_now
from bot.hours import SEOUL
from bot.staff import statistics
from bot.staff.calls_models import Call
from bot.staff.desk_models import AbuseEvent
from bot.staff.models import AuditEvent
from bot.staff.service import Staff
from bot.staff.statistics import Report
from bot.staff.statistics_tools import BadPeriod, Period
from bot.tickets.models import Ticket
from tests.staff.office import Browser, Office

PAGE = "/staff/statistics"
DAY = date(2026, 11, 3)
NOON = datetime(2026, 11, 3, 12, tzinfo=SEOUL)
CHIEF = Staff(1, "chief", "반장", "supervisor", must_change=False, csrf_token="x")
SUNJA = Staff(2, "sunja", "순자", "counsellor", must_change=False, csrf_token="x")
OFFICER = Staff(3, "jibun", "지분", "officer", False, "x", office="seogwipo_construction")


def counted(office: Office, first: date = DAY, last: date = DAY, who: Staff = CHIEF) -> Report:
    with office.database.reading() as session:
        return statistics.of_period(
            session, period=Period(first, last), staff=who, now=NOON + timedelta(days=30)
        )


def table(report: Report, kind: str) -> dict[str, int]:
    return dict(next(one for one in report.tables if one.kind == kind).rows)


def called(office: Office, at: datetime, minutes: int = 2, **fields: str) -> None:
    values = {"login": "sunja", "result": "answered", "question": "", "note": ""} | fields
    call = Call(id=str(uuid4()), began_at=at, ended_at=at + timedelta(minutes=minutes), **values)
    office.change(lambda s: s.add(call))


def said(session: Session, text: str) -> Message:
    return session.query(Message).filter_by(text=text).one()


def put(office: Office, text: str, **values: object) -> None:
    """Change the citizen's message with this text, as time and the bot would have."""
    office.change(lambda s: s.execute(update(Message).where(Message.text == text).values(values)))


def test_chats_and_calls_are_counted_together_by_day_and_hour_of_jeju(office: Office) -> None:
    office.talk("안녕", now=NOON.replace(hour=0, minute=5))
    office.talk("안녕", now=NOON.replace(hour=23, minute=55))
    called(office, NOON.replace(hour=23))
    for outside in (NOON - timedelta(hours=12, seconds=1), NOON + timedelta(hours=12)):
        office.talk("안녕", now=outside)
        called(office, outside)
    report = counted(office)
    assert (report.figures["chats"], report.figures["calls"]) == (2, 1)
    assert table(report, "day") == {"2026-11-03": 3}
    by_hour = table(report, "hour")
    assert (by_hour["00"], by_hour["23"], by_hour["12"]) == (1, 2, 0)
    assert table(report, "channel") == {"widget": 2, "phone": 1}


def test_a_day_without_anything_stands_in_the_table(office: Office) -> None:
    report = counted(office, DAY, DAY + timedelta(days=2))
    assert list(table(report, "day").values()) == [0, 0, 0]
    assert report.figures["bot_seconds"] is None
    assert report.figures["within_term"] is None


def test_topics_of_messages_and_of_calls_are_one_count(office: Office) -> None:
    office.talk("구멍", now=NOON)
    put(office, "구멍", topic="road_damage")
    called(office, NOON, topic="road_damage", guess="road_damage")
    called(office, NOON, topic="passport_issue", guess="road_damage")
    report = counted(office)
    assert table(report, "topic") == {"road_damage": 2, "passport_issue": 1}
    assert report.figures["guess_right"] == 0.5
    assert report.figures["call_minutes"] == 2.0


def test_what_the_bot_answered_failed_on_and_handed_over(office: Office) -> None:
    for text, turn in (("가", "answered"), ("나", "answered"), ("다", "failed"), ("라", "held")):
        talk = office.talk(text, now=NOON)
        put(office, text, turn=turn)
        if turn == "answered":
            with office.database.writing() as session:
                session.get_one(Conversation, talk).reason = None
    report = counted(office)
    assert table(report, "turn") == {"answered": 2, "failed": 1, "held": 1}
    assert table(report, "reason") == {"citizen_asked": 2}
    assert report.figures["bot_alone"] == 0.5
    assert report.figures["failed"] == 0.25


def test_the_wait_for_a_person_begins_with_what_the_bot_handled_last(office: Office) -> None:
    talk = office.talk("상담원 바꿔 주세요", "여보세요?", now=NOON)
    put(office, "상담원 바꿔 주세요", turn="answered")
    put(office, "여보세요?", turn="held", created_at=NOON + timedelta(minutes=5))
    office.change(lambda s: conversations.take(s, conversation_id=talk, login="sunja", now=NOON))
    for minutes, text in ((7, "네, 상담원이에요"), (9, "계세요?")):
        with office.database.writing() as session:
            conversations.staff_says(
                session,
                conversation_id=talk,
                login="sunja",
                text=text,
                masker=office.masker,
                now=NOON + timedelta(minutes=minutes),
            )
    assert counted(office).figures["person_minutes"] == 7.0


def test_the_bots_answer_is_timed_from_the_question_to_its_storing(office: Office) -> None:
    office.talk("여권", now=NOON)
    put(office, "여권", turn="answered")

    def answer(session: Session) -> None:
        question = said(session, "여권")
        session.add(
            OutboxUnit(
                conversation_id=question.conversation_id,
                in_reply_to=question.id,
                created_at=NOON + timedelta(seconds=3),
            )
        )

    office.change(answer)
    assert counted(office).figures["bot_seconds"] == 3.0


def ticket(at: Office, **values: object) -> str:
    number = at.ticket(at.talk("구멍"))
    at.change(
        lambda s: s.execute(
            update(Ticket)
            .where(Ticket.receipt_number == number)
            .values({"created_at": NOON, "due_at": NOON + timedelta(days=7)} | values)
        )
    )
    return number


def test_tickets_are_counted_by_state_and_by_whether_they_kept_the_term(office: Office) -> None:
    ticket(office, state="done", done_at=NOON + timedelta(days=6), transfers=2, rating=5)
    ticket(office, state="done", done_at=NOON + timedelta(days=8), rating=2)
    ticket(office)
    ticket(office, state="cancelled", done_at=NOON + timedelta(days=9))
    ticket(office, state="awaiting_citizen", paused_at=NOON + timedelta(days=1))
    report = counted(office)
    assert table(report, "ticket_state") == {
        "done": 2,
        "received": 1,
        "cancelled": 1,
        "awaiting_citizen": 1,
    }
    # In time: one. Late: one that was done, and the open one, whose term is over by now.
    assert report.figures["within_term"] == 0.333
    assert report.figures["transfers"] == 0.4
    assert report.figures["rating"] == 3.5


def test_an_officer_sees_the_tickets_of_their_own_office_alone(office: Office) -> None:
    ticket(office)
    ticket(office, office="seogwipo_construction")
    assert counted(office).figures["tickets"] == 2
    assert counted(office, who=OFFICER).figures["tickets"] == 1


def test_satisfaction_and_useful_answers(office: Office) -> None:
    for text, score, useful in (("가", 5, True), ("나", 2, False), ("다", 4, True)):
        talk = office.talk(text, now=NOON)
        with office.database.writing() as session:
            satisfaction.rate(session, conversation_id=talk, score=score, now=NOON)
            session.add(
                Feedback(
                    conversation_id=talk,
                    answer_id=said(session, text).id,
                    topic="road_damage",
                    facets=[],
                    useful=useful,
                    created_at=NOON,
                )
            )
    report = counted(office)
    assert report.figures["satisfaction"] == 3.67
    assert report.figures["useful"] == 0.667
    assert table(report, "score") == {"5": 1, "4": 1, "3": 0, "2": 1, "1": 0}


def test_abuse_is_counted_by_shift_and_a_counsellor_sees_only_their_own(office: Office) -> None:
    def meet(session: Session) -> None:
        for login, hour in (("sunja", 1), ("sunja", 13), ("mija", 14)):
            at = NOON.replace(hour=hour)
            session.add(AbuseEvent(id=new_id(), login=login, what="marked", at=at))

    office.change(meet)
    called(office, NOON.replace(hour=15), result="abusive")
    assert table(counted(office), "abuse") == {
        "2026-11-03 12–24 sunja": 2,
        "2026-11-03 12–24 mija": 1,
        "2026-11-03 00–12 sunja": 1,
    }
    assert all("mija" not in name for name in table(counted(office, who=SUNJA), "abuse"))


def test_a_period_that_is_too_long_or_ends_before_it_begins_is_refused() -> None:
    for first, last in ((DAY, DAY - timedelta(days=1)), (DAY, DAY + timedelta(days=92))):
        with pytest.raises(BadPeriod):
            Period(first, last)


# The page


def test_the_page_shows_this_week_and_another_period(office: Office, signed_in: Browser) -> None:
    called(office, utc_now())
    called(office, NOON)
    page = signed_in.get(PAGE)
    assert page.status_code == 200
    assert "답함" in page.text
    assert '<meter max="1" value="1">' in page.text
    before = signed_in.get(f"{PAGE}?first=2026-11-03&last=2026-11-03").text
    assert "2026-11-03부터 2026-11-03까지" in before


@pytest.mark.parametrize(
    "query",
    [
        "first=2026-13-01",
        "first=today",
        "first=2026-11-03&last=2026-11-01",
        "first=2026-01-01&last=2026-12-31",
        "first=0001-01-01&last=0001-01-02",
        "last=9999-12-31",
    ],
)
def test_a_period_that_makes_no_sense_is_refused(signed_in: Browser, query: str) -> None:
    assert signed_in.get(f"{PAGE}?{query}").status_code == 422


def test_a_file_is_taken_only_with_the_right_and_is_in_the_audit_log(
    office: Office, browser: Browser
) -> None:
    called(office, NOON, topic="passport_issue")
    office.account("sunja")
    browser.sign_in("sunja")
    assert browser.get(f"{PAGE}.csv").status_code == 403
    assert "statistics.csv" not in browser.get(PAGE).text
    office.account("chief", role="supervisor")
    browser.sign_in("chief")
    sent = browser.get(f"{PAGE}.csv?first=2026-11-03&last=2026-11-03")
    assert sent.headers["content-type"].startswith("text/csv")
    rows = list(csv.reader(io.StringIO(sent.text.removeprefix("\ufeff"))))
    assert ["topic", "passport_issue", "여권 만들기·재발급", "1"] in rows
    (taken,) = office.rows(AuditEvent, what="statistics_export")
    assert (taken.login, taken.details["first"]) == ("chief", "2026-11-03")


def test_no_cell_of_the_file_is_a_formula(office: Office, browser: Browser) -> None:
    office.talk("구멍", now=NOON)
    put(office, "구멍", topic="=HYPERLINK(1)")
    office.account("chief", role="supervisor")
    browser.sign_in("chief")
    sent = browser.get(f"{PAGE}.csv?first=2026-11-03&last=2026-11-03")
    assert "'=HYPERLINK(1)" in sent.text
    assert ",=HYPERLINK" not in sent.text


def test_who_has_no_right_to_figures_sees_none(
    office: Office, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.staff.service.rights_of", lambda role: frozenset({"knowledge"}))
    office.account("editor", role="editor")
    browser.sign_in("editor")
    assert browser.get(PAGE).status_code == 403
    assert browser.get(f"{PAGE}.csv").status_code == 403
