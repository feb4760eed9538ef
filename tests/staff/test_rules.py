"""The staff page of the desk's rules: what holds, what was changed, and what is refused."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, time
from threading import Barrier
from typing import Any

import pytest
from httpx import Response

from bot.conversations import desk_rules, presence, waiting
from bot.conversations.desk_rules_models import RuleChange
from bot.conversations.errors import BadRules
from bot.database import utc_now
from bot.hours import SEOUL
from bot.replies import Say
from bot.staff.models import AuditEvent
from bot.wording import wording
from tests.staff.office import Browser, Office

PAGE = "/staff/rules"
NOON = datetime(2026, 11, 24, 12, tzinfo=SEOUL)


@pytest.fixture
def signed_in(office: Office, browser: Browser) -> Browser:
    """A browser in which somebody is signed in who may change the rules."""
    office.account(role="supervisor")
    assert browser.sign_in().status_code == 303
    return browser


def change(browser: Browser, **fields: str) -> Response:
    """Send the form as it stands on the page now."""
    seen = re.search(r'name="seen" value="(\d+)"', browser.get(PAGE).text)
    assert seen
    return browser.post(PAGE, PAGE, seen=seen[1], **fields)


def rules(office: Office) -> desk_rules.DeskRules:
    with office.database.reading() as session:
        return desk_rules.current(session)


def test_until_somebody_changes_them_the_rules_are_those_that_were_shipped(office: Office) -> None:
    assert rules(office) == desk_rules.shipped()


def test_a_change_holds_at_once_and_says_who_made_it_and_why(
    office: Office, signed_in: Browser
) -> None:
    waits = office.talk("여보세요")
    answer = change(signed_in, opens="13:00", capacity="5", reason="정전 점검")
    assert answer.headers["location"] == f"{PAGE}?done=rules_changed", answer.text
    assert (rules(office).opens, rules(office).capacity) == (time(13), 5)
    with office.database.reading() as session:
        told = waiting.handed_over(session, conversation_id=waits, now=NOON)
    (closed,) = [part for part in told.parts if isinstance(part, Say)]
    assert closed.key == "handover.closed"
    assert "13:00~22:00" in wording().text(closed.key, "ko", closed.values)
    page = signed_in.get(PAGE).text
    for shown in ("07:00 → 13:00", "3 → 5", "정전 점검", "sunja"):
        assert shown in page
    kept = {row.name: (row.before, row.after, row.login) for row in office.rows(RuleChange)}
    assert kept == {"opens": ("07:00:00", "13:00:00", "sunja"), "capacity": (3, 5, "sunja")}
    audited = [row.subject for row in office.rows(AuditEvent) if row.what == "rule_changed"]
    assert audited == ["opens", "capacity"]


def test_what_is_changed_back_leaves_both_changes_in_the_history(
    office: Office, signed_in: Browser
) -> None:
    for value in ("5", "3"):
        change(signed_in, capacity=value, reason="시험")
    assert rules(office) == desk_rules.shipped()
    assert [(row.before, row.after) for row in office.rows(RuleChange)] == [(3, 5), (5, 3)]


def test_a_value_that_holds_already_changes_nothing(office: Office, signed_in: Browser) -> None:
    change(signed_in, capacity="3", opens="07:00", reason="그대로")
    assert office.rows(RuleChange) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"opens": "22:30"},
        {"closes": "06:00"},
        {"opens": "25:00"},
        {"opens": "09:00Z", "closes": "18:00Z"},
        {"opens": "09:00+09:00"},
        {"ask_minutes": "40"},
        {"capacity": "0"},
        {"capacity": "많이"},
        {"assign": "lottery"},
        {"platform_hours": "99999"},
        {"capacity": "5", "reason": " "},
        {"capacity": "5", "reason": "가" * 501},
    ],
    ids=lambda wrong: " ".join(f"{name}={value[:5]}" for name, value in wrong.items()),
)
def test_what_makes_no_sense_is_refused_and_stands_in_the_form_again(
    office: Office, signed_in: Browser, wrong: dict[str, Any]
) -> None:
    answer = change(signed_in, **{"reason": "시험", **wrong})
    assert answer.status_code == 422
    name, value = next(iter(wrong.items()))
    assert name == "assign" or str(value) in answer.text
    assert 'aria-invalid="true"' in answer.text or name in ("opens", "closes", "ask_minutes")
    assert rules(office) == desk_rules.shipped()
    assert office.rows(RuleChange) == []


def test_a_form_that_is_out_of_date_changes_nothing_and_shows_what_holds(
    office: Office, signed_in: Browser
) -> None:
    change(signed_in, capacity="5", reason="먼저")
    stale = signed_in.post(PAGE, PAGE, seen="0", capacity="3", assign="round_robin", reason="나중")
    assert stale.status_code == 409
    assert 'value="5"' in stale.text and "나중" in stale.text
    assert (rules(office).capacity, rules(office).assign) == (5, "pull")


def test_a_refused_form_stays_out_of_date(office: Office, signed_in: Browser) -> None:
    change(signed_in, capacity="5", reason="먼저")
    fields = {"capacity": "3", "assign": "round_robin"}
    assert signed_in.post(PAGE, PAGE, seen="0", reason=" ", **fields).status_code == 409
    wrong = signed_in.post(PAGE, PAGE, seen="1", reason=" ", **fields)
    assert wrong.status_code == 422 and 'name="seen" value="1"' in wrong.text
    assert rules(office).capacity == 5


def test_two_changes_at_once_follow_each_other(office: Office) -> None:
    """Each is right alone; together the day would close before it opens."""
    barrier = Barrier(2)

    def change(values: dict[str, str]) -> bool:
        barrier.wait()
        try:
            with office.database.writing() as session:
                desk_rules.change(session, values=values, reason="함께", login="kim", now=utc_now())
        except BadRules:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(change, ({"opens": "17:00"}, {"closes": "16:00"})))
    assert sorted(done) == [False, True]


def test_a_changed_capacity_holds_for_who_never_chose_another(office: Office) -> None:
    with office.database.writing() as session:
        presence.set_state(session, login="kim", state="available", now=NOON)
        presence.set_state(session, login="lee", state="available", now=NOON, capacity=1)
        desk_rules.change(session, values={"capacity": "5"}, reason="시험", login="kim", now=NOON)
        assert presence.places(session, now=NOON) == 6


def test_a_counsellor_may_not_change_the_rules(office: Office, browser: Browser) -> None:
    office.account(role="counsellor")
    browser.sign_in()
    assert browser.get(PAGE).status_code == 403
    assert browser.post(PAGE, "/staff/conversations", capacity="5", reason="x").status_code == 403
    assert office.rows(RuleChange) == []


def test_a_kept_value_that_is_allowed_no_more_gives_way_to_what_was_shipped(
    office: Office,
) -> None:
    for name, after in (("capacity", 900), ("gone", 2)):
        row = RuleChange(name=name, before=1, after=after, reason="예전", login="kim", at=utc_now())
        with office.database.writing() as session:
            session.add(row)
    assert rules(office) == desk_rules.shipped()
