"""The full-page chat in a browser without scripts, and requests that no form of ours makes."""

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.test_widget_sharing import picture
from tests.support.axe import found
from tests.support.browser import words
from tests.support.web import Web


@pytest.fixture
def page(browser: Browser, web: Web) -> Iterator[Page]:
    """The full-page chat without scripts."""
    context = browser.new_context(locale="ko-KR", java_script_enabled=False)
    opened = context.new_page()
    opened.goto(f"{web.url}/chat")
    yield opened
    context.close()


def ask(page: Page, text: str) -> None:
    """Send a text by the form."""
    page.get_by_label(words("widget.input_label")).fill(text)
    page.get_by_role("button", name=words("widget.send"), exact=True).click()


def test_a_question_is_answered_and_its_buttons_work(page: Page) -> None:
    ask(page, "안녕하세요")
    said = page.locator(".said li")
    expect(said).to_have_count(3)
    expect(said.nth(1).locator(".text")).to_have_text("안녕하세요")
    expect(said.last.locator(".text")).to_have_text(words("say.greet"))
    said.last.get_by_role("button", name=words("button.useful"), exact=True).click()
    expect(said).to_have_count(5)
    expect(said.nth(3).locator(".text")).to_have_text(words("button.useful"))
    expect(
        said.nth(2).get_by_role("button", name=words("button.useful"), exact=True)
    ).to_be_enabled()


def test_the_talk_is_kept_and_can_be_started_over(page: Page, web: Web) -> None:
    ask(page, "안녕하세요")
    page.goto(f"{web.url}/chat")
    expect(page.locator(".said li")).to_have_count(3)
    page.get_by_role("button", name=words("widget.restart")).click()
    expect(page.locator(".said li")).to_have_count(0)


def test_the_cookie_is_for_these_pages_and_no_script(page: Page) -> None:
    assert page.context.cookies() == []
    ask(page, "안녕하세요")
    [cookie] = page.context.cookies()
    assert (cookie["path"], cookie["httpOnly"], cookie["sameSite"]) == ("/chat", True, "Lax")


def test_a_photo_is_sent_by_a_form(page: Page, web: Web) -> None:
    page.get_by_label(words("chat_page.photo"), exact=True).first.set_input_files(
        {"name": "도로.jpg", "mimeType": "image/jpeg", "buffer": picture()}
    )
    page.get_by_role("button", name=words("chat_page.photo_send")).click()
    expect(page.locator(".said .citizen img")).to_have_count(1)
    source = page.locator(".said .citizen img").get_attribute("src") or ""
    assert page.request.get(web.url + source).headers["content-type"] == "image/jpeg"


def test_a_photo_of_several_megabytes_is_taken(page: Page) -> None:
    large = picture("teal", (200, 200)) + b"\0" * (3 * 2**20)
    page.get_by_label(words("chat_page.photo"), exact=True).first.set_input_files(
        {"name": "도로.jpg", "mimeType": "image/jpeg", "buffer": large}
    )
    page.get_by_role("button", name=words("chat_page.photo_send")).click()
    expect(page.locator(".said .citizen img")).to_have_count(1)


def test_a_refused_text_stays_in_the_field_with_the_reason(page: Page) -> None:
    text = "가" * 2001
    ask(page, text)
    reason = words("error.message_too_long", length="2,001", limit="2,000")
    expect(page.get_by_role("alert")).to_have_text(reason)
    expect(page.get_by_label(words("widget.input_label"))).to_have_value(text)


def test_markup_stays_text(page: Page) -> None:
    text = "<img src=x onerror=alert(1)> <b>굵게</b>"
    ask(page, text)
    expect(page.locator(".said .citizen .text")).to_have_text(text)
    expect(page.locator(".said img, .said b")).to_have_count(0)


def test_deleting_leaves_nothing(page: Page, web: Web) -> None:
    ask(page, "안녕하세요")
    [cookie] = page.context.cookies()
    conversation, _, token = (cookie["value"] or "").partition(".")
    page.get_by_text(words("widget.erase"), exact=True).click()
    page.get_by_role("button", name=words("widget.erase_yes"), exact=True).click()
    expect(page.locator(".said li")).to_have_count(0)
    assert page.context.cookies() == []
    headers = {"Authorization": f"Bearer {token}"}
    gone = httpx.get(f"{web.url}/api/conversations/{conversation}/messages", headers=headers)
    assert gone.status_code == 404


def test_it_speaks_english(page: Page, web: Web) -> None:
    page.goto(f"{web.url}/chat?lang=en")
    page.get_by_label(words("widget.input_label", "en")).fill("hello there")
    page.get_by_role("button", name=words("widget.send", "en"), exact=True).click()
    expect(page.locator(".said li").last.locator(".text")).to_have_text(words("say.greet", "en"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(browser: Browser, web: Web, scheme: str) -> None:
    """Axe needs scripts: the page without them is put into a page that has them."""
    with httpx.Client(base_url=web.url, follow_redirects=True) as client:
        shown = client.post("/chat", data={"text": "안녕하세요"}).text
    shown = shown.replace("<noscript>", "").replace("</noscript>", "")
    context = browser.new_context(color_scheme="dark" if scheme == "dark" else "light")
    page = context.new_page()
    page.route("**/*.js", lambda route: route.abort())
    page.route("**/chat", lambda route: route.fulfill(body=shown, content_type="text/html"))
    page.goto(f"{web.url}/chat")
    expect(page.locator(".said li")).to_have_count(3)
    assert found(page) == []
    context.close()


# ------------------------------------------------------------------ forms of others


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
@pytest.mark.parametrize("path", ["/chat", "/chat/photo", "/chat/restart", "/chat/delete"])
def test_a_form_of_another_site_is_refused(web: Web, path: str, headers: dict[str, str]) -> None:
    with httpx.Client(base_url=web.url) as client:
        client.post("/chat", data={"text": "안녕하세요"})
        kept = client.cookies["ilsa_chat"]
        files = {"photo": ("a.jpg", picture())} if path == "/chat/photo" else None
        refused = client.post(path, data={"text": "몰래"}, headers=headers, files=files)
        assert refused.status_code == 403
        assert client.cookies["ilsa_chat"] == kept
        assert "몰래" not in client.get("/chat").text


def test_without_the_guard_a_kept_talk_is_not_written_to(web: Web) -> None:
    with httpx.Client(base_url=web.url) as client:
        client.post("/chat", data={"text": "안녕하세요"})
        assert client.post("/chat", data={"text": "몰래"}).status_code == 403
        own = {"text": "제가 썼어요"}
        assert (
            client.post("/chat", data=own, headers={"Sec-Fetch-Site": "same-origin"}).status_code
            == 303
        )


def test_a_cookie_of_a_talk_that_is_gone_begins_a_new_one(web: Web) -> None:
    gone = {"Cookie": "ilsa_chat=no-such.token"}
    with httpx.Client(base_url=web.url) as client:
        assert client.get("/chat", headers=gone).status_code == 200
        headers = gone | {"Sec-Fetch-Site": "same-origin"}
        assert client.post("/chat", data={"text": "안녕"}, headers=headers).status_code == 303
        assert not client.cookies["ilsa_chat"].startswith("no-such")


def test_another_talks_button_is_refused(web: Web) -> None:
    made = httpx.post(f"{web.url}/api/conversations", json={}).json()
    payload = made["messages"][0]["buttons"][0]["payload"]
    refused = httpx.post(f"{web.url}/chat", data={"button": payload})
    assert refused.status_code == 422
    assert words("error.unknown_button") in refused.text
