"""Tickets from the phone desk: filled, routed, sealed, opened once."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI

from bot.conversations.rasa_client import RasaClient
from bot.staff.calls_models import Call as Logged
from bot.staff.models import AuditEvent
from bot.tickets import service as tickets
from bot.tickets.models import Ticket, TicketSecret
from tests.staff.office import Browser, Office
from tests.staff.phoning import FACETS, RANKINGS, REPORT, Call, hidden, load_articles
from tests.support.parsing import parsing_rasa


@pytest.fixture
def call(app: FastAPI, office: Office, signed_in: Browser, tmp_path: Path) -> Iterator[Call]:
    """A call that the counsellor `sunja` has just taken."""
    load_articles(office, tmp_path / "articles")
    with parsing_rasa(RANKINGS, FACETS) as rasa:
        app.state.rasa = RasaClient(rasa.url, "token", 5.0)
        yield Call.taken(signed_in)


def test_the_form_is_filled_with_what_the_caller_said(call: Call) -> None:
    said = "노형로터리에 구멍이 크게 났어요"
    page = call.send("ticket-form", make="road_damage", question=said).text
    assert f'name="field_location" maxlength="200" value="{said}"' in page
    assert '<option value="pothole" selected>' in page
    assert 'name="field_photo"' not in page


def test_a_ticket_is_routed_logged_and_its_code_read_out(office: Office, call: Call) -> None:
    page = call.ticket("road_damage", **REPORT).text
    (ticket,) = office.rows(Ticket)
    assert (ticket.origin, ticket.kind, ticket.state) == ("phone", "report", "received")
    assert ticket.office == "jeju_construction"
    assert ticket.conversation_id is None
    assert ticket.receipt_number in page
    code = page.split('<dd class="big">')[2].split("<")[0]
    with office.database.writing() as session:
        found = tickets.find_for_citizen(
            session,
            receipt_number=ticket.receipt_number,
            check_code=code,
            now=ticket.created_at,
        )
        assert found is not None
    (logged,) = office.rows(Logged)
    assert (logged.result, logged.topic) == ("ticket", "road_damage")
    assert logged.receipt == ticket.receipt_number
    (opened,) = office.rows(AuditEvent, what="ticket_open")
    assert opened.details["office"] == "jeju_construction"


def test_a_phone_number_is_sealed_when_the_caller_agreed_aloud(office: Office, call: Call) -> None:
    call.ticket("road_damage", **REPORT, field_contact="010-2345-6789", consented="true")
    (ticket,) = office.rows(Ticket)
    assert ticket.fields["contact"] == "[전화번호 1]"
    assert ticket.consent_version.endswith("-spoken")
    assert ticket.consented_at is not None
    (secret,) = office.rows(TicketSecret)
    assert b"2345" not in secret.ciphertext
    with office.database.writing() as session:
        kept = session.get_one(Ticket, ticket.id)
        number = tickets.look_at_secret(
            session,
            ticket=kept,
            placeholder="[전화번호 1]",
            cipher=office.cipher,
            actor="staff:sunja",
            now=ticket.created_at,
        )
    assert number == "010-2345-6789"


def test_without_consent_a_phone_number_is_refused_and_not_kept(office: Office, call: Call) -> None:
    page = call.ticket("road_damage", **REPORT, field_contact="010-2345-6789")
    assert page.status_code == 422
    assert "동의를 받아 주세요" in page.text
    assert office.rows(Ticket) == []


def test_a_number_in_the_details_is_masked_without_consent_and_not_kept(
    office: Office, call: Call
) -> None:
    call.ticket("road_damage", **(REPORT | {"field_detail": "구멍이요 010-2345-6789"}))
    (ticket,) = office.rows(Ticket)
    assert ticket.fields["detail"] == "구멍이요 [전화번호 1]"
    assert office.rows(TicketSecret) == []


def test_what_is_missing_is_marked_and_what_was_typed_stays(office: Office, call: Call) -> None:
    page = call.ticket("road_damage", **(REPORT | {"field_danger": "", "field_damage_type": ""}))
    assert page.status_code == 422
    assert page.text.count('aria-invalid="true"') == 2
    assert 'value="노형로터리"' in page.text
    assert office.rows(Ticket) == []


def test_a_place_of_a_shared_name_is_asked_about_and_then_routed(
    office: Office, call: Call
) -> None:
    fields = REPORT | {"field_location": "중앙동 우체국 앞"}
    asked = call.ticket("road_damage", **fields)
    assert asked.status_code == 422
    assert "서귀포시 중앙동" in asked.text
    places = asked.text.split('name="place" value="')[1:]
    chosen = next(one[0] for one in places if "서귀포시" in one.split("</label>")[0])
    call.ticket("road_damage", **fields, place=chosen)
    (ticket,) = office.rows(Ticket)
    assert (ticket.city, ticket.district) == ("서귀포시", "중앙동")


def test_a_form_sent_twice_opens_one_ticket(office: Office, call: Call) -> None:
    form = call.send("ticket-form", make="road_damage")
    opening = hidden(form, "opening")
    first = call.send("ticket", make="road_damage", opening=opening, **REPORT)
    again = call.send("ticket", make="road_damage", opening=opening, joins="-", **REPORT)
    assert len(office.rows(Ticket)) == 1
    assert 'class="big"' in first.text
    assert "이미 접수한 통화" in again.text


def test_a_caller_may_join_what_is_open_already(office: Office, call: Call) -> None:
    call.ticket("road_damage", **REPORT)
    (first,) = office.rows(Ticket)
    second = Call.taken(call.browser)
    asked = second.ticket("road_damage", **REPORT)
    assert f'name="joins" value="{first.receipt_number}"' in asked.text
    assert len(office.rows(Ticket)) == 1
    second.ticket("road_damage", **REPORT, joins=first.receipt_number)
    joined = next(one for one in office.rows(Ticket) if one.id != first.id)
    assert (joined.parent_id, joined.state) == (first.id, "duplicate")


def test_a_topic_without_a_form_and_a_form_without_its_id_open_nothing(
    office: Office, call: Call
) -> None:
    assert call.send("ticket-form", make="passport_issue").status_code == 422
    assert call.send("ticket", make="road_damage", opening="1", **REPORT).status_code == 422
    assert office.rows(Ticket) == []


def test_a_script_in_a_field_is_only_text(call: Call) -> None:
    fields = REPORT | {"field_location": "<script>alert(1)</script>", "field_danger": ""}
    page = call.ticket("road_damage", **fields)
    assert "<script>alert" not in page.text
    assert "&lt;script&gt;alert" in page.text


def test_a_field_of_ten_thousand_characters_is_refused(office: Office, call: Call) -> None:
    for letters in (501, 2_001, 10_000):
        page = call.ticket("road_damage", **(REPORT | {"field_detail": "가" * letters}))
        assert page.status_code in (413, 422), letters
    assert office.rows(Ticket) == []
