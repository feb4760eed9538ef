from datetime import datetime, timedelta

import pytest

from bot.conversations import ticket_news
from bot.database import Database
from bot.hours import SEOUL
from bot.tickets import service
from bot.tickets.policy import Term, ticket_policy
from bot.wording import LANGUAGES
from tests.conversations.tickets import (
    NOW,
    STAFF,
    by,
    controls,
    conversation,
    move,
    text,
    ticket,
)
from tests.tickets.history import events


def test_a_citizen_hears_where_a_ticket_stands_and_by_when(database: Database) -> None:
    with database.writing() as session:
        one = ticket(session, conversation(session))
        told = ticket_news.found(session, one, "ko", NOW)
        assert text(session, told) == (
            f"접수번호 {one.receipt_number}\n접수한 때: 11월 23일 (월) 오전 10시\n"
            "담당: 제주시 건설과\n처리 기한: 12월 1일 (화) 오후 6시\n\n"
            "접수됐어요. 담당자가 살펴볼 거예요."
        )
        assert controls(told) == []
        english = text(session, ticket_news.found(session, one, "en", NOW), "en")
        assert "In charge: Jeju City Construction Division" in english
        assert "Due by: Tue 1 December, 6 pm" in english


def test_what_was_told_last_stands_in_the_status(database: Database) -> None:
    with database.writing() as session:
        one = ticket(session, conversation(session))
        service.transfer(session, office="kepco", reason="소관", **by(one))
        told = text(session, ticket_news.found(session, one, "ko", NOW))
        assert "담당: 한국전력" in told
        assert "마지막 소식(11월 23일 (월))\n\n이제 한국전력에서 맡아요." in told
        service.extend(session, reason="부품이 없어요", by=Term(days=1), **by(one))
        told = text(session, ticket_news.found(session, one, "ko", NOW))
        assert "새 처리 기한: 12월 2일 (수) 오후 6시\n이유: 부품이 없어요" in told


def test_a_done_ticket_can_be_rated_and_taken_up_again_while_it_may(database: Database) -> None:
    with database.writing() as session:
        one = ticket(session, conversation(session))
        move(session, one, "done", note="전구를 바꿨어요")
        told = ticket_news.found(session, one, "ko", NOW)
        assert controls(told) == ["rate", "reopen"]
        assert "처리 기한" not in text(session, told)
        assert "담당자가 남긴 말: 전구를 바꿨어요" in text(session, told)
        late = NOW + timedelta(days=ticket_policy().reopening_days + 1)
        assert controls(ticket_news.found(session, one, "ko", late)) == ["rate"]


def test_a_duplicate_stands_where_the_other_one_stands(database: Database) -> None:
    with database.writing() as session:
        parent = ticket(session, conversation(session))
        child = ticket(session, conversation(session), parent_id=parent.id)
        move(session, parent, "in_progress")
        told = text(session, ticket_news.found(session, child, "ko", NOW))
        assert f"접수번호 {child.receipt_number}" in told
        assert parent.receipt_number not in told
        assert "먼저 접수된 같은 신고와 함께 처리해요." in told
        assert "담당자가 처리하고 있어요." in told


def test_an_appointment_stands_in_the_status_until_it_is_over(database: Database) -> None:
    with database.writing() as session:
        one = ticket(session, conversation(session), kind="visit")
        at = datetime(2026, 11, 26, 14, tzinfo=SEOUL)
        service.appoint(session, at=at, officer="김순자", **by(one))
        told = text(session, ticket_news.found(session, one, "ko", NOW))
        assert "방문 약속: 11월 26일 (목) 오후 2시\n방문자: 김순자" in told
        move(session, one, "done")
        told = text(session, ticket_news.found(session, one, "ko", NOW))
        assert "방문 약속:" not in told


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_change_that_is_told_has_words(database: Database, language: str) -> None:
    with database.writing() as session:
        one = ticket(session, conversation(session), kind="visit")
        other = ticket(session, conversation(session), kind="callback")
        parent = ticket(session, conversation(session))
        child = ticket(session, conversation(session))
        service.assign(session, login="kim", **by(one))
        service.ask_citizen(session, text="어디인가요?", **by(one))
        service.transfer(session, office="kepco", reason="소관", **by(one))
        service.extend(session, reason="늦어요", **by(one))
        at = NOW + timedelta(days=1)
        service.appoint(session, at=at, officer="", **by(one))
        service.appoint(session, at=at, officer="김순자", **by(one))
        service.reply(session, text="내일 가요", **by(one))
        service.tried_call(session, reached=False, **by(other))
        service.merge(session, parent=parent, **by(child))
        service.split(session, **by(child))
        move(session, one, "done")
        service.reopen(session, ticket=one, now=NOW)
        seen = set()
        for each in (one, other, child):
            for event in (event for event in events(session, each) if event.tell_citizen):
                told = ticket_news.news(session, each, event, language)
                assert len(told.parts) > 1, event.what
                assert text(session, told, language)
                seen.add(event.what)
        assert seen >= {"assigned", "asked", "transferred", "extended", "appointed", "replied"}
        assert seen >= {"tried", "merged", "split", "moved", "reopened"}


def test_another_citizens_data_are_left_out(database: Database) -> None:
    with database.writing() as session:
        parent = ticket(session, conversation(session))
        child = ticket(session, conversation(session), parent_id=parent.id)
        note = "[전화번호 1]로 전화드릴게요"
        event = service.reply(session, ticket=parent, text=note, actor=STAFF, version=None, now=NOW)
        own = text(session, ticket_news.news(session, parent, event, "ko"))
        others = text(session, ticket_news.news(session, child, event, "ko"))
        assert "[전화번호 1]로" in own
        assert "전화번호" not in others
        assert "…로 전화드릴게요" in others
