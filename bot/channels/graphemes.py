"""What a reader sees as one character: Unicode's extended grapheme clusters (UAX #29).

Python's standard library has no segmentation. These are the rules of UAX #29 (revision 43) for
what occurs in citizens' and our texts: combining marks, Hangul jamo, emoji with their joiners,
skin colours, flags and tags. Prepended marks and Indic conjuncts are broken where UAX #29 would
keep them together.
"""

import unicodedata
from collections.abc import Iterator

ZWJ = "\u200d"
_EXTENDING = frozenset("\u200c\u200d\uff9e\uff9f")
_LEADING = ("\u1100", "\u115f"), ("\ua960", "\ua97c")
_VOWELS = ("\u1160", "\u11a7"), ("\ud7b0", "\ud7c6")
_TAILS = ("\u11a8", "\u11ff"), ("\ud7cb", "\ud7fb")


def graphemes(text: str) -> list[str]:
    """The clusters of `text` in order; joined they are `text`."""
    return list(_clusters(text))


def _clusters(text: str) -> Iterator[str]:
    start = 0
    for at in range(1, len(text)):
        if _breaks(text, start, at):
            yield text[start:at]
            start = at
    if text:
        yield text[start:]


def _breaks(text: str, start: int, at: int) -> bool:
    """Whether a cluster that began at `start` ends before `text[at]`."""
    before, after = text[at - 1], text[at]
    if before < "\u0300" and after < "\u0300":
        # Latin and controls, the common case: only a line's end is two characters long.
        return not (before == "\r" and after == "\n")
    if before in "\r\n" or unicodedata.category(before) in ("Cc", "Zl", "Zp"):
        return True
    if _extends(after) or _syllable_goes_on(before, after):
        return False
    if before == ZWJ and _pictographic(after):
        return not _pictographic(text[start])
    if _flag(before) and _flag(after):
        return (at - start) % 2 == 0
    return True


def _extends(character: str) -> bool:
    if character in _EXTENDING or unicodedata.category(character) in ("Mn", "Me", "Mc"):
        return True
    # Skin colours, and the tags of subdivision flags.
    return "\U0001f3fb" <= character <= "\U0001f3ff" or "\U000e0020" <= character <= "\U000e007f"


def _within(character: str, ranges: tuple[tuple[str, str], ...]) -> bool:
    return any(first <= character <= last for first, last in ranges)


def _syllable_goes_on(before: str, after: str) -> bool:
    """Hangul: leading consonants, a vowel, tails; a whole syllable takes what it still can."""
    whole = "\uac00" <= before <= "\ud7a3"
    open_syllable = whole and (ord(before) - 0xAC00) % 28 == 0
    if _within(before, _LEADING):
        return _within(after, (*_LEADING, *_VOWELS)) or "\uac00" <= after <= "\ud7a3"
    if open_syllable or _within(before, _VOWELS):
        return _within(after, (*_VOWELS, *_TAILS))
    return (whole or _within(before, _TAILS)) and _within(after, _TAILS)


def _pictographic(character: str) -> bool:
    """Emoji that joiners bind together; symbols that are none do no harm here."""
    return (
        "\U0001f000" <= character <= "\U0001faff"
        or "\u2190" <= character <= "\u2bff"
        or character in "\u00a9\u00ae\u203c\u2049\u3030\u303d\u3297\u3299"
    )


def _flag(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"
