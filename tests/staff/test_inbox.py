"""The inbox: what stands where, how it is narrowed and paged, on every engine."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.conversations import holding, search
from bot.conversations import service as conversations
from bot.conversations.models import Conversation, Message
from bot.database import utc_now
from bot.knowledge import service as knowledge
from bot.paths import KNOWLEDGE
from bot.staff import errors, inbox, inbox_search, saved_views, talk
from bot.staff.inbox import View
from bot.staff.inbox_filters import Filters
from bot.staff.service import Staff
from bot.tickets.models import Ticket
from tests.staff.office import Office

NOW = utc_now()
SUNJA = Staff(1, "sunja", "순자", "counsellor", must_change=False, csrf_token="x")
MIJA = Staff(2, "mija", "미자", "counsellor", must_change=False, csrf_token="x")


def ago(minutes: float) -> datetime:
    return NOW - timedelta(minutes=minutes)


def listed(desk: Office, view: View = "needs", **filters: Any) -> list[str]:
    with desk.database.reading() as session:
        found = inbox.listed(session, view=view, login="sunja", now=NOW, filters=Filters(**filters))
    return [row.conversation.id for row in found.rows]


def change(office: Office, talk_id: str, **values: Any) -> None:
    office.change(lambda s: s.query(Conversation).filter_by(id=talk_id).update(values))


def alarm(office: Office, talk_id: str, kind: str = "fire") -> None:
    office.change(
        lambda s: conversations.raise_alarm(s, conversation_id=talk_id, alarm=kind, now=NOW)
    )


def take(office: Office, talk_id: str, staff: Staff = SUNJA) -> None:
    office.change(lambda s: talk.take(s, conversation_id=talk_id, staff=staff, now=NOW))


def needing(office: Office) -> tuple[int, int]:
    with office.database.reading() as session:
        return inbox.needing(session)


def test_alarms_come_first_then_distress_then_the_longest_wait(office: Office) -> None:
    new = office.talk("새", now=ago(1))
    old = office.talk("오래", now=ago(30))
    sad = office.talk("힘들어요", now=ago(3))
    change(office, sad, reason="distress")
    cry = office.talk("불이야", now=ago(2))
    alarm(office, cry)
    assert listed(office) == [cry, sad, old, new]
    assert needing(office) == (4, 2)


def test_a_conversation_in_a_persons_hands_stands_below_those_that_wait(office: Office) -> None:
    taken = office.talk("오래", now=ago(30))
    waits = office.talk("새", now=ago(1))
    take(office, taken)
    assert listed(office) == [waits, taken]
    assert listed(office, "mine") == [taken]
    assert listed(office, "unassigned") == [waits]


def test_an_alarm_is_listed_although_the_bot_or_the_messenger_still_holds_the_talk(
    office: Office,
) -> None:
    with_bot, elsewhere = office.talk("도와주세요"), office.talk("살려 주세요")
    with office.database.writing() as session:
        for each in (with_bot, elsewhere):
            conversations.hand_back(session, conversation_id=each, now=NOW)
    assert listed(office) == []
    office.change(lambda s: holding.held_by_platform(s, conversation_id=elsewhere, now=NOW))
    alarm(office, with_bot, "medical")
    alarm(office, elsewhere, "medical")
    assert set(listed(office)) == {with_bot, elsewhere}
    assert needing(office) == (2, 2)


def test_waiting_shows_what_is_held_only_while_the_citizen_spoke_last(office: Office) -> None:
    answered, unanswered = office.talk("하나", now=ago(9)), office.talk("둘", now=ago(8))
    for each in (answered, unanswered):
        take(office, each)
    office.change(
        lambda s: s.query(Message).filter_by(conversation_id=unanswered, sender="system").delete()
    )
    change(office, unanswered, last_seq=1)
    assert listed(office, "waiting") == [unanswered]
    with office.database.reading() as session:
        counts = inbox.counts(session, login="sunja", unassigned=0)
    assert counts == {"unassigned": 0, "waiting": 1, "mine": 2}


def test_a_closed_conversation_is_listed_among_the_closed_alone(office: Office) -> None:
    ended = office.talk("끝")
    office.change(
        lambda s: talk.close(s, conversation_id=ended, staff=SUNJA, now=NOW, reason="answered")
    )
    assert [listed(office, view) for view in ("needs", "all", "mine")] == [[], [], []]
    assert listed(office, "closed") == [ended]


def test_a_row_has_the_newest_message_and_the_topic(office: Office) -> None:
    asked = office.talk("처음", "나중")
    change(office, asked, topic="passport_issue")
    with office.database.reading() as session:
        (row,) = inbox.listed(session, view="needs", login="sunja", now=NOW).rows
    assert row.last is not None
    talked = row.conversation
    assert (talked.id, row.last.text, talked.topic) == (asked, "나중", "passport_issue")


def test_an_offices_list_holds_its_tickets_and_topics_once_each_page_by_page(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.change(lambda s: knowledge.load(s, KNOWLEDGE, NOW))
    with office.database.reading() as session:
        own = [
            one.topic
            for one in knowledge.served_all(session)
            if "jeju_construction" in one.body.departments
        ]
    assert len(own) > 1
    made = [office.talk("글", now=ago(minutes)) for minutes in range(9, 0, -1)]
    for talk_id, topic in zip(made[:6], (own[0], own[1]) * 3, strict=True):
        change(office, talk_id, topic=topic)
    # One of both kinds, and one of a ticket alone.
    office.ticket(made[0])
    office.ticket(made[6])
    change(office, made[7], topic="passport_issue")
    for view in ("waiting", "all"):
        monkeypatch.setattr(inbox, "PAGE", 3)
        found: list[str] = []
        after: str | None = None
        while after is not None or not found:
            with office.database.reading() as session:
                page = inbox.listed(
                    session,
                    view=view,  # type: ignore[arg-type]
                    login="sunja",
                    now=NOW,
                    filters=Filters(office="jeju_construction"),
                    after=after,
                )
            found += [row.conversation.id for row in page.rows]
            after = page.after
            if after is None:
                break
        assert sorted(found) == sorted(made[:7]), view
    office.change(lambda s: s.query(Ticket).update({"done_at": NOW}))
    assert made[6] not in listed(office, "all", office="jeju_construction")


@pytest.mark.parametrize("view", ["needs", "unassigned", "all"])
def test_pages_follow_each_other_without_gap_or_repeat(
    office: Office, monkeypatch: pytest.MonkeyPatch, view: View
) -> None:
    monkeypatch.setattr(inbox, "PAGE", 2)
    # Three of the same moment: the id decides, on every page alike.
    made = [office.talk("글", now=ago(minutes)) for minutes in (9, 5, 5, 5, 2)]
    alarm(office, made[-1])
    seen: list[str] = []
    after: str | None = None
    for _ in range(9):
        with office.database.reading() as session:
            page = inbox.listed(session, view=view, login="sunja", now=NOW, after=after)
        seen += [row.conversation.id for row in page.rows]
        after = page.after
        if after is None:
            break
        # What comes meanwhile moves nothing on the next page.
        change(office, made[0], updated_at=made and NOW - timedelta(minutes=9))
    assert sorted(seen) == sorted(made)
    if view != "all":
        assert seen[0] == made[-1]


@pytest.mark.parametrize(
    "cursor", ["", "x", "9.1.a", "0.x.a", "0.1", "-1.1.a", "0.99999999999999999999.a", "0.1.\0"]
)
def test_a_cursor_that_is_none_is_refused(office: Office, cursor: str) -> None:
    office.talk("글")
    if not cursor:
        return
    with pytest.raises(errors.BadRequest), office.database.reading() as session:
        inbox.listed(session, view="unassigned", login="sunja", now=NOW, after=cursor)


def test_the_list_is_narrowed_by_every_filter(office: Office) -> None:
    kakao = office.talk("카카오", now=ago(40))
    change(office, kakao, channel="kakao", reason="unsure")
    english = office.talk("english", now=ago(5))
    change(office, english, language="en")
    passport = office.talk("여권", now=ago(3))
    change(office, passport, topic="passport_issue")
    reported = office.talk("구멍", now=ago(2))
    office.ticket(reported)
    assert listed(office, channel="kakao") == [kakao]
    assert listed(office, reason="unsure") == [kakao]
    assert listed(office, language="en") == [english]
    assert listed(office, topic="passport_issue") == [passport]
    assert listed(office, office="jeju_construction") == [reported]
    assert listed(office, age=30) == [kakao]
    assert listed(office, "all", age=30) == [kakao]
    assert listed(office, channel="kakao", language="en") == []


def test_the_next_one_is_the_alarm_then_the_longest_wait_and_each_is_given_once(
    office: Office,
) -> None:
    old, cry = office.talk("오래", now=ago(30)), office.talk("불", now=ago(1))
    alarm(office, cry)
    with office.database.writing() as session:
        assert talk.take_next(session, staff=SUNJA, now=NOW) == cry
    with office.database.writing() as session:
        assert talk.take_next(session, staff=MIJA, now=NOW) == old
    with pytest.raises(errors.NobodyWaits), office.database.writing() as session:
        talk.take_next(session, staff=SUNJA, now=NOW)


def test_a_saved_view_is_the_persons_own_and_its_name_is_used_once(office: Office) -> None:
    def keep(login: str, name: str, **wanted: str) -> None:
        office.change(lambda s: saved_views.keep(s, login=login, name=name, wanted=wanted, now=NOW))

    keep("sunja", " 카카오  ", channel="kakao")
    keep("sunja", "카카오", channel="line")
    keep("mija", "카카오", channel="kakao")
    with office.database.reading() as session:
        (view,) = saved_views.of(session, login="sunja")
    assert (view.name, view.wanted) == ("카카오", {"channel": "line"})
    office.change(lambda s: saved_views.forget(s, login="mija", view_id=view.id))
    with office.database.reading() as session:
        assert len(saved_views.of(session, login="sunja")) == 1
    for name in ("", " ", "가" * 41):
        with pytest.raises(errors.BadViewName):
            keep("sunja", name)


def test_a_person_keeps_no_more_views_than_fit(office: Office) -> None:
    def keep(number: int) -> None:
        with office.database.writing() as session:
            saved_views.keep(session, login="sunja", name=f"보기 {number}", wanted={}, now=NOW)

    for number in range(saved_views.MOST):
        keep(number)
    with pytest.raises(errors.TooManyViews):
        keep(saved_views.MOST)


# Search


def keep_words(office: Office, talk_id: str, *words: str) -> None:
    with office.database.writing() as session:
        for message in session.query(Message).filter_by(conversation_id=talk_id):
            search.keep(session, message=message, words=words)


def found(office: Office, asked: str, words: list[str] | None) -> inbox_search.Found:
    with office.database.reading() as session:
        return inbox_search.find(session, text=asked, words=words)


def test_a_conversation_is_found_by_its_lemmas_and_shows_the_message(office: Office) -> None:
    lost = office.talk("여권을 잃어버렸는데 어떻게 해요", "급해요")
    office.talk("여권을 만들고 싶어요")
    with office.database.writing() as session:
        first = session.query(Message).filter_by(conversation_id=lost).order_by(Message.seq).first()
        assert first is not None
        search.keep(session, message=first, words=["여권/NN", "잃어버리/VV"])
    hits = found(office, "잃어버린 여권", ["잃어버리/VV", "여권/NN"])
    assert [row.conversation.id for row in hits.rows] == [lost]
    assert hits.rows[0].found is not None
    assert hits.rows[0].found.text == "여권을 잃어버렸는데 어떻게 해요"


def test_while_rasa_is_away_words_are_found_as_they_are_written(office: Office) -> None:
    lost = office.talk("여권을 잃어버렸는데 어떻게 해요")
    hits = found(office, "여권", None)
    assert [row.conversation.id for row in hits.rows] == [lost]
    assert hits.by_letters


def test_pages_of_a_search_follow_each_other(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "PAGE", 2)
    made = [office.talk("여권", now=ago(minutes)) for minutes in (1, 2, 3)]
    for each in made:
        keep_words(office, each, "여권/NN")
    first = found(office, "여권", ["여권/NN"])
    assert [row.conversation.id for row in first.rows] == made[:2]
    with office.database.reading() as session:
        rest = inbox_search.find(session, text="여권", words=["여권/NN"], before=first.before)
    assert [row.conversation.id for row in rest.rows] == made[2:]
    assert rest.before is None


def test_a_receipt_number_leads_to_its_conversation(office: Office) -> None:
    asked = office.talk("구멍")
    number = office.ticket(asked)
    with office.database.reading() as session:
        assert inbox_search.direct(session, text=f" {number.lower()} ", now=NOW) == asked
        assert inbox_search.direct(session, text="여권", now=NOW) is None
        assert inbox_search.direct(session, text="120-2026-999999", now=NOW) is None


# What a page costs


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # PostgreSQL reads small ones whole
def test_no_list_is_sorted_or_read_whole(office: Office) -> None:
    statements = _statements_of_every_view(office)
    assert len(statements) > 10
    for statement, values in statements:
        with office.database.engine.connect() as connection:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
            steps = [row[-1] for row in plan]
        whole = [
            step
            for step in steps
            if step.startswith(("SCAN conv", "SCAN mess")) and "INDEX" not in step
        ]
        sorts = [step for step in steps if "TEMP B-TREE" in step]
        # Alarms and distress are few: those are put in order.
        if "alarm IS NOT NULL" in statement or "'distress' AND" in statement:
            sorts = []
        assert (whole, sorts) == ([], []), statement


def _statements_of_every_view(office: Office) -> list[tuple[str, Any]]:
    from sqlalchemy import event

    kept: list[tuple[str, Any]] = []

    def keep(_c: Any, _cursor: Any, statement: str, values: Any, *_rest: Any) -> None:
        if statement.startswith("SELECT") and "FROM conversations" in statement:
            kept.append((statement, values))

    event.listen(office.database.engine, "before_cursor_execute", keep)
    for view in inbox.VIEWS:
        listed(office, view)
    needing(office)
    event.remove(office.database.engine, "before_cursor_execute", keep)
    return kept
