"""The phone desk over the real Rasa: what a caller asks, and a chat opened by its code."""

import re

import httpx
import pytest

from bot.database import utc_now
from bot.staff import service as staff
from tests.support.citizen import Citizen
from tests.support.service import Service

DESK = "/staff/phone"
OWN_PASSWORD = "바다와 오름과 돌담 120"


@pytest.fixture
def counsellor(service: Service) -> httpx.Client:
    """A counsellor's browser, signed in with a password of their own."""
    login = f"phone{utc_now():%H%M%S%f}"
    now = utc_now()
    with service.database.writing() as session:
        given = staff.add(session, login=login, name="강민지", role="counsellor", now=now)
    with service.database.writing() as session:
        verified = staff.verify(session, login=login, password=given)
        staff.change_password(session, verified=verified, current=given, new=OWN_PASSWORD, now=now)
    browser = service.client(follow_redirects=True)
    page = browser.get("/staff/sign-in").text
    fields = {"csrf": hidden(page, "csrf"), "login": login, "password": OWN_PASSWORD}
    assert browser.post("/staff/sign-in", data=fields).is_success
    return browser


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, page[:2000]
    return found[1]


def ask(browser: httpx.Client, question: str) -> str:
    page = browser.get(DESK).text
    fields = {name: hidden(page, name) for name in ("csrf", "call", "began")}
    answer = browser.post(f"{DESK}/ask", data=fields | {"question": question, "live": "true"})
    assert answer.is_success, answer.text
    return answer.text


@pytest.mark.parametrize(
    ("question", "topic"),
    [
        ("여권 새로 만들려면 수수료가 얼마예요?", "passport_issue"),
        ("냉장고 버리려면 어떻게 해요?", "bulky_waste"),
        ("노형동 이마트 앞 도로에 구멍이 크게 났어요", "road_damage"),
    ],
)
def test_what_a_caller_asks_is_answered_by_the_bots_first_topic(
    counsellor: httpx.Client, question: str, topic: str
) -> None:
    answers = ask(counsellor, question)
    assert hidden(answers, "guess") == topic
    assert f'name="topic" value="{topic}" checked' in answers
    assert answers.count('name="topic"') == 3


def test_while_rasa_is_down_the_desk_still_answers(
    service: Service, counsellor: httpx.Client
) -> None:
    service.stop_rasa()
    try:
        answers = ask(counsellor, "여권 수수료 얼마예요?")
    finally:
        service.start_rasa()
    assert 'name="topic" value="passport_issue"' in answers


def test_the_code_that_a_counsellor_reads_out_leads_the_caller_to_them(
    counsellor: httpx.Client, citizen: Citizen
) -> None:
    page = counsellor.get(DESK).text
    fields = {name: hidden(page, name) for name in ("csrf", "call", "began")}
    led = counsellor.post(f"{DESK}/chat", data=fields).text
    code = re.search(r"\d{4}-\d{4}", led.split("chat-code")[1])
    assert code
    assert citizen.says(code[0]).says("handover.continued")
    assert citizen.state == "staff"
