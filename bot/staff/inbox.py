"""The inbox: which conversations need a person, in which order, page by page.

Each view is a few tiers, one below the other; each tier is read in the order of one index
(`desk_models`), so that a page costs the same however many conversations there are.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, get_args

from sqlalchemy import ColumnElement, Select, and_, func, literal_column, or_, select, union_all
from sqlalchemy.orm import InstrumentedAttribute, Session

from bot.conversations.models import Conversation, Message
from bot.staff import errors
from bot.staff.inbox_filters import Filters, conditions, of_office

View = Literal["needs", "unassigned", "waiting", "mine", "all", "closed"]
VIEWS: tuple[View, ...] = get_args(View)
PAGE = 50
"""Rows of a list on one page."""
COUNT_TO = 1000
"""Counting ends here: nobody needs to know it more exactly."""
FEW = 100
"""Where counting ends of what a page counts beside its own list."""
_EPOCH = datetime.fromtimestamp(0, UTC)
DISTRESS = "distress"
"""The reason that stands above the others, below the emergency guard's alarms."""


@dataclass(frozen=True)
class Row:
    """A conversation in the list, with its newest message and what it is about."""

    conversation: Conversation
    last: Message | None
    found: Message | None = None
    """The message that a search found."""


@dataclass(frozen=True)
class Listed:
    """A page of the list, and the cursor of the next page; None at the end."""

    rows: list[Row]
    after: str | None


@dataclass(frozen=True)
class _Tier:
    """Rows in the order of one column."""

    where: tuple[ColumnElement[bool], ...]
    by: InstrumentedAttribute[Any]
    newest_first: bool = False


@dataclass(frozen=True)
class _Cursor:
    """The last row of a page."""

    tier: int
    at: datetime
    id: str = field(default="")

    def __str__(self) -> str:
        return f"{self.tier}.{stamp(self.at)}.{self.id}"


def stamp(at: datetime) -> int:
    """A moment as an address has it: microseconds since 1970."""
    return (at - _EPOCH) // timedelta(microseconds=1)


def moment(stamp: int) -> datetime:
    """The moment of a stamp. Raises OverflowError for none of our time."""
    return _EPOCH + timedelta(microseconds=stamp)


def needing(session: Session) -> tuple[int, int]:
    """How many conversations wait for somebody to take them, and how many of them are alarms."""
    alarms = _count(session, _ALARMS)
    return alarms + _count(session, [_LINE]), alarms


def counts(session: Session, *, login: str, unassigned: int) -> dict[str, int]:
    """How many conversations the views that are worth it hold; `unassigned`: as `needing` says."""
    unanswered = _count(session, [_UNANSWERED], FEW)
    mine = count_of(session, view="mine", login=login)
    waiting = min(unassigned + unanswered, COUNT_TO)
    return {"unassigned": unassigned, "waiting": waiting, "mine": mine}


def count_of(session: Session, *, view: View, login: str) -> int:
    """How many conversations a view holds, up to COUNT_TO."""
    return _count(session, _tiers(view, login), FEW)


def listed(
    session: Session,
    *,
    view: View,
    login: str,
    now: datetime,
    filters: Filters | None = None,
    after: str | None = None,
) -> Listed:
    """A page of a view: alarms first, then what has waited longest; newest first where all are.

    `after`: the cursor of the page before. Raises BadRequest for one that is none.
    """
    tiers = _tiers(view, login)
    cursor = _read(after, len(tiers)) if after else None
    found: list[tuple[int, Conversation, Message | None]] = []
    for number, tier in enumerate(tiers):
        if cursor is not None and number < cursor.tier:
            continue
        start = cursor if cursor is not None and cursor.tier == number else None
        wanted = PAGE + 1 - len(found)
        rows = _of_tier(session, tier, filters or Filters(), start, now, wanted)
        found += [(number, conversation, last) for conversation, last in rows]
        if len(found) > PAGE:
            break
    page = found[:PAGE]
    return Listed(
        rows=[Row(talk, last) for _, talk, last in page],
        after=_cursor(tiers, page[-1]) if len(found) > PAGE else None,
    )


def rows_of(session: Session, ids: Sequence[str]) -> dict[str, Row]:
    """The rows of certain conversations."""
    found = session.execute(
        select(Conversation, Message).outerjoin(Message, _LAST).where(Conversation.id.in_(ids))
    )
    return {talk.id: Row(talk, last) for talk, last in found}


_LAST = and_(
    Message.conversation_id == Conversation.id,
    Message.seq == Conversation.last_seq,
)


# Constants, not parameters: an index of a part of the table is used only for what it names.
_WAITING = Conversation.state == literal_column("'waiting'")
_HELD = Conversation.state == literal_column("'staff'")
_BOT = Conversation.state == literal_column("'bot'")
_PLATFORM = Conversation.state == literal_column("'platform'")
_OPEN = Conversation.state != literal_column("'closed'")
ALARM = and_(Conversation.alarm.is_not(None), _OPEN)
"""A conversation in which somebody may need help."""
_NO_ALARM = Conversation.alarm.is_(None)
_DISTRESS = Conversation.reason == literal_column("'distress'")
_NO_DISTRESS = or_(Conversation.reason.is_(None), Conversation.reason != DISTRESS)

# A cry for help is shown even while the bot or the messenger's console still holds the talk.
_ALARMS = [
    _Tier((_WAITING, ALARM), Conversation.waiting_since),
    _Tier((_BOT, ALARM), Conversation.updated_at),
    _Tier((_PLATFORM, ALARM), Conversation.updated_at),
    _Tier((_WAITING, _DISTRESS, _NO_ALARM), Conversation.waiting_since),
]
_LINE = _Tier((_WAITING, _NO_ALARM, _NO_DISTRESS), Conversation.waiting_since)
_HELD_ALARMS = _Tier((_HELD, ALARM), Conversation.updated_at)
_HELD_OTHERS = _Tier((_HELD, _NO_ALARM), Conversation.updated_at)
_UNANSWERED = _Tier((_HELD, Message.sender == "citizen"), Conversation.updated_at)


def _tiers(view: View, login: str) -> list[_Tier]:
    match view:
        case "unassigned":
            return [*_ALARMS, _LINE]
        case "waiting":
            return [*_ALARMS, _LINE, _UNANSWERED]
        case "mine":
            return [_Tier((_HELD, Conversation.staff_login == login), Conversation.updated_at)]
        case "all":
            return [_Tier((_OPEN,), Conversation.updated_at, True)]
        case "closed":
            return [_Tier((Conversation.closed_at.is_not(None),), Conversation.closed_at, True)]
        case _:
            return [*_ALARMS, _HELD_ALARMS, _LINE, _HELD_OTHERS]


def _of_tier(
    session: Session,
    tier: _Tier,
    filters: Filters,
    start: _Cursor | None,
    now: datetime,
    limit: int,
) -> list[tuple[Conversation, Message | None]]:
    def narrowed[*Columns](query: Select[*Columns], *also: ColumnElement[bool]) -> Select[*Columns]:
        return _in_order(query.where(*also, *conditions(filters)), tier, filters, start, now, limit)

    query = select(Conversation, Message).outerjoin(Message, _LAST)
    if filters.office:
        closed = tier.by is Conversation.closed_at
        # The first of each sort, then the first of those: no sort is looked through to its end.
        firsts = [
            select(narrowed(select(Conversation.id).outerjoin(Message, _LAST), one).subquery().c.id)
            for one in of_office(session, filters.office, closed=closed)
        ]
        query = query.where(Conversation.id.in_(union_all(*firsts)))
    return [(talk, last) for talk, last in session.execute(narrowed(query))]


def _in_order[*Columns](
    query: Select[*Columns],
    tier: _Tier,
    filters: Filters,
    start: _Cursor | None,
    now: datetime,
    limit: int,
) -> Select[*Columns]:
    by = tier.by
    query = query.where(*tier.where).limit(limit)
    if filters.age:
        query = query.where(by <= now - timedelta(minutes=filters.age))
    if tier.newest_first:
        query = query.order_by(by.desc(), Conversation.id.desc())
        if start is not None:
            same = and_(by == start.at, Conversation.id < start.id)
            query = query.where(by <= start.at, or_(by < start.at, same))
    else:
        query = query.order_by(by, Conversation.id)
        if start is not None:
            same = and_(by == start.at, Conversation.id > start.id)
            query = query.where(by >= start.at, or_(by > start.at, same))
    return query


def _count(session: Session, tiers: Sequence[_Tier], most: int = COUNT_TO) -> int:
    total = 0
    for tier in tiers:
        inner = select(Conversation.id).where(*tier.where).limit(most)
        if tier is _UNANSWERED:
            inner = inner.join(Message, _LAST)
        total += session.scalar(select(func.count()).select_from(inner.subquery())) or 0
    return min(total, most)


def _cursor(tiers: Sequence[_Tier], row: tuple[int, Conversation, Message | None]) -> str:
    number, conversation, _ = row
    at = getattr(conversation, tiers[number].by.key)
    return str(_Cursor(number, at or conversation.updated_at, conversation.id))


def _read(text: str, tiers: int) -> _Cursor:
    try:
        tier, at, id = text.split(".", 2)
        cursor = _Cursor(int(tier), moment(int(at)), id)
    except (ValueError, OverflowError) as error:
        raise errors.BadRequest from error
    if not 0 <= cursor.tier < tiers or len(id) > 36 or "\0" in id:
        raise errors.BadRequest
    return cursor
