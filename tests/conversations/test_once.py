"""Whatever is sent, asked or pressed twice happens once."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import func, select

from bot.conversations.models import Message
from bot.tickets.models import Ticket
from tests.support.citizen import Citizen, finish_report, start_report
from tests.support.service import Service


def ask_rasa(
    service: Service,
    sender: str,
    text: str,
    message_id: str,
    press: dict[str, Any] | None = None,
) -> list[dict[str, Any]]:
    """Ask Rasa as the gateway does; returns the replies."""
    metadata = {"message_id": message_id, "press": press, "language": "ko"}
    response = httpx.post(
        f"{service.rasa_url}/webhooks/rest/webhook",
        json={"sender": sender, "message": text, "metadata": metadata},
        timeout=30,
        trust_env=False,
    )
    response.raise_for_status()
    return [message["custom"] for message in response.json()]


def tracker(service: Service, sender: str) -> dict[str, Any]:
    response = httpx.get(
        f"{service.rasa_url}/conversations/{sender}/tracker",
        params={"token": service.settings.rasa_api_token()},
        timeout=30,
        trust_env=False,
    )
    response.raise_for_status()
    state: dict[str, Any] = response.json()
    return state


def keys(replies: list[dict[str, Any]]) -> list[list[str]]:
    return [[part["key"] for part in reply["parts"] if "key" in part] for reply in replies]


def tickets_of(service: Service, sender: str) -> int:
    with service.database.reading() as session:
        return (
            session.scalar(
                select(func.count()).select_from(Ticket).where(Ticket.conversation_id == sender)
            )
            or 0
        )


def test_two_clients_with_the_same_client_id_get_one_answer(
    citizen: Citizen, service: Service
) -> None:
    def send(_: int) -> dict[str, Any]:
        response = citizen.client.post(
            f"{citizen.path}/messages",
            json={"text": "여권 수수료 얼마예요?", "client_id": "c-1"},
            headers=citizen.headers,
        )
        assert response.status_code == 200, response.text
        body: dict[str, Any] = response.json()
        return body

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(send, range(2))
    assert [each["id"] for each in first["messages"]] == [each["id"] for each in second["messages"]]
    assert first["messages"]
    with service.database.reading() as session:
        stored = session.scalar(
            select(func.count()).where(
                Message.conversation_id == citizen.id, Message.sender == "citizen"
            )
        )
    assert stored == 1


def test_a_client_id_sent_again_later_gets_the_same_answer(citizen: Citizen) -> None:
    first = citizen.says("여권 수수료 얼마예요?", client_id="c-1")
    citizen.says("침대 매트리스 버리려면 어떻게 해요?", client_id="c-2")
    again = citizen.says("여권 수수료 얼마예요?", client_id="c-1")
    assert again.messages == first.messages


def test_the_same_client_id_in_two_conversations_is_two_messages(client: httpx.Client) -> None:
    one, other = Citizen(client), Citizen(client)
    assert one.says("안녕하세요", client_id="c-1").says("say.greet")
    assert other.says("고마워요", client_id="c-1").says("say.thanks")


def test_a_report_sent_twice_with_one_client_id_opens_one_ticket(
    citizen: Citizen, service: Service
) -> None:
    start_report(citizen)
    summary = finish_report(citizen)
    payload = next(iter(summary.buttons.values()))

    def send(_: int) -> dict[str, Any]:
        response = citizen.client.post(
            f"{citizen.path}/messages",
            json={"payload": payload, "client_id": "send-1"},
            headers=citizen.headers,
        )
        body: dict[str, Any] = response.json()
        return body

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(send, range(4)))
    receipts = {message["ticket"] for answer in answers for message in answer["messages"]}
    assert len(receipts) == 1 and receipts != {None}
    assert tickets_of(service, citizen.id) == 1


def test_asking_rasa_again_does_not_advance_the_form(citizen: Citizen, service: Service) -> None:
    ask_rasa(service, citizen.id, "노형동 이마트 앞 도로에 구멍이 났어요", "m-1")
    first = ask_rasa(service, citizen.id, "네 위험해요", "m-2")
    before = tracker(service, citizen.id)["slots"]
    again = ask_rasa(service, citizen.id, "네 위험해요", "m-2")
    after = tracker(service, citizen.id)["slots"]
    assert keys(first) == [["form_said.danger"], ["form.ask_photo"]]
    assert keys(again)[-1][-1] == "form.ask_photo"
    assert after["report"] == before["report"]
    assert after["requested_slot"] == before["requested_slot"] == "photo"


def test_asking_rasa_again_opens_no_second_ticket(citizen: Citizen, service: Service) -> None:
    start_report(citizen)
    finish_report(citizen)
    message_id = str(uuid4())
    first = ask_rasa(service, citizen.id, "보내기", message_id, {"control": "send"})
    again = ask_rasa(service, citizen.id, "보내기", message_id, {"control": "send"})
    assert tickets_of(service, citizen.id) == 1
    assert first[0]["ticket"] and again[0]["ticket"] == first[0]["ticket"]


def test_asking_rasa_again_about_the_start_of_a_report_starts_no_second_one(
    citizen: Citizen, service: Service
) -> None:
    text = "노형동 이마트 앞 도로에 구멍이 났어요"
    first = ask_rasa(service, citizen.id, text, "m-1")
    before = tracker(service, citizen.id)["slots"]["report"]
    again = ask_rasa(service, citizen.id, text, "m-1")
    assert keys(first)[-1] == ["form.ask_danger"]
    assert keys(again)[-1][-1] == "form.ask_danger"
    assert tracker(service, citizen.id)["slots"]["report"] == before


@pytest.mark.parametrize("count", [8])
def test_messages_sent_together_are_answered_one_by_one_in_order(
    citizen: Citizen, count: int
) -> None:
    def send(number: int) -> int:
        response = citizen.client.post(
            f"{citizen.path}/messages",
            json={"text": "안녕하세요", "client_id": f"c-{number}"},
            headers=citizen.headers,
        )
        return response.status_code

    with ThreadPoolExecutor(count) as pool:
        assert set(pool.map(send, range(count))) == {200}
    messages = citizen.conversation()["messages"]
    assert [each["seq"] for each in messages] == list(range(1, len(messages) + 1))
    assert sum(each["sender"] == "bot" for each in messages) == count + 1
