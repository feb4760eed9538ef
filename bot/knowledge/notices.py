"""What is said before an answer or with the greeting now: the notices that speak.

They stand in data/policy/notices.yml and speak by date or when staff switch them on; staff also
write their own (table `notices`). `bot.staff.notices` changes what staff may change.
"""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from bot.hours import SEOUL
from bot.knowledge.holidays import Span
from bot.knowledge.notices_file import OWN, Notice, filled, notices
from bot.knowledge.notices_models import StoredNotice, Switch
from bot.knowledge.schemas import Bilingual
from bot.replies import Say
from bot.wording import LANGUAGES, Language

MOST = 2
"""Notices before one answer: more would hide the answer."""


@dataclass(frozen=True)
class Standing:
    """How a notice stands now."""

    notice: Notice
    speaks: bool
    switch: Switch = "auto"
    until: datetime | None = None
    changed_by: str = ""
    changed_at: datetime | None = None
    span: Span | None = None
    """The days in which it speaks by itself, now or next."""

    @property
    def is_own(self) -> bool:
        """Whether staff wrote it."""
        return self.notice.id.startswith(OWN)

    def text(self, language: Language) -> str:
        """What citizens read."""
        return filled(self.notice.text.in_language(language), language, self.span)


def standing(session: Session, now: datetime) -> list[Standing]:
    """How each notice stands, the staff's own first; those of their own that ended are left out.

    One query.
    """
    today = now.astimezone(SEOUL).date()
    rows = {
        row.id: row
        for row in session.scalars(
            select(StoredNotice)
            .where(StoredNotice.switch != "auto")
            .where(or_(StoredNotice.until.is_(None), StoredNotice.until > now))
            .order_by(StoredNotice.changed_at.desc(), StoredNotice.id)
        )
    }
    own = [
        of_staff(row, now) for row in rows.values() if row.id.startswith(OWN) and row.switch == "on"
    ]
    return own + [_stands(notice, rows.get(notice.id), today) for notice in notices()]


def of_staff(row: StoredNotice, now: datetime) -> Standing:
    """A notice of the staff's own, as its row says."""
    text = Bilingual.model_construct(ko=row.text_ko or "", en=row.text_en or "")
    # Checked when it was written; the catalogue may have changed since.
    notice = Notice.model_construct(
        id=row.id, title=text, text=text, topics=tuple(row.topics) or "all", by_hand=True
    )
    speaks = row.switch == "on" and (row.until is None or row.until > now)
    return Standing(notice, speaks, _switch(row), row.until, row.changed_by, row.changed_at)


def _stands(notice: Notice, row: StoredNotice | None, today: date) -> Standing:
    span = notice.span(today)
    if row is None:
        return Standing(notice, notice.speaks_by_date(today), span=span)
    # Its text may name days that nobody knows yet: the holidays of a year to come.
    speaks = row.switch == "on" and (span is not None or notice.by_hand)
    return Standing(notice, speaks, _switch(row), row.until, row.changed_by, row.changed_at, span)


def _switch(row: StoredNotice) -> Switch:
    return "on" if row.switch == "on" else "off"


def due(session: Session, *, topic: str, facet: str, now: datetime) -> list[Say]:
    """What is said before an answer about `topic`: at most two, the most specific first.

    `facet` empty means the summary. A general one that speaks by date gives way to a special one.
    """
    spoken = [
        one
        for one in standing(session, now)
        if one.speaks and one.notice.concerns(topic, facet or "summary")
    ]
    if not all(one.notice.is_general for one in spoken):
        spoken = [one for one in spoken if not one.notice.is_general or one.switch == "on"]
    return [_said(one) for one in sorted(spoken, key=_breadth)[:MOST]]


def greeting(session: Session, now: datetime) -> list[Say]:
    """What is said with the greeting: at most two notices about every topic."""
    spoken = [one for one in standing(session, now) if one.speaks and one.notice.is_general]
    return [_said(one) for one in spoken[:MOST]]


def _breadth(one: Standing) -> tuple[bool, bool, bool, int]:
    """A key that sorts the most specific first; among equals the staff's own stay first."""
    notice = one.notice
    return notice.is_general, not notice.facets, not one.is_own, len(notice.topics)


def _said(one: Standing) -> Say:
    return Say(
        key="notice.text", values={f"text_{language}": one.text(language) for language in LANGUAGES}
    )
