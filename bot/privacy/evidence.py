"""What stands around a number: cue words before or after it, and dates it may hold."""

import re
from datetime import date

from bot.privacy.policy import any_of

TAKEN = "\x00"
"""Stands in a view for each character of something already recognised."""


class Cue:
    """Words which, standing near a number with no other number between, say what it is."""

    def __init__(self, words: list[str], *, gap: int, whole_word: bool = False) -> None:
        """`gap`: how many characters may stand between the words and the number.

        `whole_word`: no other syllables may hang on the word, short particles apart.
        """
        self._reach = gap + max(map(len, words))
        alternatives = any_of(words)
        if whole_word:
            alternatives = rf"(?<![가-힣])(?:{alternatives})(?!(?!이|은|에|으?로)[가-힣])"
        self._before = re.compile(rf"(?:{alternatives})[^\d{TAKEN}]{{0,{gap}}}$", re.IGNORECASE)
        self._after = re.compile(rf"[^\d{TAKEN}\n]{{0,{gap}}}?(?:{alternatives})", re.IGNORECASE)
        self._anywhere = re.compile(alternatives, re.IGNORECASE)

    def before(self, text: str, start: int) -> bool:
        """Whether the words stand before `text[start]`, within reach."""
        # One character more than the reach, so that a word's left edge can be seen.
        return self._before.search(text[max(0, start - self._reach - 1) : start]) is not None

    def after(self, text: str, end: int) -> bool:
        """Whether the words stand after `text[end - 1]`, within reach."""
        return self._after.match(text, end) is not None

    def anywhere(self, text: str) -> bool:
        """Whether the words stand anywhere in `text`."""
        return self._anywhere.search(text) is not None


def is_date(year: int, month: int, day: int) -> bool:
    """Whether such a day exists."""
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def born(front: str, seventh: str) -> bool:
    """Whether six digits are a day of birth in the century that the seventh digit tells.

    1, 2, 5, 6: 1900s; 3, 4, 7, 8: 2000s (주민등록법 시행규칙 제2조, 출입국관리법 시행규칙).
    """
    century = 1900 if seventh in "1256" else 2000
    return is_date(century + int(front[:2]), int(front[2:4]), int(front[4:]))


def digits_of(text: str) -> str:
    """The digits in `text`, without anything between them."""
    return "".join(char for char in text if char.isdigit())
