from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from bot.database import Database
from bot.tickets import service
from bot.tickets.duplicates import metres, open_like
from bot.tickets.errors import StaleTicket, WrongTransition
from bot.tickets.models import Ticket
from bot.tickets.spots import Spot
from tests.tickets.conftest import Opener
from tests.tickets.history import STAFF, events, told, whats

CITY_HALL = Spot("제주시청", "제주시", "이도2동")
VILLAGE = Spot("협재리", "제주시", "한림읍")
DONG = Spot("노형동", "제주시", "노형동")
NORTH_A_METRE = 1 / 111_195


def here(north: float = 0.0) -> Spot:
    """A spot so many metres north of one in 이도2동."""
    return Spot(None, "제주시", "이도2동", 33.4996 + north * NORTH_A_METRE, 126.5312)


def like(session: Session, spot: Spot | None, **given: Any) -> list[Ticket]:
    usual: dict[str, Any] = {"topic": "street_light", "now": datetime.now().astimezone()}
    return open_like(session, spot=spot, **{**usual, **given})


def by(ticket: Ticket, now: datetime) -> dict[str, Any]:
    return {"ticket": ticket, "actor": STAFF, "version": None, "now": now}


def merge(session: Session, child: Ticket, parent: Ticket, now: datetime) -> None:
    service.merge(session, parent=parent, **by(child, now))


def test_open_tickets_at_the_same_landmark_are_found_oldest_first(
    database: Database, open_one: Opener, now: datetime
) -> None:
    with database.writing() as session:
        tickets = [
            open_one(
                session, message_id=f"m-{n}", spot=CITY_HALL, now=now + timedelta(minutes=n)
            ).ticket
            for n in range(4)
        ]
        assert like(session, CITY_HALL) == tickets[:3]
        assert like(session, CITY_HALL, limit=1) == tickets[:1]
        assert like(session, CITY_HALL, topic="road_damage") == []


@pytest.mark.parametrize("to", ["done", "rejected", "cancelled"])
def test_what_is_done_is_not_shown(
    database: Database, open_one: Opener, now: datetime, to: str
) -> None:
    with database.writing() as session:
        ticket = open_one(session, spot=CITY_HALL).ticket
        service.move_on(
            session, ticket=ticket, to=to, actor=STAFF, note="", tell_citizen=False, now=now
        )
        assert like(session, CITY_HALL) == []


@pytest.mark.parametrize("spot", [DONG, VILLAGE])
def test_a_village_alone_is_not_the_same_place_but_the_same_words_are(
    database: Database, open_one: Opener, spot: Spot
) -> None:
    with database.writing() as session:
        fields = {"location": f"{spot.name} 해녀의 집 앞"}
        ticket = open_one(session, spot=spot, fields=fields).ticket
        assert like(session, spot) == []
        assert like(session, spot, location=f"{spot.name} 다른 집 앞") == []
        assert like(session, spot, location=f"{spot.name}  해녀의집 앞") == [ticket]


def test_where_one_cause_reaches_far_the_whole_district_is_one_place(
    database: Database, open_one: Opener
) -> None:
    with database.writing() as session:
        ticket = open_one(session, topic="water_outage", spot=DONG).ticket
        other = Spot("노형오거리", "제주시", "노형동")
        assert like(session, other, topic="water_outage") == [ticket]
        assert like(session, Spot("연동", "제주시", "연동"), topic="water_outage") == []


@pytest.mark.parametrize(("off", "found"), [(0, True), (29, True), (31, False), (400, False)])
def test_shared_spots_are_alike_within_the_metres_of_the_topic(
    database: Database, open_one: Opener, off: float, found: bool
) -> None:
    with database.writing() as session:
        ticket = open_one(session, spot=here()).ticket
        assert like(session, here(off)) == ([ticket] if found else [])


def test_two_spots_far_apart_are_not_alike_for_one_name(
    database: Database, open_one: Opener
) -> None:
    with database.writing() as session:
        near = Spot("제주시청", "제주시", "이도2동", 33.4996, 126.5312)
        open_one(session, spot=near)
        far = Spot("제주시청", "제주시", "이도2동", 33.5056, 126.5312)
        assert like(session, far) == []


def test_without_a_place_nothing_is_alike(database: Database, open_one: Opener) -> None:
    with database.writing() as session:
        open_one(session)
        assert like(session, None) == []
        assert like(session, Spot(None, None, None)) == []


def test_a_degree_of_latitude_is_111_kilometres() -> None:
    assert metres((33.0, 126.5), (34.0, 126.5)) == pytest.approx(111_195, rel=1e-3)
    assert metres((33.5, 126.0), (33.5, 127.0)) == pytest.approx(92_700, rel=1e-2)


def test_who_joins_gets_a_receipt_and_a_code_of_their_own(
    database: Database, open_one: Opener, now: datetime
) -> None:
    with database.writing() as session:
        parent = open_one(session, spot=CITY_HALL).ticket
        joined = open_one(
            session, conversation_id="conversation-2", spot=CITY_HALL, parent_id=parent.id
        )
        assert joined.check_code is not None
        assert joined.ticket.state == "duplicate"
        assert joined.ticket.receipt_number != parent.receipt_number
        assert service.joined(session, parent) == 1
        assert events(session, parent)[-1].details == {
            "receipt": joined.ticket.receipt_number,
            "children": 1,
        }
        assert whats(session, joined.ticket) == ["opened"]
        assert like(session, CITY_HALL) == [parent]


def test_who_joins_a_duplicate_joins_what_it_duplicates(
    database: Database, open_one: Opener
) -> None:
    with database.writing() as session:
        parent = open_one(session).ticket
        child = open_one(session, message_id="m-2", parent_id=parent.id).ticket
        other = open_one(session, message_id="m-3", parent_id=child.id).ticket
        assert other.parent_id == parent.id
        assert service.joined(session, parent) == 2


def test_nobody_joins_what_is_done(database: Database, open_one: Opener, now: datetime) -> None:
    with database.writing() as session:
        parent = open_one(session).ticket
        service.move_on(
            session, ticket=parent, to="done", actor=STAFF, note="", tell_citizen=False, now=now
        )
    with pytest.raises(WrongTransition), database.writing() as session:
        open_one(session, message_id="m-2", parent_id=parent.id)
    with database.reading() as session:
        assert len(service.list_tickets(session)) == 1


def test_merging_tells_the_child_and_takes_its_children_along(
    database: Database, open_one: Opener, now: datetime
) -> None:
    with database.writing() as session:
        top, middle, low = (open_one(session, message_id=f"m-{n}").ticket for n in range(3))
        merge(session, low, middle, now)
        merge(session, middle, top, now)
        assert {one.id for one in service.children(session, top)} == {middle.id, low.id}
        assert service.children(session, middle) == []
        assert (low.state, middle.state, top.state) == ("duplicate", "duplicate", "received")
        assert told(session, middle) == told(session, low) == ["merged"]
        assert whats(session, top) == ["opened", "joined"]


def test_a_ticket_is_not_merged_into_itself_its_child_or_what_is_done(
    database: Database, open_one: Opener, now: datetime
) -> None:
    with database.writing() as session:
        one, other, done = (open_one(session, message_id=f"m-{n}").ticket for n in range(3))
        service.move_on(
            session, ticket=done, to="done", actor=STAFF, note="", tell_citizen=False, now=now
        )
        merge(session, other, one, now)
        for child, parent in ((one, one), (one, other), (other, one), (one, done), (done, one)):
            with pytest.raises(WrongTransition):
                merge(session, child, parent, now)
        assert one.parent_id is None


def test_a_split_ticket_stands_for_itself_again(
    database: Database, open_one: Opener, now: datetime
) -> None:
    with database.writing() as session:
        parent, child = (open_one(session, message_id=f"m-{n}").ticket for n in range(2))
        merge(session, child, parent, now)
        seen = child.version
        service.split(session, **by(child, now) | {"version": seen})
        assert (child.parent_id, child.state, child.done_at) == (None, "received", None)
        assert told(session, child) == ["merged", "split"]
        with pytest.raises(StaleTicket):
            service.split(session, **by(child, now) | {"version": seen})
        with pytest.raises(WrongTransition):
            service.split(session, **by(child, now))


def test_a_duplicate_is_only_split_and_not_moved_or_passed_on(
    database: Database, open_one: Opener, now: datetime
) -> None:
    with database.writing() as session:
        parent, child = (open_one(session, message_id=f"m-{n}").ticket for n in range(2))
        merge(session, child, parent, now)
        assert service.next_states(child) == ()
        with pytest.raises(WrongTransition):
            service.not_ours(session, reason="", **by(child, now))
        with pytest.raises(WrongTransition):
            service.transfer(session, office="kepco", reason="소관", **by(child, now))


def test_two_who_merge_crosswise_do_not_wait_for_ever(
    database: Database, open_one: Opener, now: datetime
) -> None:
    with database.writing() as session:
        ids = [open_one(session, message_id=f"m-{n}").ticket.id for n in range(2)]

    def cross(pair: tuple[int, int]) -> bool:
        with database.writing() as session:
            child, parent = (session.get_one(Ticket, one) for one in pair)
            try:
                merge(session, child, parent, now)
            except WrongTransition:
                return False
            return True

    pairs = [(ids[0], ids[1]), (ids[1], ids[0])]
    with ThreadPoolExecutor(max_workers=2) as pool:
        assert sorted(pool.map(cross, pairs)) == [False, True]
    with database.reading() as session:
        parents = [session.get_one(Ticket, one).parent_id for one in ids]
        assert sorted(parent is None for parent in parents) == [False, True]


def test_when_its_citizen_withdraws_it_the_matter_of_those_who_joined_goes_on(
    database: Database, open_one: Opener, now: datetime
) -> None:
    with database.writing() as session:
        first = open_one(session).ticket
        service.transfer(session, office="kepco", reason="전선", **by(first, now))
        second, third = (
            open_one(session, message_id=f"m-{n}", parent_id=first.id).ticket for n in range(2)
        )
        service.withdraw(session, ticket=first, now=now)
        assert (first.state, second.state, third.state) == ("cancelled", "received", "duplicate")
        assert (second.parent_id, second.done_at, second.office) == (None, None, "kepco")
        assert third.parent_id == second.id
        assert told(session, second) == ["split"]
        assert not first.secrets and second.secrets and third.secrets
        with pytest.raises(WrongTransition):
            service.withdraw(session, ticket=first, now=now)
        with pytest.raises(WrongTransition):
            service.withdraw(session, ticket=third, now=now)
