"""The server as clients meet it: by a client that is not ours, by the schemas, in both formats."""

from datetime import timedelta
from itertools import count
from threading import Thread
from typing import Any

import httpx
import pytest
from defusedxml import ElementTree
from georeport import GeoReport
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.database import utc_now
from bot.open311 import keys, services
from bot.open311.xml import written
from bot.tickets import service as tickets
from bot.tickets.models import Ticket, TicketSecret
from bot.web.parts import Parts
from tests.open311.caller import (
    LAMP,
    Caller,
    check_definition,
    check_request,
    check_service,
)
from tests.tickets.stored import stored

FORMATS = ["json", "xml"]


def _ticket(parts: Parts, number: str) -> Ticket:
    with parts.database.reading() as session:
        return session.scalars(select(Ticket).where(Ticket.receipt_number == number)).one()


_numbers = count(1)


def _in_a_chat(session: Session, **given: Any) -> Ticket:
    """A ticket that a citizen opened in a chat."""
    return stored(session, receipt_number=f"120-2025-{next(_numbers):06d}", **given)


def _error(response: httpx.Response) -> dict[str, Any]:
    """The one error of an answer that is one."""
    [error] = response.json()
    assert error["code"] == response.status_code
    return dict(error)


# A client that is not ours


@pytest.mark.parametrize("fmt", FORMATS)
def test_the_public_client_lists_services_definitions_and_requests(
    base: str, caller: Caller, fmt: str
) -> None:
    number, other = caller.opened(), caller.opened()
    client = GeoReport(base, jurisdiction="jeju.go.kr", output_format=fmt)
    listed = client.get_service_list()
    assert {one["service_code"] for one in listed} == set(services.codes())
    assert client.get_service_definition("street_light")["service_code"] == "street_light"
    assert client.get_service_request(number)["service_request_id"] == number
    found = client.get_service_requests(service_request_id=f"{number},{other}")
    assert {one["service_request_id"] for one in found} == {number, other}
    assert client.get_service_requests(service_code="street_light", status="open")


# The schemas


def test_every_service_keeps_the_rules_of_the_schema(caller: Caller) -> None:
    listed = caller.http.get("/services.json").json()
    assert len(listed) > 25
    for service in listed:
        check_service(service)
        definition = caller.http.get(f"/services/{service['service_code']}.json").json()
        check_definition(definition)
        assert bool(definition["attributes"]) == service["metadata"]


def test_every_request_keeps_the_rules_of_the_schema(caller: Caller) -> None:
    caller.opened(lat="33.4996", long="126.5312", address_string=None)
    for request in caller.http.get("/requests.json").json():
        check_request(request)


def test_choices_of_a_form_are_a_list_of_values(caller: Caller) -> None:
    definition = caller.http.get("/services/street_light.json").json()
    lists = [one for one in definition["attributes"] if one["datatype"] == "singlevaluelist"]
    assert lists
    assert all(one["values"] for one in lists)


def test_the_discovery_names_this_server_in_both_formats(base: str, caller: Caller) -> None:
    [endpoint] = caller.http.get("/discovery.json").json()["endpoints"]
    assert endpoint["url"] == base
    root = ElementTree.fromstring(caller.http.get("/discovery.xml").content)
    assert root.tag == "discovery"
    assert root.findtext("endpoints/endpoint/url") == base
    assert [one.text for one in root.iter("format")] == endpoint["formats"]


# Formats


def test_xml_and_json_tell_the_same(caller: Caller) -> None:
    number = caller.opened(description='5 < 7 & "따옴표" 😀')
    root = ElementTree.fromstring(caller.http.get(f"/requests/{number}.xml").content)
    assert root.tag == "service_requests"
    [read] = list(root)
    assert read.tag == "request"
    told = caller.one(number)
    assert {part.tag: part.text for part in read} == {
        name: None if value is None else str(value) for name, value in told.items()
    }
    assert told["description"] == '5 < 7 & "따옴표" 😀'


def test_what_xml_cannot_hold_is_left_out() -> None:
    root = ElementTree.fromstring(written("errors", [{"description": "a\x00b\x0b\ufffec\ud800"}]))
    assert root.findtext("error/description") == "abc"


@pytest.mark.parametrize(
    ("path", "accept", "kind"),
    [
        ("/services", "*/*", "text/xml"),
        ("/services", "application/json", "application/json"),
        ("/services", "text/html,application/xml,application/json", "text/xml"),
        ("/services.json", "text/xml", "application/json"),
        ("/services.xml", "application/json", "text/xml"),
        ("/nowhere.json", "*/*", "application/json"),
        ("/services.txt", "*/*", "text/xml"),
    ],
)
def test_the_ending_decides_the_format_and_else_what_is_accepted(
    caller: Caller, path: str, accept: str, kind: str
) -> None:
    response = caller.http.get(path, headers={"accept": accept})
    assert response.headers["content-type"] == f"{kind}; charset=utf-8"


def test_english_is_answered_to_who_prefers_it(caller: Caller) -> None:
    headers = {"accept-language": "en-GB,en"}
    [lamp] = [
        one
        for one in caller.http.get("/services.json", headers=headers).json()
        if one["service_code"] == "street_light"
    ]
    assert lamp["service_name"].isascii()


# Posting


@pytest.mark.parametrize("fmt", FORMATS)
def test_a_posted_request_is_a_ticket_like_any_other(
    caller: Caller, parts: Parts, fmt: str
) -> None:
    response = caller.post(fmt)
    assert response.status_code == 200
    if fmt == "json":
        [opened] = response.json()
    else:
        [request] = ElementTree.fromstring(response.content)
        opened = {part.tag: part.text for part in request}
    assert "token" not in opened
    ticket = _ticket(parts, opened["service_request_id"])
    assert (ticket.origin, ticket.kind, ticket.topic) == ("open311", "report", "street_light")
    assert (ticket.city, ticket.district) == ("제주시", "노형동")
    assert ticket.office != "jeju120"
    assert ticket.routed_by.startswith("street_light/")
    assert ticket.fields["symptom"] == "out"
    told = caller.one(ticket.receipt_number)
    assert told["status"] == "open"
    assert told["expected_datetime"].endswith("+09:00")
    assert told["service_code"] == "street_light"


def test_a_shared_spot_finds_its_district_and_comes_back(caller: Caller, parts: Parts) -> None:
    number = caller.opened(lat="33.4890", long="126.4983", address_string=None)
    ticket = _ticket(parts, number)
    assert ticket.city == "제주시"
    assert ticket.district
    told = caller.one(number)
    assert (told["lat"], told["long"]) == (33.4890, 126.4983)


def test_a_place_that_several_villages_share_is_left_to_the_desk(
    caller: Caller, parts: Parts
) -> None:
    number = caller.opened(address_string="월평동")
    assert _ticket(parts, number).office == "jeju120"


def test_personal_data_are_sealed_and_never_come_out(caller: Caller, parts: Parts) -> None:
    number = caller.opened(
        description="불이 꺼졌어요. 010-9876-5432로 알려 주세요. 주민번호 900101-1234568",
        phone="010-1111-2222",
        email="kim@example.com",
        first_name="철수",
        last_name="김",
    )
    with parts.database.reading() as session:
        ticket = session.scalars(select(Ticket).where(Ticket.receipt_number == number)).one()
        sealed = session.scalars(select(TicketSecret).where(TicketSecret.ticket_id == ticket.id))
        assert sorted(one.kind for one in sealed) == ["email", "phone", "phone"]
        kept = str(ticket.fields)
    shown = caller.http.get(f"/requests/{number}.json").text
    for secret in ("9876", "1111", "900101", "kim@", "철수"):
        assert secret not in kept
        assert secret not in shown
    with parts.database.writing() as session:
        ticket = session.scalars(select(Ticket).where(Ticket.receipt_number == number)).one()
        [phone, email] = ticket.fields["contact"].split(", ")
        assert [
            tickets.look_at_secret(
                session,
                ticket=ticket,
                placeholder=name,
                cipher=parts.cipher,
                actor="staff:a",
                now=utc_now(),
            )
            for name in (phone, email)
        ] == ["010-1111-2222", "kim@example.com"]


def test_a_phone_abroad_is_sealed_as_well(caller: Caller, parts: Parts) -> None:
    number = caller.opened(phone="+44 20 7946 0958")
    assert "7946" not in str(_ticket(parts, number).fields)


def test_the_same_reference_of_a_key_opens_one_ticket_even_at_once(
    caller: Caller, parts: Parts
) -> None:
    answers: list[str] = []

    def post() -> None:
        answers.append(caller.opened(more={"attribute[external_id]": "A-77"}))

    threads = [Thread(target=post) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 6
    assert len(set(answers)) == 1
    with parts.database.writing() as session:
        other = keys.add(session, name="다른 앱", now=utc_now())
    anothers = Caller(caller.http, other).opened(more={"attribute[external_id]": "A-77"})
    assert anothers not in answers
    found = caller.http.get(
        "/requests.json", params={"external_id": "A-77", "api_key": caller.key}
    ).json()
    assert [one["service_request_id"] for one in found] == answers[:1]


def test_another_systems_number_is_looked_up_with_a_key_only(caller: Caller) -> None:
    response = caller.http.get("/requests.json", params={"external_id": "A-77"})
    assert response.status_code == 403


def test_a_picture_is_kept_as_text_and_never_given_out(caller: Caller, parts: Parts) -> None:
    number = caller.opened(media_url="https://pictures.example.com/1.jpg")
    assert _ticket(parts, number).fields["media_url"] == "https://pictures.example.com/1.jpg"
    assert caller.one(number)["media_url"] is None


def test_a_token_is_the_number_itself(caller: Caller) -> None:
    number = caller.opened()
    pair = {"service_request_id": number, "token": number}
    assert caller.http.get(f"/tokens/{number}.json").json() == [pair]
    assert caller.http.get("/tokens/nothing.json").status_code == 404


# Bad input

_MISSING: dict[str, Any] = {"address_string": None}


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (_MISSING, "위치가 빠졌어요"),
        ({"address_string": "  "}, "위치가 빠졌어요"),
        ({**_MISSING, "lat": "33.5"}, "둘 다"),
        ({**_MISSING, "lat": "nan", "long": "126.5"}, "둘 다"),
        ({**_MISSING, "lat": "33.5", "long": "999"}, "둘 다"),
        ({**_MISSING, "lat": "37.5665", "long": "126.9780"}, "제주 밖"),
        ({"address_string": "부산 해운대구 우동"}, "제주 밖"),
        ({"address_string": "가" * 501}, "address_string"),
        ({"service_code": None}, "service_code가 빠졌어요"),
        ({"description": "가" * 4001}, "description"),
        ({"description": "<script>alert(1)</script>"}, "HTML"),
        ({"description": ["하나", "둘"]}, "하나만"),
        ({"more": {"attribute[symptom]": "exploded"}}, "attribute[symptom]"),
        ({"more": {"attribute[symptom]": None}}, "attribute[symptom]"),
        ({"phone": "전화하지 마세요"}, "phone"),
        ({"email": "kim@a\r\nBcc: x@y"}, "email"),
        ({"media_url": "file:///etc/passwd"}, "media_url"),
        ({"media_url": "http://localhost/x"}, "media_url"),
        ({"media_url": "https://user@example.com/x"}, "media_url"),
        ({"more": {"external_id": "x" * 129}}, "external_id"),
    ],
)
def test_a_request_that_cannot_be_opened_is_told_why(
    caller: Caller, given: dict[str, Any], says: str
) -> None:
    response = caller.post(**given)
    assert response.status_code == 400
    assert says in _error(response)["description"]


def test_an_error_in_xml_has_code_and_description(caller: Caller) -> None:
    response = caller.post("xml", address_string=None)
    assert response.status_code == 400
    root = ElementTree.fromstring(response.content)
    assert root.tag == "errors"
    assert root.findtext("error/code") == "400"
    assert "위치가 빠졌어요" in str(root.findtext("error/description"))


@pytest.mark.parametrize("api_key", [None, "", "guessed", "x" * 5000])
def test_nothing_is_opened_without_a_key(caller: Caller, api_key: str | None) -> None:
    response = caller.post(api_key=api_key)
    assert response.status_code == 403
    _error(response)


def test_a_revoked_key_opens_nothing_any_more(caller: Caller, parts: Parts) -> None:
    with parts.database.writing() as session:
        key = keys.add(session, name="끝난 앱", now=utc_now())
        keys.revoke(session, name="끝난 앱", now=utc_now())
    assert caller.post(api_key=key).status_code == 403


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/services/nothing.json", 404),
        ("/services/callback.json", 404),
        ("/requests/120-2026-999999.json", 404),
        ("/requests/%00.json", 404),
        ("/services.json?jurisdiction_id=seoul.go.kr", 404),
        ("/nothing.json", 404),
        ("/requests.json?status=lost", 400),
        ("/requests.json?service_code=nothing", 400),
        ("/requests.json?start_date=yesterday", 400),
        ("/requests.json?start_date=9999-12-31", 400),
        ("/requests.json?end_date=0001-01-01", 400),
        ("/requests.json?start_date=2026-01-01T00:00:00Z&end_date=2026-06-01T00:00:00Z", 400),
        ("/requests.json?start_date=2026-06-01T00:00:00Z&end_date=2026-05-01T00:00:00Z", 400),
    ],
)
def test_what_is_not_there_or_makes_no_sense_is_an_error_in_the_format(
    caller: Caller, path: str, status: int
) -> None:
    response = caller.http.get(path)
    assert response.status_code == status
    assert _error(response)["description"]


def test_an_unknown_service_is_not_there(caller: Caller) -> None:
    response = caller.post(service_code="nothing")
    assert response.status_code == 404


def test_an_empty_parameter_counts_as_none(caller: Caller) -> None:
    assert caller.http.get("/requests.json?status=&service_code=&start_date=").status_code == 200


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b'{"service_code": "street_light"}'),
        ("application/x-www-form-urlencoded", b"\xff\xfe=%ff"),
        ("application/x-www-form-urlencoded", "&".join(f"a{n}=1" for n in range(500)).encode()),
        ("multipart/form-data; boundary=x", b"--x--"),
    ],
)
def test_a_body_that_is_no_form_is_refused(caller: Caller, kind: str, body: bytes) -> None:
    response = caller.http.post("/requests.json", content=body, headers={"content-type": kind})
    assert response.status_code == 400
    _error(response)


def test_a_huge_body_is_refused_in_the_format(caller: Caller) -> None:
    response = caller.post(description="가" * 100_000)
    assert response.status_code == 413
    _error(response)


def test_a_method_that_there_is_not_is_an_error_in_the_format(caller: Caller) -> None:
    response = caller.http.delete("/requests.json")
    assert response.status_code == 404
    _error(response)


def test_a_key_that_posts_too_much_waits_a_minute(caller: Caller, parts: Parts) -> None:
    from bot.open311.errors import TooMany

    number = caller.opened()
    assert number
    with parts.database.writing() as session:
        key = keys.find(session, caller.key, lock=True)
        with pytest.raises(TooMany):
            keys.check_minute(session, key, allowed=1, now=utc_now())
        keys.check_minute(session, key, allowed=1, now=utc_now() + timedelta(minutes=2))


# Reading


def test_a_ticket_of_a_chat_is_listed_without_what_its_citizen_wrote(
    caller: Caller, parts: Parts
) -> None:
    with parts.database.writing() as session:
        ticket = _in_a_chat(
            session,
            fields={"location": "노형동 우체국 앞 우리 집", "detail": "남편이 다쳤어요"},
            city="제주시",
            district="노형동",
            latitude=33.48251,
            longitude=126.47712,
            created_at=utc_now(),
        )
        tickets.reply(
            session, ticket=ticket, text="김 선생님", actor="staff:a", version=None, now=utc_now()
        )
        number = ticket.receipt_number
    told = caller.one(number)
    check_request(told)
    assert told["description"] is None
    assert told["address"] == "제주시 노형동"
    assert (told["lat"], told["long"]) == (33.483, 126.477)
    assert "김 선생님" not in told["status_notes"]


def test_callbacks_and_visits_are_nobodys_business(caller: Caller, parts: Parts) -> None:
    with parts.database.writing() as session:
        number = _in_a_chat(session, kind="callback", topic="callback").receipt_number
    assert caller.http.get(f"/requests/{number}.json").status_code == 404


def test_a_complaint_from_a_chat_about_people_or_firms_is_not_published(
    caller: Caller, parts: Parts
) -> None:
    with parts.database.writing() as session:
        told = _in_a_chat(session, topic="noise", created_at=utc_now()).receipt_number
        seen = _in_a_chat(session, topic="road_damage", created_at=utc_now()).receipt_number
    assert caller.http.get(f"/requests/{told}.json").status_code == 404
    assert caller.http.get(f"/requests/{seen}.json").status_code == 200


def test_a_done_request_is_closed_and_says_what_its_citizen_was_told(
    caller: Caller, parts: Parts
) -> None:
    number = caller.opened()
    with parts.database.writing() as session:
        ticket = session.scalars(select(Ticket).where(Ticket.receipt_number == number)).one()
        tickets.move_on(
            session,
            ticket=ticket,
            to="done",
            actor="staff:a",
            note="등을 바꿨어요.",
            tell_citizen=True,
            now=utc_now(),
        )
    told = caller.one(number)
    assert told["status"] == "closed"
    assert "등을 바꿨어요." in told["status_notes"]
    closed = caller.http.get("/requests.json?status=closed").json()
    opened = caller.http.get("/requests.json?status=open").json()
    assert number in {one["service_request_id"] for one in closed}
    assert number not in {one["service_request_id"] for one in opened}
    both = caller.http.get("/requests.json?status=open,closed").json()
    assert len(both) == len(closed) + len(opened)


def test_numbers_beat_every_other_filter(caller: Caller) -> None:
    number = caller.opened()
    query = {"service_request_id": f"{number}, nothing", "status": "closed", "service_code": "x"}
    found = caller.http.get("/requests.json", params=query).json()
    assert [one["service_request_id"] for one in found] == [number]


def test_only_the_last_ninety_days_are_listed_unless_asked(caller: Caller, parts: Parts) -> None:
    now = utc_now()
    with parts.database.writing() as session:
        old = _in_a_chat(session, created_at=now - timedelta(days=91)).receipt_number
        new = _in_a_chat(session, created_at=now - timedelta(days=89)).receipt_number
    usual = {one["service_request_id"] for one in caller.http.get("/requests.json").json()}
    assert new in usual
    assert old not in usual
    # A plus sign that the client forgot to escape.
    start = (now - timedelta(days=92)).isoformat(timespec="seconds")
    asked = caller.http.get(f"/requests.json?start_date={start}").json()
    assert old in {one["service_request_id"] for one in asked}


def test_a_thousand_requests_are_listed_at_most(caller: Caller, parts: Parts) -> None:
    with parts.database.writing() as session:
        for _ in range(1001):
            _in_a_chat(session, topic="road_damage", created_at=utc_now())
    found = caller.http.get("/requests.json?service_code=road_damage").json()
    assert len(found) == 1000


def test_the_usual_service_is_the_one_of_the_tests() -> None:
    assert LAMP["service_code"] in services.codes()
