"""One act on several tickets: each by itself, so that one that is refused stops no other."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, get_args

from bot.conversations.errors import ConversationError
from bot.database import Database
from bot.staff import ticket_acts, ticket_errors
from bot.staff.errors import BadRequest, StaffError
from bot.staff.service import Staff
from bot.staff.ticket_acts import Desk, Given
from bot.staff.ticket_policy import desk_tickets
from bot.tickets.errors import TicketError

BulkAct = Literal["assign", "transfer", "note", "merge"]
BULK_ACTS: tuple[BulkAct, ...] = get_args(BulkAct)
Refusal = StaffError | TicketError | ConversationError


@dataclass(frozen=True)
class Result:
    """What became of one ticket; `problem` None: it was changed."""

    receipt_number: str
    problem: Refusal | None
    conversation_id: str | None = None


def chosen(ticked: Sequence[str]) -> list[tuple[str, int]]:
    """Receipt numbers and the versions that the list showed, from `<receipt>:<version>`, each once.

    Raises NothingChosen, TooManyChosen, and BadRequest for what is no such pair.
    """
    most = desk_tickets().bulk_at_most
    if not ticked:
        raise ticket_errors.NothingChosen
    if len(ticked) > most:
        raise ticket_errors.TooManyChosen(limit=str(most))
    pairs: dict[str, int] = {}
    for one in ticked:
        receipt, _, version = one.partition(":")
        if not (version.isascii() and version.isdigit() and len(version) < 10):
            raise BadRequest
        pairs[receipt] = int(version)
    return list(pairs.items())


def act(
    database: Database,
    *,
    name: str,
    ticked: Sequence[str],
    staff: Staff,
    given: Given,
    desk: Desk,
    now: datetime,
) -> list[Result]:
    """Do an act to each ticket that was ticked, in a transaction of its own.

    Raises UnknownAct and what `chosen` raises; what is wrong with one ticket stands in its result.
    """
    known = next((one for one in BULK_ACTS if one == name), None)
    if known is None:
        raise ticket_errors.UnknownAct
    results = []
    for receipt, version in chosen(ticked):
        try:
            with database.writing() as session:
                ticket = ticket_acts.act(
                    session,
                    name=known,
                    receipt_number=receipt,
                    staff=staff,
                    given=replace(given, version=version),
                    desk=desk,
                    now=now,
                )
        except (StaffError, TicketError, ConversationError) as problem:
            results.append(Result(receipt[:40], problem))
        else:
            results.append(Result(ticket.receipt_number, None, ticket.conversation_id))
    return results
