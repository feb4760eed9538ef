"""The page of one ticket, and every act on it, as a browser sees them."""

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.conversations.models import Conversation
from bot.database import Database, utc_now
from bot.hours import SEOUL
from bot.staff.models import AuditEvent
from bot.staff.ticket_acts import ACTS
from bot.staff.ticket_policy import desk_tickets
from bot.tickets.delivery_models import TicketDelivery
from bot.tickets.models import TicketEvent, TicketSecret
from bot.wording import wording
from tests.staff.office import Browser, Office
from tests.staff.tickets_desk import DESK, ROADS, act, opened, parked, put

SCRIPT = "<script>alert('x')</script>"


@pytest.fixture
def database(sqlite_template: Path, tmp_path: Path) -> Iterator[Database]:
    made = Database(f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'ilsa.db')}")
    yield made
    made.dispose()


def audits(office: Office, what: str) -> list[AuditEvent]:
    return office.rows(AuditEvent, what=what)


def events(office: Office, what: str) -> list[TicketEvent]:
    return office.rows(TicketEvent, what=what)


# What the page shows


def test_the_page_shows_a_placeholder_and_never_the_datum(
    office: Office, signed_in: Browser
) -> None:
    talk = office.talk("제 번호는 010-2345-6789예요")
    number = office.ticket(talk)
    page = signed_in.get(f"/staff/tickets/{number}").text
    assert "[전화번호 1]" in page
    assert "2345-6789" not in page
    assert "제주시 건설과" in page
    assert f'href="/staff/conversations/{talk}"' in page


def test_fields_and_choices_stand_with_their_titles(office: Office, signed_in: Browser) -> None:
    number = opened(office, fields={"danger": "yes", "location": "노형로터리", "detail": "구멍"})
    page = signed_in.get(f"/staff/tickets/{number}").text
    assert (
        page.index("<dt>위치</dt>") < page.index("<dt>내용</dt>") < page.index("<dt>다칠 위험</dt>")
    )
    assert ">yes<" not in page
    assert "road_damage/2 동 지역" in page


def test_a_script_in_a_field_or_a_note_is_shown_as_text(office: Office, signed_in: Browser) -> None:
    number = opened(office, fields={"location": SCRIPT, "detail": SCRIPT})
    assert act(office, signed_in, number, "note", text=SCRIPT).status_code == 303
    assert act(office, signed_in, number, "number", number=SCRIPT).status_code == 303
    for page in (f"/staff/tickets/{number}", "/staff/tickets", "/staff/tickets/board"):
        text = signed_in.get(page).text
        assert "<script>alert" not in text
    assert "&lt;script&gt;alert" in signed_in.get(f"/staff/tickets/{number}").text


def test_the_history_is_told_in_plain_words_the_newest_first(
    office: Office, signed_in: Browser
) -> None:
    number = opened(office)
    act(office, signed_in, number, "assign", login="sunja")
    act(office, signed_in, number, "transfer", office="한국전력", text="전봇대예요")
    page = signed_in.get(f"/staff/tickets/{number}").text
    assert "맡은 사람 sunja" in page
    assert "제주시 건설과 → 한국전력" in page
    assert "전봇대예요" in page
    assert page.index("전봇대예요") < page.index("맡은 사람 sunja")


def test_a_ticket_whose_conversation_was_deleted_still_opens(
    office: Office, signed_in: Browser
) -> None:
    number = office.ticket(office.talk())
    office.change(lambda s: s.query(Conversation).delete())
    assert "상담 내용은 지워졌어요." in signed_in.get(f"/staff/tickets/{number}").text


def test_a_ticket_that_there_is_not_is_not_found(signed_in: Browser) -> None:
    for number in ("120-2026-999999", "nothing", "1%00"):
        assert signed_in.get(f"/staff/tickets/{number}").status_code == 404


# Personal data


def test_looking_at_a_sealed_datum_is_recorded_twice_over(
    office: Office, signed_in: Browser
) -> None:
    number = office.ticket(office.talk("네"))
    page = f"/staff/tickets/{number}"
    answer = signed_in.post(f"{page}/secret", page, placeholder="[전화번호 1]")
    assert answer.status_code == 200
    assert "010-2345-6789" in answer.text
    assert answer.headers["cache-control"] == "no-store"
    (look,) = events(office, "looked")
    assert look.actor == "staff:sunja"
    (audit,) = audits(office, "secret_look")
    assert (audit.login, audit.subject) == ("sunja", number)
    assert "2345" not in str(look.details) + str(audit.details)
    assert "010-2345-6789" not in signed_in.get(page).text


def test_looking_needs_the_sessions_token(office: Office, signed_in: Browser) -> None:
    number = office.ticket(office.talk("네"))
    data = {"placeholder": "[전화번호 1]"}
    assert signed_in.client.post(f"/staff/tickets/{number}/secret", data=data).status_code == 403
    assert not events(office, "looked")


def test_a_datum_that_the_ticket_does_not_keep_is_a_sentence(
    office: Office, signed_in: Browser
) -> None:
    number = office.ticket(office.talk("네"))
    page = f"/staff/tickets/{number}"
    answer = signed_in.post(f"{page}/secret", page, placeholder="[전화번호 9]")
    assert answer.status_code == 404
    assert "이 접수에는 그 개인정보가 없어요." in answer.text


def test_a_datum_that_no_key_opens_is_a_sentence(office: Office, signed_in: Browser) -> None:
    number = office.ticket(office.talk("네"))
    office.change(lambda s: s.query(TicketSecret).update({"ciphertext": b"broken"}))
    page = f"/staff/tickets/{number}"
    answer = signed_in.post(f"{page}/secret", page, placeholder="[전화번호 1]")
    assert answer.status_code == 409
    assert "저장된 개인정보를 열지 못했어요." in answer.text


# Acts


def test_a_ticket_is_moved_on_with_a_note_and_its_citizen_told(
    office: Office, signed_in: Browser
) -> None:
    talk = office.talk("네")
    number = office.ticket(talk)
    fields = {"to": "in_progress", "text": "내일 나갑니다", "tell_citizen": "true"}
    answer = act(office, signed_in, number, "move", **fields)
    assert answer.status_code == 303
    assert office.stored_ticket(number).state == "in_progress"
    (moved,) = events(office, "moved")
    assert moved.tell_citizen
    assert moved.details["note"] == "내일 나갑니다"
    assert office.notified == [talk]
    shown = signed_in.get(answer.headers["location"]).text
    assert "내일 나갑니다" in shown
    assert "시민에게 알릴 예정" in shown
    assert "상태를 바꿨어요." in shown
    (audit,) = audits(office, "ticket_move")
    assert audit.details == {"from": "received", "to": "in_progress", "told": True}


def test_one_takes_a_ticket_by_one_press(office: Office, signed_in: Browser) -> None:
    number = opened(office)
    assert "내가 맡기" in signed_in.get(f"/staff/tickets/{number}").text
    assert act(office, signed_in, number, "assign", login="sunja").status_code == 303
    assert office.stored_ticket(number).assignee == "sunja"
    assert "내가 맡기" not in signed_in.get(f"/staff/tickets/{number}").text


@pytest.mark.parametrize("login", ["nobody", "editor", "far"])
def test_who_may_not_handle_it_is_given_no_ticket(
    office: Office, signed_in: Browser, login: str
) -> None:
    office.account("editor", "editor")
    office.account("far", "officer")
    number = opened(office)
    answer = act(office, signed_in, number, "assign", login=login)
    assert answer.status_code == 422
    assert "이 접수를 맡을 수 있는 사람을 골라 주세요." in answer.text
    assert office.stored_ticket(number).assignee is None


def test_a_ticket_is_passed_on_by_the_offices_name_and_keeps_its_receipt(
    office: Office, signed_in: Browser
) -> None:
    number = opened(office)
    answer = act(office, signed_in, number, "transfer", office=" 한국전력 ", text="전봇대예요")
    assert answer.status_code == 303
    stored = office.stored_ticket(number)
    assert (stored.office, stored.state, stored.transfers) == ("kepco", "transferred", 1)
    (audit,) = audits(office, "ticket_transfer")
    assert audit.details == {"from": ROADS, "to": "kepco"}


@pytest.mark.parametrize("to", ["마법부", "", "../kepco", ROADS])
def test_an_office_that_there_is_not_is_refused_and_the_reason_kept(
    office: Office, signed_in: Browser, to: str
) -> None:
    number = opened(office)
    answer = act(office, signed_in, number, "transfer", office=to, text="공들여 쓴 이유")
    assert answer.status_code == 422
    assert "넘길 수 있는 다른 곳을 골라 주세요." in answer.text
    assert "공들여 쓴 이유</textarea>" in answer.text
    assert 'id="act-transfer" name="acts" open' in answer.text
    assert office.stored_ticket(number).office == ROADS


def test_what_is_not_ours_goes_back_to_the_120_desk(office: Office, signed_in: Browser) -> None:
    number = opened(office)
    assert act(office, signed_in, number, "not_ours", text="").status_code == 303
    assert office.stored_ticket(number).office == DESK


def test_a_term_is_extended_once_for_a_reason_that_the_citizen_reads(
    office: Office, signed_in: Browser
) -> None:
    number = opened(office)
    before = office.stored_ticket(number).due_at
    reason = desk_tickets().extension_reasons[0]
    extend = {"reason": reason, "text": "전신주 이설 협의"}
    assert act(office, signed_in, number, "extend", **extend).status_code == 303
    assert office.stored_ticket(number).due_at > before
    (event,) = events(office, "extended")
    assert wording().text(f"desk_tickets.extension_{reason}", "ko") in event.details["note"]
    assert "전신주 이설 협의" in event.details["note"]
    again = act(office, signed_in, number, "extend", **extend)
    assert again.status_code == 409
    assert 'id="act-extend"' not in signed_in.get(f"/staff/tickets/{number}").text


def test_a_reason_that_the_law_does_not_name_extends_nothing(
    office: Office, signed_in: Browser
) -> None:
    number = opened(office)
    answer = act(office, signed_in, number, "extend", reason="too_busy", text="바빠서")
    assert answer.status_code == 422
    assert "늘리는 이유를 골라 주세요." in answer.text
    assert "바빠서</textarea>" in answer.text


def test_the_clock_stands_still_while_the_citizen_is_asked(
    office: Office, signed_in: Browser
) -> None:
    number = opened(office)
    assert act(office, signed_in, number, "ask", text="어느 쪽 차로인가요?").status_code == 303
    assert office.stored_ticket(number).state == "awaiting_citizen"
    page = signed_in.get(f"/staff/tickets/{number}").text
    assert "기한 멈춤" in page
    assert "멈춘 때" in page


def test_a_reply_goes_to_the_citizen_and_a_note_does_not(
    office: Office, signed_in: Browser
) -> None:
    number = office.ticket(office.talk("네"))
    act(office, signed_in, number, "reply", text="현장 담당 010-9876-5432로 알려 드릴게요")
    act(office, signed_in, number, "note", text="상습 신고 구간")
    (reply,), (note,) = events(office, "replied"), events(office, "noted")
    assert reply.tell_citizen
    assert not note.tell_citizen
    # Masked, and not under the number that the ticket's own phone has.
    assert "[전화번호 2]" in reply.details["note"]
    assert "9876" not in str(reply.details)


def test_tickets_are_merged_and_split_again(office: Office, signed_in: Browser) -> None:
    first, second = opened(office), opened(office)
    assert act(office, signed_in, second, "merge", receipt=f" {first} ").status_code == 303
    assert office.stored_ticket(second).state == "duplicate"
    page = signed_in.get(f"/staff/tickets/{first}").text
    assert f'href="/staff/tickets/{second}"' in page
    assert "중복으로 묶인 것 1건" in page
    assert act(office, signed_in, second, "split").status_code == 303
    assert office.stored_ticket(second).state == "received"


def test_a_ticket_cannot_be_merged_into_none_or_itself(office: Office, signed_in: Browser) -> None:
    number = opened(office)
    none = act(office, signed_in, number, "merge", receipt="120-2026-999999")
    assert none.status_code == 404
    assert 'value="120-2026-999999"' in none.text
    assert act(office, signed_in, number, "merge", receipt=number).status_code == 409


def test_a_call_back_is_tried_and_counted(office: Office, signed_in: Browser) -> None:
    number = opened(office, kind="callback", topic="callback", office=DESK, petition="other")
    assert act(office, signed_in, number, "tried", outcome="not", text="신호만").status_code == 303
    (tried,) = events(office, "tried")
    assert tried.details["reached"] is False
    assert "받지 않았어요" in signed_in.get("/staff/callbacks").text
    assert act(office, signed_in, number, "tried", outcome="perhaps").status_code == 422
    back = act(office, signed_in, number, "tried", outcome="reached", back="callbacks")
    assert back.headers["location"] == "/staff/callbacks?done=ticket_tried"


def test_a_visit_is_appointed_in_the_time_of_jeju(office: Office, signed_in: Browser) -> None:
    number = opened(office, kind="visit", topic="visiting_service", office=DESK)
    day = (utc_now().astimezone(SEOUL) + timedelta(days=3)).date()
    at = f"{day.isoformat()}T14:30"
    assert act(office, signed_in, number, "appoint", at=at, officer="한경숙").status_code == 303
    stored = office.stored_ticket(number).appointment_at
    assert stored is not None
    assert stored.astimezone(SEOUL).isoformat(timespec="minutes").startswith(at)
    listed = signed_in.get(f"/staff/visits?day={day.isoformat()}").text
    assert number in listed
    assert "한경숙" in listed


@pytest.mark.parametrize(("at", "status"), [("2020-01-01T10:00", 422), ("내일", 422), ("", 422)])
def test_a_moment_that_has_passed_or_is_none_keeps_what_was_written(
    office: Office, signed_in: Browser, at: str, status: int
) -> None:
    number = opened(office, kind="visit", topic="visiting_service", office=DESK)
    answer = act(office, signed_in, number, "appoint", at=at, officer="한경숙")
    assert answer.status_code == status
    assert 'value="한경숙"' in answer.text


def test_another_systems_number_is_kept_and_taken_away(office: Office, signed_in: Browser) -> None:
    number = opened(office)
    assert act(office, signed_in, number, "number", number="KEPCO-77").status_code == 303
    assert "KEPCO-77" in signed_in.get(f"/staff/tickets/{number}").text
    act(office, signed_in, number, "number", number="")
    assert office.stored_ticket(number).external_number is None


def test_a_delivery_that_failed_is_tried_again_from_the_ticket(
    office: Office, signed_in: Browser
) -> None:
    number = opened(office)
    delivery = parked(office, number)
    page = f"/staff/tickets/{number}"
    shown = signed_in.get(page).text
    assert "보내지 못함" in shown
    assert "<b>no</b>" not in shown
    sent = signed_in.post(f"/staff/deliveries/{delivery}/again", page, back="ticket")
    assert sent.headers["location"] == f"{page}?done=delivery_again"
    assert office.rows(TicketDelivery)[0].state == "waiting"


# Bad input


def test_who_acts_from_an_older_page_is_told_what_changed_and_keeps_the_words(
    office: Office, signed_in: Browser
) -> None:
    number = opened(office)
    page = f"/staff/tickets/{number}"
    version = str(office.stored_ticket(number).version)
    seen = str(max(one.id for one in office.rows(TicketEvent)))
    first = {"text": "먼저 쓴 메모", "version": version}
    assert act(office, signed_in, number, "note", **first).status_code == 303
    late = act(
        office,
        signed_in,
        number,
        "transfer",
        office="한국전력",
        text="늦게 쓴 이유",
        version=version,
        seen=seen,
    )
    assert late.status_code == 409
    assert "다른 직원이" in late.text
    changed = late.text.split('id="changed"')[1].split("</section>")[0]
    assert "먼저 쓴 메모" in changed
    assert "늦게 쓴 이유</textarea>" in late.text
    assert 'value="한국전력"' in late.text
    assert office.stored_ticket(number).office == ROADS
    # The page that tells it carries the new version, so that pressing again is enough.
    assert f'name="version" value="{office.stored_ticket(number).version}"' in late.text
    assert 'id="changed"' not in signed_in.get(page).text


@pytest.mark.parametrize("name", ACTS)
def test_every_act_needs_the_sessions_token_and_a_version(
    office: Office, signed_in: Browser, name: str
) -> None:
    number = opened(office)
    page = f"/staff/tickets/{number}"
    before = office.stored_ticket(number).version
    forged = signed_in.client.post(f"{page}/{name}", data={"version": str(before), "text": "x"})
    assert forged.status_code == 403
    assert signed_in.post(f"{page}/{name}", page, text="x").status_code == 422
    assert signed_in.post(f"{page}/{name}", page, text="x", version="x").status_code == 422
    assert office.stored_ticket(number).version == before


def test_an_act_that_there_is_not_is_refused(office: Office, signed_in: Browser) -> None:
    number = opened(office)
    assert act(office, signed_in, number, "delete").status_code == 422


def test_a_step_that_the_state_does_not_allow_keeps_the_note(
    office: Office, signed_in: Browser
) -> None:
    number = opened(office)
    answer = act(office, signed_in, number, "move", to="closed", text="공들여 쓴 메모")
    assert answer.status_code == 409
    assert "지금 상태에서는 그렇게 바꿀 수 없어요." in answer.text
    assert "공들여 쓴 메모" in answer.text


def test_a_text_that_is_too_long_is_refused_and_never_cut(
    office: Office, signed_in: Browser
) -> None:
    number = opened(office)
    answer = act(office, signed_in, number, "note", text="가" * 2001)
    assert answer.status_code == 413
    assert "가" * 2001 in answer.text
    assert not events(office, "noted")


def test_an_ended_ticket_offers_no_act_that_it_refuses(office: Office, signed_in: Browser) -> None:
    number = opened(office)
    act(office, signed_in, number, "move", to="cancelled")
    page = signed_in.get(f"/staff/tickets/{number}").text
    for name in ("move", "assign", "transfer", "extend", "ask", "merge"):
        assert f'id="act-{name}"' not in page
    assert 'id="act-note"' in page


def test_a_photo_is_shown_only_when_it_is_opened(office: Office, signed_in: Browser) -> None:
    from bot.attachments.models import Attachment

    number = opened(office)
    ticket = office.stored_ticket(number)
    office.change(
        lambda s: s.add(
            Attachment(
                id="p" * 43,
                ticket_id=ticket.id,
                media_type="image/jpeg",
                size=1,
                width=4,
                height=3,
                sha256="0" * 64,
            )
        )
    )
    page = signed_in.get(f"/staff/tickets/{number}").text
    assert f'src="/staff/photos/{"p" * 43}" loading="lazy"' in page
    assert not audits(office, "photo_seen")


def test_the_pages_are_in_english_as_well(office: Office, signed_in: Browser) -> None:
    number = opened(office, kind="visit", topic="visiting_service", office=DESK)
    put(office, number, appointment_at=utc_now() + timedelta(days=1))
    for page in (
        f"/staff/tickets/{number}",
        *("/staff/tickets", "/staff/tickets/board", "/staff/visits", "/staff/callbacks"),
        *("/staff/deliveries", "/staff/incidents"),
    ):
        answer = signed_in.get(f"{page}?lang=en")
        assert answer.status_code == 200
        assert '<html lang="en">' in answer.text
