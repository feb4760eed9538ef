"""Who may do what: roles, accounts, sessions, the audit log, the kill switches."""

from datetime import timedelta

import pytest
from sqlalchemy import delete, update
from sqlalchemy.exc import DatabaseError

from bot.conversations.switches_models import Switch
from bot.database import utc_now
from bot.staff import audit_log, people, rights, service
from bot.staff.models import AuditEvent, StaffAccount, StaffSession
from bot.staff.pages import MENU
from bot.wording import wording
from tests.staff.office import PASSWORD, Browser, Office

PAGES = {f"/staff/{name}": right for name, right in MENU}


def signs_in(office: Office, browser: Browser, role: str, login: str = "sunja") -> Browser:
    office.account(login, role)
    assert browser.sign_in(login).status_code == 303
    return browser


@pytest.mark.parametrize("role", rights.ROLES)
def test_each_role_opens_the_pages_of_its_rights_and_no_other(
    office: Office, browser: Browser, role: str
) -> None:
    signs_in(office, browser, role)
    for page, right in PAGES.items():
        answer = browser.get(page)
        assert answer.status_code == (200 if right in rights.rights_of(role) else 403), page
    first = browser.get("/staff/")
    opened = browser.get(first.headers["location"])
    assert opened.status_code == 200
    for page, right in PAGES.items():
        assert (f'href="{page}"' in opened.text) == (right in rights.rights_of(role))


def test_every_role_and_menu_entry_has_a_name() -> None:
    for role in rights.ROLES:
        assert wording().has(f"rights.role_{role}")
    for name, _ in MENU:
        assert wording().has(f"staff.menu_{name}")


def test_a_role_that_the_file_lost_may_do_nothing() -> None:
    assert rights.rights_of("king") == frozenset()


def test_an_unknown_right_makes_the_file_unusable(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("roles") / "roles.yml"
    path.write_text("counsellor: [everything]", encoding="utf-8")
    with pytest.raises(rights.RolesUnusable):
        rights.load(path)


def test_a_changed_role_holds_at_the_next_click_of_who_is_signed_in(
    office: Office, browser: Browser
) -> None:
    signs_in(office, browser, "supervisor")
    office.account("boss", "administrator")
    assert browser.get("/staff/switches").status_code == 200
    with office.database.writing() as session:
        boss = staff_of(office, "boss")
        people.change(session, login="sunja", role="counsellor", office="", by=boss, now=utc_now())
    assert browser.get("/staff/switches").status_code == 403
    assert browser.get("/staff/conversations").status_code == 200
    (entry,) = office.rows(AuditEvent, what="role_changed")
    assert (entry.login, entry.subject) == ("boss", "sunja")
    assert entry.details["from"][0] == "supervisor"


def staff_of(office: Office, login: str) -> service.Staff:
    (account,) = office.rows(StaffAccount, login=login)
    return service.Staff(account.id, login, login, account.role, False, "", account.office)


def test_an_administrator_makes_an_account_that_signs_in_with_its_one_time_password(
    office: Office, browser: Browser
) -> None:
    signs_in(office, browser, "administrator", "boss")
    page = browser.post(
        "/staff/people",
        "/staff/people",
        login="Yeongja",
        name="영자",
        role="officer",
        office="jeju_construction",
    )
    assert page.status_code == 200
    shown = page.text.split("지금 한 번만 보여요: ")[1].split("<")[0].strip()
    with office.database.reading() as session:
        assert service.verify(session, login="yeongja", password=shown)
    assert office.rows(StaffAccount, login="yeongja")[0].office == "jeju_construction"
    assert shown not in browser.get("/staff/people").text


def test_an_officer_needs_an_office_that_exists(office: Office, browser: Browser) -> None:
    signs_in(office, browser, "administrator", "boss")
    for wrong in ("", "ministry_of_magic"):
        page = browser.post(
            "/staff/people",
            "/staff/people",
            login="yeongja",
            name="영자",
            role="officer",
            office=wrong,
        )
        assert page.status_code == 422
    assert office.rows(StaffAccount, login="yeongja") == []


def test_the_last_administrator_stays(office: Office, browser: Browser) -> None:
    signs_in(office, browser, "administrator", "boss")
    demoted = browser.post("/staff/people/boss/role", "/staff/people", role="editor")
    closed = browser.post("/staff/people/boss/close", "/staff/people")
    assert (demoted.status_code, closed.status_code) == (409, 409)
    office.account("second", "administrator")
    assert (
        browser.post("/staff/people/boss/role", "/staff/people", role="editor").status_code == 303
    )


def test_a_closed_account_is_signed_out_at_once(office: Office, browser: Browser) -> None:
    signs_in(office, browser, "counsellor")
    office.account("boss", "administrator")
    with office.database.writing() as session:
        people.close(session, login="sunja", by=staff_of(office, "boss"), now=utc_now())
    assert browser.get("/staff/conversations").status_code == 303


def test_people_end_their_own_sessions_and_not_those_of_others(
    office: Office, browser: Browser
) -> None:
    signs_in(office, browser, "counsellor")
    office.account("other")
    with office.database.writing() as session:
        now = utc_now() - timedelta(minutes=1)
        for login in ("sunja", "other"):
            verified = service.verify(session, login=login, password=PASSWORD)
            service.sign_in(session, verified=verified, replaces=None, now=now, agent="Opera")
    page = browser.get("/staff/sessions").text
    assert "Opera" in page
    (me,) = office.rows(StaffAccount, login="sunja")
    by_owner = {row.account_id == me.id: row for row in office.rows(StaffSession, agent="Opera")}
    theirs = browser.post(f"/staff/sessions/{by_owner[False].id}/end", "/staff/sessions")
    assert theirs.status_code == 404
    own = browser.post(f"/staff/sessions/{by_owner[True].id}/end", "/staff/sessions")
    assert own.status_code == 303
    assert "Opera" not in browser.get("/staff/sessions").text


def test_the_audit_log_names_each_kind_of_act_once(office: Office) -> None:
    def kinds() -> list[str]:
        with office.database.reading() as session:
            return audit_log.kinds(session)

    assert kinds() == []
    for what in ("take", "note", "take", "mask"):
        with office.database.writing() as session:
            service.audit(session, login="kim", what=what, subject="x", now=utc_now())
    assert kinds() == ["mask", "note", "take"]


def test_the_audit_log_is_only_added_to(office: Office) -> None:
    office.account()
    assert office.rows(AuditEvent)
    for change in (
        update(AuditEvent).values(login="nobody"),
        delete(AuditEvent),
    ):
        with pytest.raises(DatabaseError), office.database.writing() as session:
            session.execute(change)
    assert office.rows(AuditEvent, login="nobody") == []


def test_an_auditor_reads_and_exports_the_log_and_sees_no_citizen(
    office: Office, browser: Browser
) -> None:
    office.change(
        lambda session: service.audit(
            session, login="sunja", what="secret_look", subject="=1+1", now=utc_now()
        )
    )
    signs_in(office, browser, "auditor", "eye")
    page = browser.get("/staff/audit?what=secret_look")
    assert "=1+1" in page.text
    file = browser.get("/staff/audit.csv?what=secret_look")
    assert file.headers["content-type"].startswith("text/csv")
    assert ",'=1+1," in file.text
    assert office.rows(AuditEvent, what="audit_export")
    assert browser.get("/staff/conversations").status_code == 403
    assert browser.get("/staff/audit?since=yesterday").status_code == 422


def test_the_bot_is_turned_off_and_on_with_a_reason_by_who_may(
    office: Office, browser: Browser
) -> None:
    signs_in(office, browser, "supervisor")
    fields = {
        "scope": "topic",
        "subject": "bulky_waste",
        "reason": "요금이 바뀌었어요",
        "banner_ko": "<b>고치고 있어요</b>",
        "banner_en": "Being mended",
    }
    answer = browser.post("/staff/switches", "/staff/switches", **fields)
    assert answer.headers["location"] == "/staff/switches?done=switched_off"
    page = browser.get("/staff/switches").text
    assert "&lt;b&gt;고치고 있어요&lt;/b&gt;" in page
    (switch,) = office.rows(Switch)
    browser.post(f"/staff/switches/{switch.id}/on", "/staff/switches")
    (switch,) = office.rows(Switch)
    assert switch.on_by == "sunja"
    assert {one.what for one in office.rows(AuditEvent, subject="topic:bulky_waste")} == {
        "switch_off",
        "switch_on",
    }
    for slip in ({"subject": "bulky_wast"}, {"scope": "channel", "subject": "kakaotalk"}):
        wrong = browser.post("/staff/switches", "/staff/switches", **{**fields, **slip})
        assert wrong.status_code == 422
    assert len(office.rows(Switch)) == 1
    incomplete = browser.post("/staff/switches", "/staff/switches", **{**fields, "reason": ""})
    assert incomplete.status_code == 422
    assert "Being mended" in incomplete.text


def test_a_counsellor_cannot_send_the_form_of_a_switch(office: Office, browser: Browser) -> None:
    signs_in(office, browser, "counsellor")
    answer = browser.post("/staff/switches", "/staff/password", scope="bot", reason="x")
    assert answer.status_code == 403
    assert office.rows(Switch) == []


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "2026-13-01"])
def test_a_day_that_no_log_has_gets_a_sentence(office: Office, browser: Browser, day: str) -> None:
    signs_in(office, browser, "auditor")
    assert browser.get(f"/staff/audit?since={day}&until={day}").status_code == 422
    assert browser.get("/staff/audit?login=%00").status_code == 200
