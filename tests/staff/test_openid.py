"""Signing in by OpenID Connect, against a real provider on this machine."""

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from oidc_provider_mock import User, run_server_in_thread
from pydantic import SecretStr

from bot.database import utc_now
from bot.settings import Settings
from bot.staff import service
from bot.staff.errors import WrongPassword
from bot.staff.models import AuditEvent, StaffAccount
from tests.staff.office import Browser, Office

CALLBACK = "/staff/openid/callback"


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    """A provider that knows two people by their staff logins."""
    people = [
        User(sub="7f3a", claims={"preferred_username": "Sunja"}),
        User(sub="9c1d", claims={"preferred_username": "stranger"}),
        User(sub="0000", claims={}),
    ]
    with run_server_in_thread(require_nonce=True, user_claims=people) as server:
        yield f"http://localhost:{server.server_port}"


@pytest.fixture
def browser(app: FastAPI, provider: str) -> Iterator[Browser]:
    app.state.settings = Settings(
        development=True,
        public_url="http://testserver",
        oidc_issuer=provider,
        oidc_client_id="ilsa",
        oidc_client_secret=SecretStr("hidden"),
        oidc_label="도청 계정",
    )
    with TestClient(app, follow_redirects=False) as client:
        yield Browser(client)


def comes_back(browser: Browser, subject: str, start: str = "/staff/openid") -> str:
    """Leave for the provider, sign in there as `subject`; the address it leads back to."""
    away = browser.get(start).headers["location"]
    with httpx.Client(trust_env=False, follow_redirects=False) as outside:
        back = outside.post(away, data={"sub": subject}).headers["location"]
    assert back.startswith(f"http://testserver{CALLBACK}")
    return back


def test_the_sign_in_page_offers_the_organisations_account(browser: Browser) -> None:
    assert "도청 계정로 로그인" in browser.get("/staff/sign-in").text


def test_whom_the_provider_vouches_for_is_signed_in_and_tied_to_it(
    office: Office, browser: Browser, provider: str
) -> None:
    office.account()
    back = comes_back(browser, "7f3a", "/staff/openid?next=/staff/sessions")
    answer = browser.get(back)
    assert (answer.status_code, answer.headers["location"]) == (303, "/staff/sessions")
    assert browser.get("/staff/sessions").status_code == 200
    (account,) = office.rows(StaffAccount, login="sunja")
    assert (account.issuer, account.subject) == (provider, "7f3a")
    assert [one.what for one in office.rows(AuditEvent, login="sunja")][-2:] == [
        "openid_tied",
        "sign_in_openid",
    ]


def test_an_answer_opens_one_session_only_and_only_in_the_browser_that_left(
    office: Office, browser: Browser, app: FastAPI
) -> None:
    office.account()
    back = comes_back(browser, "7f3a")
    with TestClient(app, follow_redirects=False) as thief:
        assert thief.get(back).status_code == 401
    assert browser.get(back).status_code == 303
    assert browser.get(back).status_code == 401


def test_a_state_that_is_not_ours_is_refused(office: Office, browser: Browser) -> None:
    office.account()
    back = comes_back(browser, "7f3a")
    code = parse_qs(urlsplit(back).query)["code"][0]
    assert browser.get(f"{CALLBACK}?state=forged&code={code}").status_code == 401


@pytest.mark.parametrize("subject", ["9c1d", "0000"])
def test_whom_nobody_made_an_account_for_stays_outside(
    office: Office, browser: Browser, subject: str
) -> None:
    office.account()
    answer = browser.get(comes_back(browser, subject))
    assert answer.status_code == 403
    assert "직원 계정이 없어요" in answer.text


def test_a_closed_account_and_one_tied_to_another_person_stay_closed(
    office: Office, browser: Browser, provider: str
) -> None:
    office.account()
    office.change(lambda session: session.query(StaffAccount).update({"active": False}))
    assert browser.get(comes_back(browser, "7f3a")).status_code == 403
    office.change(
        lambda session: session.query(StaffAccount).update(
            {"active": True, "issuer": provider, "subject": "somebody-else"}
        )
    )
    assert browser.get(comes_back(browser, "7f3a")).status_code == 403


def test_another_site_is_never_where_a_sign_in_ends(office: Office, browser: Browser) -> None:
    office.account()
    back = comes_back(browser, "7f3a", "/staff/openid?next=//evil.example")
    assert browser.get(back).headers["location"] == "/staff/"


def test_a_provider_that_is_away_gets_a_sentence(app: FastAPI) -> None:
    app.state.settings = Settings(
        development=True, oidc_issuer="http://127.0.0.1:9", oidc_client_id="ilsa"
    )
    with TestClient(app, follow_redirects=False) as client:
        answer = client.get("/staff/openid")
    assert answer.status_code == 401
    assert "기관 계정으로 로그인하지 못했어요" in answer.text


def test_without_a_provider_there_is_no_such_way(app: FastAPI) -> None:
    app.state.settings = Settings(development=True)
    with TestClient(app, follow_redirects=False) as client:
        assert client.get("/staff/openid").status_code == 404


def test_the_one_time_password_ends_with_the_first_sign_in_there(
    office: Office, browser: Browser
) -> None:
    with office.database.writing() as session:
        password = service.add(
            session, login="sunja", name="순자", role="counsellor", now=utc_now()
        )
    assert browser.get(comes_back(browser, "7f3a")).status_code == 303
    (account,) = office.rows(StaffAccount, login="sunja")
    assert not account.must_change
    with office.database.reading() as session, pytest.raises(WrongPassword):
        service.verify(session, login="sunja", password=password)
