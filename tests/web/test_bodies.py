"""The link in a letter: it shows a page, and only the button on it changes anything."""

from itertools import count

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from bot.database import utc_now
from bot.tickets import one_click, service
from bot.tickets.delivery_models import TicketDelivery
from bot.tickets.models import Ticket
from bot.tickets.service import NewTicket
from bot.web.parts import Parts

MAILED = "jeju_construction"
_numbers = count(1)


def _link(parts: Parts) -> tuple[int, str]:
    """A ticket at a body that got a letter, and the token of the letter's link."""
    number = next(_numbers)
    with parts.database.writing() as session:
        new = NewTicket(
            kind="report",
            topic="street_light",
            fields={"location": "노형동 <b>우체국</b>"},
            language="ko",
            petition="grievance",
            office=MAILED,
            rule="",
        )
        opened = service.open_ticket(session, new=new, cipher=parts.cipher, now=utc_now())
    return opened.ticket.id, _letter(parts, opened.ticket.id, number)


def _letter(parts: Parts, ticket_id: int, number: int) -> str:
    with parts.database.writing() as session:
        delivery = TicketDelivery(
            ticket_id=ticket_id,
            office=MAILED,
            way="email",
            kind="opened",
            key=f"letter-{number}",
            state="sent",
            next_try_at=utc_now(),
        )
        session.add(delivery)
        return one_click.token(parts.links_key, delivery)


def _ticket(parts: Parts, ticket_id: int) -> Ticket:
    with parts.database.reading() as session:
        ticket = session.get_one(Ticket, ticket_id)
        assert ticket.events
        return ticket


def test_opening_the_link_changes_nothing(client: TestClient, parts: Parts) -> None:
    ticket_id, token = _link(parts)
    for method in ("get", "head", "get"):
        response = getattr(client, method)(f"/bodies/not-ours/{token}")
        assert response.status_code in (200, 405)
    page = client.get(f"/bodies/not-ours/{token}")
    assert "120으로 돌려보내기" in page.text
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert _ticket(parts, ticket_id).office == MAILED


def test_the_button_gives_the_ticket_back_to_the_desk_once(
    client: TestClient, parts: Parts
) -> None:
    ticket_id, token = _link(parts)
    given = {"reason": "한전 소관이에요. 문의 010-1234-5678"}
    assert client.post(f"/bodies/not-ours/{token}", data=given).status_code == 200
    ticket = _ticket(parts, ticket_id)
    assert ticket.office == "jeju120"
    [returned] = [event for event in ticket.events if event.what == "returned"]
    assert returned.actor == f"office:{MAILED}"
    assert "한전 소관이에요" in returned.details["reason"]
    assert "1234" not in returned.details["reason"]
    for again in (
        client.post(f"/bodies/not-ours/{token}"),
        client.get(f"/bodies/not-ours/{token}"),
    ):
        assert again.status_code == 404
        assert "더 쓸 수 없어요" in again.text


def test_the_page_keeps_the_bodys_own_number(client: TestClient, parts: Parts) -> None:
    ticket_id, token = _link(parts)
    response = client.post(f"/bodies/number/{token}?lang=en", data={"number": " R-2026/1\r\n "})
    assert "The number is saved." in response.text
    assert _ticket(parts, ticket_id).external_number == "R-2026/1"
    assert 'value="R-2026/1"' in client.get(f"/bodies/not-ours/{token}").text


def test_the_link_ends_when_the_ticket_leaves_the_body(client: TestClient, parts: Parts) -> None:
    ticket_id, token = _link(parts)
    for office in ("waterworks", MAILED):
        with parts.database.writing() as session:
            service.transfer(
                session,
                ticket=session.get_one(Ticket, ticket_id),
                office=office,
                reason="x",
                actor="staff:a",
                version=None,
                now=utc_now(),
            )
        if office == MAILED:
            assert client.get(f"/bodies/not-ours/{token}").status_code in (200, 404)
            newer = _letter(parts, ticket_id, next(_numbers))
            assert client.get(f"/bodies/not-ours/{newer}").status_code == 200
        assert office == MAILED or client.get(f"/bodies/not-ours/{token}").status_code == 404
    # The old letter stays over although the ticket is back.
    assert client.get(f"/bodies/not-ours/{token}").status_code == 404


@pytest.mark.parametrize("token", ["x", "A" * 22, "%00", "..%2F..", "x" * 3000])
def test_a_guessed_link_leads_nowhere(client: TestClient, token: str) -> None:
    assert client.get(f"/bodies/not-ours/{token}").status_code == 404
    assert client.post(f"/bodies/not-ours/{token}").status_code == 404


def test_the_database_holds_no_token(client: TestClient, parts: Parts) -> None:
    del client
    _, token = _link(parts)
    with parts.database.reading() as session:
        rows = session.scalars(select(TicketDelivery)).all()
    assert all(token not in str(vars(row)) for row in rows)
