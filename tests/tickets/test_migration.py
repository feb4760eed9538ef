"""Tickets of the version before keep their meaning (migration 0007)."""

from typing import Any

from alembic import command
from sqlalchemy import Connection, text

from bot.database import Database
from bot.migrating import config

OPENED, MOVED = "2026-10-01 00:00:00", "2026-10-03 00:00:00"
TICKETS = (
    ("제주시 건설과", "answered"),
    ("애월읍사무소", "received"),
    ("없어진 부서", "closed"),
)


def fill(connection: Connection) -> None:
    for number, (department, state) in enumerate(TICKETS, start=1):
        connection.execute(
            text(
                "INSERT INTO tickets (id, receipt_number, kind, topic, state, department, fields,"
                " language, conversation_id, message_id, check_code_hash, petition, due_at,"
                " created_at) VALUES (:id, :receipt, 'report', 'road_damage', :state, :department,"
                " '{}', 'ko', 'talk', :message, 'x', 'grievance', :at, :at)"
            ),
            {
                "id": number,
                "receipt": f"120-2026-{number:06d}",
                "state": state,
                "department": department,
                "message": f"m-{number}",
                "at": OPENED,
            },
        )
    for id, what, at, details in (
        (1, "opened", OPENED, '{"department": "제주시 건설과", "rule": "city"}'),
        (2, "moved", MOVED, '{"from": "in_progress", "to": "answered", "note": ""}'),
    ):
        connection.execute(
            text(
                "INSERT INTO ticket_events (id, ticket_id, at, actor, what, details, tell_citizen)"
                " VALUES (:id, 1, :at, 'staff:kim', :what, :details, :no)"
            ),
            {"id": id, "at": at, "what": what, "details": details, "no": False},
        )


def rows(database: Database, query: str) -> list[tuple[Any, ...]]:
    with database.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def test_departments_become_bodies_and_answered_becomes_done_and_back(empty_url: str) -> None:
    command.upgrade(config(empty_url), "0006")
    database = Database(empty_url)
    with database.engine.begin() as connection:
        fill(connection)
    command.upgrade(config(empty_url), "0007")
    query = "SELECT office, state, version, origin, transfers FROM tickets ORDER BY id"
    assert rows(database, query) == [
        ("jeju_construction", "done", 1, "chat", 0),
        ("aewol_eup_office", "received", 1, "chat", 0),
        ("jeju120", "closed", 1, "chat", 0),
    ]
    ended = rows(database, "SELECT done_at IS NULL, updated_at = created_at FROM tickets")
    assert sorted((bool(one), bool(other)) for one, other in ended) == [
        (False, False),
        (False, True),
        (True, True),
    ]
    details = str(rows(database, "SELECT details FROM ticket_events ORDER BY id"))
    assert "answered" not in details
    assert "department" not in details
    assert "jeju_construction" in details
    command.downgrade(config(empty_url), "0006")
    query = "SELECT department, state, message_id FROM tickets ORDER BY id"
    assert rows(database, query) == [
        ("제주시 건설과", "answered", "m-1"),
        ("애월읍사무소", "received", "m-2"),
        ("제주120만덕콜센터", "closed", "m-3"),
    ]
    database.dispose()
