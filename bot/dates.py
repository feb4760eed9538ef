"""Days and times as people read them: 12월 3일 (목) 오후 6시; Thu 3 December, 6 pm.

The words stand in data/wording/moment.yml. Moments go in aware and are told as in Jeju.
"""

from datetime import date, datetime

from bot.hours import SEOUL
from bot.wording import wording


def moment(at: datetime, language: str, *, now: datetime | None = None) -> str:
    """A day and a time of day; the year only where it is not that of `now`, when given."""
    local = at.astimezone(SEOUL)
    today = now.astimezone(SEOUL).date() if now is not None else None
    values = {
        "date": day(local.date(), language, today=today),
        "time": time_of_day(local, language),
    }
    return wording().text("moment.at", language, values)


def day(date: date, language: str, *, today: date | None = None) -> str:
    """A day with its weekday; the year only where it is not that of `today`, when given."""
    words = wording()
    values = {
        "year": str(date.year),
        "month": words.text(f"moment.month_{date.month}", language),
        "day": str(date.day),
        "weekday": words.text(f"moment.weekday_{date.weekday()}", language),
    }
    told = "date" if today is None or today.year == date.year else "date_of_year"
    return words.text(f"moment.{told}", language, values)


def time_of_day(at: datetime, language: str) -> str:
    """A time of day in hours from 1 to 12, with minutes where there are any."""
    local = at.astimezone(SEOUL)
    if not local.minute and local.hour in (0, 12):
        return wording().text("moment.noon" if local.hour else "moment.midnight", language)
    half = "am" if local.hour < 12 else "pm"
    values = {
        "hour": str((local.hour - 1) % 12 + 1),
        "minute_ko": str(local.minute),
        "minute_en": f"{local.minute:02d}",
    }
    return wording().text(f"moment.{half}{'_minute' if local.minute else ''}", language, values)
