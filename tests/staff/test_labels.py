"""The staff page of the labels: confirmed, given another topic, or set aside."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import update

from bot.conversations.models import Label
from bot.conversations.service import Keeping
from bot.database import utc_now
from bot.knowledge.topics import title, topics
from bot.staff import errors, labels, service
from bot.staff.models import AuditEvent
from bot.staff.service import Staff
from tests.staff.office import Browser, Office
from tests.support.labels import NONE_OF_THESE, Unclear

PAGE = "/staff/labels"
PRESSED, OTHER = "bulky_waste", "illegal_dumping"
SUNJA = Staff(1, "sunja", "순자", "counsellor", must_change=False, csrf_token="x")
MIJA = Staff(2, "mija", "미자", "counsellor", must_change=False, csrf_token="x")


def labelled(office: Office, text: str = "큰 거 버려요", pressed: str = PRESSED) -> str:
    """An open label; gives its id."""
    talk = Unclear.talk(office.database, Keeping(office.masker, office.cipher))
    talk.presses(talk.asked(text, PRESSED), pressed)
    [found] = office.rows(Label, conversation_id=talk.conversation_id)
    assert isinstance(found, Label)
    return found.id


def stored(office: Office, label_id: str) -> Label:
    [found] = office.rows(Label, id=label_id)
    assert isinstance(found, Label)
    return found


def audits(office: Office) -> list[tuple[str, str, str, dict[str, Any]]]:
    return [
        (event.login, event.what, event.subject, event.details)
        for event in office.rows(AuditEvent)
        if event.what.startswith("label_")
    ]


def test_the_page_shows_text_guess_and_pressed_topic_of_open_labels_newest_first(
    office: Office, signed_in: Browser
) -> None:
    labelled(office, "먼저 한 말이에요")
    labelled(office, "나중 <b>말</b>이에요", NONE_OF_THESE)
    done = labelled(office, "끝난 말이에요")
    office.change(
        lambda s: s.execute(update(Label).where(Label.id == done).values(status="rejected"))
    )
    page = signed_in.get(PAGE).text
    assert page.index("나중 &lt;b&gt;말&lt;/b&gt;이에요") < page.index("먼저 한 말이에요")
    assert "끝난 말이에요" not in page
    assert f"<b>{title(PRESSED, 'ko')}</b>" in page
    assert "보여 준 주제 가운데 없음" in page
    assert "31%" in page
    assert "확인할 말이 2건 있어요." in page


def test_the_page_speaks_english_too(office: Office, signed_in: Browser) -> None:
    labelled(office)
    page = signed_in.get(f"{PAGE}?lang=en").text
    assert f"<b>{title(PRESSED, 'en')}</b>" in page
    assert "Messages to check: 1" in page


def test_the_menu_leads_to_the_labels(signed_in: Browser) -> None:
    assert f'href="{PAGE}"' in signed_in.get("/staff/tickets").text
    assert "확인할 말이 없어요." in signed_in.get(PAGE).text


def test_a_label_is_confirmed_with_the_topic_that_was_pressed(
    office: Office, signed_in: Browser
) -> None:
    label = labelled(office)
    answer = signed_in.post(f"{PAGE}/{label}/confirm", PAGE, topic=PRESSED)
    assert answer.headers["location"] == f"{PAGE}?done=label_confirmed"
    found = stored(office, label)
    assert (found.status, found.topic, found.decided_by) == ("confirmed", PRESSED, "sunja")
    assert found.decided_at
    details = {"topic": PRESSED, "pressed": PRESSED}
    assert audits(office) == [("sunja", "label_confirm", label, details)]
    assert "확인했어요." in signed_in.get(answer.headers["location"]).text


@pytest.mark.parametrize("pressed", [PRESSED, NONE_OF_THESE])
def test_another_topic_is_chosen(office: Office, signed_in: Browser, pressed: str) -> None:
    label = labelled(office, pressed=pressed)
    assert f'<option value="{OTHER}">' in signed_in.get(PAGE).text
    assert signed_in.post(f"{PAGE}/{label}/confirm", PAGE, topic=OTHER).status_code == 303
    found = stored(office, label)
    assert (found.status, found.topic) == ("confirmed", OTHER)
    assert found.pressed == (None if pressed == NONE_OF_THESE else PRESSED)


def test_every_topic_of_the_catalogue_can_be_chosen() -> None:
    for language in ("ko", "en"):
        offered = labels.choices(language)
        assert {name for name, _ in offered} == set(topics())
        assert [shown for _, shown in offered] == sorted(shown for _, shown in offered)


def test_none_of_these_cannot_be_confirmed_without_a_topic(
    office: Office, signed_in: Browser
) -> None:
    label = labelled(office, pressed=NONE_OF_THESE)
    page = signed_in.get(PAGE).text
    assert 'type="hidden" name="topic"' not in page
    for topic in ("", "no_such_topic", "general_ticket"):
        answer = signed_in.post(f"{PAGE}/{label}/confirm", PAGE, topic=topic)
        assert answer.status_code == 422
        assert "주제를 골라 주세요." in answer.text
    assert stored(office, label).status == "open"
    assert audits(office) == []


def test_a_label_is_set_aside(office: Office, signed_in: Browser) -> None:
    label = labelled(office)
    answer = signed_in.post(f"{PAGE}/{label}/reject", PAGE)
    assert answer.headers["location"] == f"{PAGE}?done=label_rejected"
    found = stored(office, label)
    assert (found.status, found.topic, found.decided_by) == ("rejected", None, "sunja")
    assert audits(office) == [("sunja", "label_reject", label, {"pressed": PRESSED})]


@pytest.mark.parametrize("act", ["confirm", "reject"])
def test_what_a_colleague_has_decided_stays(office: Office, signed_in: Browser, act: str) -> None:
    label = labelled(office)
    office.change(lambda s: labels.reject(s, label_id=label, staff=MIJA, now=utc_now()))
    labelled(office, "남은 말이에요")
    answer = signed_in.post(f"{PAGE}/{label}/{act}", PAGE, topic=PRESSED)
    assert answer.status_code == 409
    assert "다른 직원이 먼저 처리한 말이에요." in answer.text
    assert "남은 말이에요" in answer.text
    assert stored(office, label).decided_by == "mija"


@pytest.mark.parametrize("act", ["confirm", "reject"])
def test_a_label_that_went_with_its_conversation_is_a_sentence(
    office: Office, signed_in: Browser, act: str
) -> None:
    answer = signed_in.post(f"{PAGE}/{'0' * 36}/{act}", PAGE, topic=PRESSED)
    assert answer.status_code == 404
    assert "시민이 상담을 지웠을 수 있어요." in answer.text


def test_nobody_sees_or_decides_labels_without_signing_in(office: Office, browser: Browser) -> None:
    label = labelled(office)
    answer = browser.get(PAGE)
    assert answer.headers["location"] == "/staff/sign-in?next=/staff/labels"
    for act in ("confirm", "reject"):
        answer = browser.client.post(f"{PAGE}/{label}/{act}", data={"topic": PRESSED, "csrf": ""})
        assert (answer.status_code, answer.headers["location"]) == (303, "/staff/sign-in")
    assert stored(office, label).status == "open"


def test_a_one_time_password_does_not_open_the_labels(office: Office, browser: Browser) -> None:
    with office.database.writing() as session:
        given = service.add(session, login="sunja", name="순자", role="counsellor", now=utc_now())
    browser.sign_in("sunja", given)
    answer = browser.get(PAGE)
    assert (answer.status_code, answer.headers["location"]) == (303, "/staff/password")


@pytest.mark.parametrize("act", ["confirm", "reject"])
@pytest.mark.parametrize("token", [None, "", "wrong"])
def test_an_act_without_the_sessions_token_is_refused(
    office: Office, signed_in: Browser, act: str, token: str | None
) -> None:
    label = labelled(office)
    data = {"topic": PRESSED, **({} if token is None else {"csrf": token})}
    answer = signed_in.client.post(f"{PAGE}/{label}/{act}", data=data)
    assert answer.status_code == 403
    assert stored(office, label).status == "open"
    assert audits(office) == []


def test_the_page_is_never_cached_and_limits_what_is_sent(
    office: Office, signed_in: Browser
) -> None:
    label = labelled(office)
    assert signed_in.get(PAGE).headers["cache-control"] == "no-store"
    answer = signed_in.post(f"{PAGE}/{label}/confirm", PAGE, topic="가" * 40_000)
    assert answer.status_code in (413, 422)


def test_more_labels_than_a_page_holds_are_on_the_next(office: Office, signed_in: Browser) -> None:
    for number in range(labels.PAGE + 1):
        labelled(office, f"말 {number:02}번이에요")
    first, second = signed_in.get(PAGE).text, signed_in.get(f"{PAGE}?page=2").text
    assert first.count('class="message-text"') == labels.PAGE
    assert "말 00번이에요" not in first
    assert "말 00번이에요" in second
    assert "page=2" in first


def test_of_two_who_decide_at_once_one_is_told(office: Office) -> None:
    label = labelled(office)
    together = Barrier(2)

    def decide(staff: Staff) -> bool:
        together.wait()
        with office.database.writing() as session:
            try:
                labels.confirm(session, label_id=label, topic=PRESSED, staff=staff, now=utc_now())
            except errors.LabelDecided:
                return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(decide, (SUNJA, MIJA))) == [False, True]
    assert len(audits(office)) == 1
