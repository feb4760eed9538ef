"""The page, the widget and the full-page chat, in a real browser against the running service."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.support.browser import ANSWER_MS, Chat, words
from tests.support.service import Service

PHONE = {"width": 390, "height": 844}
ZOOMED = {"width": 320, "height": 256}
"""What is left of 1280 × 1024 at 400 %."""


@pytest.fixture
def complaints() -> list[str]:
    """What the browser's console complained about."""
    return []


@pytest.fixture
def page(browser: Browser, service: Service, complaints: list[str]) -> Iterator[Page]:
    """The service's page in a fresh browser profile."""
    context = browser.new_context(locale="ko-KR", viewport={"width": 1280, "height": 900})
    opened = context.new_page()
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on(
        "console",
        lambda line: complaints.append(line.text) if line.type in ("error", "warning") else None,
    )
    opened.goto(service.url)
    yield opened
    context.close()


@pytest.fixture
def chat(page: Page) -> Chat:
    """The widget, open."""
    opened = Chat(page)
    opened.open()
    return opened


def test_a_pet_question_is_answered_and_then_its_fee(chat: Chat) -> None:
    answer = chat.ask("강아지를 데리고 해외에 가려면 어떻게 해야 하나요?")
    expect(answer.first).to_contain_text("동물검역증명서")
    fee = chat.ask("비용은요?")
    expect(fee.first).to_contain_text("1만원")


def test_a_report_is_taken_step_by_step_and_ends_with_a_receipt(chat: Chat) -> None:
    chat.ask("도로에 구멍이 나서 신고하고 싶어요")
    told = iter(["노형동 연북로 33 앞", "차로 가운데에 구멍이 크게 났어요", "구멍이에요"])
    for _ in range(12):
        if chat.root.locator("[data-ticket]").count():
            break
        titles = chat.bots.last.locator(".choice").all_inner_texts()
        wanted = [words(f"button.{name}") for name in ("send", "agree", "skip")]
        known = next((title for title in wanted if title in titles), None)
        others = [title for title in titles if title != words("button.cancel")]
        if known or others:
            chat.press(known or others[0])
        else:
            chat.ask(next(told))
    receipt = chat.root.locator("[data-ticket]").last
    expect(receipt).to_contain_text(receipt.get_attribute("data-ticket") or "none")


def test_a_button_shows_its_title_as_the_citizens_words_and_stays_usable(chat: Chat) -> None:
    chat.ask("강아지를 데리고 해외에 가려면 어떻게 해야 하나요?")
    button = chat.bots.nth(1).locator("button.choice").first
    title = button.inner_text()
    for times in (1, 2):
        button.click()
        chat.answer()
        expect(chat.citizens).to_have_count(1 + times)
        expect(chat.citizens.last.locator(".bubble")).to_have_text(title)
        expect(button).to_be_enabled()


def test_a_reload_keeps_the_talk_and_doubles_nothing(chat: Chat) -> None:
    chat.ask("전입신고는 어떻게 하나요?")
    before = chat.items.locator(".bubble").all_inner_texts()
    chat.page.reload()
    expect(chat.items).to_have_count(len(before))
    assert chat.items.locator(".bubble").all_inner_texts() == before
    expect(chat.panel).to_be_visible()


def test_two_messages_in_a_row_keep_their_order_and_both_are_answered(chat: Chat) -> None:
    asked = ["전입신고는 어떻게 하나요?", "대형폐기물은 어떻게 버려요?"]
    for text in asked:
        chat.field.fill(text)
        chat.field.press("Enter")
    chat.answer()
    chat.page.reload()
    expect(chat.citizens.locator(".bubble")).to_have_text(asked)


def test_two_tabs_show_the_same_talk(chat: Chat) -> None:
    other = chat.page.context.new_page()
    other.goto(chat.page.url)
    second = Chat(other)
    second.open()
    chat.page.bring_to_front()
    chat.ask("전입신고는 어떻게 하나요?")
    other.bring_to_front()
    expect(second.items).to_have_count(chat.items.count(), timeout=ANSWER_MS)
    expect(second.citizens).to_have_count(1)


def test_starting_over_asks_first_and_then_shows_a_fresh_talk(chat: Chat) -> None:
    chat.ask("전입신고는 어떻게 하나요?")
    chat.root.get_by_role("button", name=words("widget.restart")).click()
    expect(chat.root.get_by_role("alertdialog")).to_be_visible()
    chat.root.get_by_role("button", name=words("widget.confirm_no")).click()
    expect(chat.citizens).to_have_count(1)
    chat.root.get_by_role("button", name=words("widget.restart")).click()
    chat.root.get_by_role("button", name=words("widget.confirm_yes")).click()
    expect(chat.citizens).to_have_count(0)
    expect(chat.bots.first).to_be_visible()


def test_everything_can_be_done_by_keyboard_alone(page: Page) -> None:
    chat = Chat(page)
    expect(chat.launcher).to_be_visible()
    chat.launcher.focus()
    page.keyboard.press("Enter")
    expect(chat.field).to_be_focused()
    expect(chat.bots.first).to_be_visible()
    page.keyboard.type("전입신고는 어떻게 하나요?")
    page.keyboard.press("Enter")
    chat.answer()
    expect(chat.field).to_be_focused()
    page.keyboard.press("Shift+Tab")
    button = page.evaluate("document.querySelector('ilsa-chat').shadowRoot.activeElement.className")
    assert button.startswith("choice")
    page.keyboard.press("Enter")
    expect(chat.citizens).to_have_count(2)
    chat.answer()
    page.keyboard.press("Escape")
    expect(chat.panel).to_be_hidden()
    expect(chat.launcher).to_be_focused()


def test_shift_and_enter_begin_a_new_line(chat: Chat) -> None:
    chat.field.press_sequentially("하나")
    chat.field.press("Shift+Enter")
    chat.field.press_sequentially("둘")
    expect(chat.field).to_have_value("하나\n둘")
    expect(chat.citizens).to_have_count(0)


def test_enter_that_ends_a_syllable_does_not_send(chat: Chat) -> None:
    keys = chat.page.context.new_cdp_session(chat.page)
    chat.field.focus()
    keys.send("Input.imeSetComposition", {"text": "안녕", "selectionStart": 2, "selectionEnd": 2})
    # What an input method sends for a key it swallows: the key's name, and the code 229.
    enter = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 229}
    keys.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", **enter})
    keys.send("Input.dispatchKeyEvent", {"type": "keyUp", **enter})
    expect(chat.citizens).to_have_count(0)
    keys.send("Input.insertText", {"text": "안녕"})
    expect(chat.field).to_have_value("안녕")
    chat.field.press("Enter")
    expect(chat.citizens.locator(".bubble")).to_have_text("안녕")


def test_a_refused_text_comes_back_into_the_field_with_the_reason(chat: Chat) -> None:
    text = "가" * 2001
    chat.field.fill(text)
    chat.field.press("Enter")
    reason = words("error.message_too_long", length="2,001", limit="2,000")
    expect(chat.root.get_by_role("alert")).to_have_text(reason)
    expect(chat.field).to_have_value(text)
    expect(chat.citizens).to_have_count(0)


def test_a_message_that_does_not_go_out_is_marked_and_can_be_sent_again(chat: Chat) -> None:
    lost = "**/api/conversations/*/messages"

    def cut(route: Route) -> None:
        if route.request.method == "POST":
            route.abort("connectionfailed")
        else:
            route.continue_()

    chat.page.route(lost, cut)
    chat.field.fill("전입신고는 어떻게 하나요?")
    chat.field.press("Enter")
    expect(chat.citizens.last).to_contain_text(words("widget.unsent"))
    chat.page.unroute(lost)
    chat.root.get_by_role("button", name=words("widget.retry")).click()
    chat.answer()
    expect(chat.citizens).to_have_count(1)
    expect(chat.citizens.last).not_to_contain_text(words("widget.unsent"))


def test_an_answer_lost_on_the_way_is_shown_once(chat: Chat) -> None:
    """The server took the message, but its reply never arrived: sending again doubles nothing."""
    lost = re.compile(r"/api/conversations/[^/]+/messages$")
    seen: list[str] = []

    def swallow(route: Route) -> None:
        if route.request.method != "POST" or seen:
            route.continue_()
            return
        seen.append(route.request.url)
        route.fetch()
        route.abort("connectionfailed")

    chat.page.route(lost, swallow)
    chat.field.fill("전입신고는 어떻게 하나요?")
    chat.field.press("Enter")
    chat.answer()
    retry = chat.root.get_by_role("button", name=words("widget.retry"))
    if retry.count():
        retry.click()
    chat.answer()
    expect(chat.citizens).to_have_count(1)
    texts = chat.bots.locator(".bubble").all_inner_texts()
    assert len(texts) == len(set(texts))


def test_an_example_on_the_page_opens_the_chat_and_asks_it(page: Page) -> None:
    question = words("page.example_move")
    page.get_by_role("button", name=question).click()
    chat = Chat(page)
    expect(chat.citizens.locator(".bubble")).to_have_text(question)
    chat.answer()


def test_nothing_complains_in_the_console(chat: Chat, complaints: list[str]) -> None:
    chat.ask("강아지를 데리고 해외에 가려면 어떻게 해야 하나요?")
    chat.page.reload()
    expect(chat.citizens).to_have_count(1)
    assert complaints == []


def test_markup_in_a_message_stays_text(chat: Chat) -> None:
    text = "<img src=x onerror=alert(1)> <b>굵게</b>"
    chat.field.fill(text)
    chat.field.press("Enter")
    expect(chat.citizens.last.locator(".bubble")).to_have_text(text)
    expect(chat.root.locator("img, b")).to_have_count(0)
    chat.answer()


def test_on_a_phone_the_chat_fills_the_screen(page: Page) -> None:
    page.set_viewport_size({"width": PHONE["width"], "height": PHONE["height"]})
    chat = Chat(page)
    chat.open()
    page.wait_for_timeout(300)  # the panel's way in
    box = chat.panel.bounding_box()
    assert box == {"x": 0, "y": 0, **PHONE}
    expect(chat.panel).to_have_attribute("aria-modal", "true")


@pytest.mark.parametrize("size", [PHONE, ZOOMED], ids=["phone", "400 %"])
def test_nothing_is_cut_off_sideways(page: Page, size: dict[str, int]) -> None:
    page.set_viewport_size({"width": size["width"], "height": size["height"]})
    too_wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    assert page.evaluate(too_wide) is False
    chat = Chat(page)
    chat.open()
    assert chat.root.locator(".log").evaluate("log => log.scrollWidth > log.clientWidth") is False
    expect(chat.field).to_be_in_viewport(ratio=1)


def test_the_chat_page_stands_open_and_escape_does_not_close_it(
    page: Page, service: Service
) -> None:
    page.goto(f"{service.url}/chat")
    chat = Chat(page)
    expect(chat.bots.first).to_be_visible()
    chat.field.press("Escape")
    expect(chat.panel).to_be_visible()


def test_the_page_and_the_widget_speak_english(page: Page, service: Service) -> None:
    page.goto(f"{service.url}/?lang=en")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    chat = Chat(page)
    chat.open()
    expect(chat.field).to_have_attribute("placeholder", words("widget.input_placeholder", "en"))
    hangul = re.compile("[가-힣]")
    shown = page.locator("main").inner_text() + chat.panel.inner_text()
    assert not hangul.search(shown)
