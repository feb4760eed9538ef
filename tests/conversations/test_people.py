"""A person is asked for, answers in the thread, and hands back."""

import time

import httpx
import pytest
from sqlalchemy import select

from bot.conversations import service as conversations
from bot.conversations.models import Conversation, Message
from bot.database import utc_now
from bot.privacy.masking import Masker, default_masker
from tests.support.citizen import Citizen
from tests.support.service import Service

AT_ONCE_SECONDS = 3


@pytest.fixture(scope="module")
def masker() -> Masker:
    return default_masker()


def take(service: Service, citizen: Citizen) -> None:
    with service.database.writing() as session:
        conversations.take(session, conversation_id=citizen.id, login="sunja", now=utc_now())


def answer(service: Service, citizen: Citizen, text: str, masker: Masker) -> None:
    with service.database.writing() as session:
        conversations.staff_says(
            session,
            conversation_id=citizen.id,
            login="sunja",
            text=text,
            masker=masker,
            now=utc_now(),
        )


@pytest.mark.parametrize("asked", ["상담원 바꿔주세요", "사람이랑 얘기하고 싶어요"])
def test_asking_for_a_person_escalates(citizen: Citizen, service: Service, asked: str) -> None:
    assert citizen.says(asked).topic == "talk_to_human"
    assert citizen.state == "waiting"
    with service.database.reading() as session:
        conversation = session.get_one(Conversation, citizen.id)
        assert conversation.reason == "citizen_asked"
        assert conversation.waiting_since is not None


def test_a_person_answers_and_the_citizen_hears_it_at_once(
    citizen: Citizen, service: Service, masker: Masker
) -> None:
    citizen.says("상담원 바꿔주세요")
    take(service, citizen)
    last = citizen.conversation()["messages"][-1]["seq"]
    with citizen.listening(after=last) as events:
        kind, holds = next(events)
        assert (kind, holds["state"]) == ("state", "staff")
        began = time.monotonic()
        answer(service, citizen, "안녕하세요, 무엇을 도와드릴까요?", masker)
        event, message = next(events)
        assert time.monotonic() - began < AT_ONCE_SECONDS
    assert event == "message"
    assert message["sender"] == "staff"
    assert message["text"] == "안녕하세요, 무엇을 도와드릴까요?"


def test_the_bot_is_silent_while_a_person_holds_the_talk(
    citizen: Citizen, service: Service
) -> None:
    citizen.says("상담원 바꿔주세요")
    take(service, citizen)
    assert citizen.says("여권 수수료 얼마예요?").messages == []
    assert citizen.says("불이야 집에 불났어").says("guard.fire")
    with service.database.reading() as session:
        turns = session.scalars(
            select(Message.turn)
            .where(Message.conversation_id == citizen.id, Message.sender == "citizen")
            .order_by(Message.seq)
        ).all()
    assert turns == ["answered", "held", "answered"]


def test_handed_back_the_bot_answers_again(
    citizen: Citizen, service: Service, masker: Masker
) -> None:
    citizen.says("상담원 바꿔주세요")
    take(service, citizen)
    answer(service, citizen, "해결해 드렸어요.", masker)
    with service.database.writing() as session:
        conversations.hand_back(session, conversation_id=citizen.id, now=utc_now())
    assert citizen.state == "bot"
    assert citizen.says("여권 수수료 얼마예요?").topic == "passport_issue"


def test_a_waiting_citizen_may_go_back_to_the_bot(citizen: Citizen) -> None:
    citizen.says("상담원 바꿔주세요")
    assert citizen.says("아직인가요").says("handover.noted")
    assert citizen.says("여보세요").messages == []
    citizen.last.body["messages"] = citizen.conversation()["messages"]
    assert citizen.presses("button.bot").says("handover.back_to_bot")
    assert citizen.state == "bot"


def test_a_closed_conversation_takes_no_more(citizen: Citizen, service: Service) -> None:
    with service.database.writing() as session:
        conversations.close(session, conversation_id=citizen.id, now=utc_now())
    refused = citizen.send(text="여보세요")
    assert refused.status == 409
    assert refused.body["type"] == "urn:ilsa:conversation_closed"
    assert refused.body["detail"]
    assert citizen.state == "closed"


def test_a_stream_taken_up_again_brings_only_what_is_new(citizen: Citizen) -> None:
    citizen.says("안녕하세요")
    everything = citizen.conversation()["messages"]
    with citizen.listening(after=everything[0]["seq"]) as events:
        seen = [data["seq"] for event, data in (next(events) for _ in range(2)) if event]
    assert seen == [message["seq"] for message in everything[1:3]]


def test_a_deleted_conversation_is_gone(citizen: Citizen, client: httpx.Client) -> None:
    citizen.says("안녕하세요")
    assert client.delete(citizen.path, headers=citizen.headers).status_code == 204
    assert client.get(f"{citizen.path}/messages", headers=citizen.headers).status_code == 404
    assert citizen.send(text="여보세요").status == 404
