"""Our own client against our own server: two installations of this service, one after the other."""

import shutil
from pathlib import Path

from sqlalchemy import select

from bot.database import Database, utc_now
from bot.tickets import service
from bot.tickets.delivery_models import TicketDelivery
from bot.tickets.models import Ticket
from bot.web.parts import Parts
from tests.open311.caller import Caller
from tests.tickets.conftest import Opener, cipher, now, open_one
from tests.tickets.sending import LINKED, policy, sender, tell

__all__ = ["cipher", "now", "open_one"]


async def test_a_ticket_goes_to_the_other_installation_and_comes_back_closed(
    sqlite_template: Path,
    tmp_path: Path,
    caller: Caller,
    base: str,
    parts: Parts,
    open_one: Opener,
) -> None:
    shutil.copy(sqlite_template, tmp_path / "ours.db")
    ours = Database(f"sqlite:///{tmp_path / 'ours.db'}")
    (tmp_path / "keys" / "delivery").mkdir(parents=True)
    (tmp_path / "keys" / "delivery" / "other").write_text(caller.key)
    used = policy(
        base,
        api_key="other",
        jurisdiction_id="jeju.go.kr",
        services={"roadkill": "roadkill"},
        answers=True,
        on_doubt="look_up",
        look_up_by="external_id",
        on_closed="done",
    )
    fields = {
        "location": "노형동 우체국 앞",
        "detail": "노루가 쓰러져 있어요",
        "animal": "wild",
        "danger": "no",
    }
    with ours.writing() as session:
        ticket = open_one(session, topic="roadkill", office=LINKED, fields=fields).ticket
        tell(session, ticket, None, used)
        ours_id = ticket.id
    at = utc_now()
    with sender(ours, tmp_path, used) as outgoing:
        await outgoing.send_due(at)
        with ours.writing() as session:
            row = session.scalars(select(TicketDelivery)).one()
            assert row.state == "sent", row.last_error
            theirs = row.external_id
            # As if the answer had been lost: the number is found again, and nothing opened twice.
            row.state, row.doubtful, row.external_id, row.next_try_at = "waiting", True, None, at
        await outgoing.send_due(at)
        with parts.database.writing() as session:
            found = session.scalars(select(Ticket).where(Ticket.receipt_number == theirs)).one()
            assert found.topic == "roadkill"
            service.move_on(
                session,
                ticket=found,
                to="done",
                actor="staff:a",
                note="치웠어요.",
                tell_citizen=True,
                now=utc_now(),
            )
        with ours.writing() as session:
            session.scalars(select(TicketDelivery)).one().polled_at = None
        await outgoing.poll(utc_now())
    with ours.reading() as session:
        ticket = session.get_one(Ticket, ours_id)
        assert ticket.external_number == theirs
        assert ticket.state == "done"
        assert any("치웠어요." in str(event.details.get("note")) for event in ticket.events)
    ours.dispose()
