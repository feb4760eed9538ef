"""tickets: bodies by id, more states, places, duplicates, appointments; incidents.

Revision: 0007; follows: 0006.
"""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

OFFICES = {
    "제주120만덕콜센터": "jeju120",
    "제주시 건설과": "jeju_construction",
    "서귀포시 건설과": "seogwipo_construction",
    "제주시 생활환경과": "jeju_living_environment",
    "서귀포시 생활환경과": "seogwipo_living_environment",
    "한림읍사무소": "hallim_eup_office",
    "애월읍사무소": "aewol_eup_office",
    "구좌읍사무소": "gujwa_eup_office",
    "조천읍사무소": "jocheon_eup_office",
    "한경면사무소": "hangyeong_myeon_office",
    "추자면사무소": "chuja_myeon_office",
    "우도면사무소": "udo_myeon_office",
    "대정읍사무소": "daejeong_eup_office",
    "남원읍사무소": "namwon_eup_office",
    "성산읍사무소": "seongsan_eup_office",
    "안덕면사무소": "andeok_myeon_office",
    "표선면사무소": "pyoseon_myeon_office",
}
"""Every department that routing could name before, and its id in data/policy/offices.yml."""
DEPARTMENTS = {office: name for name, office in OFFICES.items()}
OLD_STATES = {
    "assigned": "received",
    "transferred": "received",
    "awaiting_citizen": "in_progress",
    "done": "answered",
    "rejected": "answered",
    "duplicate": "cancelled",
}
ENDED = ("done", "closed", "cancelled")
OPEN = {f"{engine}_where": sa.text("done_at IS NULL") for engine in ("sqlite", "postgresql")}
DONE = {f"{engine}_where": sa.text("done_at IS NOT NULL") for engine in ("sqlite", "postgresql")}
CURRENT = {f"{engine}_where": sa.text("ended_at IS NULL") for engine in ("sqlite", "postgresql")}
INDEXES: tuple[tuple[str, tuple[str, ...], Mapping[str, Any]], ...] = (
    ("ix_tickets_state", ("state", "id"), {}),
    ("ix_tickets_office", ("office", "id"), {}),
    ("ix_tickets_topic_district", ("topic", "district", "created_at"), {}),
    ("ix_tickets_created", ("created_at",), {}),
    ("ix_tickets_open_due", ("due_at", "id"), OPEN),
    ("ix_tickets_open_office", ("office", "due_at", "id"), OPEN),
    ("ix_tickets_open_assignee", ("assignee", "due_at", "id"), OPEN),
    ("ix_tickets_open_kind", ("kind", "wanted_from", "id"), OPEN),
    ("ix_tickets_open_place", ("topic", "place", "created_at"), OPEN),
    ("ix_tickets_open_latitude", ("topic", "latitude"), OPEN),
    ("ix_tickets_parent_id", ("parent_id",), {}),
    ("ix_tickets_incident_id", ("incident_id",), {}),
    ("ix_tickets_appointment_at", ("appointment_at",), {}),
    ("ix_tickets_done", ("state", "done_at"), DONE),
)
tickets = sa.table(
    "tickets",
    *(sa.column(name, sa.Integer) for name in ("id", "version", "transfers")),
    *(sa.column(name, sa.String) for name in ("state", "office", "department", "receipt_number")),
    *(sa.column(name, sa.String) for name in ("conversation_id", "message_id")),
    *(
        sa.column(name, sa.DateTime(timezone=True))
        for name in ("created_at", "updated_at", "done_at")
    ),
)
events = sa.table(
    "ticket_events",
    *(sa.column(name, sa.Integer) for name in ("id", "ticket_id")),
    sa.column("what", sa.String),
    sa.column("at", sa.DateTime(timezone=True)),
    sa.column("details", sa.JSON),
)


def upgrade() -> None:
    _make_incidents()
    with op.batch_alter_table("tickets") as batch_op:
        for name in ("due_at", "state", "topic"):
            batch_op.drop_index(f"ix_tickets_{name}")
        for column in _new_columns():
            batch_op.add_column(column)
        batch_op.alter_column("conversation_id", existing_type=sa.String(36), nullable=True)
        batch_op.alter_column(
            "message_id", existing_type=sa.String(36), type_=sa.String(64), nullable=True
        )
    _carry_over()
    with op.batch_alter_table("tickets") as batch_op:
        for name in ("version", "routed_by", "transfers", "origin"):
            batch_op.alter_column(name, server_default=None)
        batch_op.alter_column("office", existing_type=sa.String(64), nullable=False)
        batch_op.alter_column(
            "updated_at", existing_type=sa.DateTime(timezone=True), nullable=False
        )
        batch_op.drop_column("department")
        batch_op.create_foreign_key("tickets_parent_id_fkey", "tickets", ["parent_id"], ["id"])
        batch_op.create_foreign_key(
            "tickets_incident_id_fkey", "incidents", ["incident_id"], ["id"]
        )
    for name, columns, where in INDEXES:
        op.create_index(name, "tickets", list(columns), **where)
    op.create_index("ix_ticket_events_untold", "ticket_events", ["tell_citizen", "told_at"])


def _make_incidents() -> None:
    op.create_table(
        "incidents",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("topic", sa.String(length=64), nullable=False),
        sa.Column("city", sa.String(length=16), nullable=False),
        sa.Column("district", sa.String(length=32), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_incidents_ended_at", "incidents", ["ended_at"])
    op.create_index(
        "ix_incidents_current", "incidents", ["topic", "city", "district"], unique=True, **CURRENT
    )


def _new_columns() -> list[sa.Column[Any]]:
    moment = sa.DateTime(timezone=True)
    nullable: tuple[tuple[str, Any], ...] = (
        *(("office", sa.String(64)), ("assignee", sa.String(64)), ("place", sa.String(120))),
        *(("city", sa.String(16)), ("district", sa.String(32))),
        *(("latitude", sa.Double()), ("longitude", sa.Double())),
        *((name, moment) for name in ("extended_at", "paused_at", "reminded_at")),
        *(("external_number", sa.String(64)), ("parent_id", sa.Integer())),
        *(("incident_id", sa.Integer()), ("wanted_from", moment), ("wanted_until", moment)),
        *(("appointment_at", moment), ("officer", sa.String(64)), ("rating", sa.Integer())),
        *(("updated_at", moment), ("done_at", moment)),
    )
    given: tuple[tuple[str, Any, str], ...] = (
        ("version", sa.Integer(), "1"),
        ("routed_by", sa.String(160), ""),
        ("transfers", sa.Integer(), "0"),
        ("origin", sa.String(8), "chat"),
    )
    return [
        *(sa.Column(name, type_, nullable=True) for name, type_ in nullable),
        *(
            sa.Column(name, type_, nullable=False, server_default=default)
            for name, type_, default in given
        ),
    ]


def _carry_over() -> None:
    """Departments become ids, `answered` becomes `done`, what ended says when."""
    connection = op.get_bind()
    for department, office in OFFICES.items():
        op.execute(tickets.update().where(tickets.c.department == department).values(office=office))
    op.execute(tickets.update().where(tickets.c.office.is_(None)).values(office="jeju120"))
    op.execute(tickets.update().where(tickets.c.state == "answered").values(state="done"))
    last = (
        sa.select(sa.func.max(events.c.at))
        .where(events.c.ticket_id == tickets.c.id, events.c.what == "moved")
        .scalar_subquery()
    )
    op.execute(tickets.update().values(updated_at=sa.func.coalesce(last, tickets.c.created_at)))
    op.execute(
        tickets.update().where(tickets.c.state.in_(ENDED)).values(done_at=tickets.c.updated_at)
    )
    for row in connection.execute(
        sa.select(events.c.id, events.c.details).where(events.c.what.in_(("moved", "opened")))
    ).all():
        if (told := _told_anew(row.details)) != row.details:
            op.execute(events.update().where(events.c.id == row.id).values(details=told))


def _told_anew(details: dict[str, Any]) -> dict[str, Any]:
    told = {key: "done" if value == "answered" else value for key, value in details.items()}
    if (department := told.pop("department", None)) is not None:
        told["office"] = OFFICES.get(department, "jeju120")
    return told


def downgrade() -> None:
    """States and bodies that the older version does not know become the nearest that it knows."""
    op.drop_index("ix_ticket_events_untold", "ticket_events")
    for name, _, _ in INDEXES:
        op.drop_index(name, "tickets")
    with op.batch_alter_table("tickets") as batch_op:
        batch_op.add_column(
            sa.Column("department", sa.String(128), nullable=False, server_default="")
        )
    _carry_back()
    with op.batch_alter_table("tickets") as batch_op:
        batch_op.alter_column("department", server_default=None)
        batch_op.drop_constraint("tickets_parent_id_fkey", type_="foreignkey")
        batch_op.drop_constraint("tickets_incident_id_fkey", type_="foreignkey")
        for column in _new_columns():
            batch_op.drop_column(column.name)
        batch_op.alter_column("conversation_id", existing_type=sa.String(36), nullable=False)
        batch_op.alter_column(
            "message_id", existing_type=sa.String(64), type_=sa.String(36), nullable=False
        )
    for name in ("due_at", "state", "topic"):
        op.create_index(f"ix_tickets_{name}", "tickets", [name])
    op.drop_table("incidents")


def _carry_back() -> None:
    op.execute(tickets.update().values(department=tickets.c.office))
    for office, department in DEPARTMENTS.items():
        op.execute(tickets.update().where(tickets.c.office == office).values(department=department))
    for state, old in OLD_STATES.items():
        op.execute(tickets.update().where(tickets.c.state == state).values(state=old))
    # One of another system has no conversation; its receipt number keeps it apart.
    op.execute(
        tickets.update()
        .where(tickets.c.conversation_id.is_(None) | tickets.c.message_id.is_(None))
        .values(conversation_id="", message_id=tickets.c.receipt_number)
    )
    op.execute(
        tickets.update()
        .where(sa.func.length(tickets.c.message_id) > 36)
        .values(message_id=tickets.c.receipt_number)
    )
