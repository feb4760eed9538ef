"""Reports: from the first sentence to the receipt, and to the status asked later."""

import re

import httpx
import pytest
from sqlalchemy import func, select

from bot.knowledge import service as knowledge
from bot.tickets.models import Ticket
from tests.support.citizen import (
    Citizen,
    another,
    check_code_in,
    finish_report,
    start_report,
    words,
)
from tests.support.service import Service

RECEIPT = re.compile(r"120-\d{4}-\d{6}")
PHONE = "010-2345-6789"


def tickets_of(service: Service, citizen: Citizen) -> list[Ticket]:
    with service.database.reading() as session:
        return list(
            session.scalars(
                select(Ticket).where(Ticket.conversation_id == citizen.id).order_by(Ticket.id)
            )
        )


def all_tickets(service: Service) -> int:
    with service.database.reading() as session:
        return session.scalar(select(func.count()).select_from(Ticket)) or 0


def test_a_report_knows_the_place_asks_the_rest_and_gives_a_receipt(
    citizen: Citizen, service: Service
) -> None:
    start_report(citizen)
    assert words("form.ask_road_damage_location") not in citizen.last.text
    danger = citizen.presses("form.choice_yes")
    assert danger.says("form_said.danger") and danger.says("form.ask_photo")
    assert citizen.presses("button.skip").says("consent.ask")
    assert citizen.presses("button.agree").says("form.ask_contact")
    summary = another(citizen, citizen.says(PHONE))
    assert summary.says("report.confirm")
    assert "노형동 이마트 앞" in summary.text
    assert "[전화번호 1]" in summary.text and PHONE not in summary.text
    assert not tickets_of(service, citizen)

    receipt = citizen.presses("button.send")
    assert receipt.ticket and RECEIPT.fullmatch(receipt.ticket)
    assert receipt.ticket in receipt.text
    assert "제주시 건설과" in receipt.text
    assert receipt.says("ticket.term_grievance")
    assert re.search(r"처리 기한: \d{1,2}월 \d{1,2}일", receipt.text)
    assert re.fullmatch(r"\w{4}-\w{4}", check_code_in(receipt))
    [ticket] = tickets_of(service, citizen)
    assert ticket.receipt_number == receipt.ticket
    assert ticket.topic == "road_damage" and ticket.fields["danger"] == "yes"
    assert "노형동" in ticket.fields["location"]


def test_a_place_is_corrected_while_something_else_is_asked(
    citizen: Citizen, service: Service
) -> None:
    start_report(citizen)
    corrected = citizen.says("아니 노형동 말고 연동 이마트요")
    assert corrected.says("report.corrected")
    summary = finish_report(citizen)
    assert "- 위치: 연동 이마트" in summary.text


def test_a_place_is_corrected_at_the_summary(citizen: Citizen) -> None:
    start_report(citizen)
    finish_report(citizen)
    corrected = citizen.says("아니 노형동 말고 연동 이마트요")
    assert corrected.says("report.corrected")
    assert "- 위치: 연동 이마트" in another(citizen, corrected).text


def test_a_field_is_changed_by_its_button(citizen: Citizen, service: Service) -> None:
    start_report(citizen)
    finish_report(citizen)
    assert citizen.presses("form.edit_location").says("form.ask_road_damage_location")
    changed = citizen.says("서귀포시 중문동 우체국 앞")
    assert "- 위치: 서귀포시 중문동 우체국 앞" in changed.text
    receipt = citizen.presses("button.send")
    assert "서귀포시 건설과" in receipt.text


@pytest.mark.parametrize("how", ["button", "취소", "그만할래요"])
def test_a_cancelled_report_sends_nothing(citizen: Citizen, service: Service, how: str) -> None:
    start_report(citizen)
    answer = citizen.presses("button.cancel") if how == "button" else citizen.says(how)
    assert answer.says("report.cancelled")
    assert not tickets_of(service, citizen)
    assert citizen.says("여권 수수료 얼마예요?").topic == "passport_issue"


def test_a_yes_confirms_the_summary(citizen: Citizen, service: Service) -> None:
    start_report(citizen)
    finish_report(citizen)
    assert citizen.says("네").ticket
    assert len(tickets_of(service, citizen)) == 1


def test_a_question_in_the_middle_is_answered_and_the_report_goes_on(
    citizen: Citizen, service: Service
) -> None:
    start_report(citizen)
    answer = citizen.says("여권 발급 수수료는 얼마예요?")
    with service.database.reading() as session:
        served = knowledge.served(session, "passport_issue")
        assert served is not None
        fee = served.body.text("fee", "ko")
    assert fee and fee in answer.text
    assert answer.topics[0] == "passport_issue"
    assert answer.says("report.back") and answer.says("form.ask_danger")
    citizen.presses("form.choice_no")
    citizen.presses("button.skip")
    another(citizen, citizen.presses("button.refuse"))
    assert citizen.presses("button.send").ticket


def test_two_bad_answers_in_a_row_offer_a_person(citizen: Citizen) -> None:
    start_report(citizen)
    assert citizen.says("보라색").says("form.invalid_choice")
    assert not citizen.last.offers("button.person")
    assert citizen.says("초록색").offers("button.person")
    assert citizen.presses("button.person").topic == "talk_to_human"
    assert citizen.state == "waiting"


def reported(service: Service, citizen: Citizen) -> list[str]:
    """Topics of the tickets, but for the general one with which a person is promised at night."""
    topics = [ticket.topic for ticket in tickets_of(service, citizen)]
    return [topic for topic in topics if topic != "general_ticket"]


def test_a_person_asked_for_in_a_report_takes_over_and_the_form_is_gone(
    citizen: Citizen, service: Service
) -> None:
    start_report(citizen)
    assert citizen.says("상담원 바꿔주세요").topic == "talk_to_human"
    assert citizen.state == "waiting"
    assert citizen.presses("button.bot").says("handover.back_to_bot")
    answer = citizen.says("여권 수수료 얼마예요?")
    assert answer.topics == ["passport_issue"]
    assert not reported(service, citizen)


def test_a_callback_takes_a_number_and_a_time_and_becomes_a_ticket(
    citizen: Citizen, service: Service
) -> None:
    assert citizen.says("전화 주세요").says("consent.ask")
    assert citizen.presses("button.agree").says("form.ask_callback_contact")
    assert citizen.says(f"{PHONE}로요").says("form.ask_time_window")
    assert citizen.says("오후 3시쯤이요").says("form.ask_callback_detail")
    assert citizen.presses("button.skip").says("report.confirm")
    receipt = citizen.presses("button.send")
    [ticket] = tickets_of(service, citizen)
    assert (ticket.kind, ticket.topic) == ("callback", "callback")
    assert receipt.ticket == ticket.receipt_number
    assert ticket.fields["contact"] == "[전화번호 1]"


def test_a_callback_is_not_possible_without_consent(citizen: Citizen, service: Service) -> None:
    citizen.says("전화 주세요")
    assert citizen.presses("button.refuse").says("report.consent_needed")
    assert not tickets_of(service, citizen)


def test_a_callback_asked_for_while_waiting_becomes_a_ticket(
    citizen: Citizen, service: Service
) -> None:
    citizen.says("상담원 바꿔주세요")
    assert citizen.presses("button.callback").says("consent.ask")
    assert citizen.presses("button.agree").says("form.ask_callback_contact")
    citizen.says(PHONE)
    citizen.says("오후 3시쯤이요")
    citizen.presses("button.skip")
    assert citizen.presses("button.send").ticket
    assert citizen.state == "waiting"
    assert reported(service, citizen) == ["callback"]
    assert citizen.says("한 가지 더 있어요").says("handover.noted")


def test_what_fits_no_topic_becomes_a_general_ticket(citizen: Citizen, service: Service) -> None:
    citizen.says("로또 번호 알려줘")
    assert citizen.presses("button.general").says("form.ask_general_ticket_detail")
    assert citizen.says("공무원이 아주 친절했어요").says("consent.ask")
    summary = citizen.presses("button.refuse")
    assert "공무원이 아주 친절했어요" in summary.text
    receipt = citizen.presses("button.send")
    assert receipt.says("receipt.formal")
    [ticket] = tickets_of(service, citizen)
    assert (ticket.kind, ticket.consent_version) == ("general", None)


def test_the_status_is_shown_for_the_right_check_code_only(
    citizen: Citizen, client: httpx.Client
) -> None:
    start_report(citizen)
    finish_report(citizen)
    receipt = citizen.presses("button.send")
    number, code = str(receipt.ticket), check_code_in(receipt)

    asking = Citizen(client)
    assert asking.says(f"접수번호 {number} 어떻게 됐어요?").says("status.ask_code", receipt=number)
    wrong = asking.says("확인번호는 AB2C-D3EF 이에요")
    assert wrong.says("status.nothing")
    assert "제주시" not in wrong.text and wrong.ticket is None

    right = asking.says(f"접수번호 {number} 확인번호 {code} 어떻게 됐어요?")
    assert right.says("ticket.state_received")
    assert "제주시 건설과" in right.text and right.ticket == number
    assert code not in right.text


def test_the_check_code_alone_answers_the_question_for_it(
    citizen: Citizen, client: httpx.Client
) -> None:
    start_report(citizen)
    finish_report(citizen)
    receipt = citizen.presses("button.send")
    asking = Citizen(client)
    asking.says(f"접수번호 {receipt.ticket} 어떻게 됐어요?")
    assert asking.says(check_code_in(receipt)).says("ticket.state_received")


def test_an_unknown_number_looks_like_a_wrong_code(citizen: Citizen) -> None:
    answer = citizen.says("접수번호 120-2026-999999 확인번호 AB2C-D3EF 어떻게 됐어요?")
    assert answer.says("status.nothing")


def test_a_mistyped_check_code_is_told_to_be_wrong(citizen: Citizen) -> None:
    citizen.says("접수번호 120-2026-000001 어떻게 됐어요?")
    assert citizen.says("AAAA-AAAA").says("status.nothing")


def test_a_repeated_press_of_send_opens_one_ticket(citizen: Citizen, service: Service) -> None:
    start_report(citizen)
    summary = finish_report(citizen)
    payload = summary.buttons[words("button.send")]
    before = all_tickets(service)
    citizen.send(payload=payload)
    citizen.send(payload=payload)
    assert len(tickets_of(service, citizen)) == 1
    assert all_tickets(service) == before + 1


def test_a_report_in_english_stays_in_english(client: httpx.Client) -> None:
    citizen = Citizen(client, "en")
    answer = citizen.says("There is a big pothole in the road in front of E-mart in Nohyeong-dong")
    assert answer.topic == "road_damage"
    while not citizen.last.says("report.confirm", "en"):
        if citizen.last.says("consent.ask", "en"):
            citizen.presses("button.refuse")
        elif citizen.last.offers("form.choice_no", "en"):
            citizen.presses("form.choice_no")
        elif citizen.last.offers("button.skip", "en"):
            citizen.presses("button.skip")
        else:
            citizen.says("In front of E-mart in Nohyeong-dong, a hole of 50 cm")
    receipt = citizen.presses("button.send")
    assert receipt.ticket and "Receipt number" in receipt.text


def test_a_report_that_had_no_form_starts_with_what_is_urgent(citizen: Citizen) -> None:
    answer = citizen.says("연동 우체국 옆 빗물받이가 막혀서 물이 안 빠져요")
    assert answer.topic == "drain_flood"
    assert "119" in answer.text and answer.says("report.start_report")
    assert answer.says("form.ask_drain_flood_danger")
    citizen.presses("form.choice_no")
    citizen.presses("button.skip")
    summary = citizen.presses("button.refuse")
    assert "빗물받이·배수로·덮개" in summary.text
    assert citizen.presses("button.send").ticket


def test_a_question_about_a_report_is_answered_and_leads_to_its_form(citizen: Citizen) -> None:
    answer = citizen.says("유기견 입양하고 싶어요")
    assert answer.topic == "stray_animal"
    assert not answer.says("report.start_report")
    started = citizen.presses("button.report")
    assert started.says("report.start_report") and started.says("form.ask_stray_animal_location")


@pytest.mark.parametrize(
    ("said", "topic"),
    [
        ("연동 롯데시티호텔 앞 공사장 소음 때문에 못 살겠어요", "noise"),
        ("노형동 인도 보도블록이 깨져서 넘어질 뻔했어요", "sidewalk_damage"),
        ("애월읍 하귀리 바닷가에 괭생이모자반이 잔뜩 밀려왔어요", "marine_debris"),
        ("택시 기사가 요금을 두 배로 받았어요 신고할게요", "taxi_complaint"),
    ],
)
def test_every_kind_of_report_starts_from_the_first_sentence(
    citizen: Citizen, said: str, topic: str
) -> None:
    answer = citizen.says(said)
    assert answer.topic == topic
    assert answer.says("report.start_report"), answer.text


def test_a_place_of_two_cities_is_asked_about(citizen: Citizen, service: Service) -> None:
    citizen.says("가로등 고장 신고할게요")
    asked = citizen.says("중앙동 우체국 앞이요")
    assert asked.says("form.ask_place")
    assert "서귀포시 중앙동" in asked.buttons
    citizen.says("서귀포시요")
    citizen.says("깜빡거려요")
    while not citizen.last.says("report.confirm"):
        refuses = citizen.last.offers("button.refuse")
        citizen.presses("button.refuse" if refuses else "button.skip")
    citizen.presses("button.send")
    [ticket] = tickets_of(service, citizen)
    assert (ticket.city, ticket.district) == ("서귀포시", "중앙동")


def test_a_place_outside_jeju_is_kindly_refused(citizen: Citizen) -> None:
    citizen.says("가로등 고장 신고할게요")
    answer = citizen.says("부산 해운대구요")
    assert "051-120" in answer.text and answer.offers("button.cancel")


def test_nine_digits_are_no_phone(citizen: Citizen) -> None:
    citizen.says("전화 주세요")
    citizen.presses("button.agree")
    assert citizen.says("010-123-456").says("form.invalid_bad_phone")
    assert citizen.says(PHONE).says("form.ask_time_window")


def test_that_is_all_ends_the_photos_in_words(citizen: Citizen) -> None:
    start_report(citizen)
    citizen.presses("form.choice_no")
    assert citizen.last.says("form.ask_photo")
    assert citizen.says("없어요").says("consent.ask")


def test_a_place_is_to_be_changed_in_words_at_the_end(citizen: Citizen) -> None:
    start_report(citizen)
    finish_report(citizen)
    assert citizen.says("위치를 바꿀게요").says("form.ask_road_damage_location")
    summary = another(citizen, citizen.says("연동 마트 뒷길"))
    assert "- 위치: 연동 마트 뒷길" in summary.text


def test_the_same_report_is_joined(client: httpx.Client, service: Service) -> None:
    receipts = []
    for is_second in (False, True):
        citizen = Citizen(client)
        citizen.says("구좌읍 김녕리 해수욕장 앞 가로등이 며칠째 꺼져 있어요")
        while not citizen.last.says("report.confirm") and not citizen.last.says("report.same_one"):
            refuses = citizen.last.offers("button.refuse")
            citizen.presses("button.refuse" if refuses else "button.skip")
        if is_second:
            assert receipts[0] not in citizen.last.text
            receipts.append(citizen.presses("report.button_same").ticket)
        else:
            receipts.append(citizen.presses("button.send").ticket)
    with service.database.reading() as session:
        first, second = (
            session.scalars(select(Ticket).where(Ticket.receipt_number == each)).one()
            for each in receipts
        )
        assert second.parent_id == first.id


def test_an_answer_is_judged_in_the_middle_of_a_report(citizen: Citizen) -> None:
    answer = citizen.says("여권 수수료 얼마예요?")
    useful = answer.buttons[words("button.useful")]
    start_report(citizen)
    judged = citizen.send(payload=useful)
    assert judged.says("say.useful") and judged.says("form.ask_danger")


def test_a_question_about_what_is_reported_is_no_answer(citizen: Citizen) -> None:
    assert citizen.says("공사장 소음 신고할게요").says("form.ask_noise_location")
    answer = citizen.says("공사장 소음은 몇 데시벨부터 단속하나요?")
    assert answer.says("report.back") and answer.says("form.ask_noise_location")


def test_what_nobody_has_to_know_may_be_left_open_in_words(citizen: Citizen) -> None:
    citizen.says("노형동 도로가 이상하게 됐어요 신고할게요")
    while not citizen.last.says("form.ask_danger"):
        citizen.says("모르겠어요" if citizen.last.says("form.ask_damage_type") else "울퉁불퉁해요")
    assert citizen.says("모르겠어요").says("form.ask_photo")
