from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from bot.conversations import service as conversations
from bot.conversations import ticket_moves
from bot.conversations.moves import Decided, Moves
from bot.conversations.rendering import Rendered
from bot.conversations.turn_queue import Job
from bot.database import Database
from bot.korean.guard import Guard
from bot.paths import POLICY
from bot.replies import Button, Press, Reply
from bot.tickets import service
from bot.tickets.models import Ticket
from tests.conversations.tickets import (
    NOW,
    by,
    controls,
    conversation,
    desk,
    move,
    text,
    ticket,
)
from tests.tickets.history import events


def job(talk: str, said: str = "…", press: Press | None = None) -> Job:
    meant = press.model_dump(mode="json") if press else None
    return Job("m-1", talk, "a", said, "ko", meant, 1, "bot", "widget")


def pressed(session: Session, one: Ticket, control: str, **slots: str) -> Reply:
    press = Press(control=control, slots={"receipt": one.receipt_number, **slots})
    reply = ticket_moves.of_ticket(session, job(str(one.conversation_id), press=press), NOW)
    assert reply is not None
    return reply


def said(session: Session, talk: str, reply: Reply) -> None:
    """The bot says a reply, so that what it asks for is awaited."""
    conversations.say(
        session,
        conversation_id=talk,
        replies=[reply],
        render=lambda _: Rendered("?", ()),
        now=NOW,
    )


def test_a_citizen_rates_by_a_press_and_may_still_have_it_taken_up(database: Database) -> None:
    with database.writing() as session:
        one = ticket(session, conversation(session))
        move(session, one, "done")
        asked = pressed(session, one, "rate")
        assert [_slot(button, "rating") for button in asked.buttons] == list("54321")
        thanked = pressed(session, one, "rate", rating="4")
        assert one.rating == 4
        assert controls(thanked) == ["reopen"]


def _slot(button: Button, name: str) -> str | None:
    return button.press.slots.get(name) if button.press else None


def test_a_ticket_is_taken_up_again_by_a_press(database: Database) -> None:
    with database.writing() as session:
        one = ticket(session, conversation(session))
        move(session, one, "done")
        assert "다시 처리해 달라고 전했어요" in text(session, pressed(session, one, "reopen"))
        assert one.state == "in_progress"


@pytest.mark.parametrize(
    ("control", "slots", "expected"),
    [
        ("reopen", {}, "바꿀 수 없어요"),
        ("rate", {"rating": "5"}, "바꿀 수 없어요"),
        ("rate", {"rating": "many"}, "1점에서 5점"),
        ("tell", {}, "이미 처리를 이어 가고 있어요"),
    ],
)
def test_a_button_pressed_too_early_or_too_late_is_answered_kindly(
    database: Database, control: str, slots: dict[str, str], expected: str
) -> None:
    with database.writing() as session:
        one = ticket(session, conversation(session))
        before = one.version
        assert expected in text(session, pressed(session, one, control, **slots))
        assert one.version == before


def test_what_staff_asked_is_told_after_a_press_and_the_clock_goes_on(database: Database) -> None:
    with database.writing() as session:
        talk = conversation(session)
        one = ticket(session, talk)
        service.ask_citizen(session, text="어느 쪽인가요?", **by(one))
        question = pressed(session, one, "tell")
        said(session, talk, question)
        later = NOW + timedelta(days=1)
        answer = job(talk, "바다 쪽이에요")
        assert ticket_moves.awaited(session, answer) == one
        told = ticket_moves.of_ticket(session, answer, later)
        assert told is not None
        assert "처리 기한은 12월 2일 (수) 오후 6시예요" in text(session, told)
        assert (one.state, one.paused_at) == ("in_progress", None)
        event = events(session, one)[-1]
        assert (event.what, event.actor, event.details["note"]) == (
            "told",
            "citizen",
            "바다 쪽이에요",
        )


def test_what_is_told_after_staff_went_on_is_kept_as_a_note(database: Database) -> None:
    with database.writing() as session:
        talk = conversation(session)
        one = ticket(session, talk)
        service.ask_citizen(session, text="어느 쪽인가요?", **by(one))
        said(session, talk, pressed(session, one, "tell"))
        move(session, one, "in_progress")
        ticket_moves.of_ticket(session, job(talk, "바다 쪽이에요"), NOW)
        assert events(session, one)[-1].details == {"note": "바다 쪽이에요"}


@pytest.mark.parametrize(
    "given",
    [
        {"said": "고마워요"},
        {"press": Press(control="person")},
        {"press": Press(topic="road_damage")},
        {"press": Press(control="reopen", slots={"receipt": "120-2026-999999"})},
    ],
)
def test_anything_else_is_not_about_a_ticket(database: Database, given: dict[str, Any]) -> None:
    with database.writing() as session:
        talk = conversation(session)
        one = ticket(session, talk)
        move(session, one, "done")
        assert ticket_moves.of_ticket(session, job(talk, **given), NOW) is None
        assert [event.what for event in events(session, one)] == ["opened", "moved"]


def test_the_gateway_answers_what_is_about_a_ticket_and_leaves_the_rest(
    database: Database,
) -> None:
    guard = Guard.load(POLICY / "emergency.yml")
    gateway = Moves(database=database, guard=guard, desk=desk())
    with database.writing() as session:
        talk = conversation(session)
        one = ticket(session, talk)
        move(session, one, "done")
    press = Press(control="rate", slots={"receipt": one.receipt_number, "rating": "5"})
    decided = gateway.before_rasa(job(talk, press=press))
    assert isinstance(decided, Decided)
    assert isinstance(gateway.before_rasa(job(talk, "고마워요")), Job)
    with database.reading() as session:
        assert session.get_one(Ticket, one.id).rating == 5
