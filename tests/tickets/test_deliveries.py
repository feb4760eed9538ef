"""What bodies are to be told when tickets are opened, changed and passed on."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.database import Database
from bot.tickets import deliveries, service
from bot.tickets.claiming import Arrived, NotSent, claim, mark_failed, mark_sent
from bot.tickets.delivery_models import TicketDelivery
from bot.tickets.delivery_policy import DeliveryPolicy, delivery_policy
from bot.tickets.errors import PolicyError
from bot.tickets.models import Ticket
from tests.tickets.conftest import Opener
from tests.tickets.sending import LINKED, MAILED, RETRY, policy, tell

POLICY = policy()


def _states(session: Session) -> list[tuple[str, str, str]]:
    session.flush()
    rows = session.scalars(select(TicketDelivery).order_by(TicketDelivery.id))
    return [(row.office, row.kind, row.state) for row in rows]


def _sent(session: Session, now: datetime) -> None:
    for one in claim(session, now=now, policy=POLICY):
        mark_sent(session, one.delivery.id, Arrived(), now=now)
        session.refresh(one.delivery)


def _pass(session: Session, ticket: Ticket, office: str, now: datetime) -> None:
    event = service.transfer(
        session, ticket=ticket, office=office, reason="x", actor="staff:a", version=None, now=now
    )
    tell(session, ticket, event, POLICY)


def test_a_body_with_email_is_told_of_a_ticket_once(database: Database, open_one: Opener) -> None:
    with database.writing() as session:
        ticket = open_one(session).ticket
        tell(session, ticket, None, POLICY)
        tell(session, ticket, None, POLICY)
        assert _states(session) == [(MAILED, "opened", "waiting")]


def test_a_body_that_works_in_the_console_needs_no_delivery(
    database: Database, open_one: Opener
) -> None:
    with database.writing() as session:
        ticket = open_one(session, office="waterworks").ticket
        assert tell(session, ticket, None, POLICY) == []


def test_a_delivery_is_gone_with_the_transaction_that_opened_the_ticket(
    database: Database, open_one: Opener
) -> None:
    def opens_and_fails() -> None:
        with database.writing() as session:
            tell(session, open_one(session).ticket, None, POLICY)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        opens_and_fails()
    with database.reading() as session:
        assert _states(session) == []


def test_a_body_that_was_told_hears_that_the_ticket_went_elsewhere(
    database: Database, open_one: Opener, now: datetime
) -> None:
    with database.writing() as session:
        ticket = open_one(session).ticket
        tell(session, ticket, None, POLICY)
        _sent(session, now)
        _pass(session, ticket, LINKED, now)
        assert _states(session) == [
            (MAILED, "opened", "sent"),
            (MAILED, "withdrawn", "waiting"),
            (LINKED, "opened", "waiting"),
        ]


def test_a_body_that_was_never_told_hears_nothing_of_the_transfer(
    database: Database, open_one: Opener, now: datetime
) -> None:
    with database.writing() as session:
        ticket = open_one(session).ticket
        tell(session, ticket, None, POLICY)
        _pass(session, ticket, LINKED, now)
        assert _states(session) == [(MAILED, "opened", "dropped"), (LINKED, "opened", "waiting")]


def test_a_body_is_told_again_when_a_ticket_comes_back_to_it(
    database: Database, open_one: Opener, now: datetime
) -> None:
    with database.writing() as session:
        ticket = open_one(session).ticket
        tell(session, ticket, None, POLICY)
        _sent(session, now)
        _pass(session, ticket, "waterworks", now)
        _sent(session, now)
        _pass(session, ticket, MAILED, now)
        _pass(session, ticket, "waterworks", now)
        # The second opening was never sent, so there is nothing to take back.
        assert _states(session) == [
            (MAILED, "opened", "sent"),
            (MAILED, "withdrawn", "sent"),
            (MAILED, "opened", "dropped"),
        ]


def test_a_failed_opening_is_not_tried_again_once_the_ticket_went_elsewhere(
    database: Database, open_one: Opener, now: datetime
) -> None:
    with database.writing() as session:
        ticket = open_one(session).ticket
        tell(session, ticket, None, POLICY)
        claimed = claim(session, now=now, policy=POLICY)[0].delivery
        _pass(session, ticket, "waterworks", now)
        mark_failed(
            session,
            claimed.id,
            1,
            NotSent("busy", again=True),
            park=False,
            now=now,
            policy=POLICY,
        )
        assert _states(session) == [(MAILED, "opened", "dropped"), (MAILED, "withdrawn", "dropped")]


def test_what_a_citizen_adds_is_told_after_the_opening_and_never_before(
    database: Database, open_one: Opener, now: datetime
) -> None:
    with database.writing() as session:
        ticket = open_one(session).ticket
        tell(session, ticket, None, POLICY)
        deliveries.enqueue(session, ticket, "changed", now, cause="x", policy=POLICY)
        assert [one.delivery.kind for one in claim(session, now=now, policy=POLICY)] == ["opened"]
        assert claim(session, now=now, policy=POLICY) == []


def test_two_processes_never_hold_the_same_delivery(
    database: Database, open_one: Opener, now: datetime
) -> None:
    with database.writing() as session:
        for number in range(4):
            ticket = open_one(session, message_id=f"m{number}").ticket
            tell(session, ticket, None, POLICY)
    if database.engine.dialect.name == "sqlite":
        with database.writing() as session:
            first = claim(session, now=now, policy=POLICY, limit=3)
        with database.writing() as session:
            second = claim(session, now=now, policy=POLICY, limit=3)
    else:
        with database.writing() as one, database.writing() as other:
            first = claim(one, now=now, policy=POLICY, limit=3)
            second = claim(other, now=now, policy=POLICY, limit=3)
    assert (len(first), len(second)) == (3, 1)
    assert not {one.delivery.id for one in first} & {one.delivery.id for one in second}


def test_what_a_dead_process_held_is_taken_up_after_its_lease_and_is_doubtful(
    database: Database, open_one: Opener, now: datetime
) -> None:
    with database.writing() as session:
        tell(session, open_one(session).ticket, None, POLICY)
        assert not claim(session, now=now, policy=POLICY)[0].left_over
        assert claim(session, now=now + timedelta(seconds=59), policy=POLICY) == []
        again = claim(session, now=now + timedelta(seconds=60), policy=POLICY)[0]
        assert again.left_over
        assert again.delivery.doubtful


def test_a_late_failure_does_not_undo_what_another_process_sent(
    database: Database, open_one: Opener, now: datetime
) -> None:
    with database.writing() as session:
        tell(session, open_one(session).ticket, None, POLICY)
        row = claim(session, now=now, policy=POLICY)[0].delivery
        claim(session, now=now + timedelta(minutes=2), policy=POLICY)
        mark_sent(session, row.id, Arrived(), now=now)
        failure = NotSent("late", again=True)
        mark_failed(session, row.id, 1, failure, park=False, now=now, policy=POLICY)
        session.refresh(row)
        assert row.state == "sent"


def test_after_the_last_try_a_person_must_see_to_it_and_may_try_again(
    database: Database, open_one: Opener, now: datetime
) -> None:
    with database.writing() as session:
        tell(session, open_one(session).ticket, None, POLICY)
        for attempt in range(1, RETRY["tries"] + 1):
            assert deliveries.not_delivered(session) == []
            at = now + timedelta(hours=attempt)
            row = claim(session, now=at, policy=POLICY)[0].delivery
            failure = NotSent("busy", again=True)
            mark_failed(session, row.id, attempt, failure, park=False, now=at, policy=POLICY)
            session.flush()
        parked = deliveries.not_delivered(session)
        assert [one.last_error for one in parked] == ["busy"]
        deliveries.try_again(session, parked[0].id, now=now)
        assert len(claim(session, now=now, policy=POLICY)) == 1
        with pytest.raises(deliveries.UnknownDelivery):
            deliveries.try_again(session, parked[0].id, now=now)


def test_a_person_may_settle_what_cannot_be_delivered(
    database: Database, open_one: Opener, now: datetime
) -> None:
    with database.writing() as session:
        row = tell(session, open_one(session).ticket, None, POLICY)[0]
        claim(session, now=now, policy=POLICY)
        failure = NotSent("no mailbox", again=False)
        mark_failed(session, row.id, 1, failure, park=False, now=now, policy=POLICY)
        deliveries.settle(session, row.id)
        assert _states(session) == [(MAILED, "opened", "dropped")]


def test_waits_grow_up_to_the_longest_and_differ_by_the_jitter() -> None:
    retry = POLICY.retry
    assert [retry.wait(tries).total_seconds() for tries in (1, 2, 3)] == [60, 120, 240]
    assert retry.wait(1000).total_seconds() == 3600
    spread = retry.model_copy(update={"jitter": 0.2})
    waits = {spread.wait(1).total_seconds() for _ in range(50)}
    assert len(waits) > 10
    assert all(48 <= wait <= 72 for wait in waits)


@pytest.mark.parametrize(
    "to",
    [
        "roads",
        "a@b",
        "roads@example.go.kr\nBcc: all@example.com",
        "Roads <roads@example.go.kr>",
        "a@example.com, b@example.com",
        "a..b@example.com",
        "roads@exa mple.com",
    ],
)
def test_what_is_no_plain_address_is_refused_with_the_policy(to: str) -> None:
    with pytest.raises(ValueError, match="address"):
        DeliveryPolicy.model_validate(
            {**POLICY.model_dump(mode="json"), "offices": {MAILED: {"way": "email", "to": to}}}
        )


def test_a_policy_for_a_body_that_does_not_exist_is_refused() -> None:
    email = {"way": "email", "to": "a@example.com"}
    with pytest.raises(ValueError, match="nowhere"):
        DeliveryPolicy.model_validate(
            {**POLICY.model_dump(mode="json"), "offices": {"nowhere": email}}
        )


def test_the_policy_of_the_installation_can_be_used() -> None:
    assert delivery_policy().retry.tries > 1


def test_a_missing_policy_is_told(tmp_path_factory: pytest.TempPathFactory) -> None:
    with pytest.raises(PolicyError):
        DeliveryPolicy.load(tmp_path_factory.mktemp("empty") / "delivery.yml")
