"""Whether everybody can use the widget: axe, keyboard, screen readers, zoom, motion."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.test_widget_sharing import choose, jpeg, send
from tests.support.axe import found
from tests.support.browser import Chat, words
from tests.support.web import RECEIPT, Web

PHONE = {"width": 390, "height": 844}
ZOOMED = {"width": 320, "height": 256}
"""What is left of 1280 × 1024 at 400 %."""
ACTIVE = """() => { const inner = document.querySelector('ilsa-chat').shadowRoot.activeElement;
return inner && (inner.getAttribute('aria-label') || inner.textContent || inner.className); }"""


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A fresh browser profile whose owner wants little motion."""
    made = browser.new_context(
        locale="ko-KR", viewport={"width": 1280, "height": 900}, reduced_motion="reduce"
    )
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """An empty page."""
    return context.new_page()


def opened(page: Page, web: Web, language: str = "ko", path: str = "/") -> Chat:
    """The widget, open."""
    page.goto(f"{web.url}{path}?lang={language}")
    chat = Chat(page)
    if path == "/":
        chat.launcher.click()
    expect(chat.bots.first).to_be_visible()
    return chat


def filled(chat: Chat, web: Web, language: str) -> None:
    """Let every kind of message stand in the log."""
    chat.ask("안녕하세요" if language == "ko" else "hello there")
    chat.ask(RECEIPT)
    choose(chat, jpeg("photo.jpg"))
    send(chat)
    expect(chat.citizens.locator(".photo img")).to_have_count(1)
    chat.answer()
    chat.press(words("button.person", language))
    talk = web.take("kang")
    web.say(talk, "kang", "- 하나\n- 둘 https://www.jeju.go.kr 064-710-2114")
    expect(chat.root.locator(".item.staff")).to_be_visible()
    expect(chat.root.locator(".item.system").first).to_be_attached()
    chat.page.route("**/messages", lambda route: route.abort("connectionfailed"))
    chat.field.fill("보내지 못한 글")
    chat.field.press("Enter")
    expect(chat.root.get_by_text(words("widget.unsent", language))).to_be_visible()
    choose(chat, jpeg("other.jpg"))


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("look", ["light", "dark", "contrast"])
def test_axe_finds_nothing(page: Page, web: Web, look: str, language: str) -> None:
    page.emulate_media(
        color_scheme="dark" if look == "dark" else "light",
        contrast="more" if look == "contrast" else "no-preference",
        reduced_motion="reduce",
    )
    chat = opened(page, web, language)
    expect(chat.panel).to_have_attribute("data-mode", look)
    assert found(page) == []
    filled(chat, web, language)
    assert found(page) == []
    chat.root.get_by_role("button", name=words("widget.restart", language)).first.click()
    expect(chat.root.get_by_role("alertdialog")).to_be_visible()
    assert found(page) == []
    page.keyboard.press("Escape")
    chat.menu()
    assert found(page) == []
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(chat.panel).to_be_hidden()
    assert found(page) == []


@pytest.mark.parametrize("path", ["/", "/chat"])
@pytest.mark.parametrize("size", [PHONE, ZOOMED], ids=["phone", "400 %"])
def test_axe_finds_nothing_on_small_screens(
    page: Page, web: Web, size: dict[str, int], path: str
) -> None:
    page.set_viewport_size({"width": size["width"], "height": size["height"]})
    chat = opened(page, web, path=path)
    chat.ask("안녕하세요")
    assert found(page) == []


@pytest.mark.parametrize("is_large", [False, True], ids=["normal", "large text"])
@pytest.mark.parametrize("size", [PHONE, ZOOMED], ids=["phone", "400 %"])
def test_nothing_is_cut_off_sideways(
    page: Page, web: Web, size: dict[str, int], is_large: bool
) -> None:
    page.set_viewport_size({"width": size["width"], "height": size["height"]})
    chat = opened(page, web)
    if is_large:
        chat.menu(words("widget.size_large"))
        page.keyboard.press("Escape")
    chat.ask("안녕하세요")
    too_wide = "node => node.scrollWidth > node.clientWidth"
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    for part in (".log", ".head", "form"):
        assert chat.root.locator(part).evaluate(too_wide) is False, part
    expect(chat.field).to_be_in_viewport(ratio=1)
    assert chat.root.locator(".log").evaluate("node => node.clientHeight") > 60
    chat.menu()
    assert chat.root.locator("#menu").evaluate(too_wide) is False


def test_every_target_has_at_least_24_pixels(page: Page, web: Web) -> None:
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    chat = opened(page, web)
    chat.ask("안녕하세요")
    for is_menu in (False, True):
        if is_menu:
            chat.menu()
        sizes = chat.panel.locator(
            "button:visible, a.choice:visible, a.entry:visible"
        ).evaluate_all(
            "nodes => nodes.map((node) => node.getBoundingClientRect())"
            ".map(({ width, height }) => Math.min(width, height))"
        )
        assert min(sizes) >= 24


def test_focus_goes_back_to_where_it_came_from(page: Page, web: Web) -> None:
    chat = opened(page, web)
    chat.ask("안녕하세요")
    menu = chat.root.locator(".head [aria-controls=menu]")
    menu.focus()
    page.keyboard.press("Enter")
    expect(chat.root.locator("#menu h3").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(menu).to_be_focused()
    expect(menu).to_have_attribute("aria-expanded", "false")
    restart = chat.root.get_by_role("button", name=words("widget.restart"))
    restart.focus()
    page.keyboard.press("Enter")
    expect(chat.root.get_by_role("button", name=words("widget.confirm_no"))).to_be_focused()
    page.keyboard.press("Escape")
    expect(restart).to_be_focused()
    page.keyboard.press("Escape")
    expect(chat.launcher).to_be_focused()


def test_tab_goes_through_the_panel_in_the_order_in_which_it_is_read(page: Page, web: Web) -> None:
    chat = opened(page, web)
    chat.root.get_by_role("button", name=words("widget.restart")).focus()
    names = [page.evaluate(ACTIVE)]
    for _ in range(22):
        page.keyboard.press("Tab")
        names.append(page.evaluate(ACTIVE))
    wanted = [
        words("widget.restart"),
        words("widget.menu"),
        words("widget.launcher_close"),
        words("widget.log_label"),
        words("button.person"),
        words("widget.input_label"),
        words("widget.send"),
        words("widget.photo"),
        words("widget.place"),
    ]
    assert [name for name in names if name in wanted] == wanted


def test_while_the_menu_is_open_what_it_covers_cannot_be_reached(page: Page, web: Web) -> None:
    chat = opened(page, web)
    chat.menu()
    for _ in range(25):
        page.keyboard.press("Tab")
        assert page.evaluate(ACTIVE) != words("widget.input_label")


def test_on_a_phone_tab_stays_in_the_panel_that_covers_the_page(page: Page, web: Web) -> None:
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    chat = opened(page, web)
    chat.field.focus()
    for _ in range(30):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.localName") == "ilsa-chat"


WATCH = """() => { window.read = [];
new MutationObserver((changes) => changes.forEach(({ addedNodes }) => addedNodes.forEach((node) =>
read.push(node.textContent)))).observe(
document.querySelector("ilsa-chat").shadowRoot.querySelector("[role=log]"),
{ childList: true }); }"""


def test_a_screen_reader_hears_each_message_once(page: Page, web: Web) -> None:
    chat = opened(page, web)
    log = chat.root.get_by_role("log")
    expect(log).to_have_attribute("aria-live", "polite")
    page.evaluate(WATCH)
    chat.ask("여권을 만들고 싶어요")
    page.wait_for_timeout(500)
    read: list[str] = page.evaluate("read")
    assert len([text for text in read if "여권을 만들고 싶어요" in text]) == 1
    assert len([text for text in read if words("say.greet") in text]) == 1


def test_a_long_history_is_not_read_out_after_a_reload(page: Page, web: Web) -> None:
    chat = opened(page, web)
    chat.ask("안녕하세요")
    page.add_init_script(
        """window.live = []; new MutationObserver(() => { const log = document
        .querySelector("ilsa-chat")?.shadowRoot?.querySelector("[role=log]");
        if (log && !window.watched) { window.watched = true; new MutationObserver(() =>
        live.push(log.getAttribute("aria-live"))).observe(log, { childList: true }); } })
        .observe(document, { childList: true, subtree: true });"""
    )
    page.reload()
    expect(chat.items).to_have_count(3)
    assert set(page.evaluate("live")) <= {"off"}
    expect(chat.root.get_by_role("log")).to_have_attribute("aria-live", "polite")


def test_nothing_moves_for_who_wants_little_motion(page: Page, web: Web) -> None:
    chat = opened(page, web)
    running = "() => document.querySelector('ilsa-chat').shadowRoot.getAnimations().length"
    chat.field.fill("안녕하세요")
    chat.field.press("Enter")
    assert page.evaluate(running) == 0
