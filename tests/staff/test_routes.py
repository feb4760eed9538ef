"""The staff pages as a browser sees them."""

import re
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx import Response

from bot.conversations.models import Conversation, Message
from bot.database import Database, utc_now
from bot.settings import Settings
from bot.staff import service
from bot.staff.models import AuditEvent, StaffSession
from bot.tickets.models import TicketEvent, TicketSecret
from bot.wording import Wording
from tests.staff.office import PASSWORD, Browser, Office, csrf_in

NEW = "감귤밭 옆 돌하르방 셋"
TEMPLATES = Path("bot/web/templates/staff")
MISSING = "/staff/conversations/00000000-0000-0000-0000-000000000000"


@pytest.fixture
def database(sqlite_template: Path, tmp_path: Path) -> Iterator[Database]:
    made = Database(f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'ilsa.db')}")
    yield made
    made.dispose()


def one_time(office: Office, login: str = "sunja") -> str:
    with office.database.writing() as session:
        return service.add(session, login=login, name="순자", role="counsellor", now=utc_now())


def audits(office: Office, what: str) -> list[AuditEvent]:
    return office.rows(AuditEvent, what=what)


# Signing in


def test_signing_in_leads_to_the_conversations(office: Office, browser: Browser) -> None:
    office.account()
    answer = browser.sign_in()
    assert (answer.status_code, answer.headers["location"]) == (303, "/staff/")
    cookie = answer.headers["set-cookie"]
    assert "ilsa_staff=" in cookie
    assert "HttpOnly" in cookie
    assert "Path=/staff" in cookie
    assert "SameSite=lax" in cookie
    assert browser.get("/staff/conversations").status_code == 200


def test_cookies_are_secure_outside_development(app: FastAPI, office: Office) -> None:
    office.account()
    app.state.settings = Settings(development=False)
    with TestClient(app, base_url="https://testserver", follow_redirects=False) as client:
        answer = Browser(client).sign_in()
    cookies = answer.headers.get_list("set-cookie")
    assert any(c.startswith("ilsa_staff=") and "Secure" in c for c in cookies)


def test_without_a_session_every_page_leads_to_sign_in_and_back(browser: Browser) -> None:
    answer = browser.get("/staff/tickets?state=all")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/staff/sign-in?next=/staff/tickets%3Fstate%3Dall"


@pytest.mark.parametrize(
    "target",
    ["https://evil.example/", "//evil.example", "/staff/\\evil", "/elsewhere", "/staff/\r\nX: 1"],
)
def test_signing_in_never_leads_off_the_staff_pages(
    office: Office, browser: Browser, target: str
) -> None:
    office.account()
    fields = {"login": "sunja", "password": PASSWORD, "next": target}
    answer = browser.post("/staff/sign-in", "/staff/sign-in", **fields)
    assert answer.headers["location"] == "/staff/"


@pytest.mark.parametrize("login", ["sunja", "nobody"])
def test_a_wrong_password_and_an_unknown_login_get_the_same_answer(
    office: Office, browser: Browser, login: str
) -> None:
    office.account()
    answer = browser.sign_in(login, "wrong password")
    assert answer.status_code == 401
    assert "아이디나 비밀번호가 맞지 않아요." in answer.text
    assert "wrong password" not in answer.text
    assert "ilsa_staff=" not in answer.headers.get("set-cookie", "").replace("ilsa_staff_form", "")


@pytest.mark.parametrize("login", ["sunja", "nobody"])
def test_the_sixth_try_has_to_wait_even_with_the_right_password(
    office: Office, browser: Browser, login: str
) -> None:
    office.account()
    for _ in range(5):
        assert browser.sign_in(login, "wrong password").status_code == 401
    answer = browser.sign_in(login)
    assert answer.status_code == 429
    assert 0 < int(answer.headers["retry-after"]) <= 15 * 60
    assert "15분 뒤에" in answer.text


def test_a_forwarded_address_counts_only_from_a_trusted_proxy(
    app: FastAPI, office: Office, browser: Browser
) -> None:
    def tried(number: int) -> int:
        forged = {"X-Forwarded-For": f"203.0.113.{number}"}
        token = browser.csrf("/staff/sign-in")
        fields = {"csrf": token, "login": f"login{number}", "password": "x"}
        answer: Response = browser.client.post("/staff/sign-in", data=fields, headers=forged)
        return answer.status_code

    assert [tried(number) for number in range(6)] == [401] * 5 + [429]
    app.state.settings = Settings(trusted_proxies="testclient")
    assert tried(7) == 401


def test_the_sign_in_form_needs_its_own_token(office: Office, browser: Browser) -> None:
    office.account()
    fields = {"login": "sunja", "password": PASSWORD}
    browser.get("/staff/sign-in")
    for wrong in ({}, {"csrf": "guessed"}, {"csrf": ""}):
        answer = browser.client.post("/staff/sign-in", data={**fields, **wrong})
        assert answer.status_code == 403
    assert "ilsa_staff" not in browser.client.cookies


def test_a_session_that_was_planted_does_not_survive_signing_in(
    office: Office, browser: Browser
) -> None:
    office.account()
    browser.sign_in()
    old = browser.client.cookies["ilsa_staff"]
    browser.sign_in()
    assert browser.client.cookies["ilsa_staff"] != old
    browser.client.cookies.set("ilsa_staff", old, path="/staff")
    assert browser.get("/staff/conversations").status_code == 303


def test_an_expired_session_leads_to_sign_in(office: Office, signed_in: Browser) -> None:
    office.change(
        lambda s: s.query(StaffSession).update({"seen_at": utc_now() - timedelta(hours=2)})
    )
    assert signed_in.get("/staff/conversations").status_code == 303
    live = {"X-Staff-Live": "1"}
    assert signed_in.get("/staff/conversations?live=true", headers=live).status_code == 401


def test_a_page_that_refreshes_itself_does_not_keep_the_session_alive(
    office: Office, signed_in: Browser
) -> None:
    before = utc_now() - timedelta(hours=1)
    office.change(lambda s: s.query(StaffSession).update({"seen_at": before}))
    live = {"X-Staff-Live": "1"}
    assert signed_in.get("/staff/conversations?live=true", headers=live).status_code == 200
    assert [row.seen_at for row in office.rows(StaffSession)][-1] == before
    signed_in.get("/staff/conversations")
    assert max(row.seen_at for row in office.rows(StaffSession)) > before


def test_signing_out_ends_the_session_on_the_server(office: Office, signed_in: Browser) -> None:
    token = signed_in.client.cookies["ilsa_staff"]
    answer = signed_in.post("/staff/sign-out", "/staff/conversations")
    assert answer.headers["location"] == "/staff/sign-in"
    signed_in.client.cookies.set("ilsa_staff", token, path="/staff")
    assert signed_in.get("/staff/conversations").status_code == 303


# The first password


def test_a_one_time_password_opens_only_the_change_page(office: Office, browser: Browser) -> None:
    browser.sign_in(password=one_time(office))
    for path in (
        "/staff/",
        "/staff/conversations",
        "/staff/tickets",
        "/staff/tickets/find?number=1",
    ):
        answer = browser.get(path)
        assert (answer.status_code, answer.headers["location"]) == (303, "/staff/password")
    talk = office.talk("안녕하세요")
    answer = browser.post(f"/staff/conversations/{talk}/take", "/staff/password")
    assert answer.headers["location"] == "/staff/password"
    assert office.conversation(talk).state == "waiting"


def test_the_first_password_is_changed_and_the_pages_open(office: Office, browser: Browser) -> None:
    given = one_time(office)
    browser.sign_in(password=given)
    fields = {"current": given, "new": NEW, "again": NEW}
    answer = browser.post("/staff/password", "/staff/password", **fields)
    assert answer.status_code == 303
    page = browser.client.get(answer.headers["location"], follow_redirects=True)
    assert "비밀번호를 바꿨어요." in page.text
    assert audits(office, "password_change")


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"new": "short", "again": "short"}, "12자 이상이어야 해요."),
        ({"new": NEW, "again": NEW + "!"}, "서로 달라요."),
        ({"new": NEW, "again": NEW, "current": "wrong"}, "지금 비밀번호가 맞지 않아요."),
    ],
)
def test_a_new_password_that_will_not_do_is_explained(
    office: Office, browser: Browser, fields: dict[str, str], sentence: str
) -> None:
    given = one_time(office)
    browser.sign_in(password=given)
    answer = browser.post("/staff/password", "/staff/password", **{"current": given, **fields})
    assert answer.status_code == 422
    assert sentence in answer.text
    assert NEW not in answer.text


def test_guessing_the_present_password_is_held_back_too(office: Office, signed_in: Browser) -> None:
    fields = {"current": "wrong", "new": NEW, "again": NEW}
    statuses = [
        signed_in.post("/staff/password", "/staff/password", **fields).status_code for _ in range(6)
    ]
    assert statuses == [422] * 5 + [429]


# Forms


@pytest.mark.parametrize("act", ["take", "say", "hand-back", "close"])
@pytest.mark.parametrize("token", [None, "", "wrong", "한글"])
def test_an_act_without_the_sessions_token_is_refused(
    office: Office, signed_in: Browser, act: str, token: str | None
) -> None:
    talk = office.talk("안녕하세요")
    data = {"text": "네", **({} if token is None else {"csrf": token})}
    answer = signed_in.client.post(f"/staff/conversations/{talk}/{act}", data=data)
    assert answer.status_code == 403
    assert "화면을 새로 열고 다시" in answer.text
    assert office.conversation(talk).state == "waiting"
    assert office.notified == []


def test_another_sessions_token_is_refused(
    app: FastAPI, office: Office, signed_in: Browser
) -> None:
    office.account("mija")
    with TestClient(app, follow_redirects=False) as client:
        other = Browser(client)
        other.sign_in("mija")
        theirs = other.csrf("/staff/conversations")
    talk = office.talk("안녕하세요")
    answer = signed_in.client.post(f"/staff/conversations/{talk}/take", data={"csrf": theirs})
    assert answer.status_code == 403


# Conversations


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
    signed_in.post(f"{page}/close", page)
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
    assert "챗봇의 이해: road_damage (87%)" in page
    for shown in ("sure", "action_report", "street_light", "5.0%", "place = 노형동"):
        assert shown in page


def test_the_part_that_refreshes_is_the_same_html_as_the_page(
    office: Office, signed_in: Browser
) -> None:
    talk = office.talk("안녕하세요")
    address = f"/staff/conversations/{talk}"
    whole, part = signed_in.get(address).text, signed_in.get(f"{address}?live=true").text
    items = re.findall(r'<li id="m-1".*?</li>', part, re.DOTALL)
    assert len(items) == 1
    assert items[0] in whole
    assert "<html" not in part
    assert "<form" not in part


def test_pages_are_never_cached_and_run_no_inline_script(signed_in: Browser) -> None:
    answer = signed_in.get("/staff/conversations")
    assert answer.headers["cache-control"] == "no-store"
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe-inline" not in policy
    assert re.findall(r"<script(?! src=)|style=| on[a-z]+=", answer.text) == []


def test_the_language_is_korean_first_and_stays_english_once_chosen(signed_in: Browser) -> None:
    assert '<html lang="ko">' in signed_in.get("/staff/conversations").text
    assert '<html lang="en">' in signed_in.get("/staff/conversations?lang=en").text
    assert '<html lang="en">' in signed_in.get("/staff/tickets").text
    assert '<html lang="ko">' in signed_in.get("/staff/tickets?lang=ko").text


def test_a_request_that_makes_no_sense_gets_a_page(signed_in: Browser) -> None:
    answer = signed_in.get("/staff/conversations?show=everything&page=0")
    assert answer.status_code == 422
    assert "보낸 내용을 읽지 못했어요." in answer.text


# Tickets


def test_the_ticket_page_shows_a_placeholder_and_never_the_datum(
    office: Office, signed_in: Browser
) -> None:
    talk = office.talk("제 번호는 010-2345-6789예요")
    number = office.ticket(talk)
    page = signed_in.get(f"/staff/tickets/{number}").text
    assert "[전화번호 1]" in page
    assert "2345-6789" not in page
    assert "제주시 건설과" in page
    assert f'href="/staff/conversations/{talk}"' in page
    assert f'href="/staff/tickets/{number}"' in signed_in.get(f"/staff/conversations/{talk}").text


def test_looking_at_a_sealed_datum_is_recorded_twice_over(
    office: Office, signed_in: Browser
) -> None:
    number = office.ticket(office.talk("네"))
    page = f"/staff/tickets/{number}"
    answer = signed_in.post(f"{page}/secret", page, placeholder="[전화번호 1]")
    assert answer.status_code == 200
    assert "010-2345-6789" in answer.text
    assert answer.headers["cache-control"] == "no-store"
    (look,) = office.rows(TicketEvent, what="looked")
    assert look.actor == "staff:sunja"
    (audit,) = audits(office, "secret_look")
    assert (audit.login, audit.subject) == ("sunja", number)
    assert "2345" not in str(look.details) + str(audit.details)
    assert "010-2345-6789" not in signed_in.get(page).text


def test_looking_needs_the_sessions_token(office: Office, signed_in: Browser) -> None:
    number = office.ticket(office.talk("네"))
    data = {"placeholder": "[전화번호 1]"}
    assert signed_in.client.post(f"/staff/tickets/{number}/secret", data=data).status_code == 403
    assert not office.rows(TicketEvent, what="looked")


def test_a_datum_that_the_ticket_does_not_keep_is_a_sentence(
    office: Office, signed_in: Browser
) -> None:
    number = office.ticket(office.talk("네"))
    page = f"/staff/tickets/{number}"
    answer = signed_in.post(f"{page}/secret", page, placeholder="[전화번호 9]")
    assert answer.status_code == 404
    assert "이 접수에는 그 개인정보가 없어요." in answer.text


def test_a_datum_that_no_key_opens_is_a_sentence(office: Office, signed_in: Browser) -> None:
    number = office.ticket(office.talk("네"))
    office.change(lambda s: s.query(TicketSecret).update({"ciphertext": b"broken"}))
    page = f"/staff/tickets/{number}"
    answer = signed_in.post(f"{page}/secret", page, placeholder="[전화번호 1]")
    assert answer.status_code == 409
    assert "저장된 개인정보를 열지 못했어요." in answer.text


def test_a_ticket_is_moved_on_with_a_note_and_its_citizen_told(
    office: Office, signed_in: Browser
) -> None:
    talk = office.talk("네")
    number = office.ticket(talk)
    page = f"/staff/tickets/{number}"
    fields = {"to": "in_progress", "note": "내일 나갑니다", "tell_citizen": "true"}
    assert signed_in.post(f"{page}/move", page, **fields).status_code == 303
    assert office.stored_ticket(number).state == "in_progress"
    (moved,) = office.rows(TicketEvent, what="moved")
    assert moved.tell_citizen
    assert moved.details["note"] == "내일 나갑니다"
    assert office.notified == [talk]
    shown = signed_in.get(page).text
    assert "내일 나갑니다" in shown
    assert "시민에게 알릴 예정" in shown


def test_a_step_that_the_state_does_not_allow_keeps_the_note(
    office: Office, signed_in: Browser
) -> None:
    number = office.ticket(office.talk("네"))
    page = f"/staff/tickets/{number}"
    answer = signed_in.post(f"{page}/move", page, to="closed", note="공들여 쓴 메모")
    assert answer.status_code == 409
    assert "지금 상태에서는 그렇게 바꿀 수 없어요." in answer.text
    assert "공들여 쓴 메모" in answer.text


def test_a_ticket_is_found_by_the_number_a_caller_reads_out(
    office: Office, signed_in: Browser
) -> None:
    number = office.ticket(office.talk("네"))
    answer = signed_in.get("/staff/tickets/find", params={"number": f" {number.lower()} "})
    assert answer.headers["location"] == f"/staff/tickets/{number}"
    assert signed_in.get("/staff/tickets/find?number=nothing").status_code == 404


def test_a_ticket_whose_conversation_was_deleted_still_opens(
    office: Office, signed_in: Browser
) -> None:
    talk = office.talk()
    number = office.ticket(talk)
    office.change(lambda s: s.query(Conversation).delete())
    assert "상담 내용은 지워졌어요." in signed_in.get(f"/staff/tickets/{number}").text


@pytest.mark.parametrize("state", ["open", "received", "answered", "closed", "cancelled", "all"])
def test_every_filter_of_the_tickets_opens(office: Office, signed_in: Browser, state: str) -> None:
    number = office.ticket(office.talk("네"))
    page = signed_in.get(f"/staff/tickets?state={state}")
    assert page.status_code == 200
    assert (number in page.text) == (state in ("open", "received", "all"))


# Wording


def test_every_sentence_that_a_template_names_exists() -> None:
    wording = Wording.load()
    for path in TEMPLATES.glob("*.html"):
        for name in re.findall(r"""\bt\(["']([a-z_]+)["'][,)]""", path.read_text("utf-8")):
            assert wording.has(f"staff.{name}"), (path.name, name)


def test_every_error_has_its_sentence() -> None:
    from bot.staff import errors

    wording = Wording.load()
    for error in vars(errors).values():
        if isinstance(error, type) and issubclass(error, errors.StaffError):
            assert wording.has(error.wording), error


def test_csrf_tokens_differ_between_sessions(office: Office, browser: Browser) -> None:
    office.account()
    browser.sign_in()
    first = csrf_in(browser.get("/staff/conversations"))
    browser.sign_in()
    assert csrf_in(browser.get("/staff/conversations")) != first
