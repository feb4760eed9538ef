"""The list, exports, acts on several, deliveries and incidents as a browser sees them."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from bot.database import Database, utc_now
from bot.paths import ROOT
from bot.staff.models import AuditEvent
from bot.staff.ticket_policy import DeskTickets, DeskTicketsUnusable, desk_tickets
from bot.tickets.delivery_models import TicketDelivery
from bot.tickets.models import Incident
from bot.wording import wording
from tests.staff.office import Browser, Office
from tests.staff.tickets_desk import DESK, ROADS, opened, parked, put

TEMPLATES = ROOT / "bot/web/templates/staff"


@pytest.fixture
def database(sqlite_template: Path, tmp_path: Path) -> Iterator[Database]:
    made = Database(f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'ilsa.db')}")
    yield made
    made.dispose()


@pytest.fixture
def chief(office: Office, browser: Browser) -> Browser:
    """A browser in which a supervisor is signed in."""
    office.account("chief", "supervisor")
    assert browser.sign_in("chief").status_code == 303
    return browser


# The list


@pytest.mark.parametrize(
    "show", ["open", "overdue", "soon", "mine", "unassigned", "awaiting", "undelivered", "all"]
)
def test_every_view_opens(office: Office, signed_in: Browser, show: str) -> None:
    receipt = opened(office)
    answer = signed_in.get(f"/staff/tickets?show={show}")
    assert answer.status_code == 200
    assert (receipt in answer.text) == (show in ("open", "unassigned", "all"))


def test_chosen_filters_stay_chosen_in_the_tabs_and_the_next_page(
    office: Office, signed_in: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.staff.tickets.PAGE", 1)
    opened(office), opened(office)
    page = signed_in.get("/staff/tickets?show=open&topic=road_damage").text
    assert 'href="/staff/tickets?show=all&amp;topic=road_damage"' in page
    assert '<option value="road_damage" selected>' in page
    following = page.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0]
    assert "topic=road_damage" in following
    second = signed_in.get(following.replace("&amp;", "&"))
    assert second.status_code == 200
    assert "처음으로" in second.text


@pytest.mark.parametrize(
    "query", ["show=everything", "state=lost", "kind=wish", "after=x", "incident=x", "office=%00"]
)
def test_a_list_that_cannot_be_is_refused_or_empty(signed_in: Browser, query: str) -> None:
    answer = signed_in.get(f"/staff/tickets?{query}")
    assert answer.status_code == (200 if query.endswith("%00") else 422)


def test_a_ticket_is_found_by_the_number_a_caller_reads_out(
    office: Office, signed_in: Browser
) -> None:
    receipt = opened(office)
    answer = signed_in.get("/staff/tickets/find", params={"number": f" {receipt.lower()} "})
    assert answer.headers["location"] == f"/staff/tickets/{receipt}"
    assert signed_in.get("/staff/tickets/find?number=nothing").status_code == 404


def test_the_part_that_refreshes_holds_counts_and_no_rows(
    office: Office, signed_in: Browser
) -> None:
    receipt = opened(office)
    part = signed_in.get("/staff/tickets?live=true", headers={"X-Staff-Live": "1"})
    assert 'id="shows"' in part.text
    assert receipt not in part.text


# Files


@pytest.mark.parametrize("format", ["csv", "jsonl"])
def test_a_list_is_taken_out_as_a_file_and_that_is_recorded(
    office: Office, chief: Browser, format: str
) -> None:
    receipt, other = opened(office), opened(office, topic="noise")
    answer = chief.get(f"/staff/tickets.{format}?show=all&topic=road_damage")
    assert answer.status_code == 200
    assert "attachment" in answer.headers["content-disposition"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert receipt in answer.text
    assert other not in answer.text
    (entry,) = office.rows(AuditEvent, what="ticket_export")
    assert entry.details == {"show": "all", "format": format, "topic": "road_damage"}
    assert chief.get("/staff/tickets.xls").status_code == 422


def test_a_file_needs_the_right_to_it(office: Office, signed_in: Browser) -> None:
    opened(office)
    assert signed_in.get("/staff/tickets.csv").status_code == 403
    assert "tickets.csv" not in signed_in.get("/staff/tickets").text
    assert not office.rows(AuditEvent, what="ticket_export")


# Several at once


def test_several_are_passed_on_at_once_and_each_result_listed(
    office: Office, signed_in: Browser
) -> None:
    one, two = opened(office), opened(office)
    put(office, two, version=5)
    token = signed_in.csrf("/staff/tickets")
    data = {"csrf": token, "act": "transfer", "office": "한국전력", "text": "전봇대예요"}
    answer = signed_in.client.post(
        "/staff/tickets/bulk", data={**data, "chosen": [f"{one}:1", f"{two}:1"]}
    )
    assert answer.status_code == 200
    assert "모두 2건 가운데 1건을 했어요." in answer.text
    assert "그사이 다른 직원이" in answer.text
    assert office.stored_ticket(one).office == "kepco"
    assert office.stored_ticket(two).office == ROADS


def test_nothing_chosen_and_a_forged_form_change_nothing(
    office: Office, signed_in: Browser
) -> None:
    one = opened(office)
    token = signed_in.csrf("/staff/tickets")
    nothing = signed_in.client.post("/staff/tickets/bulk", data={"csrf": token, "act": "note"})
    assert nothing.status_code == 422
    assert "먼저 접수를 골라 주세요." in nothing.text
    forged = signed_in.client.post(
        "/staff/tickets/bulk", data={"act": "note", "chosen": f"{one}:1"}
    )
    assert forged.status_code == 403


# Deliveries and incidents


def test_what_was_not_delivered_is_listed_tried_again_or_settled(
    office: Office, signed_in: Browser
) -> None:
    receipt = opened(office)
    parked(office, receipt, key="a"), parked(office, receipt, key="b")
    page = "/staff/deliveries"
    shown = signed_in.get(page).text
    assert shown.count(receipt) >= 2
    assert "550 &lt;b&gt;no&lt;/b&gt;" in shown
    first, second = office.rows(TicketDelivery)
    assert signed_in.post(f"{page}/{first.id}/again", page).status_code == 303
    assert signed_in.post(f"{page}/{second.id}/settle", page).status_code == 303
    assert [one.state for one in office.rows(TicketDelivery)] == ["waiting", "dropped"]
    assert "모두 전달됐어요." in signed_in.get(page).text
    assert signed_in.post(f"{page}/{first.id}/again", page).status_code == 404
    assert {one.what for one in office.rows(AuditEvent)} >= {"delivery_again", "delivery_settled"}


def test_an_incident_is_ended_by_who_may_and_then_stands_among_the_past(
    office: Office, chief: Browser
) -> None:
    office.change(
        lambda s: s.add(Incident(topic="noise", city="제주시", district="연동", began_at=utc_now()))
    )
    (incident,) = office.rows(Incident)
    page = "/staff/incidents"
    assert "연동" in chief.get(page).text
    assert chief.post(f"{page}/{incident.id}/end", page).status_code == 303
    (ended,) = office.rows(Incident)
    assert ended.ended_by == "staff:chief"
    assert "지금 몰린 신고가 없어요." in chief.get(page).text
    assert chief.post(f"{page}/{incident.id}/end", page).status_code == 404


def test_a_counsellor_sees_an_incident_and_cannot_end_it(
    office: Office, signed_in: Browser
) -> None:
    office.change(
        lambda s: s.add(Incident(topic="noise", city="제주시", district="연동", began_at=utc_now()))
    )
    page = signed_in.get("/staff/incidents").text
    assert "연동" in page
    assert "/end" not in page
    (incident,) = office.rows(Incident)
    assert (
        signed_in.post(f"/staff/incidents/{incident.id}/end", "/staff/tickets").status_code == 403
    )


def test_a_day_that_is_none_is_a_sentence(signed_in: Browser) -> None:
    for day in ("tomorrow", "2026-13-01", "0001-01-01"):
        answer = signed_in.get(f"/staff/visits?day={day}")
        assert answer.status_code == 422
        assert "날짜와 시간을 다시 골라 주세요." in answer.text


def test_a_call_is_recorded_from_the_list(office: Office, signed_in: Browser) -> None:
    receipt = opened(office, kind="callback", topic="callback", office=DESK, petition="other")
    page = "/staff/callbacks"
    answer = signed_in.post(
        f"/staff/tickets/{receipt}/tried", page, version="1", back="callbacks", outcome="not"
    )
    assert answer.headers["location"] == f"{page}?done=ticket_tried"
    assert "전화 1번" in signed_in.get(page).text


# Words and rules are data


def test_every_sentence_of_these_pages_exists() -> None:
    own = [
        *TEMPLATES.glob("*ticket*.html"),
        *(
            TEMPLATES / f"{name}.html"
            for name in (*("board", "visits", "callbacks", "deliveries", "incidents", "_delivery"),)
        ),
    ]
    named = {
        key
        for path in own
        for key in re.findall(r"""\bt\(["'](desk_tickets\.[a-z_0-9]+)["'][,)]""", path.read_text())
    }
    assert len(named) > 80
    assert [key for key in sorted(named) if not wording().has(key)] == []
    for reason in desk_tickets().extension_reasons:
        assert wording().has(f"desk_tickets.extension_{reason}")


def test_a_file_of_rules_that_makes_no_sense_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "desk_tickets.yml"
    rules = {"extension_reasons": [], "bulk_at_most": 0, "figures_of": 1}
    path.write_text(yaml.safe_dump(rules), encoding="utf-8")
    with pytest.raises(DeskTicketsUnusable):
        DeskTickets.load(path)
    with pytest.raises(DeskTicketsUnusable):
        DeskTickets.load(tmp_path / "none.yml")
