from datetime import datetime, timedelta, timezone

import pytest

from bot.korean.wished import window

SEOUL = timezone(timedelta(hours=9))
NOW = datetime(2026, 11, 28, 10, 0, tzinfo=SEOUL)  # a Saturday


@pytest.mark.parametrize(
    ("words", "start", "end"),
    [
        ("다음 주 화요일 오전 10시", "2026-12-01 10:00", "2026-12-01 11:00"),
        ("내일 오후 2시에서 4시 사이", "2026-11-29 14:00", "2026-11-29 16:00"),
        ("오후 3시쯤이요", "2026-11-28 15:00", "2026-11-28 16:00"),
        ("3시 반", "2026-11-28 15:30", "2026-11-28 16:30"),
        ("아침 9시에 전화 주세요", "2026-11-29 09:00", "2026-11-29 10:00"),
        ("12월 3일 두시", "2026-12-03 14:00", "2026-12-03 15:00"),
        ("모레 오전", "2026-11-30 09:00", "2026-11-30 12:00"),
        ("내일", "2026-11-29 09:00", "2026-11-29 18:00"),
        ("월요일 2시 이후", "2026-11-30 14:00", "2026-11-30 18:00"),
        ("월요일 11시까지", "2026-11-30 09:00", "2026-11-30 11:00"),
        ("tomorrow afternoon", "2026-11-29 13:00", "2026-11-29 18:00"),
        ("next Tuesday at 10 a.m.", "2026-12-01 10:00", "2026-12-01 11:00"),
        ("between 2 pm and 4 pm", "2026-11-28 14:00", "2026-11-28 16:00"),
        ("1월 5일 10시", "2027-01-05 10:00", "2027-01-05 11:00"),
    ],
)
def test_a_clear_wish_is_a_window(words: str, start: str, end: str) -> None:
    found = [
        each and each.astimezone(SEOUL).strftime("%Y-%m-%d %H:%M") for each in window(words, NOW)
    ]
    assert found == [start, end]


@pytest.mark.parametrize(
    "words", ["아무 때나요", "편한 시간에", "2월 30일", "2025-01-01", "4시에서 2시", "", "any time"]
)
def test_what_is_not_clear_stays_in_the_words(words: str) -> None:
    assert window(words, NOW) == (None, None)


def test_the_window_is_in_utc() -> None:
    start, _ = window("내일 오전 10시", NOW)
    assert start == datetime(2026, 11, 29, 1, 0, tzinfo=timezone.utc)
