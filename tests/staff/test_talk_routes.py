"""The page of a conversation as a browser sees it, and what it bears."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from bot.attachments.models import Attachment
from bot.channels.parking import parked
from bot.conversations.models import Conversation, Message, OutboxUnit, new_id
from bot.database import Database, utc_now
from bot.knowledge import service as knowledge
from bot.paths import KNOWLEDGE
from bot.staff.desk_models import AbuseEvent, StaffNote
from bot.staff.models import AuditEvent, StaffAccount
from bot.tickets.models import Ticket, TicketSecret
from tests.staff.office import Browser, Office
from tests.support import photos

MISSING = "/staff/conversations/00000000-0000-0000-0000-000000000000"


@pytest.fixture
def database(sqlite_template: Path, tmp_path: Path) -> Iterator[Database]:
    made = Database(f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'ilsa.db')}")
    yield made
    made.dispose()


@pytest.fixture
def colleague(app: FastAPI, office: Office) -> Iterator[Browser]:
    """A browser in which the counsellor `mija` is signed in."""
    office.account("mija")
    with TestClient(app, follow_redirects=False) as client:
        other = Browser(client)
        other.sign_in("mija")
        yield other


def audits(office: Office, what: str) -> list[AuditEvent]:
    return office.rows(AuditEvent, what=what)


def taken(office: Office, browser: Browser, *texts: str) -> str:
    """The page of a conversation that the browser's person holds."""
    page = f"/staff/conversations/{office.talk(*texts)}"
    assert browser.post(f"{page}/take", page).status_code == 303
    return page


def test_a_citizens_markup_is_shown_as_text(office: Office, signed_in: Browser) -> None:
    attack = "<script>alert(1)</script><img src=x onerror=alert(1)>"
    talk = office.talk(attack)
    for path in ("/staff/conversations", f"/staff/conversations/{talk}"):
        page = signed_in.get(path).text
        assert "<script>alert" not in page
        assert "<img" not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_a_conversation_is_taken_answered_and_given_back(
    office: Office, signed_in: Browser
) -> None:
    talk = office.talk("상담원 바꿔 주세요")
    page = f"/staff/conversations/{talk}"
    assert signed_in.post(f"{page}/take", page).status_code == 303
    assert office.conversation(talk).staff_login == "sunja"
    signed_in.post(f"{page}/say", page, text="안녕하세요.\n무엇을 도와드릴까요?")
    said = office.messages(talk)[-1]
    assert (said.sender, said.staff_login) == ("staff", "sunja")
    assert said.text == "안녕하세요.\n무엇을 도와드릴까요?"
    signed_in.post(f"{page}/hand-back", page)
    assert office.conversation(talk).state == "bot"
    assert office.notified == [talk] * 3
    assert [len(audits(office, what)) for what in ("take", "say", "hand_back")] == [1, 1, 1]


def test_a_conversation_is_closed(office: Office, signed_in: Browser) -> None:
    talk = office.talk("고마워요")
    page = f"/staff/conversations/{talk}"
    assert signed_in.post(f"{page}/close", page).status_code == 422
    signed_in.post(f"{page}/close", page, reason="answered")
    assert office.conversation(talk).state == "closed"
    shown = signed_in.get(page).text
    assert "끝난 상담이라 답할 수 없어요." in shown
    assert "/take" not in shown


def test_personal_data_in_an_answer_are_masked(office: Office, signed_in: Browser) -> None:
    talk = office.talk("네")
    page = f"/staff/conversations/{talk}"
    signed_in.post(f"{page}/take", page)
    signed_in.post(f"{page}/say", page, text="010-1234-5678로 연락드릴게요")
    assert office.messages(talk)[-1].text == "[전화번호 1]로 연락드릴게요"


def test_an_unknown_conversation_is_a_page_that_says_so(signed_in: Browser) -> None:
    answer = signed_in.get(MISSING)
    assert answer.status_code == 404
    assert "그런 상담이 없어요." in answer.text
    assert signed_in.post(f"{MISSING}/take", "/staff/conversations").status_code == 404


def test_answering_without_holding_the_conversation_keeps_what_was_written(
    office: Office, signed_in: Browser
) -> None:
    talk = office.talk("안녕하세요")
    page = f"/staff/conversations/{talk}"
    answer = signed_in.post(f"{page}/say", page, text="공들여 쓴 답변")
    assert answer.status_code == 409
    assert "지금 상태에서는 할 수 없어요." in answer.text
    assert "공들여 쓴 답변" in answer.text
    assert len(office.messages(talk)) == 1


def test_taking_a_colleagues_conversation_says_who_has_it(
    app: FastAPI, office: Office, signed_in: Browser
) -> None:
    talk = office.talk("안녕하세요")
    page = f"/staff/conversations/{talk}"
    token = signed_in.csrf(page)
    office.account("mija")
    with TestClient(app, follow_redirects=False) as client:
        other = Browser(client)
        other.sign_in("mija")
        other.post(f"{page}/take", page)
    answer = signed_in.client.post(f"{page}/take", data={"csrf": token})
    assert answer.status_code == 409
    assert "mija 님이 이미 맡은 상담이에요." in answer.text


def test_an_empty_answer_is_not_sent(office: Office, signed_in: Browser) -> None:
    talk = office.talk("안녕하세요")
    page = f"/staff/conversations/{talk}"
    signed_in.post(f"{page}/take", page)
    answer = signed_in.post(f"{page}/say", page, text="  \n ")
    assert answer.status_code == 422
    assert "답변을 적어 주세요." in answer.text


def test_an_answer_that_is_too_long_is_kept_and_not_cut(office: Office, signed_in: Browser) -> None:
    talk = office.talk("안녕하세요")
    page = f"/staff/conversations/{talk}"
    signed_in.post(f"{page}/take", page)
    answer = signed_in.post(f"{page}/say", page, text="가" * 2001)
    assert answer.status_code == 413
    assert "지금은 2,001자예요." in answer.text
    assert "가" * 2001 in answer.text


def test_the_page_shows_what_the_bot_understood(office: Office, signed_in: Browser) -> None:
    talk = office.talk("길에 구멍이 났어요")
    understood = {
        "intent": "road_damage",
        "confidence": 0.873,
        "ranking": [["road_damage", 0.873], ["street_light", 0.05]],
        "entities": [{"entity": "place", "value": "노형동"}],
        "requests": [{"topic": "road_damage", "facet": None}],
        "rule": "sure",
        "action": "action_report",
    }
    office.change(lambda s: s.query(Message).update({"understood": understood}))
    page = signed_in.get(f"/staff/conversations/{talk}").text
    assert "챗봇의 이해: 도로 파손 신고 (87%)" in page
    for shown in ("sure", "action_report", "street_light", "5.0%", "place = 노형동"):
        assert shown in page


def test_the_part_that_refreshes_is_the_same_html_as_the_page(
    office: Office, signed_in: Browser
) -> None:
    talk = office.talk("안녕하세요")
    address = f"/staff/conversations/{talk}"
    whole, part = signed_in.get(address).text, signed_in.get(f"{address}?live=true").text
    items = re.findall(r'<li id="m-[^>]*>.*?</li>', part, re.DOTALL)
    assert len(items) == 1
    assert items[0] in whole
    assert "<html" not in part
    assert "<form" not in part


# Who is there


@pytest.mark.parametrize(
    "act", ["assign", "note", "mask", "abuse", "warn", "retry", "photos", "ticket", "here"]
)
@pytest.mark.parametrize("token", [None, "wrong"])
def test_every_act_needs_the_sessions_token(
    office: Office, signed_in: Browser, act: str, token: str | None
) -> None:
    talk = office.talk("안녕하세요")
    data = {"text": "안녕하세요", "to": "mija", "kind": "name"}
    data |= {} if token is None else {"csrf": token}
    answer = signed_in.client.post(f"/staff/conversations/{talk}/{act}", data=data)
    assert answer.status_code == 403
    assert office.messages(talk)[0].text == "안녕하세요"


def test_who_writes_while_a_colleague_took_it_is_told_and_loses_nothing(
    office: Office, signed_in: Browser, colleague: Browser
) -> None:
    page = taken(office, signed_in, "안녕하세요")
    token = signed_in.csrf(page)
    signed_in.post(f"{page}/hand-back", page)
    colleague.post(f"{page}/take", page)
    answer = signed_in.client.post(f"{page}/say", data={"csrf": token, "text": "공들인 답변"})
    assert answer.status_code == 409
    assert "mija 님이 이미 맡은 상담이에요." in answer.text
    assert "공들인 답변" in answer.text
    assert "공들인 답변" not in colleague.get(page).text


def test_a_role_that_changes_holds_at_the_next_click(office: Office, signed_in: Browser) -> None:
    page = taken(office, signed_in, "안녕하세요")
    token = signed_in.csrf(page)
    office.change(lambda s: s.query(StaffAccount).update({"role": "editor"}))
    for path in (page, f"{page}?live=true", "/staff/conversations", f"{page}/ticket"):
        assert signed_in.get(path).status_code == 403
    answer = signed_in.client.post(f"{page}/say", data={"csrf": token, "text": "네"})
    assert answer.status_code == 403
    office.change(lambda s: s.query(StaffAccount).update({"active": False}))
    assert signed_in.get(page).status_code == 303


def test_every_look_at_a_conversation_is_recorded_and_a_refresh_is_none(
    office: Office, signed_in: Browser
) -> None:
    talk = office.talk("안녕하세요")
    signed_in.get(f"/staff/conversations/{talk}?done=said")
    signed_in.get(f"/staff/conversations/{talk}?live=true")
    (look,) = audits(office, "talk_seen")
    assert (look.login, look.subject) == ("sunja", talk)


def test_no_token_stands_in_an_address(office: Office, signed_in: Browser) -> None:
    page = taken(office, signed_in, "안녕하세요")
    session = signed_in.client.cookies["ilsa_staff"]
    for path in (page, "/staff/conversations", f"{page}/ticket"):
        shown = signed_in.get(path)
        token = signed_in.csrf(path)
        addresses = re.findall(r'(?:href|action|src|data-[a-z]+)="(/[^"]*)"', shown.text)
        assert addresses
        assert not [one for one in addresses if token in one or session in one]


# Answering


def test_ready_sentences_are_filled_from_the_talk_and_those_of_its_topic_come_first(
    office: Office, signed_in: Browser
) -> None:
    office.change(lambda s: knowledge.load(s, KNOWLEDGE, utc_now()))
    page = taken(office, signed_in, "여권 만들래요")
    office.change(lambda s: s.query(Message).update({"topic": "passport_issue"}))
    shown = re.findall(r'data-insert="([^"]*)"', signed_in.get(page).text)
    assert "제주" in shown[0]
    assert "여권" in shown[0]
    assert any("sunja 상담사" in one for one in shown)
    assert any("52,000원" in one for one in shown)
    assert any("1345" in one for one in shown)


def test_without_scripts_a_ready_sentence_is_put_in_by_its_link(
    office: Office, signed_in: Browser
) -> None:
    page = taken(office, signed_in, "네")
    area = re.search(r"<textarea id=.text.[^>]*>([^<]*)<", signed_in.get(f"{page}?insert=bye").text)
    assert area
    assert "좋은 하루" in area[1]


def test_an_answer_may_bring_photos(office: Office, signed_in: Browser) -> None:
    page = taken(office, signed_in, "어디로 가나요")
    files = [("photos", ("map.jpg", photos.file(), "image/jpeg"))]
    data = {"csrf": signed_in.csrf(page), "text": "여기예요"}
    answer = signed_in.client.post(f"{page}/photos", data=data, files=files)
    assert answer.status_code == 303
    (photo,) = office.rows(Attachment)
    assert photo.message_id == office.messages(page.rsplit("/", 1)[1])[-1].id
    assert f"/staff/photos/{photo.id}" in signed_in.get(page).text
    assert signed_in.get(f"/staff/photos/{photo.id}").status_code == 200


def test_what_is_no_photo_is_refused_and_the_words_stay(office: Office, signed_in: Browser) -> None:
    page = taken(office, signed_in, "네")
    files = [("photos", ("a.jpg", b"<script>alert(1)</script>", "image/jpeg"))]
    data = {"csrf": signed_in.csrf(page), "text": "공들인 답변"}
    answer = signed_in.client.post(f"{page}/photos", data=data, files=files)
    assert answer.status_code in (415, 422)
    assert "공들인 답변" in answer.text
    assert office.rows(Attachment) == []


def test_notes_masks_and_folds_are_set_on_the_page(office: Office, signed_in: Browser) -> None:
    page = taken(office, signed_in, "저는 홍길동이에요 <b>")
    talk = page.rsplit("/", 1)[1]
    signed_in.post(f"{page}/note", page, text="<i>급함</i>")
    assert "&lt;i&gt;급함&lt;/i&gt;" in signed_in.get(page).text
    signed_in.post(f"{page}/mask", page, text="홍길동", kind="name")
    message = office.messages(talk)[0]
    assert message.text == "저는 [이름 1]이에요 <b>"
    signed_in.post(f"{page}/abuse", page, message=message.id)
    assert "욕설로 표시된 말이에요." in signed_in.get(page).text
    assert len(office.rows(StaffNote)) == len(office.rows(AbuseEvent)) == 1
    assert [len(audits(office, what)) for what in ("note", "mask", "abuse_mark")] == [1, 1, 1]


def test_only_who_holds_the_talk_warns(office: Office, signed_in: Browser) -> None:
    talk = office.talk("욕")
    page = f"/staff/conversations/{talk}"
    assert signed_in.post(f"{page}/warn", page).status_code == 409
    signed_in.post(f"{page}/take", page)
    assert signed_in.post(f"{page}/warn", page).status_code == 303
    assert "욕설이나 모욕하는 말은" in office.messages(talk)[-1].text


def test_an_answer_that_could_not_be_delivered_is_sent_again(
    office: Office, signed_in: Browser
) -> None:
    page = taken(office, signed_in, "네")
    signed_in.post(f"{page}/say", page, text="답이에요")
    office.change(
        lambda s: s.query(OutboxUnit).update(
            {"delivered_at": None, "parked_at": utc_now(), "parked": "HTTP 400"}
        )
    )
    unit = office.rows(OutboxUnit)[-1].id
    assert "전달하지 못한 답이 있어요: HTTP 400" in signed_in.get(page).text
    assert signed_in.post(f"{page}/retry", page, unit="x").status_code == 404
    assert signed_in.post(f"{page}/retry", page, unit=unit).status_code == 303
    with office.database.reading() as session:
        assert unit not in [one.unit_id for one in parked(session)]


# Opening a ticket


def opening(_: Office, browser: Browser, page: str, **fields: str) -> Any:
    given = {
        "topic": "road_damage",
        "opening": new_id(),
        "field_location": "노형오거리",
        "field_detail": "도로에 구멍이 있어요",
        "field_damage_type": "pothole",
        "field_danger": "no",
        **fields,
    }
    return browser.post(f"{page}/ticket", f"{page}/ticket", **given)


def test_a_ticket_form_is_filled_from_what_was_said(office: Office, signed_in: Browser) -> None:
    page = taken(office, signed_in, "노형로터리 도로에 구멍이 났어요. 010-2345-6789로 전화 주세요")
    office.change(lambda s: s.query(Message).update({"topic": "road_damage"}))
    form = signed_in.get(f"{page}/ticket").text
    assert 'value="road_damage" selected' in form
    assert "노형오거리" in form
    assert "도로에 구멍이 났어요." in form
    assert 'value="[전화번호 1]"' in form
    assert "2345-6789" not in form


def test_the_citizen_gets_the_receipt_of_a_ticket_that_a_person_opens(
    office: Office, signed_in: Browser
) -> None:
    page = taken(office, signed_in, "구멍이 났어요. 010-2345-6789")
    answer = opening(office, signed_in, page, field_contact="[전화번호 1]", consented="true")
    assert answer.status_code == 303
    (ticket,) = office.rows(Ticket)
    assert (ticket.topic, ticket.office) == ("road_damage", "jeju_construction")
    assert ticket.fields["contact"] == "[전화번호 1]"
    assert len(office.rows(TicketSecret)) == 1
    said = office.messages(page.rsplit("/", 1)[1])[-1]
    assert ticket.receipt_number in said.text
    (opened,) = audits(office, "ticket_open")
    assert opened.subject == ticket.receipt_number
    assert ticket.receipt_number in signed_in.get(page).text


def test_without_consent_no_contact_is_kept(office: Office, signed_in: Browser) -> None:
    page = taken(office, signed_in, "구멍이 났어요. 010-2345-6789")
    opening(office, signed_in, page, field_contact="[전화번호 1]")
    (ticket,) = office.rows(Ticket)
    assert "contact" not in ticket.fields
    assert office.rows(TicketSecret) == []


def test_sending_the_form_twice_opens_one_ticket(office: Office, signed_in: Browser) -> None:
    page = taken(office, signed_in, "구멍이 났어요")
    same = new_id()
    for _ in range(2):
        assert opening(office, signed_in, page, opening=same).status_code == 303
    assert len(office.rows(Ticket)) == 1


def test_a_ticket_may_go_to_another_body_and_end_the_talk(
    office: Office, signed_in: Browser
) -> None:
    page = taken(office, signed_in, "구멍이 났어요")
    fields = {"office": "seogwipo_construction", "close": "true"}
    assert opening(office, signed_in, page, **fields).status_code == 303
    (ticket,) = office.rows(Ticket)
    assert ticket.office == "seogwipo_construction"
    (talk,) = office.rows(Conversation)
    assert talk.state == "closed"


@pytest.mark.parametrize(
    "wrong",
    [{"field_location": ""}, {"field_danger": "xyz"}, {"topic": "nothing"}, {"opening": "x"}],
)
def test_a_ticket_form_that_is_wrong_opens_nothing_and_keeps_what_was_written(
    office: Office, signed_in: Browser, wrong: dict[str, str]
) -> None:
    page = taken(office, signed_in, "구멍이 났어요")
    answer = opening(office, signed_in, page, field_detail="공들여 쓴 내용", **wrong)
    assert answer.status_code == 422
    assert office.rows(Ticket) == []
    assert "topic" in wrong or "공들여 쓴 내용" in answer.text


def test_a_colleagues_conversation_gets_no_ticket_from_another(
    office: Office, signed_in: Browser, colleague: Browser
) -> None:
    page = taken(office, colleague, "구멍이 났어요")
    assert opening(office, signed_in, page).status_code == 409
    assert office.rows(Ticket) == []
