"""How a citizen finds a ticket again: receipt number and check code, with guessing held back."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from bot.tickets import receipts
from bot.tickets.models import ReceiptAttempt, Ticket, TicketEvent
from bot.tickets.policy import ticket_policy


def find_for_citizen(
    session: Session, *, receipt_number: str, check_code: str, now: datetime
) -> Ticket | None:
    """The ticket whose check code this is; None for a wrong code, an unknown or a locked number.

    The three look the same and take the same time. Needs a writing session, committed also when
    nothing is found: wrong codes are counted, and lock the number (tickets.yml, `check_code`).
    """
    number = receipts.tidy_number(receipt_number)
    ticket = session.scalar(select(Ticket).where(Ticket.receipt_number == (number or "")))
    fits = receipts.code_fits(check_code, ticket.check_code_hash if ticket else None)
    if number is None or not check_code.strip():
        return None
    attempt = _locked_row(session, number, now)
    if attempt.locked_until is not None and now < attempt.locked_until:
        return None
    if ticket is None or not fits:
        _count_wrong(attempt, now)
        session.flush()
        return None
    session.delete(attempt)
    session.add(TicketEvent(ticket=ticket, at=now, actor="citizen", what="checked"))
    session.flush()
    return ticket


def forget_attempts(session: Session, *, now: datetime) -> int:
    """Delete counts of wrong codes that no longer matter. Returns how many numbers that was."""
    old = ReceiptAttempt.since < now - _lock_time()
    unlocked: ColumnElement[bool] = or_(
        ReceiptAttempt.locked_until.is_(None), ReceiptAttempt.locked_until < now
    )
    gone = delete(ReceiptAttempt).where(old, unlocked).returning(ReceiptAttempt.receipt_number)
    return len(session.scalars(gone).all())


def _locked_row(session: Session, number: str, now: datetime) -> ReceiptAttempt:
    """The count for a number, its row locked: parallel guesses are counted one by one."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    session.execute(
        insert(ReceiptAttempt)
        .values(receipt_number=number, wrong=0, since=now)
        # Locks a row that is there; one that another right code deletes meanwhile is made anew.
        .on_conflict_do_update(index_elements=["receipt_number"], set_={"receipt_number": number})
    )
    return session.scalars(
        select(ReceiptAttempt)
        .where(ReceiptAttempt.receipt_number == number)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def _count_wrong(attempt: ReceiptAttempt, now: datetime) -> None:
    expired = attempt.locked_until is not None or now - attempt.since >= _lock_time()
    if expired or attempt.wrong == 0:
        attempt.wrong, attempt.since, attempt.locked_until = 0, now, None
    attempt.wrong += 1
    if attempt.wrong >= ticket_policy().check_code.wrong_at_most:
        attempt.locked_until = now + _lock_time()


def _lock_time() -> timedelta:
    return timedelta(minutes=ticket_policy().check_code.locked_minutes)
