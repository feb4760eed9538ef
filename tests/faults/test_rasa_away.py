"""Rasa stopped: an honest sentence, a choice, at most one ticket; and all is well afterwards."""

from collections.abc import Iterator

import httpx
import pytest
from sqlalchemy import select

from bot import hours
from bot.conversations.models import Conversation, Message
from bot.database import utc_now
from bot.tickets.models import Ticket
from tests.support.citizen import Citizen, start_report
from tests.support.service import Service, wait_for

QUESTION = "여권 수수료 얼마예요?"


@pytest.fixture(scope="module")
def reporting(client: httpx.Client) -> Citizen:
    """A citizen whose report was open when Rasa went away."""
    citizen = Citizen(client)
    start_report(citizen)
    return citizen


@pytest.fixture(scope="module")
def waiting(client: httpx.Client) -> Citizen:
    """A citizen who was waiting for a person when Rasa went away."""
    citizen = Citizen(client)
    citizen.says("상담원 바꿔주세요")
    return citizen


@pytest.fixture(scope="module", autouse=True)
def _away(service: Service, reporting: Citizen, waiting: Citizen) -> Iterator[None]:
    """Rasa is stopped for this module; the last tests start it again."""
    service.stop_rasa()
    yield
    service.start_rasa()


def tickets_of(service: Service, citizen: Citizen) -> list[Ticket]:
    with service.database.reading() as session:
        return list(session.scalars(select(Ticket).where(Ticket.conversation_id == citizen.id)))


def test_a_question_gets_an_honest_sentence_and_choices(citizen: Citizen) -> None:
    answer = citizen.says(QUESTION)
    assert answer.says("failure.rasa")
    for key in ("button.retry", "button.leave", "button.person"):
        assert answer.offers(key)


def test_readiness_names_rasa(client: httpx.Client) -> None:
    response = client.get("/health/ready")
    assert response.status_code == 503
    assert "rasa" in response.text


def test_leaving_it_for_a_person_opens_one_ticket_at_most(
    citizen: Citizen, service: Service
) -> None:
    citizen.says(QUESTION)
    receipt = citizen.presses("button.leave")
    assert receipt.ticket and receipt.says("ticket.term_question")
    citizen.says("차고지증명은 어디서 해요?")
    again = citizen.presses("button.leave")
    assert again.says("receipt.already", receipt=receipt.ticket)
    [ticket] = tickets_of(service, citizen)
    assert ticket.fields == {"detail": QUESTION}


def test_what_is_left_after_a_vain_retry_is_the_question(
    citizen: Citizen, service: Service
) -> None:
    citizen.says(QUESTION)
    assert citizen.presses("button.retry").says("failure.rasa")
    citizen.presses("button.leave")
    [ticket] = tickets_of(service, citizen)
    assert ticket.fields == {"detail": QUESTION}


def test_no_ticket_opens_by_itself(citizen: Citizen, service: Service) -> None:
    for _ in range(2):
        citizen.says(QUESTION)
    assert tickets_of(service, citizen) == []


def test_a_person_can_still_be_had(citizen: Citizen) -> None:
    citizen.says(QUESTION)
    assert citizen.presses("button.person").topic == "talk_to_human"
    assert citizen.state == "waiting"


@pytest.mark.parametrize(
    ("cry", "sentence", "number"),
    [("불이야 집에 불났어", "guard.fire", "119"), ("죽고 싶어요", "guard.suicide", "109")],
    ids=["fire", "crisis"],
)
@pytest.mark.parametrize("who", ["citizen", "reporting", "waiting"])
def test_a_cry_for_help_is_answered_in_every_state(
    request: pytest.FixtureRequest, service: Service, who: str, cry: str, sentence: str, number: str
) -> None:
    crying: Citizen = request.getfixturevalue(who)
    answer = crying.says(cry)
    assert answer.says(sentence) and number in answer.text
    with service.database.reading() as session:
        assert session.get_one(Conversation, crying.id).alarm is not None
    if who == "waiting":
        assert answer.says("guard.person_alerted")
    elif sentence == "guard.suicide" and not hours.shipped().is_open(utc_now()):
        assert "1577-0199" in answer.text


def test_what_only_sounds_like_a_cry_gets_the_numbers_all_the_same(citizen: Citizen) -> None:
    answer = citizen.says("수도관이 터졌어요")
    assert "119" in answer.text or "112" in answer.text
    assert not answer.says("failure.rasa")


@pytest.mark.parametrize("who", ["citizen", "reporting", "waiting"])
def test_hunger_is_no_cry_for_help(request: pytest.FixtureRequest, who: str) -> None:
    hungry: Citizen = request.getfixturevalue(who)
    answer = hungry.says("배고파 죽겠다")
    assert "109" not in answer.text and "119" not in answer.text


def test_deleting_is_refused_rather_than_half_done(citizen: Citizen) -> None:
    response = citizen.client.delete(citizen.path, headers=citizen.headers)
    assert response.status_code == 503
    assert response.json()["detail"]
    assert citizen.state == "bot"


def test_when_rasa_is_back_trying_again_works(service: Service, citizen: Citizen) -> None:
    citizen.says(QUESTION)
    service.start_rasa()
    answer = citizen.presses("button.retry")
    assert answer.topic == "passport_issue"
    assert citizen.client.delete(citizen.path, headers=citizen.headers).status_code == 204


def test_a_message_that_a_crash_left_unanswered_is_answered(
    service: Service, citizen: Citizen
) -> None:
    service.start_rasa()
    with service.database.writing() as session:
        conversation = session.get_one(Conversation, citizen.id)
        conversation.last_seq += 1
        message = Message(
            conversation_id=citizen.id,
            seq=conversation.last_seq,
            sender="citizen",
            text=QUESTION,
            language="ko",
            turn="queued",
        )
        session.add(message)
    wait_for(lambda: len(citizen.conversation()["messages"]) > 2, 20, "the answer")
    answer = citizen.conversation()["messages"][-1]
    assert (answer["sender"], answer["topic"]) == ("bot", "passport_issue")


def test_a_message_whose_process_died_while_asking_is_answered_once(
    service: Service, citizen: Citizen
) -> None:
    service.start_rasa()
    with service.database.writing() as session:
        conversation = session.get_one(Conversation, citizen.id)
        conversation.last_seq += 1
        conversation.lease_owner = "a process that died"
        conversation.lease_until = utc_now()
        session.add(
            Message(
                conversation_id=citizen.id,
                seq=conversation.last_seq,
                sender="citizen",
                text="노형동 이마트 앞 도로에 구멍이 났어요",
                language="ko",
                turn="asking",
                attempts=1,
            )
        )
    wait_for(lambda: len(citizen.conversation()["messages"]) > 2, 20, "the answer")
    answers = [each for each in citizen.conversation()["messages"] if each["sender"] == "bot"]
    assert [each["topic"] for each in answers[1:]] == ["road_damage", "road_damage"]


def test_an_application_killed_over_a_message_answers_it_after_its_start(
    service: Service, citizen: Citizen
) -> None:
    service.start_rasa()
    service.stop_app()
    with service.database.writing() as session:
        conversation = session.get_one(Conversation, citizen.id)
        conversation.last_seq += 1
        session.add(
            Message(
                conversation_id=citizen.id,
                seq=conversation.last_seq,
                sender="citizen",
                text=QUESTION,
                language="ko",
                turn="queued",
            )
        )
    service.start_app()
    wait_for(lambda: len(citizen.conversation()["messages"]) > 2, 30, "the answer")
    assert citizen.conversation()["messages"][-1]["topic"] == "passport_issue"
