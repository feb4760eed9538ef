"""The status page: found by code or link, shows what was told and nothing else, lets one act."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from fastapi.testclient import TestClient
from httpx import Response

from bot.attachments import service as attachments
from bot.database import utc_now
from bot.tickets import links
from bot.tickets import service as tickets
from bot.tickets.models import ReceiptAttempt, Ticket, TicketEvent
from bot.tickets.service import NewTicket
from bot.tickets.spots import Spot
from bot.web import status
from bot.web.limits import STATUS_PER_MINUTE
from bot.web.parts import Parts
from tests.support import photos
from tests.support.citizen import words

PHONE = "010-2345-6789"
ACTOR = "staff:sunja"


@dataclass
class Case:
    """A ticket, and what its citizen knows of it."""

    parts: Parts
    id: int
    receipt: str
    code: str
    photo: str

    def token(self, now: datetime | None = None) -> str:
        with self.parts.database.reading() as session:
            ticket = session.get_one(Ticket, self.id)
            return links.status_token(ticket, self.parts.links_key, now or utc_now())

    @property
    def path(self) -> str:
        return f"/status/{self.token()}"

    def ticket(self) -> Ticket:
        with self.parts.database.reading() as session:
            return session.get_one(Ticket, self.id)

    def events(self, what: str) -> list[TicketEvent]:
        with self.parts.database.reading() as session:
            return list(session.query(TicketEvent).filter_by(ticket_id=self.id, what=what))

    def move(self, to: str, note: str = "", tell: bool = True) -> None:
        with self.parts.database.writing() as session:
            tickets.move_on(
                session,
                ticket=session.get_one(Ticket, self.id),
                to=to,
                actor=ACTOR,
                note=note,
                tell_citizen=tell,
                now=utc_now(),
            )


def opened(parts: Parts, **more: object) -> Case:
    given = {
        "kind": "report",
        "topic": "road_damage",
        "fields": {"location": "노형로터리", "detail": "구멍이 났어요", "contact": "[전화번호 1]"},
        "language": "ko",
        "petition": "grievance",
        "office": "jeju120",
        "rule": "desk",
        "spot": Spot("노형동", "제주시", "노형동"),
        "secrets": [("[전화번호 1]", "phone", PHONE)],
        "consent_version": "2026-11",
        **more,
    }
    now = utc_now()
    with parts.database.writing() as session:
        new = NewTicket(**given)  # type: ignore[arg-type]
        made = tickets.open_ticket(session, new=new, cipher=parts.cipher, now=now)
        photo = attachments.keep(
            session,
            data=photos.from_a_phone(),
            conversation_id=None,
            now=now,
            store=parts.photos.store,
        )
        attachments.attach(session, ids=[photo.id], ticket_id=made.ticket.id)
        assert made.check_code
        return Case(parts, made.ticket.id, made.ticket.receipt_number, made.check_code, photo.id)


@pytest.fixture
def case(client: TestClient, parts: Parts) -> Case:
    del client  # which begins without photos
    return opened(parts)


def asked(client: TestClient, receipt: str, code: str, lang: str = "ko") -> Response:
    answer: Response = client.post(f"/status?lang={lang}", data={"receipt": receipt, "code": code})
    return answer


# Finding


def test_the_form_has_labels_and_needs_no_script(client: TestClient) -> None:
    page = client.get("/status")
    assert page.status_code == 200
    for field in ("receipt", "code"):
        assert f'<label for="{field}">' in page.text and f'id="{field}"' in page.text
    assert "<script" not in page.text and 'role="alert"' not in page.text


def test_receipt_and_code_lead_to_the_ticket(client: TestClient, case: Case) -> None:
    answer = asked(client, f" {case.receipt} ", case.code.lower().replace("-", ""))
    assert answer.status_code == 303
    page = client.get(answer.headers["location"])
    assert page.status_code == 200
    assert case.receipt in page.text
    assert case.receipt not in answer.headers["location"]
    assert case.code not in answer.headers["location"]


def test_a_wrong_code_a_strange_receipt_and_anothers_look_alike(
    client: TestClient, case: Case, parts: Parts
) -> None:
    other = opened(parts)
    pages = {
        re.sub(r'value="[^"]*"', "", asked(client, receipt, code).text)
        for receipt, code in (
            (case.receipt, "AAAA-2222"),
            ("120-2026-999999", case.code),
            (other.receipt, case.code),
            ("no receipt", "no code"),
            ("가" * 500, "가" * 500),
            ("'; DROP TABLE tickets; --", "x"),
        )
    }
    assert len(pages) == 1
    (page,) = pages
    assert words("status_page.error_nothing") in page
    assert 'role="alert"' in page and 'href="#receipt"' in page
    assert 'aria-invalid="true"' in page and "autofocus" in page
    assert asked(client, case.receipt, "AAAA-2222").status_code == 404


def test_empty_fields_are_named(client: TestClient, case: Case) -> None:
    answer = asked(client, case.receipt, " ")
    assert answer.status_code == 422
    assert words("status_page.error_no_code") in answer.text
    assert words("status_page.error_no_receipt") not in answer.text
    assert f'value="{case.receipt}"' in answer.text
    nothing = client.post("/status")
    assert nothing.status_code == 422 and words("status_page.error_no_receipt") in nothing.text


def test_what_was_typed_comes_back_as_text(client: TestClient) -> None:
    answer = asked(client, '"><script>alert(1)</script>', "x")
    assert "<script>" not in answer.text


def test_a_thousand_wrong_codes_are_held_back(client: TestClient, case: Case, parts: Parts) -> None:
    answers = [asked(client, case.receipt, f"AAAA-{number:04}") for number in range(1000)]
    statuses = [answer.status_code for answer in answers]
    assert statuses == [404] * STATUS_PER_MINUTE + [429] * (1000 - STATUS_PER_MINUTE)
    assert words("status_page.too_often") in answers[-1].text
    assert answers[-1].headers["retry-after"]
    assert words("status_page.error_nothing") in answers[0].text
    with parts.database.reading() as session:
        assert session.get_one(ReceiptAttempt, case.receipt).locked_until is not None


def test_a_locked_receipt_is_not_opened_by_the_right_code_from_elsewhere(
    client: TestClient, case: Case, parts: Parts
) -> None:
    for number in range(5):
        asked(client, case.receipt, f"AAAA-{number:04}")
    assert asked(client, case.receipt, case.code).status_code == 404
    # The link of a notice opens it still: it was never guessed at.
    assert client.get(case.path).status_code == 200


# Links


def test_a_link_opens_its_ticket_without_a_code(client: TestClient, case: Case) -> None:
    page = client.get(case.path)
    assert page.status_code == 200 and case.receipt in page.text


def test_the_link_after_a_code_ends_soon(
    client: TestClient, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = asked(client, case.receipt, case.code).headers["location"]
    for minutes, found in ((29, 200), (31, 404)):
        passed = timedelta(minutes=minutes)
        monkeypatch.setattr(status, "utc_now", lambda passed=passed: utc_now() + passed)
        assert client.get(link).status_code == found
    assert words("status_page.link_over") in client.get(link).text


def test_a_link_cannot_be_made_up(client: TestClient, case: Case, parts: Parts) -> None:
    other = opened(parts)
    id, until, signature = case.token().split(".")
    for token in (
        f"{other.id:x}.{until}.{signature}",
        f"{id}.{int(until, 16) + 1:x}.{signature}",
        f"{id}.{until}.{signature[:-1]}",
        f"{id}.{until}.",
        f"{id}.{until}.{signature}.x",
        f"+{id}.{until}.{signature}",
        f"{id}.{until}",
        "x",
        "...",
        "가.나.다",
        "f" * 40 + f".{until}.{signature}",
        f"{id}.{'f' * 400}.{signature}",
        f"-1.{until}.{signature}",
    ):
        assert client.get(f"/status/{token}").status_code == 404, token


def test_a_link_opens_no_ticket_that_has_its_number_now(case: Case, parts: Parts) -> None:
    token = case.token()
    with parts.database.writing() as session:
        session.get_one(Ticket, case.id).check_code_hash = "another"
    with parts.database.reading() as session:
        assert links.ticket_of(session, token, parts.links_key, utc_now()) is None


def test_another_key_signs_another_link(case: Case, parts: Parts) -> None:
    with parts.database.reading() as session:
        ticket = session.get_one(Ticket, case.id)
        token = links.status_token(ticket, "another key", utc_now())
        assert links.ticket_of(session, token, parts.links_key, utc_now()) is None


# What is shown


def test_the_page_shows_where_it_stands_and_no_personal_data(
    client: TestClient, case: Case
) -> None:
    with case.parts.database.writing() as session:
        ticket = session.get_one(Ticket, case.id)
        tickets.note(
            session, ticket=ticket, text="내부 메모", actor=ACTOR, version=None, now=utc_now()
        )
    case.move("in_progress", note="내일 보러 가요", tell=True)
    case.move("received", note="안 보일 말", tell=False)
    page = client.get(case.path).text
    for shown in (
        case.receipt,
        "노형동",
        words("ticket.state_received"),
        words("ticket.state_in_progress"),
        "내일 보러 가요",
        f"<dt>{words('status_page.due')}</dt>",
        words("status_page.news_opened"),
    ):
        assert shown in page, shown
    for hidden in (
        PHONE,
        "전화번호 1",
        "내부 메모",
        "안 보일 말",
        "sunja",
        "구멍이 났어요",
        "desk<",
    ):
        assert hidden not in page, hidden


def test_an_appointment_is_shown(client: TestClient, parts: Parts) -> None:
    case = opened(parts, kind="visit", topic="visit_request")
    with parts.database.writing() as session:
        tickets.appoint(
            session,
            ticket=session.get_one(Ticket, case.id),
            at=utc_now() + timedelta(days=3),
            officer="김담당",
            actor=ACTOR,
            version=None,
            now=utc_now(),
        )
    page = client.get(case.path).text
    assert words("status_page.appointment") in page and "김담당" in page


def test_the_photos_of_the_ticket_are_shown_and_no_others(
    client: TestClient, case: Case, parts: Parts
) -> None:
    other = opened(parts)
    page = client.get(case.path).text
    (source,) = re.findall(r'<img src="(/status/[^"]+)"', page)
    shown = client.get(source)
    assert shown.status_code == 200 and shown.headers["content-type"] == "image/jpeg"
    assert "sandbox" in shown.headers["content-security-policy"]
    assert client.get(source.replace(case.photo, other.photo)).status_code == 404
    assert client.get(f"/status/x/photos/{case.photo}").status_code == 404
    alt = re.search(r'<img src="/status[^>]+alt="([^"]+)"', page)
    assert alt and alt[1] == words("status_page.photo_alt", number="1")


def test_who_joined_anothers_report_reads_its_news(client: TestClient, parts: Parts) -> None:
    leading = opened(parts)
    leading.move("in_progress", note="이전 소식")
    following = opened(parts, parent_id=leading.id)
    leading.move("done", note="다 고쳤어요")
    page = client.get(following.path).text
    assert words("ticket.state_duplicate") in page and words("ticket.state_done") in page
    assert "다 고쳤어요" in page and "이전 소식" not in page
    assert leading.receipt not in page


def test_the_page_is_cached_by_nobody_and_goes_into_no_index(
    client: TestClient, case: Case
) -> None:
    pages = (
        client.get("/status"),
        client.get(case.path),
        asked(client, case.receipt, "AAAA-2222"),
        asked(client, case.receipt, case.code),
        client.get("/status/x"),
    )
    for page in pages:
        assert page.headers["cache-control"] == "no-store"
        assert page.headers["referrer-policy"] == "no-referrer"
        assert "noindex" in page.headers["x-robots-tag"]
        assert "default-src 'none'" in page.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("query", "header", "language"),
    [
        ("", "en-GB,en;q=0.9", "en"),
        ("?lang=en", "ko", "en"),
        ("?lang=ko", "en", "ko"),
        ("", "ko", "ko"),
    ],
)
def test_the_page_speaks_korean_and_english(
    client: TestClient, case: Case, query: str, header: str, language: str
) -> None:
    for path in ("/status", case.path):
        page = client.get(path + query, headers={"Accept-Language": header}).text
        assert f'<html lang="{language}"' in page
    assert words("status_page.news_title", language) in page
    form = client.get(f"/status?lang={language}").text
    assert f'action="/status?lang={language}"' in form


def test_every_field_has_a_label_and_every_section_a_name(client: TestClient, case: Case) -> None:
    case.move("done")
    page = client.get(case.path).text
    for field in re.findall(r'<(?:textarea|input type="text")[^>]* id="(\w+)"', page):
        assert f'<label for="{field}">' in page
    for name in re.findall(r'aria-labelledby="([\w-]+)"', page):
        assert f'id="{name}"' in page
    assert page.count("<h1>") == 1 and "<legend>" in page
    ids = re.findall(r' id="([\w-]+)"', page)
    assert len(ids) == len(set(ids))


# Acting


def test_a_ticket_that_is_done_is_rated(client: TestClient, case: Case) -> None:
    assert "/rate" not in client.get(case.path).text
    case.move("done")
    assert "/rate" in client.get(case.path).text
    answer = client.post(f"{case.path}/rate", data={"rating": "4"})
    assert answer.status_code == 303
    page = client.get(answer.headers["location"])
    assert words("status_page.done_rated") in page.text
    assert case.ticket().rating == 4
    assert re.search(r'value="4" required checked', page.text)


@pytest.mark.parametrize("rating", ["", "0", "6", "x", "1.5", "٣"])
def test_an_odd_rating_is_refused(client: TestClient, case: Case, rating: str) -> None:
    case.move("done")
    answer = client.post(f"{case.path}/rate", data={"rating": rating})
    assert answer.status_code == 422
    assert words("ticket.error_rating") in answer.text and 'role="alert"' in answer.text
    assert case.ticket().rating is None


def test_a_ticket_is_reopened_with_a_reason_that_is_masked(client: TestClient, case: Case) -> None:
    case.move("done")
    reason = "구멍이 그대로예요. 010-9876-5432로 전화 주세요."
    answer = client.post(f"{case.path}/reopen", data={"text": reason})
    assert answer.status_code == 303
    assert case.ticket().state == "in_progress"
    (event,) = case.events("reopened")
    assert "그대로예요" in event.details["note"] and "9876" not in event.details["note"]
    assert words("status_page.done_reopened") in client.get(answer.headers["location"]).text


def test_reopening_needs_a_reason_and_a_ticket_that_is_done(client: TestClient, case: Case) -> None:
    assert "/reopen" not in client.get(case.path).text
    early = client.post(f"{case.path}/reopen", data={"text": "그대로예요"})
    assert early.status_code == 409 and "그대로예요" not in case.events("opened")[0].details
    case.move("done")
    empty = client.post(f"{case.path}/reopen", data={"text": "  "})
    assert empty.status_code == 422 and words("ticket.error_empty") in empty.text
    assert case.ticket().state == "done"


def test_an_open_ticket_is_cancelled_once(client: TestClient, case: Case) -> None:
    assert "/cancel" in client.get(case.path).text
    answer = client.post(f"{case.path}/cancel")
    assert answer.status_code == 303 and case.ticket().state == "cancelled"
    page = client.get(answer.headers["location"]).text
    assert words("status_page.done_cancelled") in page and "/cancel" not in page
    again = client.post(f"{case.path}/cancel")
    assert again.status_code == 409 and words("ticket.error_transition") in again.text


def test_what_the_staff_asked_for_is_told(client: TestClient, case: Case) -> None:
    with case.parts.database.writing() as session:
        tickets.ask_citizen(
            session,
            ticket=session.get_one(Ticket, case.id),
            text="몇 동 몇 호인가요?",
            actor=ACTOR,
            version=None,
            now=utc_now(),
        )
    page = client.get(case.path).text
    assert "몇 동 몇 호인가요?" in page and "/tell" in page
    assert f"<dt>{words('status_page.due')}</dt>" not in page
    assert client.post(f"{case.path}/tell", data={"text": "101동이에요"}).status_code == 303
    assert case.ticket().state == "in_progress"
    assert case.events("told")[0].details["note"] == "101동이에요"


@pytest.mark.parametrize("action", ["rate", "reopen", "tell", "cancel"])
def test_without_the_right_link_nothing_is_done(
    client: TestClient, case: Case, action: str
) -> None:
    for token in ("x", case.token(utc_now() - timedelta(days=61)), case.receipt):
        data = {"rating": "5", "text": "그대로예요"}
        answer = client.post(f"/status/{token}/{action}", data=data)
        assert answer.status_code == 404
        assert words("status_page.link_over") in answer.text
    assert case.ticket().version == 1


def test_an_action_is_never_a_link(client: TestClient, case: Case) -> None:
    for action in ("rate", "reopen", "tell", "cancel"):
        assert client.get(f"{case.path}/{action}").status_code in (404, 405)
    assert case.ticket().state == "received"
