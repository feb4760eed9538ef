"""What the widget does on a page: script, policy, attributes, methods, events, keeping, sending."""

import gzip
import re
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from bot.conversations.people_models import Satisfaction
from bot.web.widget import FILES, MOST_BYTES, SOURCE, script, without_comments
from tests.support.browser import Chat, words
from tests.support.host import Host
from tests.support.web import SLOW, Web

POSTED = re.compile(r"/api/conversations/[^/]+/messages$")


@pytest.fixture
def complaints() -> list[str]:
    """What the browser's console complained about."""
    return []


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A fresh browser profile."""
    made = browser.new_context(locale="ko-KR", viewport={"width": 1280, "height": 900})
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext, complaints: list[str]) -> Page:
    """An empty page whose complaints are noted."""
    opened = context.new_page()
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on(
        "console",
        lambda line: complaints.append(line.text) if line.type in ("error", "warning") else None,
    )
    return opened


@pytest.fixture
def chat(page: Page, web: Web) -> Chat:
    """The widget on the service's own page, open."""
    page.goto(web.url)
    opened = Chat(page)
    opened.open()
    return opened


# ------------------------------------------------------------------ the script


def test_the_script_with_its_styles_is_at_most_20_kb_gzipped(web: Web) -> None:
    with httpx.stream("GET", f"{web.url}/widget/ilsa-chat.js") as response:
        served = b"".join(response.iter_raw())
    assert response.headers["content-encoding"] == "gzip"
    assert len(served) <= MOST_BYTES
    assert gzip.decompress(served) == script().text
    assert b".launcher" in script().text


def test_a_browser_that_has_the_script_is_told_so(web: Web) -> None:
    url = f"{web.url}/widget/ilsa-chat.js"
    etag = httpx.get(url).headers["etag"]
    assert httpx.get(url, headers={"If-None-Match": etag}).status_code == 304


def test_taking_the_comments_out_takes_nothing_else() -> None:
    for name in FILES:
        source = (SOURCE / name).read_text(encoding="utf-8")
        kept = without_comments(source).split("\n")
        rest = iter(line.strip() for line in source.split("\n"))
        # Every line that is left is a line of the source, or begins one, in the same order.
        assert all(any(line.startswith(each) for line in rest) for each in kept), name
        assert not [line for line in kept if line.startswith(("//", "/*", "* "))], name


def test_the_widget_works_under_a_strict_policy_and_loads_from_the_service_alone(
    page: Page, web: Web, host: Host, complaints: list[str]
) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(host.page(web.url))
    chat = Chat(page)
    chat.open()
    chat.ask("안녕하세요")
    expect(chat.bots.last.locator("button.thumb")).to_have_count(2)
    assert chat.launcher.evaluate("node => getComputedStyle(node).position") == "fixed"
    assert [url for url in asked if not url.startswith((web.url, host.url))] == []
    assert complaints == []


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_service_tells_words_topics_hours_and_what_it_can_do(web: Web, language: str) -> None:
    about = httpx.get(f"{web.url}/api/widget", params={"language": language}).json()
    assert about["words"]["send"] == words("widget.send", language)
    assert about["thumbs"][words("button.useful", language)] == "up"
    assert 0 < len(about["topics"]) <= 4
    assert about["hours"]["opens"] < about["hours"]["closes"]
    paths = httpx.get(f"{web.url}/api/openapi.json").json()["paths"]
    for name, can in about["features"].items():
        assert can is (f"/api/conversations/{{conversation_id}}/{name}" in paths), name
    assert httpx.get(f"{web.url}/api/widget", params={"language": "fr"}).status_code == 422


# ------------------------------------------------------------------ attributes, methods, events


def test_the_page_chooses_side_and_colour_and_text_on_it_stays_readable(
    page: Page, web: Web, host: Host
) -> None:
    page.goto(host.page(web.url, 'position="left" color="#ffd54a" text-size="large" open'))
    chat = Chat(page)
    expect(chat.bots.first).to_be_visible()
    box = chat.panel.bounding_box()
    assert box and box["x"] < 100
    style = "node => { const s = getComputedStyle(node); return [s.backgroundColor, s.color]; }"
    head = chat.panel.locator(".head")
    assert head.evaluate(style) == ["rgb(255, 213, 74)", "rgb(0, 0, 0)"]
    assert chat.field.evaluate("node => getComputedStyle(node).fontSize") == "20px"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_page_chooses_the_theme(page: Page, web: Web, host: Host, theme: str) -> None:
    page.goto(host.page(web.url, f'theme="{theme}" open'))
    expect(Chat(page).panel).to_have_attribute("data-mode", theme)


def test_methods_move_the_chat_and_events_tell_of_it_without_words(
    page: Page, web: Web, host: Host
) -> None:
    page.goto(host.page(web.url))
    chat = Chat(page)
    expect(chat.launcher).to_be_visible()
    page.evaluate(
        """() => { window.told = []; for (const name of ["open", "close", "message", "reset"])
        document.addEventListener(name, (event) => event.composed && event.target.localName ===
        "ilsa-chat" && told.push([name, event.detail]), true); }"""
    )
    page.evaluate("document.querySelector('ilsa-chat').send('여권을 만들고 싶어요')")
    chat.answer()
    expect(chat.citizens.locator(".bubble")).to_have_text("여권을 만들고 싶어요")
    page.evaluate("document.querySelector('ilsa-chat').close()")
    expect(chat.panel).to_be_hidden()
    page.evaluate("document.querySelector('ilsa-chat').open()")
    expect(chat.panel).to_be_visible()
    page.evaluate("document.querySelector('ilsa-chat').reset()")
    expect(chat.citizens).to_have_count(0)
    told: list[Any] = page.evaluate("told")
    names = [name for name, _ in told]
    assert names[0] == "open" and "close" in names and "reset" in names
    details = [detail for name, detail in told if name == "message"]
    assert {"bot", "citizen"} <= {detail["sender"] for detail in details}
    assert all(set(detail) <= {"id", "sender", "topic", "ticket"} for detail in details)


# ------------------------------------------------------------------ typing


def test_send_pressed_in_the_middle_of_a_syllable_sends_the_whole_word_once(chat: Chat) -> None:
    keys = chat.page.context.new_cdp_session(chat.page)
    chat.field.focus()
    keys.send("Input.insertText", {"text": "여권 재발"})
    keys.send("Input.imeSetComposition", {"text": "급", "selectionStart": 1, "selectionEnd": 1})
    chat.root.get_by_role("button", name=words("widget.send"), exact=True).click()
    chat.answer()
    expect(chat.citizens.locator(".bubble")).to_have_text("여권 재발급")
    expect(chat.field).to_have_value("")


@pytest.mark.parametrize("syllable", ["ㅇ", "아", "안", "않"])
def test_enter_never_sends_while_a_syllable_is_being_made(chat: Chat, syllable: str) -> None:
    keys = chat.page.context.new_cdp_session(chat.page)
    chat.field.focus()
    keys.send("Input.imeSetComposition", {"text": syllable, "selectionStart": 1, "selectionEnd": 1})
    enter = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 229}
    keys.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", **enter})
    keys.send("Input.dispatchKeyEvent", {"type": "keyUp", **enter})
    expect(chat.field).to_have_value(syllable)
    expect(chat.citizens).to_have_count(0)


def test_the_keydown_that_safari_sends_after_the_syllable_does_not_send(chat: Chat) -> None:
    """Safari ends the composition first and then reports Enter with the key code 229 alone."""
    chat.field.fill("안녕하세요")
    chat.field.evaluate(
        """field => { field.dispatchEvent(new CompositionEvent("compositionstart"));
        field.dispatchEvent(new CompositionEvent("compositionend", { data: "요" }));
        field.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", keyCode: 229,
        bubbles: true, cancelable: true })); }"""
    )
    expect(chat.citizens).to_have_count(0)
    expect(chat.field).to_have_value("안녕하세요")
    chat.field.press("Enter")
    expect(chat.citizens).to_have_count(1)


def test_typing_is_shown_while_an_answer_is_made(chat: Chat) -> None:
    chat.field.fill(f"{SLOW} 알려 주세요")
    chat.field.press("Enter")
    expect(chat.root.locator(".typing")).to_be_visible()
    expect(chat.root.get_by_role("status").first).to_have_text(words("widget.typing"))
    chat.answer()
    expect(chat.root.locator(".typing")).to_be_hidden()


def test_every_message_has_its_time_and_none_stays_marked_as_on_its_way(chat: Chat) -> None:
    chat.ask("안녕하세요")
    expect(chat.citizens.locator("time")).to_have_count(1)
    expect(chat.bots.last.locator("time")).to_be_visible()
    expect(chat.root).not_to_contain_text(words("widget.sending"))


def test_a_quick_topic_of_the_season_is_asked_by_its_title(chat: Chat) -> None:
    quick = chat.root.get_by_role("group", name=words("widget.quick_title"))
    first = quick.get_by_role("button").first
    title = first.inner_text()
    first.click()
    expect(chat.citizens.locator(".bubble")).to_have_text(title)
    expect(quick).to_be_hidden()


# ------------------------------------------------------------------ keeping


def test_an_unsent_text_outlives_a_reload_and_is_answered_once(chat: Chat) -> None:
    page = chat.page
    page.route(POSTED, lambda route: route.abort("connectionfailed"))
    chat.field.fill("전입신고는 어떻게 하나요?")
    chat.field.press("Enter")
    expect(chat.citizens.last).to_contain_text(words("widget.unsent"))
    page.unroute(POSTED)
    page.reload()
    chat.answer()
    expect(chat.citizens).to_have_count(1)
    expect(chat.citizens).not_to_contain_text(words("widget.unsent"))
    page.reload()
    chat.answer()
    expect(chat.citizens).to_have_count(1)
    expect(chat.bots).to_have_count(2)


def test_what_was_unsent_stands_below_the_history_after_a_reload(chat: Chat) -> None:
    page = chat.page
    chat.ask("하나")
    page.route(POSTED, lambda route: route.abort("connectionfailed"))
    chat.field.fill("둘")
    chat.field.press("Enter")
    expect(chat.citizens.last).to_contain_text(words("widget.unsent"))
    page.reload()
    expect(chat.citizens.locator(".bubble")).to_have_text(["하나", "둘"])


def test_a_service_that_comes_back_gets_what_was_written_meanwhile(chat: Chat, web: Web) -> None:
    chat.ask("처음")
    web.stop()
    for text in ("끊긴 동안 하나", "끊긴 동안 둘"):
        chat.field.fill(text)
        chat.field.press("Enter")
    expect(chat.root.get_by_text(words("widget.unsent"))).to_have_count(2)
    web.start()
    expect(chat.root.get_by_text(words("widget.unsent"))).to_have_count(0, timeout=45_000)
    chat.answer()
    expect(chat.citizens.locator(".bubble")).to_have_text(
        ["처음", "끊긴 동안 하나", "끊긴 동안 둘"]
    )
    expect(chat.root.get_by_role("alert")).to_have_count(0)
    expect(chat.bots).to_have_count(4)


def test_without_network_it_says_so_and_goes_on_when_it_is_back(chat: Chat) -> None:
    context = chat.page.context
    context.set_offline(True)
    expect(chat.root.get_by_role("alert")).to_have_text(words("widget.offline"))
    chat.field.fill("전입신고")
    chat.field.press("Enter")
    expect(chat.citizens.last).to_contain_text(words("widget.unsent"))
    context.set_offline(False)
    chat.answer()
    expect(chat.citizens).to_have_count(1)
    expect(chat.citizens.last).not_to_contain_text(words("widget.unsent"))
    expect(chat.root.get_by_role("alert")).to_have_count(0)


def test_another_tab_follows_when_the_talk_is_started_over(chat: Chat, web: Web) -> None:
    other = chat.page.context.new_page()
    other.goto(web.url)
    second = Chat(other)
    second.open()
    second.ask("안녕하세요")
    chat.page.bring_to_front()
    expect(chat.citizens).to_have_count(1)
    second.page.bring_to_front()
    second.root.get_by_role("button", name=words("widget.restart")).click()
    second.root.get_by_role("button", name=words("widget.confirm_yes")).click()
    expect(second.bots).to_have_count(1)
    chat.page.bring_to_front()
    expect(chat.citizens).to_have_count(0)
    expect(chat.bots).to_have_count(1)


def test_messages_that_come_while_the_chat_is_closed_are_counted(chat: Chat, web: Web) -> None:
    chat.press(words("button.person"))
    bar = chat.root.locator(".bar").first
    expect(bar).to_contain_text(words("widget.state_waiting"))
    place = re.escape(words("widget.waiting_place", place="0")).replace("0", r"\d+")
    expect(bar).to_contain_text(re.compile(place))
    talk = web.take("kang")
    expect(chat.root.locator(".bar").first).to_contain_text(words("widget.state_staff"))
    chat.page.keyboard.press("Escape")
    web.say(talk, "kang", "안녕하세요, 상담원이에요.")
    web.say(talk, "kang", "무엇을 도와드릴까요?")
    badge = chat.launcher.locator(".badge")
    expect(badge).to_have_text("2")
    expect(chat.launcher).to_have_accessible_name(
        f"{words('widget.launcher_label')} - {words('widget.unread', count='2')}"
    )
    chat.launcher.click()
    staff = chat.root.locator(".item.staff")
    expect(staff).to_have_count(2)
    expect(staff.first.locator(".who")).to_have_text(words("widget.sender_staff"))
    chat.page.keyboard.press("Escape")
    expect(badge).to_be_hidden()


def test_deleting_asks_first_and_then_nothing_is_left(chat: Chat, web: Web) -> None:
    chat.ask("안녕하세요")
    kept = chat.kept()
    chat.menu(words("widget.erase"))
    expect(chat.root.get_by_role("alertdialog")).to_contain_text(words("widget.confirm_erase"))
    chat.root.get_by_role("button", name=words("widget.erase_yes"), exact=True).click()
    expect(chat.root.get_by_role("alert")).to_have_text(words("widget.erased"))
    expect(chat.items).to_have_count(0)
    assert chat.kept() is None
    headers = {"Authorization": f"Bearer {kept['token']}"}
    gone = httpx.get(f"{web.url}/api/conversations/{kept['id']}/messages", headers=headers)
    assert gone.status_code == 404
    chat.root.get_by_role("button", name=words("widget.new_conversation")).click()
    expect(chat.bots).to_have_count(1)


def test_the_transcript_is_a_text_file_with_all_that_was_said(chat: Chat) -> None:
    chat.ask("여권을 만들고 싶어요")
    with chat.page.expect_download() as waiting:
        chat.menu(words("widget.save"))
    download = waiting.value
    assert download.suggested_filename.endswith(".txt")
    text = download.path().read_text(encoding="utf-8-sig")
    assert words("widget.title") in text
    assert f"{words('widget.sender_citizen')}\n여권을 만들고 싶어요" in text
    assert words("say.greet") in text


def test_the_menu_leaves_the_log_where_it_was(chat: Chat) -> None:
    chat.page.emulate_media(reduced_motion="reduce")
    for _ in range(3):
        chat.ask("안녕하세요")
    log = chat.root.locator(".log")
    before = log.evaluate("log => log.scrollTop")
    assert before > 0
    chat.menu()
    chat.page.keyboard.press("Escape")
    assert log.evaluate("log => log.scrollTop") == before


# ------------------------------------------------------------------ looks


def test_looks_are_kept_and_followed_by_another_tab(chat: Chat, web: Web) -> None:
    other = chat.page.context.new_page()
    other.goto(web.url)
    second = Chat(other)
    second.open()
    chat.page.bring_to_front()
    chat.menu()
    for group, choice in (("size", "size_large"), ("contrast", "on")):
        row = chat.root.get_by_role("group", name=words(f"widget.{group}"), exact=True)
        option = row.get_by_role("button", name=words(f"widget.{choice}"), exact=True)
        option.click()
        expect(option).to_have_attribute("aria-pressed", "true")
        expect(option).to_be_focused()
    for each in (chat, second):
        expect(each.panel).to_have_attribute("data-mode", "contrast")
        expect(each.panel).to_have_class(re.compile("large"))
    chat.page.reload()
    expect(chat.panel).to_have_attribute("data-mode", "contrast")


def test_the_language_can_be_changed_and_stays_after_a_reload(chat: Chat) -> None:
    chat.menu("English")
    english = words("widget.input_placeholder", "en")
    expect(chat.field).to_have_attribute("placeholder", english)
    expect(chat.panel).to_have_attribute("lang", "en")
    expect(chat.bots.first).not_to_contain_text(re.compile("[가-힣]"))
    chat.page.reload()
    expect(chat.field).to_have_attribute("placeholder", english)


# ------------------------------------------------------------------ a person


@pytest.fixture
def told(chat: Chat) -> Callable[..., None]:
    """Let the service say `state`, `waiting` and `staff` as it does when people step in."""

    def tell(**state: Any) -> None:
        def patch(route: Route) -> None:
            if route.request.method != "GET":
                return route.continue_()
            answer = route.fetch()
            return route.fulfill(response=answer, json={**answer.json(), **state})

        chat.page.route(re.compile(r"/messages\?after="), patch)
        chat.page.route(
            re.compile(r"/events$"),
            lambda route: route.fulfill(body="", content_type="text/event-stream"),
        )
        chat.page.reload()

    return tell


def test_the_place_in_the_line_and_the_wait_are_told(chat: Chat, told: Callable[..., None]) -> None:
    told(state="waiting", waiting={"place": 2, "minutes": 6}, staff=None)
    bar = chat.root.locator(".bar").first
    expect(bar).to_contain_text(words("widget.waiting_minutes", place="2", minutes="6"))


def test_outside_the_hours_the_hours_are_told(chat: Chat, told: Callable[..., None]) -> None:
    def closed(route: Route) -> None:
        answer = route.fetch()
        about = answer.json()
        about["hours"]["open"] = False
        route.fulfill(response=answer, json=about)

    chat.page.route("**/api/widget?*", closed)
    told(state="waiting", waiting=None, staff=None)
    expected = words("widget.waiting_closed", opens="07:00", closes="22:00")
    expect(chat.root.locator(".bar").first).to_contain_text(expected)


def test_the_name_of_the_person_is_shown(chat: Chat, told: Callable[..., None]) -> None:
    told(state="staff", waiting=None, staff="강민지")
    bar = chat.root.locator(".bar").first
    expect(bar).to_contain_text(words("widget.state_staff_named", name="강민지"))
    expect(chat.panel.locator(".head")).to_contain_text(
        words("widget.subtitle_staff", name="강민지")
    )


def test_the_short_code_is_shown_to_be_read_out_on_the_phone(chat: Chat, web: Web) -> None:
    chat.menu(words("widget.code"))
    kept = chat.kept()
    headers = {"Authorization": f"Bearer {kept['token']}"}
    code = httpx.get(f"{web.url}/api/conversations/{kept['id']}/code", headers=headers).json()
    told = words("widget.code_told", code=code["code"])
    expect(chat.root.get_by_role("status").filter(has_text=told)).to_be_visible()


def test_at_the_end_one_press_tells_how_it_was(chat: Chat, web: Web) -> None:
    chat.ask("안녕하세요")
    talk = web.newest()
    web.close(talk)
    chat.page.reload()
    ask = chat.root.get_by_role("group", name=words("widget.score_ask"))
    ask.get_by_role("button", name=words("widget.score_4"), exact=True).click()
    expect(chat.root.locator(".score")).to_have_text(words("widget.score_thanks"))
    with web.parts.database.reading() as session:
        assert session.get_one(Satisfaction, talk).score == 4
    chat.page.reload()
    expect(chat.root.locator(".bar").first).to_contain_text(words("widget.state_closed"))
    expect(chat.root.locator(".score")).to_be_hidden()
