"""When a visit or a call is wished for: a window of time, where the words say one.

«다음 주 화요일 오전 10시», «내일 2시에서 4시 사이», "tomorrow afternoon". What is not clear stays
in the words alone, for a person reads them. Hours from 1 to 6 without a part of the day are after
noon: no office visits or calls at three in the morning.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta, timezone

from bot.korean import moments

_SEOUL = timezone(timedelta(hours=9))
_OPEN, _CLOSE, _NOON = time(9), time(18), time(12)
_IN_DAYS = {
    "오늘": 0, "today": 0, "내일모레": 2, "내일": 1, "낼": 1, "tomorrow": 1, "모레": 2, "글피": 3,
}  # fmt: skip
_WEEKDAYS = "월화수목금토일"
_ENGLISH_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WEEKDAY = re.compile(
    r"(?P<week>이번\s?주|다다음\s?주|다음\s?주|담\s?주|this|next)?\s*"
    r"(?:(?P<korean>[월화수목금토일])(?:요일|욜)"
    r"|(?P<english>mon|tue|wed|thu|fri|sat|sun)(?:day|sday|nesday|rsday|urday)?\b)"
)
_WEEKS = {"다다음주": 2, "다음주": 1, "담주": 1, "next": 1, "이번주": 0, "this": 0}
_DATE = re.compile(
    r"(?:\d{2,4}\s*년\s*)?\d{1,2}\s*월\s*\d{1,2}\s*일|20\d{2}\s?[-./]\s?\d{1,2}\s?[-./]\s?\d{1,2}"
    r"|(?<!\d)\d{1,2}/\d{1,2}(?!\d)"
)
_PART = r"(?:오전|오후|아침|점심|저녁|낮|morning|afternoon|evening)"
_CLOCK = re.compile(
    rf"(?P<part>{_PART})?\s*"
    r"(?:(?P<hour>\d{1,2})(?:\s*시(?!간)\s*(?P<minutes>반|\d{1,2}\s*분)?|:(?P<figures>\d{2}))"
    r"|(?<![가-힣])(?P<spoken>열두|열한|열|아홉|여덟|일곱|여섯|다섯|네|세|두|한)\s*시(?!간)\s*(?P<half>반)?"
    r"|(?P<latin>\d{1,2})(?::(?P<latin_minutes>\d{2}))?\s*(?P<noon>[ap])\.?m\.?)"
)
_SPOKEN = ["한", "두", "세", "네", "다섯", "여섯", "일곱", "여덟", "아홉", "열", "열한", "열두"]
_AFTERNOON = ("오후", "저녁", "낮", "점심", "afternoon", "evening")
_FROM_ON = re.compile(r"이후|부터|after|from")
_UNTIL = re.compile(r"까지|이전|전에|before|until")


def window(words: str, now: datetime) -> tuple[datetime | None, datetime | None]:
    """From when until when (UTC) a wish in `words` means; None and None where it is not clear.

    `now` is aware. Without a day, a time alone means today, or tomorrow once it has passed; what
    lies in the past is not clear either.
    """
    said = " ".join(words.lower().split())
    here = now.astimezone(_SEOUL)
    day = _day(said, here.date())
    hours = _hours(said)
    if hours is None and day is None:
        return None, None
    start, end = hours or (_OPEN, _CLOSE)
    if day is None:
        day = here.date() if datetime.combine(here.date(), end, _SEOUL) > here else _after(here)
    first, last = (datetime.combine(day, each, _SEOUL) for each in (start, end))
    if last <= here or first >= last:
        return None, None
    return first.astimezone(timezone.utc), last.astimezone(timezone.utc)


def _after(here: datetime) -> date:
    return here.date() + timedelta(days=1)


def _day(said: str, today: date) -> date | None:
    if match := _DATE.search(said):
        return _date(moments.day(match.group()), today)
    if match := _WEEKDAY.search(said):
        return _weekday(match, today)
    for word in sorted(_IN_DAYS, key=len, reverse=True):
        if word in said.replace(" ", ""):
            return today + timedelta(days=_IN_DAYS[word])
    return None


def _date(read: str, today: date) -> date | None:
    """`2026-12-03` or `12-03`, the next one from today on."""
    parts = read.split("-")
    if not all(part.isdecimal() for part in parts) or len(parts) not in (2, 3):
        return None
    try:
        if len(parts) == 3:
            return date(*map(int, parts))
        found = date(today.year, int(parts[0]), int(parts[1]))
        return found if found >= today else found.replace(year=today.year + 1)
    except ValueError:
        return None


def _weekday(match: re.Match[str], today: date) -> date:
    korean, english = match["korean"], match["english"]
    wanted = _WEEKDAYS.index(korean) if korean else _ENGLISH_WEEKDAYS.index(english)
    week = (match["week"] or "").replace(" ", "")
    if week in _WEEKS:
        monday = today - timedelta(days=today.weekday())
        return monday + timedelta(days=wanted, weeks=_WEEKS[week])
    return today + timedelta(days=(wanted - today.weekday()) % 7)


def _hours(said: str) -> tuple[time, time] | None:
    found = [match for match in _CLOCK.finditer(said) if _time(match, "") is not None]
    if not found:
        return _part_of_day(said)
    first = _time(found[0], "")
    assert first is not None
    if len(found) > 1:
        last = _time(found[1], found[0]["part"] or "")
        return (first, last) if last is not None and last > first else None
    behind = said[found[0].end() :]
    if _FROM_ON.search(behind) or _FROM_ON.search(said[: found[0].start()]):
        return first, max(_CLOSE, _later(first))
    if _UNTIL.search(behind):
        return min(_OPEN, first), first
    return first, _later(first)


def _later(start: time) -> time:
    return time(min(start.hour + 1, 23), start.minute)


def _part_of_day(said: str) -> tuple[time, time] | None:
    if "오전" in said or "아침" in said or "morning" in said:
        return _OPEN, _NOON
    if any(part in said for part in ("오후", "afternoon")):
        return time(13), _CLOSE
    if any(part in said for part in ("저녁", "evening")):
        return _CLOSE, time(21)
    return None


def _time(match: re.Match[str], part_before: str) -> time | None:
    if match["latin"]:
        hour = int(match["latin"]) % 12 + (12 if match["noon"] == "p" else 0)
        minutes = int(match["latin_minutes"] or 0)
    else:
        spoken = match["spoken"]
        dial = _SPOKEN.index(spoken) + 1 if spoken else int(match["hour"])
        hour = _hour(dial, match["part"] or part_before)
        minutes = _minutes(match)
    return time(hour, minutes) if hour < 24 and minutes < 60 else None


def _hour(dial: int, part: str) -> int:
    if dial > 12:
        return dial
    if part in _AFTERNOON or (not part and dial < 7):
        return dial % 12 + 12
    return dial


def _minutes(match: re.Match[str]) -> int:
    told = match["minutes"] or match["half"] or match["figures"] or ""
    if told == "반":
        return 30
    digits = re.sub(r"\D", "", told)
    return int(digits) if digits else 0
