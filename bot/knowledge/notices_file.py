"""The notices of data/policy/notices.yml: what each says, about which topics, and when.

A notice speaks between dates, around a holiday, or only when staff switch it on. A holiday's notice
speaks from the day before the days off: the last on which an office can be visited.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal, NamedTuple, Self

import yaml
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PlainValidator,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    field_validator,
    model_validator,
)

from bot import offices, yaml_files
from bot.knowledge import holidays
from bot.knowledge.holidays import Span
from bot.knowledge.schemas import Bilingual, FacetName, TopicId
from bot.knowledge.topics import topics
from bot.paths import POLICY
from bot.wording import LANGUAGES, Language, wording

FILE = POLICY / "notices.yml"
LIMIT = 200
"""Characters of a text as citizens read it, in each language."""
EVE = timedelta(days=1)
OWN = "own_"
"""How the ids of the staff's own notices begin."""
BLANK = re.compile(r"\[[^\]]*\]")
_SPAN = ("from", "until")


class NoticesUnusable(Exception):
    """notices.yml cannot be read, or an entry of it breaks a rule; the sentence says which."""


class MonthDay(NamedTuple):
    """A day of every year."""

    month: int
    day: int


def _read_day(value: object) -> date | MonthDay:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        # 2001 has no 29 February, which not every year has either.
        day = date.fromisoformat(f"2001-{value}")
    except ValueError:
        raise ValueError("must be a date, or a day of every year such as 06-16") from None
    return MonthDay(day.month, day.day)


Day = Annotated[date | MonthDay, PlainValidator(_read_day)]
FactName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*\.f\d+$")]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Dates(_Part):
    """Two days of every year, or two dates; both are included."""

    first: Day = Field(alias="from")
    last: Day = Field(alias="until")

    @model_validator(mode="after")
    def _fit(self) -> Self:
        if isinstance(self.first, date) and isinstance(self.last, date):
            if self.last < self.first:
                raise ValueError("until lies before from")
        elif isinstance(self.first, date) or isinstance(self.last, date):
            raise ValueError("from and until must both have a year, or neither")
        return self

    def spans(self, today: date) -> Iterator[Span]:
        """The spans of the years around `today`, the earliest first."""
        first, last = self.first, self.last
        if isinstance(first, date) or isinstance(last, date):
            yield Span(_date(first), _date(last))
            return
        for year in range(today.year - 1, today.year + 2):
            # One that ends earlier than it begins lies over New Year.
            yield Span(date(year, *first), date(year + (last < first), *last))


def _date(day: date | MonthDay) -> date:
    assert isinstance(day, date)
    return day


class Notice(_Part):
    """What is said first, about which topics, and when."""

    id: TopicId
    title: Bilingual
    """For staff."""
    text: Bilingual
    """`{jeju120}` stands for a phone, `{from}` and `{until}` for the days in which it speaks."""
    topics: Literal["all"] | Annotated[tuple[TopicId, ...], Field(min_length=1)]
    facets: tuple[FacetName, ...] = ()
    """When given, it is said only before these facets; in a greeting always."""
    facts: tuple[FactName, ...] = ()
    """Where it comes from, for staff: `about_120.f1`."""
    dates: tuple[Dates, ...] = ()
    holiday: tuple[str, ...] = ()
    by_hand: bool = False
    draft: bool = False
    """Has blanks such as `[place]`: never said, only where a notice of the staff's own begins."""

    @field_validator("id")
    @classmethod
    def _not_own(cls, value: str) -> str:
        if value.startswith(OWN):
            raise ValueError(f"must not begin with {OWN}, as the notices that staff write do")
        return value

    @field_validator("holiday")
    @classmethod
    def _known_holiday(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            try:
                holidays.spans(name)
            except holidays.HolidaysUnusable as error:
                raise ValueError(str(error)) from error
        return value

    @model_validator(mode="after")
    def _fit(self) -> Self:
        ways = [bool(self.dates), bool(self.holiday), self.by_hand, self.draft]
        if ways.count(True) != 1:
            raise ValueError("needs one of dates, holiday, by_hand and draft")
        named = [*self.topics] if self.topics != "all" else []
        named += [fact.partition(".")[0] for fact in self.facts]
        if strangers := sorted(set(named) - set(topics())):
            raise ValueError(f"names topics that topics.yml has not got: {', '.join(strangers)}")
        for language in LANGUAGES:
            self._fit_text(self.text.in_language(language), language)
        return self

    def _fit_text(self, text: str, language: Language) -> None:
        spoken = _SPAN if self.dates or self.holiday else ()
        if strangers := unknown_mentions(text, spoken):
            raise ValueError(f"text.{language} mentions no phone: {', '.join(strangers)}")
        longest = max(len(filled(text, language, Span(day, day))) for day in _LONG_DAYS)
        if longest > LIMIT:
            raise ValueError(f"text.{language} has {longest} characters; {LIMIT} are the most")
        if bool(BLANK.search(text)) != self.draft:
            raise ValueError(f"text.{language}: a draft has blanks in [ ], and nothing else has")

    @property
    def is_general(self) -> bool:
        """Whether it is about every topic."""
        return self.topics == "all"

    def concerns(self, topic: str, facet: str) -> bool:
        """Whether it is said before `facet` of `topic`.

        A general one is not: nothing general may stand before 119 or a crisis line.
        """
        if self.facets and facet not in self.facets:
            return False
        if self.topics != "all":
            return topic in self.topics
        known = topics().get(topic)
        return known is None or known.kind != "handover"

    def span(self, today: date) -> Span | None:
        """The days in which it speaks by itself: the present ones, else the next known ones."""
        known = [span for each in self.dates for span in each.spans(today)]
        known += [span for name in self.holiday for span in holidays.spans(name)]
        return min((span for span in known if span.last >= today), default=None)

    def speaks_by_date(self, today: date) -> bool:
        """Whether it speaks today when nobody has switched it."""
        span = self.span(today)
        return span is not None and span.first - (EVE if self.holiday else timedelta()) <= today


# The longest names of a day, in English and in Korean.
_LONG_DAYS = (date(2000, 9, 30), date(2000, 12, 30))


def load(path: Path = FILE) -> tuple[Notice, ...]:
    """The notices of a file. Raises NoticesUnusable, naming the entry."""
    try:
        rows = yaml_files.read(path)
        read = TypeAdapter(tuple[Notice, ...]).validate_python(rows or ())
    except (OSError, yaml.YAMLError) as error:
        raise NoticesUnusable(f"{path.name} cannot be used: {error}") from error
    except ValidationError as error:
        faults = "; ".join(_fault(rows, one["loc"], one["msg"]) for one in error.errors())
        raise NoticesUnusable(f"{path.name}: {faults}") from error
    ids = [notice.id for notice in read]
    if twice := sorted({name for name in ids if ids.count(name) > 1}):
        raise NoticesUnusable(f"{path.name}: more than one notice is called {', '.join(twice)}")
    return read


def _fault(rows: object, place: tuple[str | int, ...], message: str) -> str:
    names = [str(step) for step in place]
    if place and isinstance(place[0], int) and isinstance(rows, list):
        row = rows[place[0]]
        names[0] = str(row.get("id", place[0])) if isinstance(row, dict) else names[0]
    return f"{'.'.join(names)} {message.removeprefix('Value error, ')}".strip()


@lru_cache(maxsize=1)
def notices() -> tuple[Notice, ...]:
    """The notices of this installation."""
    return load()


def unknown_mentions(text: str, spoken: Sequence[str] = ()) -> list[str]:
    """What stands in `{ }` and is neither an office with a phone nor one of `spoken`."""
    known = offices.offices()
    return [
        name
        for name in offices.mentioned(text)
        if name not in spoken and not (name in known and known[name].phone)
    ]


def filled(text: str, language: Language, span: Span | None) -> str:
    """A text with phones for its offices and days for `{from}` and `{until}`."""
    if span:
        for name, day in zip(_SPAN, span, strict=True):
            text = text.replace(f"{{{name}}}", _day_in_words(day, language))
    return offices.with_phones(text)


def _day_in_words(day: date, language: Language) -> str:
    values = {
        "month_ko": str(day.month),
        "month_en": f"{day:%B}",
        "day": str(day.day),
    }
    return wording().text("notice.day", language, values)
