"""An officer sees and changes the tickets of the own office alone, on every route there is."""

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi.routing import APIRoute

from bot.attachments.models import Attachment
from bot.database import Database, utc_now
from bot.hours import SEOUL
from bot.staff import (
    delivery_routes,
    incident_routes,
    photo_routes,
    ticket_bulk_routes,
    ticket_page_routes,
    ticket_routes,
    visit_routes,
)
from bot.staff.models import AuditEvent, StaffAccount
from bot.staff.ticket_acts import ACTS
from bot.tickets.delivery_models import TicketDelivery
from bot.tickets.models import Incident, Ticket
from tests.staff.office import Browser, Office
from tests.staff.tickets_desk import ROADS, act, officer, opened, put

OTHERS = "seogwipo_construction"
SECRET_WORDS = "남의 부서 접수에만 적힌 말"
MODULES = (
    *(ticket_routes, ticket_page_routes, ticket_bulk_routes, visit_routes),
    *(delivery_routes, incident_routes, photo_routes),
)


@pytest.fixture
def database(sqlite_template: Path, tmp_path: Path) -> Iterator[Database]:
    made = Database(f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'ilsa.db')}")
    yield made
    made.dispose()


@dataclass
class Strange:
    """A ticket of another office with all that hangs on one."""

    receipt: str
    ticket: Ticket
    delivery: int
    incident: int
    photo: str = "q" * 43


@pytest.fixture
def strange(office: Office) -> Strange:
    now = utc_now()
    receipt = opened(
        office,
        kind="visit",
        topic="visiting_service",
        office=OTHERS,
        fields={"detail": SECRET_WORDS, "location": SECRET_WORDS},
        secrets=[("[전화번호 1]", "phone", "010-2345-6789")],
    )
    ticket = office.stored_ticket(receipt)
    with office.database.writing() as session:
        incident = Incident(topic="noise", city="서귀포시", district="중문동", began_at=now)
        delivery = TicketDelivery(
            ticket_id=ticket.id,
            office=OTHERS,
            way="email",
            kind="opened",
            key="k",
            state="parked",
            next_try_at=now,
            last_error=SECRET_WORDS,
        )
        session.add_all([incident, delivery])
        session.add(
            Attachment(
                id="q" * 43,
                ticket_id=ticket.id,
                media_type="image/jpeg",
                size=1,
                width=1,
                height=1,
                sha256="0" * 64,
            )
        )
        session.flush()
        session.get_one(Ticket, ticket.id).incident_id = incident.id
        session.get_one(Ticket, ticket.id).appointment_at = now + timedelta(minutes=1)
        ids = delivery.id, incident.id
    return Strange(receipt, office.stored_ticket(receipt), *ids)


def routes() -> list[tuple[str, str]]:
    """Method and path of every route of these pages."""
    found = sorted(
        (method, f"/staff{route.path}")
        for module in MODULES
        for route in module.router.routes
        if isinstance(route, APIRoute)
        for method in (route.methods or set()) & {"GET", "POST"}
    )
    assert len(found) >= 15
    return found


def addresses(path: str, strange: Strange) -> list[str]:
    """A route's addresses that name another office's ticket, in every way the route knows."""
    day = (utc_now() + timedelta(minutes=1)).astimezone(SEOUL).date().isoformat()
    lists = [f"{path}?show=all", f"{path}?show=undelivered", f"{path}?day={day}", path]
    if "{" not in path:
        return [f"{path}?number={strange.receipt}"] if path.endswith("/find") else lists
    values: dict[str, list[str]] = {
        "receipt_number": [strange.receipt],
        "attachment_id": [strange.photo],
        "delivery_id": [str(strange.delivery)],
        "incident_id": [str(strange.incident)],
        "act": [*ACTS],
        "format": ["csv", "jsonl"],
    }
    found = [path]
    for name in re.findall(r"\{(\w+)\}", path):
        found = [one.replace(f"{{{name}}}", value) for one in found for value in values[name]]
    return found


def test_no_route_shows_or_changes_a_ticket_of_another_office(
    office: Office, browser: Browser, strange: Strange
) -> None:
    own = opened(office)
    officer(office, browser)
    csrf = browser.csrf(f"/staff/tickets/{own}")
    fields = {
        "csrf": csrf,
        "version": str(strange.ticket.version),
        "placeholder": "[전화번호 1]",
        "text": "이유",
        "office": "한국전력",
        "login": "gangho",
        "to": "in_progress",
        "receipt": own,
        "reason": "on_site",
        "outcome": "not",
        "number": "7",
        "at": "2099-01-05T10:00",
        "officer": "강호",
        "act": "note",
        "chosen": f"{strange.receipt}:{strange.ticket.version}",
    }
    walked = 0
    for method, path in routes():
        for address in addresses(path, strange):
            answer = browser.client.request(
                method, address, data=fields if method == "POST" else None
            )
            names_it = "{" in path or path.endswith("/find")
            about_ticket = names_it and "format" not in path
            assert answer.status_code == (403 if about_ticket else answer.status_code), address
            assert answer.status_code < 500, address
            assert SECRET_WORDS not in answer.text, address
            assert "010-2345-6789" not in answer.text, address
            if strange.receipt not in address and path != "/staff/tickets/bulk":
                assert strange.receipt not in answer.text, address
            walked += 1
    assert walked > 30
    after = office.stored_ticket(strange.receipt)
    assert (after.version, after.state, after.office) == (
        *(strange.ticket.version, strange.ticket.state, OTHERS),
    )
    assert office.rows(TicketDelivery)[0].state == "parked"
    assert office.rows(Incident)[0].ended_at is None
    assert not [one for one in office.rows(AuditEvent) if one.subject == strange.receipt]


def test_asking_for_another_offices_list_is_refused(
    office: Office, browser: Browser, strange: Strange
) -> None:
    officer(office, browser)
    assert browser.get(f"/staff/tickets?show=all&office={OTHERS}").status_code == 403
    assert strange.receipt not in browser.get(f"/staff/tickets?incident={strange.incident}").text
    assert strange.receipt not in browser.get("/staff/tickets?city=서귀포시&show=all").text
    assert "중문동" not in browser.get("/staff/incidents").text


def test_an_officer_without_an_office_sees_nothing(
    office: Office, browser: Browser, strange: Strange
) -> None:
    officer(office, browser, of=None)
    assert browser.get(f"/staff/tickets/{strange.receipt}").status_code == 403
    assert strange.receipt not in browser.get("/staff/tickets?show=all").text


def test_a_ticket_that_was_passed_on_is_no_longer_open_to_the_officer(
    office: Office, browser: Browser
) -> None:
    receipt = opened(office)
    officer(office, browser)
    answer = act(office, browser, receipt, "transfer", office="한국전력", text="전봇대예요")
    assert answer.headers["location"] == "/staff/tickets?done=ticket_transfer"
    assert "다른 부서로 넘겼어요." in browser.get(answer.headers["location"]).text
    assert browser.get(f"/staff/tickets/{receipt}").status_code == 403
    assert receipt not in browser.get("/staff/tickets?show=all").text


def test_an_officer_gives_a_ticket_only_to_the_own_people(office: Office, browser: Browser) -> None:
    receipt = opened(office)
    office.account("other", "officer")
    office.change(
        lambda s: s.query(StaffAccount).filter_by(login="other").update({"office": OTHERS})
    )
    officer(office, browser)
    page = browser.get(f"/staff/tickets/{receipt}").text
    assert 'value="gangho"' in page
    assert 'value="other"' not in page
    assert act(office, browser, receipt, "assign", login="other").status_code == 422


def test_a_ticket_is_not_merged_into_one_of_another_office(
    office: Office, browser: Browser, strange: Strange
) -> None:
    mine = opened(office)
    officer(office, browser)
    answer = act(office, browser, mine, "merge", receipt=strange.receipt)
    assert answer.status_code == 403
    assert office.stored_ticket(mine).parent_id is None


def test_relatives_in_other_offices_are_only_counted(
    office: Office, browser: Browser, strange: Strange
) -> None:
    mine = opened(office)
    put(office, strange.receipt, parent_id=office.stored_ticket(mine).id)
    officer(office, browser)
    page = browser.get(f"/staff/tickets/{mine}").text
    assert "다른 부서 접수 1건은 보이지 않아요." in page
    assert strange.receipt not in page


def test_an_officer_sees_no_conversation_and_looks_at_sealed_data_of_the_own_office(
    office: Office, browser: Browser
) -> None:
    talk = office.talk("구멍이 났어요")
    receipt = office.ticket(talk)
    officer(office, browser)
    page = f"/staff/tickets/{receipt}"
    assert talk not in browser.get(page).text
    looked = browser.post(f"{page}/secret", page, placeholder="[전화번호 1]")
    assert "010-2345-6789" in looked.text
    assert office.stored_ticket(receipt).office == ROADS


@pytest.mark.parametrize("role", ["editor", "auditor"])
def test_who_has_no_right_to_tickets_opens_none_of_these_pages(
    office: Office, browser: Browser, strange: Strange, role: str
) -> None:
    office.account("other", role)
    browser.sign_in("other")
    for method, path in routes():
        for address in addresses(path, strange):
            answer = browser.client.request(method, address)
            # A form without its token is refused as such before the right is looked at.
            assert answer.status_code == 403, (method, address)
            assert SECRET_WORDS not in answer.text


def test_nobody_signed_in_is_led_to_sign_in(browser: Browser, strange: Strange) -> None:
    for method, path in routes():
        for address in addresses(path, strange):
            answer = browser.client.request(method, address)
            assert answer.status_code == 303, (method, address)
            assert "/staff/sign-in" in answer.headers["location"]
