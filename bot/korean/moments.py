"""Days and times of day as people write them, brought to one form where that needs no clock.

What only a clock or calendar could tell (내일, 다음 주 월요일, 3시) stays in the words of the text.
"""

from __future__ import annotations

import re
from datetime import date

from bot.korean.amounts import number

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_LATIN_MONTH = rf"({'|'.join(_MONTHS)})[a-z]*\.?"
_DAY = re.compile(r"(?:(?P<year>\d{2,4})\s*년\s*)?(?P<month>\d{1,2})\s*월\s*(?P<day>\d{1,2})\s*일")
_MONTH_OF_YEAR = re.compile(r"(\d{4})\s*년\s*(\d{1,2})\s*월")
_YEAR = re.compile(r"(\d{4})\s*년")
_FIGURES = re.compile(r"(?:(\d{2,4})\s?[-./]\s?)?(\d{1,2})\s?[-./]\s?(\d{1,2})\.?")
_MONTH_FIRST = re.compile(rf"{_LATIN_MONTH}\s*(\d{{1,2}})(?:st|nd|rd|th)?(?:,?\s*(\d{{4}}))?")
_DAY_FIRST = re.compile(
    rf"(\d{{1,2}})(?:st|nd|rd|th)?\s*(?:of\s+)?{_LATIN_MONTH}(?:,?\s*(\d{{4}}))?"
)

_DIAL = "한 두 세 네 다섯 여섯 일곱 여덟 아홉 열 열한 열두"
_HOURS = {word: hour for hour, word in enumerate(_DIAL.split(" "), start=1)}
_BEFORE_NOON = frozenset({"오전", "새벽", "아침", "am", "a.m", "morning"})
_AFTER_NOON = frozenset({"오후", "저녁", "pm", "p.m", "afternoon", "evening"})
_BY_DAY = frozenset({"점심", "낮", "대낮", "한낮"})
# What twelve o'clock is there; 오전 12시 and 저녁 12시 are said of noon and of midnight.
_TWELVE = {"새벽": 0, "am": 0, "a.m": 0, "오후": 12, "pm": 12, "p.m": 12, "afternoon": 12}
_PART = re.compile(
    r"오전|오후|새벽|아침|점심|대낮|한낮|낮|저녁|한밤|밤|심야|[ap]\.?m|morning|afternoon|evening|night"
)
_CLOCK = re.compile(
    rf"(?P<hour>\d{{1,2}}|{'|'.join(sorted(_HOURS, key=len, reverse=True))})"
    r"(?:\s*시|[:.](?P<figures>\d{2})|\s*o'?clock)?"
    r"(?:\s*(?:(?P<half>반)|(?P<minutes>\d{1,2}|[일이삼사오십]+)\s*분))?"
)
_AGO = re.compile(r"(?:분|시간)\s*[전뒤후]$")
_EXACT = {"정오": "12:00", "자정": "00:00", "noon": "12:00", "midday": "12:00", "midnight": "00:00"}


def day(words: str) -> str:
    """`2026-03-05`, `03-05`, `2026-03` or `2026` where the words say that much, else the words."""
    said = words.strip().lower()
    if match := _DAY.fullmatch(said):
        return _date(match["year"], int(match["month"]), int(match["day"])) or words
    if match := _MONTH_OF_YEAR.fullmatch(said):
        return f"{match[1]}-{int(match[2]):02}"
    if match := _YEAR.fullmatch(said):
        return match[1]
    if match := _FIGURES.fullmatch(said):
        return _date(match[1], int(match[2]), int(match[3])) or words
    if match := _MONTH_FIRST.fullmatch(said):
        return _date(match[3], _MONTHS.index(match[1]) + 1, int(match[2])) or words
    if match := _DAY_FIRST.fullmatch(said):
        return _date(match[3], _MONTHS.index(match[2]) + 1, int(match[1])) or words
    return words


def _date(year: str | None, month: int, of_month: int) -> str:
    try:
        when = date(_full(year), month, of_month)
    except ValueError:
        return ""
    return when.isoformat() if year else f"{month:02}-{of_month:02}"


def _full(year: str | None) -> int:
    """The year with its century: nobody here speaks of the 2050s, many were born in 1950 and on."""
    if year is None:
        # A leap year, so that 02-29 without a year stands.
        return 2024
    if len(year) == 2:
        return int(year) + (1900 if int(year) >= 50 else 2000)
    return int(year)


def clock(words: str) -> str:
    """`15:30` where the words say which half of the day is meant, else the words."""
    said = re.sub(r"열\s+(?=[한두])", "열", " ".join(words.lower().split()))
    if said in _EXACT:
        return _EXACT[said]
    part = _PART.search(said)
    match = _CLOCK.search(_PART.sub(" ", said))
    if match is None or _AGO.search(said):
        return words
    spoken = _HOURS.get(match["hour"])
    hour = spoken or int(match["hour"])
    minute = _minute(match)
    if part:
        full = _hour_of_day(hour, part.group())
    else:
        # 15시 and 09:30 are written for a whole day; 9시 and 9:30 may be either half.
        whole = hour > 12 or hour == 0 or (match["figures"] and len(match["hour"]) == 2)
        full = hour if whole else None
    if full is None or full > 24 or minute > 59:
        return words
    return f"{full:02}:{minute:02}"


def _minute(match: re.Match[str]) -> int:
    if match["half"]:
        return 30
    return int(match["figures"] or number(match["minutes"] or "0") or 0)


def _hour_of_day(hour: int, part: str) -> int | None:
    """The hour from 0 to 24 that a part of the day makes of one on the dial, None if neither."""
    if hour > 12 or hour == 0:
        return hour
    if part in _BY_DAY:
        return hour if hour >= 10 else hour + 12
    if hour == 12 and (part in _BEFORE_NOON or part in _AFTER_NOON):
        return _TWELVE.get(part)
    if part in _BEFORE_NOON:
        return hour
    if part in _AFTER_NOON:
        return hour + 12
    # Night: 밤 1시 is after midnight, 밤 9시 before it.
    return hour % 12 if hour < 5 or hour == 12 else hour + 12
