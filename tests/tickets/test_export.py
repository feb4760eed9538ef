import csv
import io
import json
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import spreadsheets
from bot.database import Database
from bot.hours import SEOUL
from bot.spreadsheets import BOM
from bot.tickets import export
from bot.tickets.export import BATCH, COLUMNS, Chosen, UnknownChoice
from tests.tickets.stored import OPENED, stored


def numbers(database: Database, chosen: Chosen) -> list[object]:
    with database.reading() as session:
        return [row["receipt_number"] for row in export.rows(session, chosen)]


def read_csv(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_a_ticket_is_exported_with_what_staff_count_by(database: Database) -> None:
    with database.writing() as session:
        first = stored(session)
        stored(
            session,
            receipt_number="120-2026-900001",
            state="duplicate",
            city="제주시",
            district="노형동",
            place="노형오거리",
            parent_id=first.id,
            transfers=2,
            done_at=OPENED + timedelta(hours=3),
        )
    with database.reading() as session:
        row = list(export.rows(session, Chosen()))[1]
    assert tuple(row) == COLUMNS
    assert row == {
        "receipt_number": "120-2026-900001",
        "kind": "report",
        "topic": "street_light",
        "state": "duplicate",
        "office": "jeju120",
        "origin": "chat",
        "language": "ko",
        "city": "제주시",
        "district": "노형동",
        "place": "노형오거리",
        "petition": "grievance",
        "transfers": 2,
        "rating": None,
        "external_number": None,
        "duplicate_of": first.receipt_number,
        "created_at": "2026-10-12T10:00:00+09:00",
        "due_at": "2026-10-21T10:00:00+09:00",
        "extended_at": None,
        "done_at": "2026-10-12T13:00:00+09:00",
    }


def test_no_personal_data_leave(database: Database) -> None:
    with database.writing() as session:
        stored(
            session,
            kind="visit",
            fields={"address": "비밀길 7", "contact": "[전화번호 1]", "what": "비밀이에요"},
            place="비밀리",
            latitude=33.4996213,
            longitude=126.5311934,
            assignee="staff-secret",
            officer="비밀 주무관",
            conversation_id="secret-conversation",
            message_id="secret-message",
            check_code_hash="secret-hash",
        )
    with database.reading() as session:
        table = list(export.rows(session, Chosen()))
    written = "".join(export.as_csv(table)) + "".join(export.as_json_lines(table))
    for secret in ("비밀", "secret", "전화번호", "33.49", "126.53"):
        assert secret not in written


def test_tickets_come_in_the_order_of_their_opening_and_all_of_them(database: Database) -> None:
    with database.writing() as session:
        opened = [stored(session).receipt_number for _ in range(BATCH + 7)]
    assert numbers(database, Chosen()) == opened


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        (Chosen(), ["a", "b", "c"]),
        (Chosen(state="in_progress"), ["b"]),
        (Chosen(office="waterworks"), ["c"]),
        (Chosen(topic="street_light"), ["a", "b"]),
        (Chosen(kind="callback"), ["c"]),
        (Chosen(first=date(2026, 10, 13)), ["b", "c"]),
        (Chosen(last=date(2026, 10, 13)), ["a", "b"]),
        (Chosen(first=date(2026, 10, 13), last=date(2026, 10, 13)), ["b"]),
        (Chosen(state="in_progress", office="waterworks"), []),
        (Chosen(first=date.min, last=date.max), ["a", "b", "c"]),
    ],
)
def test_tickets_are_chosen_by_state_office_topic_kind_and_day(
    database: Database, chosen: Chosen, expected: list[str]
) -> None:
    just_past_midnight = datetime(2026, 10, 13, 0, 0, tzinfo=SEOUL)
    with database.writing() as session:
        stored(
            session, receipt_number="a", created_at=just_past_midnight - timedelta(microseconds=1)
        )
        stored(session, receipt_number="b", state="in_progress", created_at=just_past_midnight)
        stored(
            session,
            receipt_number="c",
            office="waterworks",
            topic="water_leak",
            kind="callback",
            created_at=just_past_midnight + timedelta(days=1),
        )
    assert numbers(database, chosen) == expected


@pytest.mark.parametrize("name", ["state", "office", "kind"])
def test_what_does_not_exist_cannot_be_chosen(name: str) -> None:
    with pytest.raises(UnknownChoice, match=name):
        Chosen(**{name: "lost"})


@pytest.mark.parametrize("begins", ["=", "+", "-", "@", "\t", "\r", "＝"])
def test_no_cell_is_computed_by_a_spreadsheet(database: Database, begins: str) -> None:
    formula = f'{begins}HYPERLINK("http://x","y")'
    with database.writing() as session:
        stored(session, external_number=formula)
    with database.reading() as session:
        table = list(export.rows(session, Chosen()))
    (read,) = read_csv("".join(export.as_csv(table)))
    assert read["external_number"] == f"'{formula}"
    (line,) = export.as_json_lines(table)
    assert json.loads(line)["external_number"] == formula


def test_what_is_no_formula_stays_as_it_is() -> None:
    assert [spreadsheets.harmless(value) for value in ("a=b", "", None, -3, "120-2026-000001")] == [
        "a=b",
        "",
        None,
        -3,
        "120-2026-000001",
    ]


@given(st.lists(st.tuples(*[st.none() | st.text(max_size=12)] * 2), max_size=5))
def test_whatever_stands_in_a_cell_comes_back_from_the_csv(
    cells: list[tuple[str | None, str | None]],
) -> None:
    table = [{"a": one, "b": other} for one, other in cells]
    text = "".join(export.as_csv(table, columns=("a", "b")))
    read = [tuple(row) for row in csv.reader(io.StringIO(text, newline=""), strict=True)]
    assert read[0] == ("a", "b")
    assert read[1:] == [
        tuple("" if cell is None else spreadsheets.harmless(cell) for cell in row) for row in cells
    ]
    assert not any(
        cell.startswith(("=", "+", "-", "@", "\t", "\r")) for row in read for cell in row
    )


def test_a_spreadsheet_is_told_that_the_file_is_utf_8_only_when_asked() -> None:
    plain, marked = ("".join(export.as_csv([], bom=bom)) for bom in (False, True))
    assert marked == BOM + plain
    assert marked.encode("utf-8").startswith(b"\xef\xbb\xbf")
    assert plain.startswith("receipt_number,")
