"""The staff page of the notices: switched on and off, and written for an incident."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier
from typing import Any

import pytest

from bot.database import utc_now
from bot.hours import SEOUL
from bot.knowledge.notices import due, greeting
from bot.knowledge.notices_models import StoredNotice
from bot.knowledge.topics import title
from bot.staff import notices
from bot.staff.models import AuditEvent
from tests.staff.office import Browser, Office


@pytest.fixture
def signed_in(office: Office, browser: Browser) -> Browser:
    """A browser in which somebody is signed in who may announce."""
    office.account(role="supervisor")
    assert browser.sign_in().status_code == 303
    return browser


PAGE = "/staff/notices"
TYPHOON, HOLIDAY = "typhoon", "seollal"
BY_HAND_ONLY = "disaster_typhoon"
OWN = {
    "text_ko": "노형로가 물에 잠겨 통제해요.",
    "text_en": "Nohyeong-ro is flooded and closed.",
    "topics": "drain_flood",
}


def seoul(moment: datetime) -> str:
    """As a field for date and time sends it."""
    return moment.astimezone(SEOUL).strftime("%Y-%m-%dT%H:%M")


def later(**span: int) -> str:
    return seoul(utc_now() + timedelta(**(span or {"hours": 2})))


def heard(office: Office, topic: str, at: datetime | None = None, facet: str = "fee") -> list[str]:
    """The Korean texts that are said before an answer about `topic`.

    About its fee: before that no holiday's notice stands, on whatever day the tests run.
    """
    with office.database.reading() as session:
        parts = due(session, topic=topic, facet=facet, now=at or utc_now())
    return [part.values["text_ko"] for part in parts]


def heard_of_holiday(office: Office, at: datetime) -> list[str]:
    return heard(office, "passport_issue", at, "place")


def audits(office: Office) -> list[tuple[str, str, str, dict[str, Any]]]:
    return [
        (event.login, event.what, event.subject, event.details)
        for event in office.rows(AuditEvent)
        if event.what.startswith("notice_")
    ]


def written(office: Office, browser: Browser, **fields: str) -> str:
    """Publish a notice; gives its id."""
    answer = browser.post(PAGE, PAGE, **{**OWN, "until": later()} | fields)
    assert answer.headers["location"] == f"{PAGE}?done=notice_written", answer.text
    [row] = [row for row in office.rows(StoredNotice) if row.text_ko]
    assert isinstance(row.id, str)
    return row.id


# Switching


def test_the_page_shows_every_notice_with_its_texts_topics_days_and_facts(
    signed_in: Browser,
) -> None:
    page = signed_in.get(PAGE).text
    assert "먼저 119에 신고해 주세요." in page
    assert str(title(BY_HAND_ONLY, "ko")) in page
    assert "직원이 켤 때만" in page
    assert "disaster_typhoon.f6" in page
    assert "모든 주제와 첫인사" in page


def test_the_page_speaks_english_too(signed_in: Browser) -> None:
    page = signed_in.get(f"{PAGE}?lang=en").text
    assert "Only when switched on" in page
    assert "Typhoon or heavy rain" in page


def test_the_menu_leads_to_the_notices(signed_in: Browser) -> None:
    assert f'href="{PAGE}"' in signed_in.get("/staff/tickets").text


def test_switched_on_by_hand_a_notice_speaks_at_once_and_says_who_did_it(
    office: Office, signed_in: Browser
) -> None:
    assert heard(office, BY_HAND_ONLY) == []
    answer = signed_in.post(f"{PAGE}/{TYPHOON}/on", PAGE)
    assert answer.headers["location"] == f"{PAGE}?done=notice_on"
    assert len(heard(office, BY_HAND_ONLY)) == 1
    page = signed_in.get(answer.headers["location"]).text
    assert "알림을 켰어요." in page
    assert "지금 말해요" in page
    assert "직원이 바꿀 때까지" in page
    assert audits(office) == [("sunja", "notice_on", TYPHOON, {})]
    [row] = office.rows(StoredNotice)
    assert (row.created_by, row.changed_by) == ("sunja", "sunja")


def test_switched_on_until_a_time_it_falls_silent_by_itself(
    office: Office, signed_in: Browser
) -> None:
    signed_in.post(f"{PAGE}/{TYPHOON}/on", PAGE, until=later(hours=2))
    now = utc_now()
    assert heard(office, BY_HAND_ONLY, now + timedelta(hours=1, minutes=58))
    assert heard(office, BY_HAND_ONLY, now + timedelta(hours=2)) == []


def test_switched_off_a_notice_is_silent(office: Office, signed_in: Browser) -> None:
    signed_in.post(f"{PAGE}/{TYPHOON}/on", PAGE)
    signed_in.post(f"{PAGE}/{TYPHOON}/off", PAGE)
    assert heard(office, BY_HAND_ONLY) == []
    assert [what for _, what, _, _ in audits(office)] == ["notice_on", "notice_off"]


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SEOUL)


def test_off_silences_a_holiday_only_this_time(office: Office) -> None:
    off = moment("2026-02-15 10:00")
    office.change(lambda s: notices.switch_off(s, notice_id=HOLIDAY, by="sunja", now=off))
    assert heard_of_holiday(office, off) == []
    assert heard_of_holiday(office, moment("2026-02-18 23:59")) == []
    assert heard_of_holiday(office, moment("2027-02-07 10:00"))


def test_on_without_an_end_ends_with_the_days_of_the_notice(office: Office) -> None:
    on = moment("2026-02-10 10:00")
    office.change(lambda s: notices.switch_on(s, notice_id=HOLIDAY, until=None, by="sunja", now=on))
    assert heard_of_holiday(office, on)
    assert heard_of_holiday(office, moment("2026-02-18 23:59"))
    assert heard_of_holiday(office, moment("2026-02-19 00:00")) == []


def test_a_notice_can_follow_its_dates_again(office: Office, signed_in: Browser) -> None:
    signed_in.post(f"{PAGE}/{HOLIDAY}/on", PAGE)
    [row] = office.rows(StoredNotice)
    assert row.switch == "on"
    answer = signed_in.post(f"{PAGE}/{HOLIDAY}/auto", PAGE)
    assert answer.headers["location"] == f"{PAGE}?done=notice_auto"
    [row] = office.rows(StoredNotice)
    assert (row.switch, row.until) == ("auto", None)


def test_a_notice_without_dates_cannot_follow_them(signed_in: Browser) -> None:
    answer = signed_in.post(f"{PAGE}/{TYPHOON}/auto", PAGE)
    assert answer.status_code == 409
    assert "typhoon에는 날짜가 없어요." in answer.text


@pytest.mark.parametrize("act", ["on", "off", "auto"])
def test_an_unknown_notice_is_a_sentence(office: Office, signed_in: Browser, act: str) -> None:
    for name in ("no_such_notice", "own_00000000"):
        answer = signed_in.post(f"{PAGE}/{name}/{act}", PAGE)
        assert answer.status_code == 404
        assert f"그런 알림이 없어요: {name}" in answer.text
    assert audits(office) == []


@pytest.mark.parametrize("act", ["on", "off", "auto"])
def test_an_id_that_no_notice_can_have_is_refused(signed_in: Browser, act: str) -> None:
    answer = signed_in.post(f"{PAGE}/own_%00/{act}", PAGE)
    assert answer.status_code == 422
    assert "보낸 내용을 읽지 못했어요." in answer.text


def test_a_draft_is_not_switched_on(signed_in: Browser) -> None:
    answer = signed_in.post(f"{PAGE}/water_off/on", PAGE)
    assert answer.status_code == 409
    assert "채울 빈칸이 있어요." in answer.text


@pytest.mark.parametrize(
    ("until", "sentence"),
    [
        ("내일", "언제까지인지 읽지 못했어요: 내일."),
        ("2026-13-40T10:00", "언제까지인지 읽지 못했어요"),
        ("9999-12-31", "언제까지인지 읽지 못했어요"),
        ("2020-01-01T10:00", "이미 지난 때예요."),
    ],
)
def test_an_end_that_does_not_do_is_a_sentence(
    office: Office, signed_in: Browser, until: str, sentence: str
) -> None:
    answer = signed_in.post(f"{PAGE}/{TYPHOON}/on", PAGE, until=until)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert heard(office, BY_HAND_ONLY) == []


def test_a_date_alone_means_the_end_of_that_day_in_jeju() -> None:
    assert notices.end("2026-11-28") == datetime(2026, 11, 29, tzinfo=SEOUL)
    assert notices.end("2026-11-28 18:00") == datetime(2026, 11, 28, 18, tzinfo=SEOUL)
    assert notices.end("2026-11-28T09:00+00:00") == datetime(2026, 11, 28, 18, tzinfo=SEOUL)
    assert notices.end("  ") is None


# Writing


def test_a_notice_for_an_incident_speaks_at_once_until_its_end(
    office: Office, signed_in: Browser
) -> None:
    name = written(office, signed_in)
    assert heard(office, "drain_flood") == [OWN["text_ko"]]
    assert heard(office, "passport_issue") == []
    assert heard(office, "drain_flood", utc_now() + timedelta(hours=2)) == []
    [row] = office.rows(StoredNotice)
    assert (row.text_en, row.created_by) == (OWN["text_en"], "sunja")
    [(login, what, subject, details)] = audits(office)
    assert (login, what, subject) == ("sunja", "notice_write", name)
    assert details["topics"] == ["drain_flood"]
    assert datetime.fromisoformat(details["until"]) == row.until
    page = signed_in.get(f"{PAGE}?done=notice_written").text
    assert "알림을 올렸어요." in page
    assert OWN["text_ko"] in page


def test_a_notice_about_everything_is_said_with_the_greeting(
    office: Office, signed_in: Browser
) -> None:
    written(office, signed_in, topics="all")
    with office.database.reading() as session:
        first, *_ = greeting(session, utc_now())
    assert first.values["text_ko"] == OWN["text_ko"]
    assert heard(office, "passport_issue") == [OWN["text_ko"]]


def test_a_notice_may_be_about_several_topics(office: Office, signed_in: Browser) -> None:
    data = {**OWN, "until": later(), "csrf": signed_in.csrf(PAGE)}
    data |= {"topics": ["drain_flood", "bus_info"]}
    assert signed_in.client.post(PAGE, data=data).status_code == 303
    assert heard(office, "bus_info") == heard(office, "drain_flood") == [OWN["text_ko"]]


def test_what_staff_wrote_is_escaped_on_the_page(office: Office, signed_in: Browser) -> None:
    text = '<script>alert(1)</script> & "곳"'
    written(office, signed_in, text_ko=text)
    assert heard(office, "drain_flood") == [text]
    page = signed_in.get(PAGE).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; &#34;곳&#34;" in page


def test_a_text_is_stored_in_one_line_without_control_characters(
    office: Office, signed_in: Browser
) -> None:
    written(office, signed_in, text_ko=" 물이\r\n\x07 안 나와요. ")
    assert heard(office, "drain_flood") == ["물이 안 나와요."]


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"text_ko": " "}, "한국어 글을 적어 주세요."),
        ({"text_en": ""}, "영어 글을 적어 주세요."),
        ({"text_ko": "가" * 201}, "글은 200자까지 쓸 수 있어요. 지금은 201자예요."),
        ({"text_en": "a" * 201}, "글은 200자까지 쓸 수 있어요. 지금은 201자예요."),
        ({"text_ko": "[곳]에 물이 안 나와요."}, "[곳] 자리를 채워 주세요."),
        ({"text_ko": "{waterworks}에 물어봐 주세요."}, "{waterworks}에 넣을 전화번호가 없어요."),
        ({"topics": "no_such_topic"}, "없는 주제예요: no_such_topic"),
        ({"topics": ""}, "주제를 하나 이상 골라 주세요."),
        ({"until": ""}, "언제까지 말할지 정해 주세요."),
        ({"until": "2020-01-01T10:00"}, "이미 지난 때예요."),
    ],
)
def test_a_notice_that_does_not_do_is_a_sentence_and_what_was_written_stays(
    office: Office, signed_in: Browser, wrong: dict[str, str], sentence: str
) -> None:
    fields = {**OWN, "until": later(), **wrong}
    answer = signed_in.post(PAGE, PAGE, **fields)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert f">{fields['text_en']}</textarea>" in answer.text
    assert office.rows(StoredNotice) == []
    assert audits(office) == []


def test_a_text_of_just_the_limit_is_taken(office: Office, signed_in: Browser) -> None:
    written(office, signed_in, text_ko="가" * 200, text_en="a" * 200)
    assert heard(office, "drain_flood") == ["가" * 200]


def test_a_draft_fills_the_form(signed_in: Browser) -> None:
    page = signed_in.get(PAGE).text
    assert f'href="{PAGE}?draft=water_off#write"' in page
    filled = signed_in.get(f"{PAGE}?draft=water_off").text
    assert ">[곳]에 [때]까지 물이 나오지 않아요." in filled
    assert '<option value="water_outage" selected>' in filled
    assert signed_in.get(f"{PAGE}?draft=typhoon").status_code == 404


def test_a_notice_of_the_staffs_own_is_ended_and_taken_up_again(
    office: Office, signed_in: Browser
) -> None:
    name = written(office, signed_in)
    signed_in.post(f"{PAGE}/{name}/off", PAGE)
    assert heard(office, "drain_flood") == []
    assert OWN["text_ko"] in signed_in.get(PAGE).text
    assert signed_in.post(f"{PAGE}/{name}/on", PAGE, until=later(hours=3)).status_code == 303
    assert heard(office, "drain_flood") == [OWN["text_ko"]]
    assert signed_in.post(f"{PAGE}/{name}/auto", PAGE).status_code == 409


def test_an_ended_notice_stays_on_the_page_and_needs_a_new_end(
    office: Office, signed_in: Browser
) -> None:
    name = written(office, signed_in)

    def let_it_end(session: Any) -> None:
        session.get(StoredNotice, name).until = utc_now() - timedelta(minutes=1)

    office.change(let_it_end)
    page = signed_in.get(PAGE).text
    assert page.count(OWN["text_ko"]) == 1
    assert "지금 말해요" not in page.partition(OWN["text_ko"])[0].rpartition("<li")[2]
    answer = signed_in.post(f"{PAGE}/{name}/on", PAGE)
    assert answer.status_code == 422
    assert "언제까지 말할지 정해 주세요." in answer.text


# Who may


def test_nobody_sees_or_changes_notices_without_signing_in(
    office: Office, browser: Browser
) -> None:
    assert browser.get(PAGE).headers["location"] == "/staff/sign-in?next=/staff/notices"
    for path in (PAGE, f"{PAGE}/{TYPHOON}/on", f"{PAGE}/{TYPHOON}/off", f"{PAGE}/{TYPHOON}/auto"):
        answer = browser.client.post(path, data={**OWN, "until": later(), "csrf": ""})
        assert (answer.status_code, answer.headers["location"]) == (303, "/staff/sign-in")
    assert office.rows(StoredNotice) == []


@pytest.mark.parametrize("path", ["", f"/{TYPHOON}/on", f"/{TYPHOON}/off", f"/{TYPHOON}/auto"])
@pytest.mark.parametrize("token", [None, "", "wrong"])
def test_an_act_without_the_sessions_token_is_refused(
    office: Office, signed_in: Browser, path: str, token: str | None
) -> None:
    data = {**OWN, "until": later(), **({} if token is None else {"csrf": token})}
    assert signed_in.client.post(PAGE + path, data=data).status_code == 403
    assert office.rows(StoredNotice) == []


def test_of_two_who_switch_at_once_both_are_in_the_log_and_one_row_stands(office: Office) -> None:
    together = Barrier(2)

    def switch(by: str) -> None:
        together.wait()
        with office.database.writing() as session:
            notices.switch_on(session, notice_id=TYPHOON, until=None, by=by, now=utc_now())

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(switch, ("sunja", "mija")))
    assert sorted(login for login, *_ in audits(office)) == ["mija", "sunja"]
    assert len(office.rows(StoredNotice)) == 1
