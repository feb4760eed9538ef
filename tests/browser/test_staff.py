"""A citizen asks for a person, and a staff member answers in the same thread, both in a browser."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from bot.conversations.models import Conversation
from bot.database import utc_now
from bot.staff import service as staff
from tests.support.browser import Chat, words
from tests.support.service import Service

OWN_PASSWORD = "바다와 오름과 돌담 120"
WAIT_MS = 15_000


@pytest.fixture
def citizen(browser: Browser, service: Service) -> Iterator[Chat]:
    """A citizen with the widget open."""
    context = browser.new_context(locale="ko-KR")
    page = context.new_page()
    page.goto(service.url)
    chat = Chat(page)
    chat.open()
    yield chat
    context.close()


@pytest.fixture
def desk(browser: Browser, service: Service) -> Iterator[Page]:
    """A staff member who has signed in and changed the one-time password."""
    login = f"desk{utc_now():%H%M%S%f}"
    with service.database.writing() as session:
        password = staff.add(session, login=login, name="강민지", role="counsellor", now=utc_now())
    context = browser.new_context(locale="ko-KR", viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(f"{service.url}/staff/")
    page.locator("#login").fill(login)
    page.locator("#password").fill(password)
    page.locator("form .primary").click()
    page.locator("#current").fill(password)
    page.locator("#new").fill(OWN_PASSWORD)
    page.locator("#again").fill(OWN_PASSWORD)
    page.locator("form .primary").click()
    expect(page.locator("h1")).to_have_text(words("staff.conversations"))
    yield page
    context.close()


def _open_newest(desk: Page, service: Service) -> None:
    """The conversation that was handed over last; the list may be longer than a page."""
    newest = select(Conversation.id).order_by(Conversation.waiting_since.desc()).limit(1)
    with service.database.reading() as session:
        talk = session.scalars(newest.where(Conversation.state == "waiting")).one()
    desk.goto(f"{service.url}/staff/conversations/{talk}")


def test_staff_read_what_was_understood_and_answer_in_the_thread(
    citizen: Chat, desk: Page, service: Service
) -> None:
    citizen.ask("냉장고 버리려면 어떻게 해요?")
    citizen.ask("상담원 바꿔주세요")
    _open_newest(desk, service)
    thread = desk.locator("main")
    expect(thread).to_contain_text("냉장고 버리려면 어떻게 해요?")
    details = desk.locator("details", has_text="bulky_waste").first
    details.locator("summary").click()
    expect(details).to_contain_text("sure")

    desk.get_by_role("button", name=words("staff.take"), exact=True).click()
    expect(citizen.root).to_contain_text(words("handover.taken"), timeout=WAIT_MS)
    desk.locator("#text").fill("냉장고는 무상방문수거로 도와드릴게요. <b>굵게</b>")
    desk.get_by_role("button", name=words("staff.send"), exact=True).click()
    expect(citizen.root).to_contain_text(
        "냉장고는 무상방문수거로 도와드릴게요. <b>굵게</b>", timeout=WAIT_MS
    )

    citizen.field.fill("고맙습니다 선생님")
    citizen.field.press("Enter")
    expect(thread).to_contain_text("고맙습니다 선생님", timeout=WAIT_MS)

    desk.get_by_role("button", name=words("staff.hand_back"), exact=True).click()
    expect(citizen.root).to_contain_text(words("handover.back_to_bot"), timeout=WAIT_MS)
    expect(citizen.ask("여권 수수료 얼마예요?").first).to_contain_text("52,000원")


def test_staff_move_a_ticket_on_and_the_citizen_hears_of_it(
    citizen: Chat, desk: Page, service: Service
) -> None:
    citizen.ask("노형동 이마트 앞 도로에 구멍이 크게 났어요")
    citizen.press("아니요")
    citizen.press(words("button.skip"))
    citizen.press(words("button.refuse"))
    if citizen.items.get_by_role("button", name=words("report.button_another")).count():
        citizen.press(words("report.button_another"))
    citizen.press(words("button.send"))
    receipt = citizen.root.locator("[data-ticket]").last.get_attribute("data-ticket")
    assert receipt

    desk.goto(f"{service.url}/staff/tickets")
    desk.get_by_role("link", name=receipt).first.click()
    expect(desk.locator("main")).to_contain_text("제주시 건설과")
    expect(desk.locator("main")).to_contain_text("노형동 이마트 앞 도로")
    form = desk.locator("form[action$='/move']")
    form.locator("#to").select_option("in_progress")
    form.locator("textarea").fill("현장을 확인하고 있어요")
    form.locator("#tell").set_checked(True)
    form.locator("button").last.click()
    expect(citizen.root).to_contain_text("현장을 확인하고 있어요", timeout=WAIT_MS)
