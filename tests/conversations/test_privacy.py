"""Personal data: never in the database, the tracker, the logs or the API."""

import asyncio
import json
from collections.abc import Iterator

import pytest
from sqlalchemy import select

from bot.conversations import service as conversations
from bot.conversations.rasa_client import RasaClient
from bot.database import Database, utc_now
from bot.privacy.models import VaultEntry
from bot.privacy.vault import Cipher
from bot.staff import masking
from bot.staff.service import Staff
from bot.tickets.models import Ticket, TicketSecret
from tests.support.citizen import Citizen, check_code_in, finish_report, start_report
from tests.support.leaks import leaks, stored_rows
from tests.support.service import Service

RESIDENT = "850214-2345678"
PHONE = "010-7391-2846"
PLATE = "348나9157"
EMAIL = "mandeok.kim@hallamail.kr"
CARD = "5327-5012-3456-7896"


@pytest.fixture
def databases(service: Service) -> Iterator[list[Database]]:
    tracker = Database(service.settings.tracker_database)
    yield [service.database, tracker]
    tracker.dispose()


def secrets_of(service: Service, receipt: str | None) -> list[TicketSecret]:
    with service.database.reading() as session:
        return list(
            session.scalars(
                select(TicketSecret)
                .join(Ticket, Ticket.id == TicketSecret.ticket_id)
                .where(Ticket.receipt_number == receipt)
            )
        )


def vault_of(service: Service, citizen: Citizen) -> list[str]:
    with service.database.reading() as session:
        return list(
            session.scalars(
                select(VaultEntry.placeholder).where(VaultEntry.conversation_id == citizen.id)
            )
        )


def test_what_is_never_kept_is_destroyed_and_the_citizen_is_told(
    citizen: Citizen, service: Service
) -> None:
    answer = citizen.says(f"제 주민등록번호는 {RESIDENT}, 카드는 {CARD} 여권 수수료 얼마예요?")
    assert answer.says("privacy.not_kept")
    assert vault_of(service, citizen) == []
    [mine] = [each for each in citizen.conversation()["messages"] if each["sender"] == "citizen"]
    assert "[주민등록번호 1]" in mine["text"] and "[카드번호 1]" in mine["text"]


def test_no_personal_data_lies_anywhere(
    citizen: Citizen, service: Service, databases: list[Database]
) -> None:
    citizen.says(f"여권 만들 때 서류 알려주세요 주민등록번호는 {RESIDENT} 이고 전화는 {PHONE} 예요")
    citizen.says(f"제 차는 {PLATE}, 메일은 {EMAIL}, 카드는 {CARD} 입니다")
    start_report(citizen)
    finish_report(citizen, phone=PHONE)
    receipt = citizen.presses("button.send")
    code = check_code_in(receipt)
    citizen.says(f"접수번호 {receipt.ticket} 확인번호 {code} 어떻게 됐어요?")
    shown = "\n".join(message["text"] for message in citizen.conversation()["messages"])
    for value in (RESIDENT, PHONE, PLATE, EMAIL, CARD):
        assert value not in shown
    found = leaks(service.settings.var_dir, databases, [RESIDENT, PHONE, PLATE, EMAIL, CARD, code])
    assert found == []


def test_an_error_about_a_message_does_not_repeat_it(citizen: Citizen) -> None:
    refused = citizen.send(text=f"{PHONE} " * 200)
    assert refused.status == 413
    assert PHONE not in str(refused.body)
    twice = citizen.send(text=PHONE, payload=RESIDENT)
    assert twice.status == 422
    assert PHONE not in str(twice.body) and RESIDENT not in str(twice.body)


def test_the_number_reaches_the_ticket_sealed_after_consent(
    citizen: Citizen, service: Service
) -> None:
    start_report(citizen)
    finish_report(citizen, phone=PHONE)
    receipt = citizen.presses("button.send")
    [secret] = secrets_of(service, receipt.ticket)
    assert (secret.kind, secret.placeholder) == ("phone", "[전화번호 1]")
    assert PHONE in Cipher(service.settings.vault_key()).decrypt(secret.ciphertext)


def test_without_consent_the_number_reaches_no_ticket(citizen: Citizen, service: Service) -> None:
    citizen.says(f"노형동 이마트 앞 도로에 구멍이 났어요 {PHONE}로 연락 주세요")
    assert citizen.last.says("form.ask_danger")
    finish_report(citizen)
    receipt = citizen.presses("button.send")
    assert receipt.ticket
    assert secrets_of(service, receipt.ticket) == []


def test_closing_empties_the_vault_and_the_ticket_keeps_its_own(
    citizen: Citizen, service: Service
) -> None:
    start_report(citizen)
    finish_report(citizen, phone=PHONE)
    receipt = citizen.presses("button.send")
    assert "[전화번호 1]" in vault_of(service, citizen)
    with service.database.writing() as session:
        conversations.close(session, conversation_id=citizen.id, now=utc_now())
    assert vault_of(service, citizen) == []
    assert len(secrets_of(service, receipt.ticket)) == 1


def test_the_check_code_is_shown_only_for_a_while(citizen: Citizen, service: Service) -> None:
    start_report(citizen)
    finish_report(citizen)
    code = check_code_in(citizen.presses("button.send"))
    assert code in citizen.conversation()["messages"][-1]["text"]
    with service.database.writing() as session:
        conversations.close(session, conversation_id=citizen.id, now=utc_now())
    assert code not in citizen.conversation()["messages"][-1]["text"]
    assert "[확인번호 1]" in citizen.conversation()["messages"][-1]["text"]


def test_numbers_of_offices_and_receipts_are_no_personal_data(citizen: Citizen) -> None:
    citizen.says("064-120 몇 시까지 해요? 접수번호는 120-2026-000123 이에요")
    [mine] = [each for each in citizen.conversation()["messages"] if each["sender"] == "citizen"]
    assert "064-120" in mine["text"] and "120-2026-000123" in mine["text"]


def test_a_deleted_conversation_leaves_nothing_behind(
    citizen: Citizen, databases: list[Database]
) -> None:
    said = "아주 특별한 문장을 여기에 적어 두어요"
    citizen.says(said)
    assert any(citizen.id in row for row in rows(databases))
    assert citizen.client.delete(citizen.path, headers=citizen.headers).status_code == 204
    for row in rows(databases):
        assert said not in row and json.dumps(said)[1:-1] not in row


def test_a_mask_set_by_hand_reaches_what_rasa_remembers_and_the_form_goes_on(
    citizen: Citizen, service: Service, databases: list[Database]
) -> None:
    start_report(citizen)
    said = next(each for each in citizen.conversation()["messages"] if each["sender"] == "citizen")
    word = "구멍이"
    assert word in said["text"]
    staff = Staff(1, "sunja", "순자", "counsellor", must_change=False, csrf_token="x")
    assert any(remembered(row, citizen, word) for row in rows(databases))
    with service.database.writing() as session:
        hidden = masking.mask(
            session,
            conversation_id=citizen.id,
            staff=staff,
            text=word,
            kind="other",
            cipher=Cipher(service.settings.vault_key()),
            now=utc_now(),
        )
    asyncio.run(_changed(service, hidden))
    assert not any(remembered(row, citizen, word) for row in rows(databases))
    finish_report(citizen)
    assert citizen.presses("button.send").ticket


async def _changed(service: Service, hidden: masking.Hidden) -> None:
    settings = service.settings
    rasa = RasaClient(
        f"http://127.0.0.1:{settings.rasa_port}", settings.rasa_api_token(), timeout_seconds=10
    )
    await rasa.change(hidden.talks[0], hidden.change)
    await rasa.close()


def remembered(row: str, citizen: Citizen, word: str) -> bool:
    return citizen.id in row and (word in row or json.dumps(word)[1:-1] in row)


def rows(databases: list[Database]) -> list[str]:
    return [content.decode() for _, content in stored_rows(*databases)]
