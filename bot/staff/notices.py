"""What staff do with notices: switch them on and off, and write their own. All of it is audited.

Every function works inside the caller's transaction; `by` is the login that the log names.
"""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.hours import SEOUL
from bot.knowledge.notices import Standing, of_staff, standing
from bot.knowledge.notices_file import BLANK, LIMIT, OWN, Notice, filled, notices, unknown_mentions
from bot.knowledge.notices_models import StoredNotice, Switch
from bot.knowledge.schemas import clean_text
from bot.knowledge.topics import topics as catalogue
from bot.staff.errors import StaffError
from bot.staff.service import audit
from bot.wording import LANGUAGES, Language

ENDED = 20
"""How many of the staff's own notices are listed after their end."""


class UnknownNotice(StaffError):
    """No notice has this id."""

    status = 404
    wording = "staff.error_notice_unknown"


class NoticeIsDraft(StaffError):
    """A notice with blanks is never said; one of the staff's own is written from it."""

    status = 409
    wording = "staff.error_notice_draft"


class NoDates(StaffError):
    """The notice has no dates that it could follow."""

    status = 409
    wording = "staff.error_notice_no_dates"


class UntilUnreadable(StaffError):
    """The end is no date and time."""

    status = 422
    wording = "staff.error_notice_until_unreadable"


class UntilMissing(StaffError):
    """A notice of the staff's own needs an end."""

    status = 422
    wording = "staff.error_notice_until_missing"


class UntilPassed(StaffError):
    """The end has passed already."""

    status = 422
    wording = "staff.error_notice_until_passed"


class NoTopics(StaffError):
    """No topic was chosen."""

    status = 422
    wording = "staff.error_notice_no_topics"


class UnknownTopics(StaffError):
    """The catalogue has no such topic."""

    status = 422
    wording = "staff.error_notice_topics"


class BadText(StaffError):
    """The text breaks a rule; the wording says which."""

    status = 422

    def __init__(self, wording: str, **values: str) -> None:
        self.wording = wording
        super().__init__(**values)


def switch_on(
    session: Session, *, notice_id: str, until: datetime | None, by: str, now: datetime
) -> None:
    """Let a notice speak at once, until `until` (aware), else the end of its present or next days.

    One of the staff's own needs an end. Raises UnknownNotice, NoticeIsDraft, UntilMissing or
    UntilPassed.
    """
    if until is not None and until <= now:
        raise UntilPassed
    if notice_id.startswith(OWN):
        row = _own(session, notice_id)
        until = until or row.until
        if until is None or until <= now:
            raise UntilMissing
    else:
        until = until or _end_of_days(_of_file(notice_id), now)
    _set(session, notice_id, "on", until, by, now)


def switch_off(session: Session, *, notice_id: str, by: str, now: datetime) -> None:
    """Silence a notice; one with dates only for its present or next days, not those after them.

    Raises UnknownNotice or NoticeIsDraft.
    """
    if notice_id.startswith(OWN):
        until = _own(session, notice_id).until
    else:
        until = _end_of_days(_of_file(notice_id), now)
    _set(session, notice_id, "off", until, by, now)


def follow_dates(session: Session, *, notice_id: str, by: str, now: datetime) -> None:
    """Let the dates of a notice decide again. Raises UnknownNotice, NoticeIsDraft or NoDates."""
    if notice_id.startswith(OWN):
        _own(session, notice_id)
        raise NoDates(id=notice_id)
    if _of_file(notice_id).by_hand:
        raise NoDates(id=notice_id)
    _set(session, notice_id, "auto", None, by, now)


def write(
    session: Session,
    *,
    texts: dict[Language, str],
    topics: Sequence[str],
    until: datetime | None,
    by: str,
    now: datetime,
) -> str:
    """Write a notice of the staff's own and let it speak at once; gives its id.

    `topics` are ids of the catalogue, or holds `all`. Raises BadText, NoTopics, UnknownTopics,
    UntilMissing or UntilPassed.
    """
    checked = {language: _checked(texts.get(language, ""), language) for language in LANGUAGES}
    chosen = _topics(topics)
    if until is None:
        raise UntilMissing
    if until <= now:
        raise UntilPassed
    row = StoredNotice(
        id=f"{OWN}{secrets.token_hex(4)}",
        switch="on",
        until=until,
        text_ko=checked["ko"],
        text_en=checked["en"],
        topics=chosen,
        created_by=by,
        created_at=now,
        changed_by=by,
        changed_at=now,
    )
    session.add(row)
    details = {"topics": chosen or ["all"], "until": until.isoformat()}
    audit(session, login=by, what="notice_write", subject=row.id, now=now, details=details)
    return row.id


def listed(session: Session, now: datetime) -> list[Standing]:
    """Every notice that can speak: those that speak first, then the staff's own, then the file's.

    The staff's own that were switched off or have ended come last, the latest first.
    """
    ended = session.scalars(
        select(StoredNotice)
        .where(StoredNotice.id.startswith(OWN, autoescape=True))
        .where(or_(StoredNotice.switch == "off", StoredNotice.until <= now))
        .order_by(StoredNotice.changed_at.desc(), StoredNotice.id)
        .limit(ENDED)
    )
    live = [one for one in standing(session, now) if not one.notice.draft]
    over = [of_staff(row, now) for row in ended]
    return sorted(live, key=lambda one: not one.speaks) + over


def drafts() -> list[Notice]:
    """The notices with blanks, from which staff write their own."""
    return [notice for notice in notices() if notice.draft]


def draft(notice_id: str) -> Notice:
    """The draft of that id. Raises UnknownNotice."""
    for notice in drafts():
        if notice.id == notice_id:
            return notice
    raise UnknownNotice(id=notice_id)


def end(text: str) -> datetime | None:
    """The moment that a person wrote, in Asia/Seoul: `2026-11-28 18:00`; None for nothing.

    A date alone means the end of that day. Raises UntilUnreadable.
    """
    written = text.strip()
    if not written:
        return None
    try:
        moment = datetime.fromisoformat(written)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=SEOUL)
        return moment + timedelta(days=len(written) <= len("2026-11-28"))
    except (ValueError, OverflowError):
        raise UntilUnreadable(text=written[:40]) from None


def _end_of_days(notice: Notice, now: datetime) -> datetime | None:
    span = notice.span(now.astimezone(SEOUL).date())
    if span is None:
        return None
    return datetime.combine(span.last + timedelta(days=1), datetime.min.time(), SEOUL)


def _of_file(notice_id: str) -> Notice:
    for notice in notices():
        if notice.id == notice_id:
            if notice.draft:
                raise NoticeIsDraft(id=notice_id)
            return notice
    raise UnknownNotice(id=notice_id[:64])


def _own(session: Session, notice_id: str) -> StoredNotice:
    row = session.get(StoredNotice, notice_id, with_for_update=True)
    if row is None:
        raise UnknownNotice(id=notice_id[:64])
    return row


def _set(
    session: Session, notice_id: str, switch: Switch, until: datetime | None, by: str, now: datetime
) -> None:
    row = session.get(StoredNotice, notice_id, with_for_update=True)
    if row is None:
        row = _inserted(session, notice_id, by, now)
    row.switch, row.until, row.changed_by, row.changed_at = switch, until, by, now
    details: dict[str, Any] = {"until": until.isoformat()} if until else {}
    audit(session, login=by, what=f"notice_{switch}", subject=notice_id, now=now, details=details)


def _inserted(session: Session, notice_id: str, by: str, now: datetime) -> StoredNotice:
    """The new row of a notice of the file; a colleague may add it at the same moment."""
    row = StoredNotice(
        id=notice_id,
        switch="auto",
        topics=[],
        created_by=by,
        created_at=now,
        changed_by=by,
        changed_at=now,
    )
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        return session.get_one(StoredNotice, notice_id, with_for_update=True)
    return row


def _topics(chosen: Sequence[str]) -> list[str]:
    """The topics as they are stored: none for every topic."""
    wanted = list(dict.fromkeys(name for name in chosen if name))
    if not wanted:
        raise NoTopics
    if strangers := [name for name in wanted if name != "all" and name not in catalogue()]:
        raise UnknownTopics(topics=", ".join(strangers)[:100])
    return [] if "all" in wanted else wanted


def _checked(text: str, language: Language) -> str:
    """The text in one line, as it is stored. Raises BadText."""
    line = " ".join(clean_text(text).split())
    if not line:
        raise BadText(f"staff.error_notice_text_missing_{language}")
    length = max(len(line), len(filled(line, language, None)))
    if length > LIMIT:
        raise BadText("staff.error_notice_text_long", limit=str(LIMIT), length=str(length))
    if blank := BLANK.search(line):
        raise BadText("staff.error_notice_text_blank", blank=blank[0])
    if strangers := unknown_mentions(line):
        raise BadText("staff.error_notice_text_mention", name=strangers[0])
    return line
