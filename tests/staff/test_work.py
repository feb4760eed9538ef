"""What staff see in which order, and who may do what, on every engine."""

from datetime import timedelta

import pytest

from bot.conversations import service as conversations
from bot.conversations.models import Conversation
from bot.database import utc_now
from bot.staff import errors, work
from bot.staff.service import Staff
from bot.tickets.models import Ticket
from tests.staff.office import Office

NOW = utc_now()
SUNJA = Staff(1, "sunja", "순자", "counsellor", must_change=False, csrf_token="x")
MIJA = Staff(2, "mija", "미자", "counsellor", must_change=False, csrf_token="x")
CHIEF = Staff(3, "chief", "반장", "administrator", must_change=False, csrf_token="x")


def listed(office: Office, show: work.Show = "needs") -> list[str]:
    with office.database.reading() as session:
        rows = work.listed(session, show=show, login="sunja")
    return [row.conversation.id for row in rows]


def ago(minutes: int) -> timedelta:
    return timedelta(minutes=minutes)


def test_alarms_come_first_then_the_one_that_has_waited_longest(office: Office) -> None:
    new = office.talk("새", now=NOW - ago(1))
    old = office.talk("오래", now=NOW - ago(30))
    alarm = office.talk("불이야", now=NOW - ago(2))
    office.change(
        lambda s: conversations.raise_alarm(s, conversation_id=alarm, alarm="fire", now=NOW)
    )
    assert listed(office) == [alarm, old, new]


def test_a_conversation_in_a_colleagues_hands_stands_below_those_that_wait(office: Office) -> None:
    taken = office.talk("오래", now=NOW - ago(30))
    waits = office.talk("새", now=NOW - ago(1))
    office.change(lambda s: work.take(s, conversation_id=taken, staff=SUNJA, now=NOW))
    assert listed(office) == [waits, taken]
    assert listed(office, "mine") == [taken]


def test_an_alarm_is_listed_although_the_bot_still_holds_the_conversation(office: Office) -> None:
    talk = office.talk("도와주세요")
    office.change(lambda s: conversations.hand_back(s, conversation_id=talk, now=NOW))
    assert listed(office) == []
    office.change(
        lambda s: conversations.raise_alarm(s, conversation_id=talk, alarm="medical", now=NOW)
    )
    assert listed(office) == [talk]
    with office.database.reading() as session:
        assert work.needing(session) == (1, 1)


def test_a_closed_conversation_is_listed_only_among_all(office: Office) -> None:
    talk = office.talk("끝")
    office.change(lambda s: work.close(s, conversation_id=talk, staff=SUNJA, now=NOW))
    assert listed(office) == []
    assert listed(office, "all") == [talk]


def test_the_list_shows_the_newest_message(office: Office) -> None:
    office.talk("처음", "나중")
    with office.database.reading() as session:
        (row,) = work.listed(session, show="needs", login="sunja")
    assert row.last is not None
    assert row.last.text == "나중"


def test_a_colleagues_conversation_cannot_be_taken_given_back_or_closed(office: Office) -> None:
    talk = office.talk("안녕하세요")
    office.change(lambda s: work.take(s, conversation_id=talk, staff=SUNJA, now=NOW))
    for act in (work.take, work.hand_back, work.close):
        with pytest.raises(errors.HeldByAnother), office.database.writing() as session:
            act(session, conversation_id=talk, staff=MIJA, now=NOW)


def test_an_administrator_frees_what_an_absent_colleague_holds(office: Office) -> None:
    talk = office.talk("안녕하세요")
    office.change(lambda s: work.take(s, conversation_id=talk, staff=SUNJA, now=NOW))
    office.change(lambda s: work.hand_back(s, conversation_id=talk, staff=CHIEF, now=NOW))
    assert office.conversation(talk).state == "bot"


def test_closing_twice_is_refused(office: Office) -> None:
    talk = office.talk("안녕하세요")
    office.change(lambda s: work.close(s, conversation_id=talk, staff=SUNJA, now=NOW))
    with pytest.raises(errors.AlreadyClosed), office.database.writing() as session:
        work.close(session, conversation_id=talk, staff=SUNJA, now=NOW)


def test_overdue_tickets_come_first(office: Office) -> None:
    late, soon, later = (office.ticket(office.talk("구멍")) for _ in range(3))

    def set_due(number: str, days: int) -> None:
        office.change(
            lambda s: (
                s.query(Ticket)
                .filter_by(receipt_number=number)
                .update({"due_at": NOW + timedelta(days=days)})
            )
        )

    for number, days in ((late, -1), (soon, 1), (later, 5)):
        set_due(number, days)
    with office.database.reading() as session:
        rows = work.tickets_listed(session, state="open")
        assert [row.receipt_number for row in rows] == [late, soon, later]
        assert work.overdue(session, now=NOW) == 1


def test_pages_of_a_list_follow_each_other(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "PAGE", 2)
    talks = [office.talk("글", now=NOW - ago(10 - number)) for number in range(3)]
    with office.database.reading() as session:
        first = work.listed(session, show="needs", login="sunja")
        second = work.listed(session, show="needs", login="sunja", page=2)
    # One row more than a page holds tells that there is a next page.
    assert [row.conversation.id for row in first] == talks
    assert [row.conversation.id for row in second] == talks[2:]


def test_a_note_is_masked_and_does_not_reuse_a_number_of_the_ticket(office: Office) -> None:
    talk = office.talk("제 번호는 010-2345-6789예요")
    number = office.ticket(talk)
    with office.database.writing() as session:
        work.move(
            session,
            receipt_number=number,
            staff=SUNJA,
            to="in_progress",
            note="현장 담당 010-9876-5432",
            tell_citizen=False,
            masker=office.masker,
            now=NOW,
        )
    with office.database.reading() as session:
        note = work.ticket(session, receipt_number=number).events[-1].details["note"]
        assert note == "현장 담당 [전화번호 2]"
        assert session.get_one(Conversation, talk).placeholders["phone"] == 2
