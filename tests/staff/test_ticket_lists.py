"""Lists of tickets, on every engine: order, views, filters, pages, counts, the board, figures."""

import csv
import io
import json
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest

from bot.database import utc_now
from bot.staff import (
    errors,
    ticket_acts,
    ticket_bulk,
    ticket_errors,
    ticket_export,
    tickets,
    visits,
)
from bot.staff.models import AuditEvent
from bot.staff.service import Staff
from bot.staff.ticket_acts import Desk, Given
from bot.staff.tickets import Asked, Page, Show
from bot.tickets.errors import StaleTicket
from bot.tickets.models import Ticket, TicketEvent
from bot.wording import wording
from tests.staff.office import Office
from tests.staff.tickets_desk import (
    CHIEF,
    DESK,
    NOWHERE,
    OFFICER,
    STRANGER,
    SUNJA,
    opened,
    parked,
    put,
)

NOW = utc_now()


def page(
    office: Office,
    show: Show = "open",
    asked: Asked | None = None,
    *,
    staff: Staff = SUNJA,
    after: str | None = None,
    now: datetime = NOW,
) -> Page:
    wanted = tickets.shown(show, asked or Asked(), staff)
    with office.database.reading() as session:
        return tickets.listed(session, wanted, after=after, now=now)


def receipts(
    office: Office, show: Show = "open", asked: Asked | None = None, **more: object
) -> list[str]:
    return [row.receipt_number for row in page(office, show, asked, **more).rows]  # type: ignore[arg-type]


def desk(office: Office) -> Desk:
    return Desk(office.masker, wording())


# Order, views, filters


def test_overdue_tickets_come_first(office: Office) -> None:
    late, soon, later = (opened(office) for _ in range(3))
    for receipt, days in ((late, -1), (soon, 1), (later, 5)):
        put(office, receipt, due_at=NOW + timedelta(days=days))
    assert receipts(office) == [late, soon, later]
    assert receipts(office, "overdue") == [late]
    with office.database.reading() as session:
        counts = tickets.counts(session, staff=SUNJA, now=NOW)
    assert (counts["open"], counts["overdue"]) == (3, 1)


def test_each_view_shows_its_own(office: Office) -> None:
    plain, mine, asked, done, undelivered = (opened(office) for _ in range(5))
    put(office, mine, assignee="sunja")
    put(office, asked, state="awaiting_citizen", paused_at=NOW)
    put(office, done, state="done", done_at=NOW)
    parked(office, undelivered)
    parked(office, plain, key="b", state="sent")
    assert receipts(office, "mine") == [mine]
    assert receipts(office, "awaiting") == [asked]
    assert receipts(office, "undelivered") == [undelivered]
    assert set(receipts(office, "unassigned")) == {plain, asked, undelivered}
    assert done not in receipts(office)
    assert done in receipts(office, "all")


def test_filters_narrow_by_what_they_name(office: Office) -> None:
    road = opened(office)
    other = opened(office, topic="noise", office=DESK, origin="phone", kind="general")
    put(office, other, city="서귀포시", district="중문동", assignee="mija")
    for asked in (
        *(Asked(topic="noise"), Asked(office=DESK), Asked(origin="phone"), Asked(kind="general")),
        *(Asked(city="서귀포시"), Asked(district="중문동"), Asked(assignee="mija")),
    ):
        assert receipts(office, "open", asked) == [other], asked
        assert receipts(office, "all", replace(asked, states=("received",))) == [other]
    assert receipts(office, "open", Asked(states=("done",))) == []
    assert set(receipts(office)) == {road, other}


@pytest.mark.parametrize("show", ["open", "all"])
def test_pages_follow_each_other_without_a_gap_although_tickets_come_in_between(
    office: Office, monkeypatch: pytest.MonkeyPatch, show: Show
) -> None:
    monkeypatch.setattr(tickets, "PAGE", 2)
    made = [opened(office) for _ in range(5)]
    for receipt in made:
        put(office, receipt, due_at=NOW + timedelta(days=3))  # all at one moment
    first = page(office, show)
    put(office, opened(office), due_at=NOW + timedelta(days=3))
    second = page(office, show, after=first.after)
    third = page(office, show, after=second.after)
    seen = [row.receipt_number for one in (first, second, third) for row in one.rows]
    assert [one for one in seen if one in made] == (made if show == "open" else made[::-1])


@pytest.mark.parametrize("after", ["x", "1", "1.2.3", "9" * 40 + ".1", "1." + "9" * 12, "-1.-1"])
def test_a_page_that_begins_nowhere_is_refused(office: Office, after: str) -> None:
    with pytest.raises(errors.BadRequest):
        page(office, after=after)


def test_the_board_has_a_column_for_each_open_state(office: Office) -> None:
    late, soon, asked = (opened(office) for _ in range(3))
    put(office, late, due_at=NOW - timedelta(days=1))
    put(office, asked, state="awaiting_citizen")
    with office.database.reading() as session:
        columns = tickets.board(session, Asked(), now=NOW)
    assert [row.receipt_number for row in columns["received"]] == [late, soon]
    assert [row.receipt_number for row in columns["awaiting_citizen"]] == [asked]
    assert "done" not in columns


def test_the_figures_tell_transfers_and_the_share_within_the_term(office: Office) -> None:
    made = [opened(office) for _ in range(4)]
    put(office, made[0], state="done", done_at=NOW, due_at=NOW + timedelta(days=1), transfers=2)
    put(office, made[1], state="done", done_at=NOW, due_at=NOW - timedelta(days=1))
    put(office, made[2], state="cancelled", done_at=NOW, due_at=NOW - timedelta(days=1))
    with office.database.reading() as session:
        found = tickets.figures(session, staff=SUNJA, now=NOW)
        nothing = tickets.figures(session, staff=STRANGER, now=NOW)
    assert (found.of, found.transfers, found.within_term) == (4, 0.5, 0.5)
    assert (nothing.of, nothing.within_term) == (0, None)


# Whose they are


def test_lists_counts_and_exports_hold_only_what_the_person_may_see(office: Office) -> None:
    mine, others = opened(office), opened(office, office=DESK, kind="callback", topic="callback")
    assert receipts(office, "all", staff=OFFICER) == [mine]
    assert receipts(office, "all", staff=NOWHERE) == []
    assert set(receipts(office, "all", staff=CHIEF)) == {mine, others}
    with office.database.reading() as session:
        assert tickets.counts(session, staff=OFFICER, now=NOW)["open"] == 1
        assert visits.calls(session, staff=OFFICER, now=NOW) == []
        wanted = tickets.shown("all", Asked(), OFFICER)
        text = "".join(ticket_export.lines(session, wanted, format="csv", now=NOW))
    assert mine in text
    assert others not in text
    with pytest.raises(errors.OtherOffice):
        tickets.shown("all", Asked(office=DESK), OFFICER)
    with office.database.reading() as session, pytest.raises(errors.OtherOffice):
        tickets.ticket(session, receipt_number=others, staff=OFFICER)


# Exports


def test_an_export_holds_the_list_and_no_formula(office: Office) -> None:
    wanted, other = opened(office), opened(office, topic="noise")
    put(office, wanted, external_number='=HYPERLINK("http://x")', place="+1")
    asked = Asked(topic="road_damage")
    with office.database.reading() as session:
        text = "".join(ticket_export.lines(session, asked, format="csv", now=NOW))
        lines = list(ticket_export.lines(session, asked, format="jsonl", now=NOW))
    (row,) = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    assert row["receipt_number"] == wanted
    assert row["external_number"] == '\'=HYPERLINK("http://x")'
    assert row["place"] == "'+1"
    assert json.loads(lines[0])["receipt_number"] == wanted
    assert other not in text
    assert "구멍" not in text


# Several at once


def test_an_act_on_several_says_of_each_what_became_of_it(office: Office) -> None:
    good, stale, far = opened(office), opened(office), opened(office, office=DESK)
    results = ticket_bulk.act(
        office.database,
        name="note",
        ticked=[f"{good}:1", f"{stale}:7", f"{far}:1", "120-2026-999999:1", f"{good}:1"],
        staff=OFFICER,
        given=Given(text="상습 구간"),
        desk=desk(office),
        now=NOW,
    )
    problems = {one.receipt_number: type(one.problem) for one in results}
    assert problems == {
        good: type(None),
        stale: StaleTicket,
        far: errors.OtherOffice,
        "120-2026-999999": errors.UnknownTicket,
    }
    (noted,) = office.rows(TicketEvent, what="noted")
    assert noted.ticket_id == office.stored_ticket(good).id
    assert [one.subject for one in office.rows(AuditEvent, what="ticket_note")] == [good]


def test_duplicates_are_closed_together(office: Office) -> None:
    first, *others = (opened(office) for _ in range(3))
    results = ticket_bulk.act(
        office.database,
        name="merge",
        ticked=[f"{one}:1" for one in (*others, first)],
        staff=SUNJA,
        given=Given(receipt=first),
        desk=desk(office),
        now=NOW,
    )
    assert [one.problem is None for one in results] == [True, True, False]
    assert {office.stored_ticket(one).state for one in others} == {"duplicate"}
    assert office.stored_ticket(first).state == "received"


@pytest.mark.parametrize(
    ("ticked", "name", "problem"),
    [
        ([], "note", ticket_errors.NothingChosen),
        ([f"120-2026-{n:06d}:1" for n in range(51)], "note", ticket_errors.TooManyChosen),
        (["120-2026-000001"], "note", errors.BadRequest),
        (["120-2026-000001:²"], "note", errors.BadRequest),
        (["120-2026-000001:1"], "move", ticket_errors.UnknownAct),
    ],
)
def test_a_selection_that_cannot_be_is_refused_whole(
    office: Office, ticked: list[str], name: str, problem: type[Exception]
) -> None:
    with pytest.raises(problem):
        ticket_bulk.act(
            office.database,
            name=name,
            ticked=ticked,
            staff=SUNJA,
            given=Given(text="x"),
            desk=desk(office),
            now=NOW,
        )


# Two at once


def test_of_two_who_act_at_once_one_is_told_and_nothing_is_lost(office: Office) -> None:
    receipt = opened(office)
    together = Barrier(2)
    outcomes: list[str] = []

    def take(text: str) -> None:
        together.wait()
        try:
            with office.database.writing() as session:
                ticket_acts.act(
                    session,
                    name="note",
                    receipt_number=receipt,
                    staff=SUNJA,
                    given=Given(version=1, text=text),
                    desk=desk(office),
                    now=NOW,
                )
            outcomes.append("done")
        except StaleTicket:
            outcomes.append("stale")

    threads = [Thread(target=take, args=(text,)) for text in ("하나", "둘")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["done", "stale"]
    assert len(office.rows(TicketEvent, what="noted")) == 1


def test_who_loses_a_ticket_while_writing_cannot_change_it(office: Office) -> None:
    receipt = opened(office)
    put(office, receipt, office=DESK)
    with pytest.raises(errors.OtherOffice), office.database.writing() as session:
        ticket_acts.act(
            session,
            name="note",
            receipt_number=receipt,
            staff=OFFICER,
            given=Given(version=1, text="늦은 메모"),
            desk=desk(office),
            now=NOW,
        )
    assert not office.rows(TicketEvent, what="noted")


def test_a_note_is_masked_and_does_not_reuse_a_number_of_the_ticket(office: Office) -> None:
    receipt = office.ticket(office.talk("제 번호는 010-2345-6789예요"))
    with office.database.writing() as session:
        ticket_acts.act(
            session,
            name="note",
            receipt_number=receipt,
            staff=SUNJA,
            given=Given(version=1, text="현장 담당 010-9876-5432"),
            desk=desk(office),
            now=NOW,
        )
    (noted,) = office.rows(TicketEvent, what="noted")
    assert noted.details["note"] == "현장 담당 [전화번호 2]"


# Calls and visits


def test_calls_whose_time_has_come_stand_above_those_for_later(office: Office) -> None:
    hour = timedelta(hours=1)
    call: dict[str, Any] = {
        "kind": "callback",
        "topic": "callback",
        "office": DESK,
        "petition": "other",
    }
    later = opened(office, wanted_from=NOW + hour, **call)
    missed = opened(office, wanted_from=NOW - 3 * hour, wanted_until=NOW - hour, **call)
    any_time = opened(office, **call)
    with office.database.reading() as session:
        found = visits.calls(session, staff=SUNJA, now=NOW)
    assert [one.ticket.receipt_number for one in found] == [missed, any_time, later]
    assert [one.missed for one in found] == [True, False, False]


def test_visits_of_a_day_stand_by_area_and_time(office: Office) -> None:
    visit: dict[str, Any] = {"kind": "visit", "topic": "visiting_service", "office": DESK}
    day = datetime(2026, 12, 3, 0, 0, tzinfo=NOW.tzinfo)
    made = [opened(office, **visit) for _ in range(4)]
    areas = [
        ("제주시", "애월읍"),
        ("제주시", "노형동"),
        ("제주시", "애월읍"),
        ("서귀포시", "중문동"),
    ]
    for hour, (receipt, (city, district)) in enumerate(zip(made, areas, strict=True)):
        at = day + timedelta(hours=3 - hour % 3)
        put(office, receipt, appointment_at=at, city=city, district=district)
    with office.database.reading() as session:
        found = visits.areas(session, day.date(), staff=SUNJA)
        jeju = visits.areas(session, day.date(), staff=SUNJA, city="제주시")
        assert visits.areas(session, day.date(), staff=OFFICER) == []
        assert visits.without_appointment(session, staff=SUNJA, now=NOW) == []
    shown = {area.district: [one.receipt_number for one in area.visits] for area in found}
    assert shown == {
        "중문동": [made[3]],
        "노형동": [made[1]],
        "애월읍": [made[2], made[0]],
    }
    assert {area.district for area in jeju} == {"애월읍", "노형동"}


def test_every_open_ticket_of_the_database_is_counted_to_a_limit(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tickets, "COUNT_TO", 2)
    for _ in range(3):
        opened(office)
    with office.database.reading() as session:
        assert tickets.count(session, Asked(open=True), now=NOW) == 2
        assert session.query(Ticket).count() == 3
