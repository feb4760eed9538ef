"""Tickets on the staff pages in a real browser: two people at once, the keyboard, axe."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from bot.conversations.models import new_id
from bot.database import utc_now
from bot.staff import service as accounts
from bot.tickets import service as tickets
from bot.tickets.models import Ticket
from bot.tickets.service import NewTicket
from tests.support.axe import found
from tests.support.browser import words
from tests.support.web import Web

PASSWORD = "바다와 오름과 돌담 120"
WIDE: ViewportSize = {"width": 1280, "height": 900}
PHONE: ViewportSize = {"width": 375, "height": 800}
PAGES = ("tickets", "tickets/board", "visits", "callbacks", "deliveries", "incidents")

OPEN_ALL = """for (const one of document.querySelectorAll("main details")) {
  one.removeAttribute("name");  // of those with one name only one is open
  one.open = true;
}"""

Desk = Callable[..., Page]


@pytest.fixture
def desk(browser: Browser, web: Web) -> Iterator[Desk]:
    """Opens a browser in which a new supervisor is signed in."""
    contexts = []

    def opened(size: ViewportSize = WIDE, language: str = "ko") -> Page:
        login = f"chief{utc_now():%H%M%S%f}"
        now = utc_now()
        with web.parts.database.writing() as session:
            given = accounts.add(session, login=login, name="강민지", role="supervisor", now=now)
        with web.parts.database.writing() as session:
            verified = accounts.verify(session, login=login, password=given)
            accounts.change_password(
                session, verified=verified, current=given, new=PASSWORD, now=now
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


@pytest.fixture
def receipt(web: Web) -> str:
    """A new ticket; returns its number."""
    new = NewTicket(
        kind="report",
        topic="road_damage",
        fields={"location": "노형로터리", "detail": "구멍이 났어요", "danger": "yes"},
        language="ko",
        petition="grievance",
        office="jeju_construction",
        rule="road_damage/2",
        message_id=new_id(),
    )
    with web.parts.database.writing() as session:
        made = tickets.open_ticket(session, new=new, cipher=web.parts.cipher, now=utc_now())
        return made.ticket.receipt_number


def stored(web: Web, receipt: str) -> Ticket:
    with web.parts.database.reading() as session:
        return session.query(Ticket).filter_by(receipt_number=receipt).one()


def test_who_was_slower_reads_what_changed_and_presses_again(
    desk: Desk, web: Web, receipt: str
) -> None:
    first, second = desk(), desk()
    for page in (first, second):
        page.goto(f"{web.url}/staff/tickets/{receipt}")
    second.locator("#act-transfer summary").click()
    second.locator("#transfer-office").fill("한국전력")
    second.locator("#transfer-text").fill("전봇대예요")

    first.locator("#act-note summary").click()
    first.locator("#note-text").fill("구청에서 이미 나갔어요")
    first.locator("#act-note .button").click()
    expect(first.locator("main")).to_contain_text(words("desk_tickets.done_ticket_note"))

    second.locator("#act-transfer .button").click()
    expect(second.locator("#changed")).to_contain_text("구청에서 이미 나갔어요")
    expect(second.locator("#transfer-text")).to_have_value("전봇대예요")
    second.locator("#act-transfer .button").click()
    expect(second.locator("main")).to_contain_text(words("desk_tickets.done_ticket_transfer"))
    assert stored(web, receipt).office == "kepco"


def test_a_ticket_is_found_and_taken_by_the_keyboard_alone(
    desk: Desk, web: Web, receipt: str
) -> None:
    page = desk()
    page.goto(f"{web.url}/staff/tickets")
    page.locator("#number").focus()
    page.keyboard.type(receipt)
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("도로 파손 신고")
    page.get_by_role("button", name=words("desk_tickets.take"), exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text(words("desk_tickets.done_ticket_assign"))
    assert (stored(web, receipt).assignee or "").startswith("chief")


def test_chosen_tickets_are_handled_at_once(desk: Desk, web: Web, receipt: str) -> None:
    page = desk()
    page.goto(f"{web.url}/staff/tickets?show=all&topic=road_damage")
    page.get_by_label(words("desk_tickets.choose", receipt=receipt)).check()
    page.locator("#bulk-box summary").click()
    page.locator("#bulk input[value=note]").check()
    page.locator("#b-text").fill("상습 구간")
    page.locator("#bulk .button").click()
    expect(page.locator("h1")).to_have_text(words("desk_tickets.bulk_results"))
    expect(page.locator(".rows")).to_contain_text(receipt)
    expect(page.locator(".rows .tag")).to_have_text([words("desk_tickets.bulk_ok")])


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
@pytest.mark.parametrize("language", ["ko", "en"])
def test_axe_finds_nothing_and_nothing_sticks_out(
    desk: Desk, web: Web, receipt: str, size: ViewportSize, language: str
) -> None:
    page = desk(size, language)
    for path in (*PAGES, f"tickets/{receipt}"):
        page.goto(f"{web.url}/staff/{path}")
        page.evaluate(OPEN_ALL)
        assert found(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], path
