from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.hours import SEOUL, shipped

OPENING = shipped()
MOMENTS = st.datetimes(
    min_value=datetime(2025, 1, 1), max_value=datetime(2030, 1, 1), timezones=st.just(UTC)
)


def seoul(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SEOUL)


@pytest.mark.parametrize(
    ("moment", "answers"),
    [
        ("2026-11-22 06:59", False),
        ("2026-11-22 07:00", True),
        ("2026-11-22 21:59", True),
        ("2026-11-22 22:00", False),
        ("2026-09-25 12:00", True),  # 추석: open every day
    ],
)
def test_the_centre_answers_from_seven_to_ten_every_day(moment: str, answers: bool) -> None:
    assert OPENING.is_open(seoul(moment)) is answers


def test_the_hours_are_those_of_seoul() -> None:
    assert OPENING.is_open(datetime(2026, 11, 22, 22, 0, tzinfo=UTC))


@pytest.mark.parametrize(
    ("moment", "opens"),
    [
        ("2026-11-22 06:59", "2026-11-22 07:00"),
        ("2026-11-22 07:00", "2026-11-23 07:00"),
        ("2026-11-22 23:30", "2026-11-23 07:00"),
        ("2026-12-31 23:30", "2027-01-01 07:00"),
    ],
)
def test_the_next_opening_is_told(moment: str, opens: str) -> None:
    assert OPENING.next_open(seoul(moment)) == seoul(opens)


@given(MOMENTS)
def test_the_next_opening_is_within_a_day_and_the_door_is_open_then(moment: datetime) -> None:
    opens = OPENING.next_open(moment)
    assert timedelta() < opens - moment <= timedelta(days=1)
    assert OPENING.is_open(opens)
    assert not OPENING.is_open(opens - timedelta(microseconds=1))
