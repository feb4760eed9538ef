"""The receipt that a conversation gets, by kind of ticket."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.conversations.desk import Desk
from bot.database import Database
from bot.replies import Reply
from bot.tickets.errors import WrongTransition
from bot.tickets.forms import Form, Forms
from bot.tickets.models import Kind, Ticket
from bot.tickets.routing import Routing
from bot.tickets.spots import Spot
from tests.conversations.tickets import CIPHER, NOW, conversation, desk, move, text, ticket


def send(session: Session, talk: str, kind: Kind = "report", **given: Any) -> Reply:
    """Send a form without fields of its own; `fields` are what the citizen told."""
    topics = {"report": "road_damage", "visit": "visiting_service", "general": "general_ticket"}
    form = Form.model_construct(topic=topics.get(kind, kind), kind=kind, fields=())
    usual: dict[str, Any] = {
        "fields": {},
        "consented": False,
        "conversation_id": talk,
        "message_id": "m-1",
        "language": "ko",
        "now": NOW,
    }
    return desk().open_report(session, form=form, **{**usual, **given})


def opened(session: Session) -> Ticket:
    return session.scalars(select(Ticket).order_by(Ticket.id.desc()).limit(1)).one()


def test_a_report_goes_to_the_body_that_its_place_tells(database: Database) -> None:
    with database.writing() as session:
        fields = {"location": "서귀포시 동홍동 주민센터 앞", "detail": "구멍"}
        receipt = send(session, conversation(session), fields=fields)
        one = opened(session)
        assert (one.city, one.district) == ("서귀포시", "동홍동")
        assert one.office.startswith("seogwipo_")
        assert one.routed_by.startswith("road_damage/")
        said = text(session, receipt)
        assert said.startswith(f"접수했어요.\n종류: 신고\n접수번호: {one.receipt_number}")
        assert "담당: 서귀포시" in said
        assert "처리 기간은 7일" in said
        assert "처리 기한: 12월 1일 (화) 오후 6시" in said


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("callback", ("종류: 전화 요청", "늦어도 11월 23일 (월) 오후 2시까지 전화드려요.")),
        ("visit", ("종류: 방문 신청", "담당자가 방문 날짜를 정해서 알려 드려요.")),
        ("general", ("종류: 글 남기기", "국민신문고(epeople.go.kr)")),
    ],
)
def test_the_receipt_says_what_it_is_and_what_comes_next(
    database: Database, kind: Kind, expected: tuple[str, ...]
) -> None:
    with database.writing() as session:
        said = text(session, send(session, conversation(session), kind))
        for sentence in expected:
            assert sentence in said


def test_a_shared_spot_is_kept_with_the_ticket(database: Database) -> None:
    with database.writing() as session:
        spot = Spot("제주시청", "제주시", "이도2동", 33.4996, 126.5312)
        send(session, conversation(session), spot=spot, wanted_from=NOW + timedelta(hours=1))
        one = opened(session)
        assert (one.place, one.latitude, one.longitude) == ("제주시청", 33.4996, 126.5312)
        assert one.wanted_from == NOW + timedelta(hours=1)


def test_a_place_that_several_share_or_that_is_elsewhere_is_not_guessed(
    database: Database,
) -> None:
    with database.writing() as session:
        for number, location in enumerate(("중앙동", "부산 해운대", "우리 집 앞")):
            send(
                session,
                conversation(session),
                message_id=f"m-{number}",
                fields={"location": location},
            )
            assert (opened(session).place, opened(session).office) == (None, "jeju120")


def test_who_joins_gets_a_receipt_of_their_own_and_the_other_tickets_term(
    database: Database,
) -> None:
    with database.writing() as session:
        parent = ticket(session, conversation(session))
        receipt = send(session, conversation(session), parent_id=parent.id)
        one = opened(session)
        said = text(session, receipt)
        assert said.startswith("먼저 접수된 같은 신고에 더했어요.")
        assert one.receipt_number in said
        assert parent.receipt_number not in said
        assert "담당: 제주시 건설과" in said


def test_joining_what_is_done_meanwhile_is_refused(database: Database) -> None:
    with database.writing() as session:
        parent = ticket(session, conversation(session))
        move(session, parent, "done")
        with pytest.raises(WrongTransition):
            send(session, conversation(session), parent_id=parent.id)


def test_the_same_message_gives_the_same_receipt_without_the_code(database: Database) -> None:
    with database.writing() as session:
        talk = conversation(session)
        first, second = send(session, talk), send(session, talk)
        assert first.ticket == second.ticket
        assert "확인번호" in text(session, first)
        assert text(session, second).startswith("이미 접수했어요")
        assert "확인번호" not in text(session, second)


def left(session: Session, talk: str, message: str, detail: str) -> Reply:
    form = Form.model_construct(topic="general_ticket", kind="general", fields=())
    forms = Forms({"general_ticket": form})
    own = Desk(cipher=CIPHER, forms=forms, routing=Routing.load())
    return own.open_general(
        session,
        conversation_id=talk,
        message_id=message,
        detail=detail,
        language="ko",
        now=NOW,
    )


def test_what_is_left_later_is_noted_in_the_open_ticket_and_not_lost_in_an_ended_one(
    database: Database,
) -> None:
    with database.writing() as session:
        talk = conversation(session)
        first = left(session, talk, "m-1", "버스가 안 와요")
        again = left(session, talk, "m-2", "물도 안 나와요")
        assert again.ticket == first.ticket
        # The same message, taken up again after a crash, changes nothing.
        left(session, talk, "m-1", "버스가 안 와요")
        one = opened(session)
        noted = [event.details["note"] for event in one.events if event.what == "noted"]
        assert noted == ["물도 안 나와요"]
        move(session, one, "done")
        assert left(session, talk, "m-1", "버스가 안 와요").ticket == first.ticket
        assert left(session, talk, "m-3", "또 안 와요").ticket not in (None, first.ticket)
