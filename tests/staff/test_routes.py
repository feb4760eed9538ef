"""The staff pages as a browser sees them."""

import re
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI, Request
from fastapi.testclient import TestClient
from httpx import Response

from bot import callers
from bot.database import Database, utc_now
from bot.settings import Settings
from bot.staff import service
from bot.staff.models import AuditEvent, StaffSession
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


def test_a_forwarded_address_counts_only_from_a_trusted_proxy(app: FastAPI, office: Office) -> None:
    proxy = TestClient(app, follow_redirects=False, client=("10.0.0.7", 50_000))
    browser = Browser(proxy)

    def tried(number: int) -> int:
        forged = {"X-Forwarded-For": f"203.0.113.{number}"}
        token = browser.csrf("/staff/sign-in")
        fields = {"csrf": token, "login": f"login{number}", "password": "x"}
        answer: Response = browser.client.post("/staff/sign-in", data=fields, headers=forged)
        return answer.status_code

    assert [tried(number) for number in range(6)] == [401] * 5 + [429]
    app.state.settings = Settings(trusted_proxies="10.0.0.0/24")
    assert tried(7) == 401


def test_the_line_that_the_proxy_adds_is_believed_and_the_callers_own_is_not() -> None:
    lines = [(b"x-forwarded-for", b"203.0.113.9"), (b"x-forwarded-for", b"198.51.100.4")]
    scope = {"type": "http", "client": ("10.0.0.7", 1), "headers": lines}
    assert callers.client_address(Request(scope), "10.0.0.0/24") == "198.51.100.4"
    assert callers.client_address(Request(scope), "") == "10.0.0.7"
    assert callers.client_address(Request(scope), "10.0.0.7/8") == "198.51.100.4"


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


# Pages


def test_pages_are_never_cached_and_run_no_inline_script(signed_in: Browser) -> None:
    answer = signed_in.get("/staff/conversations")
    assert answer.headers["cache-control"] == "no-store"
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe-inline" not in policy
    assert re.findall(r"<script(?![^>]* src=)|style=| on[a-z]+=", answer.text) == []


def test_the_language_is_korean_first_and_stays_english_once_chosen(signed_in: Browser) -> None:
    assert '<html lang="ko">' in signed_in.get("/staff/conversations").text
    assert '<html lang="en">' in signed_in.get("/staff/conversations?lang=en").text
    assert '<html lang="en">' in signed_in.get("/staff/tickets").text
    assert '<html lang="ko">' in signed_in.get("/staff/tickets?lang=ko").text


def test_a_request_that_makes_no_sense_gets_a_page(signed_in: Browser) -> None:
    answer = signed_in.get("/staff/conversations?show=everything&page=0")
    assert answer.status_code == 422
    assert "보낸 내용을 읽지 못했어요." in answer.text


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
