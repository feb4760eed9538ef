"""The phone desk: answers while the caller speaks, the log of calls, codes, callbacks."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI

from bot import offices
from bot.conversations import codes
from bot.conversations import service as conversations
from bot.conversations.models import Conversation
from bot.conversations.rasa_client import RasaClient
from bot.database import utc_now
from bot.staff import calls, inbox
from bot.staff.calls_models import Call as Logged
from bot.staff.models import AuditEvent
from bot.tickets.models import Ticket
from tests.staff.office import Browser, Office
from tests.staff.phoning import (
    DESK,
    FACETS,
    RANKINGS,
    REPORT,
    Call,
    hidden,
    load_articles,
)
from tests.support.parsing import ParsingRasa, parsing_rasa


@pytest.fixture
def rasa(app: FastAPI) -> Iterator[ParsingRasa]:
    with parsing_rasa(RANKINGS, FACETS) as listening:
        app.state.rasa = RasaClient(listening.url, "token", 5.0)
        yield listening


@pytest.fixture
def call(office: Office, signed_in: Browser, rasa: ParsingRasa, tmp_path: Path) -> Call:
    """A call that the counsellor `sunja` has just taken."""
    del rasa
    load_articles(office, tmp_path / "articles")
    return Call.taken(signed_in)


def audited(office: Office, what: str) -> list[AuditEvent]:
    return office.rows(AuditEvent, what=what)


# What the caller asks


def test_a_question_brings_up_the_three_topics_that_the_bot_ranks_first(call: Call) -> None:
    page = call.send("ask", question="여권 수수료 얼마예요?")
    places = [page.text.index(f'id="a{number}"') for number in (1, 2, 3)]
    assert places == sorted(places)
    assert "확신 93%" in page.text
    assert 'name="topic" value="passport_issue" checked' in page.text
    assert "10년 복수: 58면 52,000원" in page.text
    assert 'value="chitchat"' not in page.text


def test_an_answer_names_department_phone_sources_and_its_dates(call: Call) -> None:
    page = call.send("ask", question="여권 만들고 싶대요").text
    for shown in (
        offices.names(["province_civil_service"], "ko"),
        "064-120",
        "국가법령정보센터",
        "2026-03-31",
    ):
        assert shown in page, shown


def test_the_facet_that_is_asked_for_is_marked_and_each_has_its_key(call: Call) -> None:
    page = call.send("ask", question="여권 수수료 얼마예요?").text
    assert 'href="#a1-fee" data-key="f" aria-keyshortcuts="f" aria-current="true"' in page
    assert 'href="#a1-documents" data-key="d"' in page


def test_while_typing_only_the_answers_are_sent(call: Call) -> None:
    page = call.send("ask", question="길에 구멍이 났대요", live="true").text
    assert "<html" not in page
    assert 'value="road_damage" checked' in page
    assert 'name="make" value="road_damage"' in page


def test_while_rasa_is_away_the_articles_are_searched(app: FastAPI, call: Call) -> None:
    app.state.rasa = RasaClient("http://127.0.0.1:9", "token", 0.5)
    page = call.send("ask", question="여권 수수료 얼마예요?").text
    assert "챗봇이 잠시 쉬고 있어서" in page
    assert 'name="topic" value="passport_issue"' in page
    assert "확신" not in page


def test_an_answer_of_rasa_that_makes_no_sense_counts_as_none(app: FastAPI, call: Call) -> None:
    with parsing_rasa({"여권": [("passport_issue", float("nan"))]}, {}) as odd:
        app.state.rasa = RasaClient(odd.url, "token", 5.0)
        page = call.send("ask", question="주민등록등본 떼려면요?")
    assert page.status_code == 200


def test_personal_data_in_a_question_do_not_reach_rasa(call: Call, rasa: ParsingRasa) -> None:
    call.send("ask", question="여권이요. 제 번호는 010-2345-6789예요")
    assert rasa.heard == ["여권이요. 제 번호는 [전화번호 1]예요"]


def test_an_english_caller_gets_the_article_read_in_english(call: Call) -> None:
    page = call.send("ask", question="여권", language="en").text
    assert "10-year multiple: 58 pages 52,000 won" in page


def test_a_script_in_a_question_is_only_text(call: Call) -> None:
    page = call.send("ask", question="<script>alert(1)</script> 여권").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_ten_thousand_characters_are_refused_with_the_limit_named(call: Call) -> None:
    page = call.send("ask", question="여권 " * 3334)
    assert page.status_code == 413
    assert "500자까지" in page.text


def test_what_is_copied_for_the_caller_holds_the_link(app: FastAPI, call: Call) -> None:
    page = call.send("ask", question="여권").text
    link = f"{app.state.settings.base_url}/answers/passport_issue?lang=ko"
    assert link in page


def test_without_a_sender_no_text_message_is_offered_or_sent(office: Office, call: Call) -> None:
    assert "/staff/phone/send" not in call.browser.get(DESK).text
    sent = call.send("send", topic="passport_issue", number="010-2345-6789", consented_text="true")
    assert sent.status_code == 422
    assert audited(office, "text_sent") == []


def test_a_sender_gets_the_answer_once_the_caller_agreed(
    app: FastAPI, office: Office, call: Call
) -> None:
    texts: list[tuple[str, str]] = []

    async def send(number: str, text: str) -> None:
        texts.append((number, text))

    app.state.send_text = send
    about = {"topic": "passport_issue", "number": "010-2345-6789"}
    assert call.send("send", **about).status_code == 422
    assert call.send("send", **about | {"number": "119"}, consented_text="true").status_code == 422
    assert texts == []
    assert call.send("send", **about, consented_text="true").status_code == 303
    ((number, text),) = texts
    assert number == "010-2345-6789"
    assert "/answers/passport_issue?lang=ko" in text
    (event,) = audited(office, "text_sent")
    assert (event.subject, event.details) == ("passport_issue", {})


# The log


def test_a_call_is_logged_with_topic_result_and_length(office: Office, call: Call) -> None:
    began = utc_now() - timedelta(minutes=3)
    fields = {"question": "여권 얼마?", "topic": "passport_issue", "guess": "passport_issue"}
    sent = call.log("answered", began=str(inbox.stamp(began)), **fields)
    assert sent.headers["location"] == f"{DESK}?done=call_logged"
    (logged,) = office.rows(Logged)
    assert (logged.login, logged.result, logged.topic) == ("sunja", "answered", "passport_issue")
    assert logged.guess == "passport_issue"
    assert timedelta(minutes=3) <= logged.ended_at - logged.began_at < timedelta(minutes=4)
    assert [event.details["result"] for event in audited(office, "call_logged")] == ["answered"]


def test_notes_and_questions_are_masked(office: Office, call: Call) -> None:
    call.log("wrong_number", question="010-2345-6789로 걸어 주세요", note="주민번호 900101-1234567")
    (logged,) = office.rows(Logged)
    assert logged.question == "[전화번호 1]로 걸어 주세요"
    assert "900101" not in logged.note


def test_the_topic_chosen_by_hand_counts_before_that_of_the_answer(
    office: Office, call: Call
) -> None:
    call.log("passed_on", topic="passport_issue", other="road_damage")
    assert [logged.topic for logged in office.rows(Logged)] == ["road_damage"]


def test_a_call_sent_twice_is_logged_once_and_corrected(office: Office, call: Call) -> None:
    call.log("wrong_number")
    call.log("hung_up")
    assert [logged.result for logged in office.rows(Logged)] == ["hung_up"]


@pytest.mark.parametrize(
    ("result", "sentence"),
    [
        ("", "통화 결과를 골라"),
        ("bought_a_car", "통화 결과를 골라"),
        ("ticket", "통화 결과를 골라"),
        ("answered", "무엇에 대한 통화인지"),
    ],
)
def test_a_call_without_what_it_needs_is_not_logged(
    office: Office, call: Call, result: str, sentence: str
) -> None:
    page = call.log(result, question="여권이요")
    assert page.status_code == 422
    assert sentence in page.text
    assert "여권이요</textarea>" in page.text
    assert office.rows(Logged) == []


def test_an_unknown_topic_is_not_kept(office: Office, call: Call) -> None:
    call.log("answered", topic="'; DROP TABLE calls")
    assert [logged.topic for logged in office.rows(Logged)] == [None]


def test_a_beginning_in_the_future_or_long_ago_counts_as_now(office: Office, call: Call) -> None:
    for began in ("9" * 20, "-1", "x", str(inbox.stamp(utc_now() + timedelta(hours=1)))):
        call.log("hung_up", call=hidden(call.browser.get(DESK), "call"), began=began[:20])
    for logged in office.rows(Logged):
        assert logged.ended_at - logged.began_at < timedelta(seconds=5)


def test_another_persons_call_cannot_be_changed(
    office: Office, call: Call, browser: Browser
) -> None:
    call.log("hung_up")
    office.account("mija")
    browser.sign_in("mija")
    theirs = Call.taken(browser)
    assert theirs.log("abusive", call=call.fields["call"]).status_code == 422
    assert [logged.result for logged in office.rows(Logged)] == ["hung_up"]


def test_a_form_of_another_session_does_nothing(office: Office, call: Call) -> None:
    for path in ("ask", "log", "chat", "code", "ticket-form", "ticket", "callbacks/120-2026-1"):
        assert call.send(path, csrf="stolen", result="hung_up").status_code == 403, path
    assert office.rows(Logged) == []


def test_who_has_no_right_to_the_phone_desk_sees_none_of_it(
    office: Office, browser: Browser
) -> None:
    office.account("editor", role="editor")
    browser.sign_in("editor")
    assert browser.get(DESK).status_code == 403
    assert DESK not in browser.get("/staff/feedback").text
    own = browser.csrf("/staff/feedback")
    sent = browser.client.post(f"{DESK}/log", data={"csrf": own, "result": "hung_up"})
    assert sent.status_code == 403


def test_words_of_old_calls_are_emptied_and_their_figures_stay(office: Office, call: Call) -> None:
    call.log("answered", topic="passport_issue", question="여권", note="급해요")
    office.change(lambda s: calls.forget_words(s, before=utc_now() - timedelta(days=1)))
    assert [logged.question for logged in office.rows(Logged)] == ["여권"]
    office.change(lambda s: calls.forget_words(s, before=utc_now() + timedelta(days=1)))
    (logged,) = office.rows(Logged)
    assert (logged.question, logged.note, logged.topic) == ("", "", "passport_issue")


# From the call to the chat and back


def code_of(office: Office, talk: str) -> str:
    with office.database.writing() as session:
        return codes.code_for(session, conversation_id=talk, now=utc_now()).code


def test_a_citizens_short_code_opens_their_chat(office: Office, call: Call) -> None:
    talk = office.talk("상담원이요")
    code = codes.shown(code_of(office, talk))
    sent = call.send("code", code=code)
    assert sent.headers["location"] == f"/staff/conversations/{talk}"
    assert [event.subject for event in audited(office, "code_opened")] == [talk]


@pytest.mark.parametrize("typed", ["0000-0000", "1", "", "१२३४५६७८", "9" * 200])
def test_a_code_that_nobody_has_opens_nothing(office: Office, call: Call, typed: str) -> None:
    office.talk("상담원이요")
    assert call.send("code", code=typed).status_code == 404


def test_an_expired_code_opens_nothing(office: Office, call: Call) -> None:
    talk = office.talk("상담원이요")
    with office.database.writing() as session:
        old = codes.code_for(session, conversation_id=talk, now=utc_now() - timedelta(hours=2)).code
    assert call.send("code", code=old).status_code == 404


def test_guessing_codes_ends_after_five_wrong_ones(office: Office, call: Call) -> None:
    code = code_of(office, office.talk("상담원이요"))
    for _ in range(5):
        assert call.send("code", code="00000000").status_code == 404
    assert call.send("code", code=code).status_code == 429
    assert len(audited(office, "code_wrong")) == 5
    assert audited(office, "code_opened") == []


def test_a_caller_goes_on_in_the_chat_with_the_same_counsellor(office: Office, call: Call) -> None:
    page = call.send("chat", question="여권이요")
    (logged,) = office.rows(Logged, result="chat")
    with office.database.reading() as session:
        shown = codes.shown(
            codes.code_for(session, conversation_id=logged.conversation_id, now=utc_now()).code
        )
    assert shown in page.text
    talk = office.conversation(logged.conversation_id)
    assert (talk.channel, talk.state, talk.staff_login) == ("phone", "staff", "sunja")


def test_asking_again_for_the_code_of_a_call_makes_no_second_conversation(
    office: Office, call: Call
) -> None:
    call.send("chat")
    call.send("chat")
    assert len(office.rows(Conversation, channel="phone")) == 1


def test_a_chat_whose_caller_never_came_is_closed(office: Office, call: Call) -> None:
    call.send("chat")
    (talk,) = office.rows(Conversation, channel="phone")
    office.change(lambda s: calls.close_unused(s, now=utc_now()))
    assert office.conversation(talk.id).state == "staff"
    office.change(lambda s: calls.close_unused(s, now=utc_now() + timedelta(hours=2)))
    assert office.conversation(talk.id).state == "closed"


def test_a_chat_that_the_caller_wrote_in_stays_open(office: Office, call: Call) -> None:
    call.send("chat")
    (talk,) = office.rows(Conversation, channel="phone")
    office.change(
        lambda s: conversations.staff_says(
            s,
            conversation_id=talk.id,
            login="sunja",
            text="안녕하세요",
            masker=office.masker,
            now=utc_now(),
        )
    )
    office.change(lambda s: calls.close_unused(s, now=utc_now() + timedelta(hours=2)))
    assert office.conversation(talk.id).state == "staff"


# Callbacks


def agreed(call: Call, time_window: str = "아무 때나요") -> None:
    sent = call.ticket(
        "callback",
        field_contact="010-2345-6789",
        field_time_window=time_window,
        consented="true",
    )
    assert sent.status_code == 200, sent.text


def test_a_callback_is_opened_from_the_call_and_listed_when_due(office: Office, call: Call) -> None:
    agreed(call)
    (ticket,) = office.rows(Ticket)
    assert (ticket.kind, ticket.origin) == ("callback", "phone")
    assert [logged.result for logged in office.rows(Logged)] == ["callback"]
    page = call.browser.get(DESK).text
    assert f"/staff/phone/callbacks/{ticket.receipt_number}" in page
    assert "010-2345-6789" not in page


def test_a_callback_wished_for_later_is_only_counted(call: Call) -> None:
    agreed(call, "다음 주 화요일 오전 10시")
    page = call.browser.get(DESK).text
    assert "/staff/phone/callbacks/" not in page
    assert "나중에 걸 전화 1건" in page


def test_a_callback_that_reached_the_citizen_is_done_and_counts_as_a_call(
    office: Office, call: Call
) -> None:
    agreed(call)
    (ticket,) = office.rows(Ticket)
    sent = call.send(
        f"callbacks/{ticket.receipt_number}", reached="true", version=str(ticket.version)
    )
    assert sent.headers["location"] == f"{DESK}?done=call_reached"
    assert office.stored_ticket(ticket.receipt_number).state == "done"
    assert len(office.rows(Logged, result="called_back")) == 1


def test_a_callback_that_was_not_answered_stays_open(office: Office, call: Call) -> None:
    agreed(call)
    (ticket,) = office.rows(Ticket)
    call.send(f"callbacks/{ticket.receipt_number}", reached="false", version=str(ticket.version))
    assert office.stored_ticket(ticket.receipt_number).state == "received"
    assert office.rows(Logged, result="called_back") == []


def test_a_stale_list_of_callbacks_changes_nothing(office: Office, call: Call) -> None:
    agreed(call)
    (ticket,) = office.rows(Ticket)
    stale = str(ticket.version - 1)
    sent = call.send(f"callbacks/{ticket.receipt_number}", reached="true", version=stale)
    assert sent.status_code == 409
    assert office.stored_ticket(ticket.receipt_number).state == "received"


def test_a_report_is_no_callback(office: Office, call: Call) -> None:
    call.ticket("road_damage", **REPORT)
    (ticket,) = office.rows(Ticket)
    sent = call.send(f"callbacks/{ticket.receipt_number}", reached="true")
    assert sent.status_code == 409
