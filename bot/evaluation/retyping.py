"""The same message as others would type it: without spaces, or with slips of the thumb.

Every slip is drawn from the message itself, so that one message is always re-typed alike.
"""

import random
import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import pairwise

from bot.evaluation.rows import Row
from bot.korean.jamo import LEADS, TAILS, VOWELS, from_keyboard, is_syllable, join, split
from bot.korean.text import clean, language

SYLLABLES_A_SLIP = 8
LETTERS_A_SLIP = 24
"""About eight syllables of English."""

# Korean letters are named by the Latin ones on the same keys of a two-set keyboard (KS X 5002).
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_SOUND_ALIKE = {from_keyboard(one): from_keyboard(two) for one, two in ("op", "po", "OP", "PO")}
_TAKEN_FOR = {
    from_keyboard(one): from_keyboard(two)
    for pair in (("ehl", "eho"), ("dks", "dksg"))
    for one, two in (pair, pair[::-1])
}
_WORD = re.compile(r"[A-Za-z]{3,}")

Slip = Callable[[list[str], int, random.Random], str | None]
"""The syllable at a place, typed wrongly, and that of the next one changed where the slip reaches
it; None when this slip cannot happen there."""


def _neighbours() -> dict[str, list[str]]:
    """The letters on the keys left, right, above and below each letter's key."""
    found: dict[str, list[str]] = {}
    for row in _ROWS:
        for one, two in pairwise(row):
            found.setdefault(one, []).append(two)
            found.setdefault(two, []).append(one)
    for upper, lower in pairwise(_ROWS):
        # The lower row stands half a key to the right of the upper one.
        for place, key in enumerate(lower):
            for other in upper[place : place + 2]:
                found[key].append(other)
                found[other].append(key)
    return {
        from_keyboard(key): [from_keyboard(other) for other in others]
        for key, others in found.items()
    }


_NEAR = _neighbours()


def without_spaces(row: Row) -> Row | None:
    """A Korean message without any space; None of one in another language."""
    if language(row.text) == "en":
        return None
    return replace(row, text="".join(row.text.split()))


def with_typos(row: Row) -> Row:
    """The message with about one slip every eight syllables, at least one where one can be."""
    draw = random.Random(row.text)
    slipped = _english(row.text, draw) if language(row.text) == "en" else _korean(row.text, draw)
    return replace(row, text=slipped)


WAYS: dict[str, Callable[[Row], Row | None]] = {
    "no_spaces": without_spaces,
    "typos": with_typos,
}


def retyped(rows: Iterable[Row], way: str) -> list[tuple[int, Row]]:
    """Every message that this way of `WAYS` applies to, re-typed, with its place among `rows`."""
    typed = ((place, WAYS[way](row)) for place, row in enumerate(rows))
    return [(place, row) for place, row in typed if row is not None]


def _korean(text: str, draw: random.Random) -> str:
    chars = list(clean(text))
    places = [at for at, char in enumerate(chars) if is_syllable(char)]
    wanted = max(1, round(len(places) / SYLLABLES_A_SLIP))
    draw.shuffle(places)
    made = 0
    for at in places:
        # A slip may have torn the neighbour apart.
        if made < wanted and is_syllable(chars[at]):
            made += _slip(chars, at, draw)
    return "".join(chars)


def _slip(chars: list[str], at: int, draw: random.Random) -> bool:
    """Change the syllable at a place; return whether any slip could happen there."""
    for slip in draw.sample(_SLIPS, len(_SLIPS)):
        if (wrong := slip(chars, at, draw)) is not None:
            chars[at] = wrong
            return True
    return False


def _sounds_alike(chars: list[str], at: int, _draw: random.Random) -> str | None:
    lead, vowel, tail = split(chars[at])
    return join(lead, _SOUND_ALIKE[vowel], tail) if vowel in _SOUND_ALIKE else None


def _taken_for_another(chars: list[str], at: int, _draw: random.Random) -> str | None:
    return _TAKEN_FOR.get(chars[at])


def _beside_the_key(chars: list[str], at: int, draw: random.Random) -> str | None:
    """One of the syllable's letters from a key beside its own."""
    letters = list(split(chars[at]))
    places = [
        (place, near)
        for place, allowed in enumerate((LEADS, VOWELS, TAILS))
        for near in _NEAR.get(letters[place], ())
        if near in allowed
    ]
    if not places:
        return None
    place, near = draw.choice(places)
    letters[place] = near
    return join(*letters)


def _tail_dropped(chars: list[str], at: int, _draw: random.Random) -> str | None:
    lead, vowel, tail = split(chars[at])
    return join(lead, vowel) if tail else None


def _tail_doubled(chars: list[str], at: int, _draw: random.Random) -> str | None:
    """The tail struck twice: held with shift where that is a letter, else loose behind."""
    lead, vowel, tail = split(chars[at])
    twice = LEADS[LEADS.index(tail) + 1] if tail in _WITH_DOUBLE else ""
    if twice in TAILS and twice:
        return join(lead, vowel, twice)
    return chars[at] + tail if tail in LEADS and tail else None


_WITH_DOUBLE = tuple(from_keyboard(key) for key in "ret")


def _letters_swapped(chars: list[str], at: int, _draw: random.Random) -> str | None:
    """The tail and the next syllable's lead in the wrong order."""
    lead, vowel, tail = split(chars[at])
    if not tail or at + 1 == len(chars) or not is_syllable(chars[at + 1]):
        return None
    other, *rest = split(chars[at + 1])
    if tail == other or tail not in LEADS or other not in TAILS:
        return None
    chars[at + 1] = join(tail, *rest)
    return join(lead, vowel, other)


# The two that are errors of the ear are commoner than slips where they can happen at all.
_SLIPS: list[Slip] = [
    *(_sounds_alike, _sounds_alike, _taken_for_another, _taken_for_another),
    *(_beside_the_key, _tail_dropped, _tail_doubled, _letters_swapped),
]


def _english(text: str, draw: random.Random) -> str:
    words = list(_WORD.finditer(text))
    letters = sum(map(str.isalpha, text))
    wanted = min(len(words), max(1, round(letters / LETTERS_A_SLIP)))
    # From the end, so that the places of the words before stay what they are.
    for word in sorted(draw.sample(words, wanted), key=re.Match.start, reverse=True):
        text = text[: word.start()] + _misspelt(word.group(), draw) + text[word.end() :]
    return text


def _misspelt(word: str, draw: random.Random) -> str:
    """A word with a letter dropped or doubled, or two swapped; its first letter stays."""
    at = draw.randrange(1, len(word))
    swaps = [place for place in range(1, len(word) - 1) if word[place] != word[place + 1]]
    kinds = [word[:at] + word[at + 1 :], word[:at] + word[at] + word[at:]]
    if swaps:
        place = draw.choice(swaps)
        kinds.append(word[:place] + word[place + 1] + word[place] + word[place + 2 :])
    return draw.choice(kinds)
