"""The inbox and a conversation in a real browser: what comes by itself, keys, whole stories."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from bot.conversations import service as conversations
from bot.conversations.models import Conversation
from bot.conversations.schemas import IncomingMessage
from bot.conversations.service import Keeping
from bot.database import utc_now
from bot.staff import service as accounts
from tests.support.axe import found
from tests.support.browser import Chat, words
from tests.support.web import Web

PASSWORD = "바다와 오름과 돌담 120"
SOON_MS = 8_000
WIDE: ViewportSize = {"width": 1280, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}

RUNNING = (
    *("rules", "switches", "notices", "people", "audit", "statistics", "labels", "feedback"),
    *("sessions", "phone"),
)
"""Pages of those who run the desk."""

Desk = Callable[..., Page]


@pytest.fixture
def desk(browser: Browser, web: Web) -> Iterator[Desk]:
    """Opens a browser in which somebody new is signed in, a counsellor unless said otherwise."""
    contexts = []

    def opened(
        login: str, size: ViewportSize = WIDE, language: str = "ko", role: str = "counsellor"
    ) -> Page:
        login = f"{login}{utc_now():%H%M%S%f}"
        with web.parts.database.writing() as session:
            given = accounts.add(session, login=login, name="강민지", role=role, now=utc_now())
        with web.parts.database.writing() as session:
            verified = accounts.verify(session, login=login, password=given)
            accounts.change_password(
                session, verified=verified, current=given, new=PASSWORD, now=utc_now()
            )
        context = browser.new_context(locale="ko-KR", viewport=size, reduced_motion="reduce")
        contexts.append(context)
        page = context.new_page()
        page.goto(f"{web.url}/staff/sign-in?lang={language}")
        page.locator("#login").fill(login)
        page.locator("#password").fill(PASSWORD)
        page.locator("form .primary").click()
        expect(page.locator("h1")).to_have_text(words("staff.conversations", language))
        return page

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture(autouse=True)
def nobody_waits(web: Web) -> None:
    """Conversations of the tests before are over."""
    with web.parts.database.writing() as session:
        open_ones = session.query(Conversation).filter(Conversation.state != "closed")
        for one in open_ones.all():
            conversations.close(session, conversation_id=one.id, now=utc_now())


def talk(web: Web, *texts: str, minutes: int = 0, topic: str | None = None) -> str:
    """A conversation that waits for a person."""
    now = utc_now() - timedelta(minutes=minutes)
    keeping = Keeping(web.parts.masker, web.parts.cipher)
    with web.parts.database.writing() as session:
        made, _ = conversations.open_conversation(session, channel="widget", language="ko", now=now)
        for text in texts:
            message = conversations.receive(
                session,
                conversation=made,
                incoming=IncomingMessage(text=text),
                keeping=keeping,
                per_minute=1000,
                now=now,
            )
            message.turn, message.topic = "held", topic
        conversations.hand_over(session, conversation_id=made.id, reason="unsure", now=now)
        # However long it has waited, it changes now.
        made.updated_at = utc_now()
        return made.id


def test_new_conversations_wait_behind_a_sign_and_move_nothing(desk: Desk, web: Web) -> None:
    first = talk(web, "먼저 온 말", minutes=9)
    page = desk("sunja")
    row = page.locator(f"#c-{first}")
    expect(row).to_be_visible()
    page.locator(f"#a-{first}").focus()
    before = row.bounding_box()
    second = talk(web, "나중에 온 말", minutes=30)
    sign = page.locator("#fresh")
    expect(sign).to_have_text(words("desk_inbox.fresh", count="1"), timeout=SOON_MS)
    expect(page.locator("#badge .count")).to_contain_text("2")
    assert page.title().startswith("(2) ")
    assert row.bounding_box() == before
    expect(page.locator(f"#a-{first}")).to_be_focused()
    sign.click()
    expect(page.locator("#rows > li").first).to_have_attribute("id", f"c-{second}")
    expect(sign).to_be_hidden()


def test_a_conversation_that_a_colleague_took_stays_in_its_place(desk: Desk, web: Web) -> None:
    taken, waits = talk(web, "하나", minutes=9), talk(web, "둘", minutes=5)
    page = desk("sunja")
    page.goto(f"{web.url}/staff/conversations?show=unassigned")
    other = desk("mija")
    other.goto(f"{web.url}/staff/conversations/{taken}")
    other.locator("#take").click()
    expect(page.locator(f"#c-{taken}")).to_have_class("row gone", timeout=SOON_MS)
    expect(page.locator("#rows > li").nth(1)).to_have_attribute("id", f"c-{waits}")


def test_the_desk_is_used_with_the_keys_alone_and_never_while_typing(desk: Desk, web: Web) -> None:
    first, second = talk(web, "하나", minutes=9), talk(web, "둘", minutes=5)
    page = desk("sunja")
    page.keyboard.press("j")
    expect(page.locator(f"#a-{first}")).to_be_focused()
    page.keyboard.press("j")
    expect(page.locator(f"#a-{second}")).to_be_focused()
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    expect(page.locator("#take")).to_be_visible()
    assert page.url.endswith(first)
    page.keyboard.press("t")
    expect(page.locator("#text")).to_be_visible()
    page.keyboard.press("r")
    expect(page.locator("#text")).to_be_focused()
    page.keyboard.type("trnjk?")
    expect(page.locator("#text")).to_have_value("trnjk?")
    page.locator("h1").click()
    page.keyboard.press("n")
    expect(page.locator("#note")).to_be_focused()
    page.locator("h1").click()
    page.keyboard.press("?")
    sheet = page.locator("#keys")
    expect(sheet).to_be_visible()
    sheet.get_by_label(words("desk_inbox.keys_on")).uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(sheet).to_be_hidden()
    page.reload()
    page.keyboard.press("?")
    expect(sheet).to_be_hidden()


def test_a_ready_sentence_a_facet_and_a_mask_are_put_in_at_hand(desk: Desk, web: Web) -> None:
    made = talk(web, "저는 홍길동이고 여권을 만들래요", topic="passport_issue")
    page = desk("sunja")
    page.goto(f"{web.url}/staff/conversations/{made}")
    page.locator("#take").click()
    area = page.locator("#text")
    area.press("/")
    find = page.locator("#ready-find")
    expect(find).to_be_focused()
    find.fill("마침")
    find.press("Enter")
    expect(area).to_be_focused()
    expect(area).to_have_value("더 도와드릴 일이 있으면 언제든 적어 주세요. 좋은 하루 보내세요.")
    area.fill("")
    area.press("Alt+1")
    assert "여권" in area.input_value()
    page.locator(".from-citizen .message-text").first.evaluate(
        """text => { const range = document.createRange(); range.setStart(text.firstChild, 3);
        range.setEnd(text.firstChild, 6); const now = getSelection(); now.removeAllRanges();
        now.addRange(range); }"""
    )
    page.locator("#masking summary").click()
    expect(page.locator("#mask-text")).to_have_value("홍길동")
    page.get_by_role("button", name=words("desk_talk.mask_do")).click()
    expect(page.locator("#thread")).to_contain_text("저는 [이름 1]이고 여권을 만들래요")
    expect(page.locator("#thread")).not_to_contain_text("홍길동")


def test_a_colleague_who_looks_and_types_is_seen(desk: Desk, web: Web) -> None:
    made = talk(web, "안녕하세요")
    page, other = desk("sunja"), desk("mija")
    for each in (page, other):
        each.goto(f"{web.url}/staff/conversations/{made}")
    expect(page.locator("#looking")).to_contain_text("mija", timeout=SOON_MS)
    other.locator("#take").click()
    other.locator("#text").press_sequentially("안내드릴게요")
    expect(page.locator("#looking")).to_contain_text("답을 쓰고 있어요", timeout=SOON_MS)
    expect(page.locator("#moved")).to_be_visible(timeout=SOON_MS)
    other.close()
    expect(page.locator("#looking")).to_be_empty(timeout=SOON_MS)


def test_a_whole_story_from_the_citizens_word_to_the_receipt(
    browser: Browser, desk: Desk, web: Web
) -> None:
    context = browser.new_context(locale="ko-KR")
    citizen = Chat(context.new_page())
    citizen.page.goto(web.url)
    citizen.open()
    citizen.ask("노형로터리 도로에 구멍이 났어요")
    citizen.press(words("button.person"))
    page = desk("sunja")
    page.locator("#next").click()
    expect(page.locator("#thread")).to_contain_text("노형로터리 도로에 구멍이 났어요")
    page.locator("#text").fill("<b>바로</b> 접수해 드릴게요")
    page.locator("#text").press("Control+Enter")
    expect(citizen.root).to_contain_text("<b>바로</b> 접수해 드릴게요", timeout=SOON_MS)
    page.get_by_role("link", name=words("desk_talk.open_ticket")).click()
    page.goto(f"{page.url.partition('?')[0]}?topic=road_damage")
    expect(page.locator("#x-location")).to_have_value("노형오거리")
    page.locator("#x-danger").select_option("no")
    page.get_by_role("button", name=words("desk_talk.open_ticket")).click()
    expect(page.locator("#its-tickets")).to_contain_text("120-")
    receipt = page.locator("#its-tickets a").first.inner_text()
    expect(citizen.root).to_contain_text(receipt, timeout=SOON_MS)
    page.locator("#closing summary").click()
    page.locator("#reason").select_option("ticket")
    page.get_by_role("button", name=words("staff.close_sure")).click()
    expect(page.locator("#about")).to_contain_text(words("desk_talk.close_ticket"))
    expect(citizen.root).to_contain_text(words("handover.ended"), timeout=SOON_MS)
    context.close()


def test_presence_is_set_in_the_head_of_the_page(desk: Desk) -> None:
    page = desk("sunja")
    page.locator("#presence summary").click()
    page.get_by_label(words("desk_inbox.presence_available")).check()
    page.locator("#presence .primary").click()
    expect(page.locator("#presence summary")).to_contain_text(
        words("desk_inbox.presence_available")
    )


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
@pytest.mark.parametrize("language", ["ko", "en"])
def test_axe_finds_nothing_and_nothing_sticks_out(
    desk: Desk, web: Web, size: ViewportSize, language: str
) -> None:
    made = talk(web, "여권을 만들래요", "가" * 400, topic="passport_issue")
    page = desk("sunja", size, language)
    for path in (
        "conversations",
        "conversations?show=all&topic=passport_issue",
        "conversations/search?q=x",
        f"conversations/{made}",
        f"conversations/{made}/ticket",
    ):
        page.goto(f"{web.url}/staff/{path}")
        if page.locator("#take").count():
            page.locator("#take").click()
            expect(page.locator("#text")).to_be_visible()
        fits(page, size, path)


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
@pytest.mark.parametrize("language", ["ko", "en"])
def test_axe_finds_nothing_on_the_pages_of_those_who_run_the_desk(
    desk: Desk, web: Web, size: ViewportSize, language: str
) -> None:
    page = desk("boss", size, language, role="administrator")
    page.goto(f"{web.url}/staff/rules")
    page.locator("#rule-capacity").fill("4")
    page.locator("#reason").fill("정전 점검")
    page.locator("main form.card .primary").click()
    expect(page.locator("main")).to_contain_text("정전 점검")
    page.locator("#rule-capacity").fill("99")
    page.locator("#reason").fill("정전 점검")
    page.locator("main form.card .primary").click()
    expect(page.locator("#rule-capacity")).to_have_attribute("aria-invalid", "true")
    fits(page, size, "rules that were refused")
    for path in RUNNING:
        page.goto(f"{web.url}/staff/{path}")
        fits(page, size, path)


def fits(page: Page, size: ViewportSize, path: str) -> None:
    """Axe finds nothing, and nothing is wider than the window."""
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    assert found(page) == [], path
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], path
