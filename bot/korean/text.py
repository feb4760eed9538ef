"""Cleaning what people type, and telling which language it is in."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Literal

Language = Literal["ko", "en", "other", "none"]

ZWJ = "\u200d"
EMOJI_STYLE = "\ufe0f"
KEYCAP = "\u20e3"

# Hangul fillers and the braille blank look like nothing and are letters or symbols to Unicode.
_BLANKS = frozenset("\u115f\u1160\u3164\uffa0\u2800")
# Invisible although Unicode files them under marks, not under format characters.
_HIDDEN_MARKS = frozenset("\u034f\u17b4\u17b5\u180b\u180c\u180d\u180f")


class _Table(dict[int, str]):
    """A translation table that works out each character once."""

    def __init__(self, rule: Callable[[str], str]) -> None:
        super().__init__()
        self._rule = rule

    def __missing__(self, code: int) -> str:
        value = self[code] = self._rule(chr(code))
        return value


def _is_variation(char: str) -> bool:
    return "\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef"


def is_hidden(char: str) -> bool:
    """Whether a reader would see nothing at all where this one character stands.

    Line ends and other white space are not hidden; they separate words.
    """
    if char.isspace():
        return False
    if char in _BLANKS or char in _HIDDEN_MARKS or _is_variation(char):
        return True
    if unicodedata.category(char) in ("Cc", "Cf", "Cs"):
        return True
    return ord(char) & 0xFFFE == 0xFFFE or "\ufdd0" <= char <= "\ufdef"


def _visible(char: str) -> str:
    if char.isspace() or char in _BLANKS:
        return " "
    return "" if is_hidden(char) and char not in (ZWJ, EMOJI_STYLE) else char


def _seen(char: str) -> str:
    if char in _BLANKS:
        return " "
    return "" if is_hidden(char) else char


def _is_emoji(char: str) -> bool:
    return unicodedata.category(char) in ("So", "Sk") or char in (EMOJI_STYLE, KEYCAP)


def _joiner_stays(text: str, at: int) -> bool:
    """Whether the joiner or style sign at `at` belongs to an emoji."""
    before = text[at - 1] if at else ""
    after = text[at + 1] if at + 1 < len(text) else ""
    if text[at] == EMOJI_STYLE:
        # ✈️ and the keycaps 1️⃣ are a plain sign with the style behind it.
        return before != "" and (_is_emoji(before) or before in "‼⁉↔〰" or after == KEYCAP)
    return bool(before and after) and _is_emoji(before) and _is_emoji(after)


def _drop_joiners(text: str) -> str:
    if ZWJ not in text and EMOJI_STYLE not in text:
        return text
    return "".join(
        char
        for at, char in enumerate(text)
        if char not in (ZWJ, EMOJI_STYLE) or _joiner_stays(text, at)
    )


_VISIBLE = _Table(_visible)
_SEEN = _Table(_seen)
_SPACES = re.compile(r"\s+")


def clean(text: str) -> str:
    """The message as a person meant to send it.

    In: anything a channel hands over. Out: NFC text on one line without control characters,
    lone surrogates, zero-width, tag and bidi characters; words stay apart by one space.
    Conjoining jamo (ᄒᆞᆫ) and emoji, joined ones included, are kept. Cleaning twice changes nothing.
    """
    visible = _drop_joiners(text.translate(_VISIBLE))
    return _SPACES.sub(" ", unicodedata.normalize("NFC", visible)).strip()


def strip_hidden(text: str) -> str:
    """The text without anything a reader cannot see; line ends stay, joined emoji fall apart."""
    return text.translate(_SEEN)


def _width(char: str) -> str:
    if "\u1100" <= char <= "\u11ff" or "\u3131" <= char <= "\u318e":
        # NFKC would tear ㅋ into a conjoining jamo that no longer equals ㅋ.
        return char
    if "\uffa1" <= char <= "\uffdc":
        return chr(int(unicodedata.decomposition(char).split()[-1], 16))
    if "가" <= char <= "힣":
        return char
    return unicodedata.normalize("NFKC", char).lower()


def _letter(char: str) -> str:
    kind = unicodedata.category(char)
    keep = kind[0] in "LN" or kind == "So" or "\u1100" <= char <= "\u11ff"
    return char if keep else ""


_WIDTH = _Table(_width)
_LETTERS = _Table(_letter)
_REPEATED_JAMO = re.compile(r"([ㄱ-ㆎ])\1{2,}")
_REPEATED = re.compile(r"([^\W\dㄱ-ㆎ_])\1{2,}")
_REPEATED_SIGN = re.compile(r"([^\w\s])\1+")

# The vowel of an open syllable, to recognise 요오오 and 야아아.
_VOWELS = 21
_TAIL_SYLLABLES = {chr(0xAC00 + (11 * _VOWELS + vowel) * 28): vowel for vowel in range(_VOWELS)}
# 세에에, 줘어어 and 여어어 are stretched by the vowel that their own vowel ends in.
_ENDS_IN = {2: 0, 3: 1, 6: 4, 7: 5, 9: 0, 10: 1, 12: 8, 14: 4, 15: 5, 16: 20, 17: 13, 19: 20}
_STRETCH = re.compile(r"([가-힣])([아-잏])\2+")


def _unstretch(match: re.Match[str]) -> str:
    first, tail = match.group(1), match.group(2)
    vowel = _TAIL_SYLLABLES.get(tail)
    code = ord(first) - 0xAC00
    own = code // 28 % _VOWELS
    if vowel is None or code % 28 or vowel not in (own, _ENDS_IN.get(own)):
        return match.group(0)
    return first


def even_width(text: str) -> str:
    """Lower case and half width: Ａ１！ → a1!, ﾡ → ㄱ, 𝐇𝐞𝐥𝐩 → help. Korean letters stay."""
    return text.translate(_WIDTH)


def shorten(text: str) -> str:
    """Held-down letters shortened: ㅋㅋㅋㅋ → ㅋㅋ, !!!! → !, 요오오 → 요, heeelp → help.

    Digits are left alone, because 000 in a number means three noughts.
    """
    text = _REPEATED_SIGN.sub(r"\1", _REPEATED_JAMO.sub(r"\1\1", text))
    return _REPEATED.sub(r"\1", _STRETCH.sub(_unstretch, text))


def squeeze(text: str) -> str:
    """The message for matching only: lower case, half width, no spaces, punctuation or marks.

    Held-down letters are shortened (`shorten`); emoji stay. Never show it to anybody.
    """
    return shorten(even_width(clean(text)).translate(_LETTERS))


_HANGUL = re.compile(r"[가-힣ㄱ-ㅎㅏ-ㅣㆍㆎ\u1100-\u11ff\ua960-\ua97c\ud7b0-\ud7fb]")
_LATIN = re.compile(r"[a-z\u00c0-\u024f\u1e00-\u1eff]")
_VIETNAMESE = re.compile(r"[ăđơư\u1ea0-\u1ef9]")
_WORD = re.compile(r"[^\W\d_]+")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Words that only stand in an English sentence, not in a name written in Latin letters.
_ENGLISH = _words(
    "a an the is are was am be do does did can could will would should i im my me you your he she"
    " it its we they there this that what where when how who why which in on at to of for from"
    " with and or not no yes please help hello hi need want have has get by about"
)
# Greetings and small words of languages that Latin letters alone do not tell from English.
_NOT_ENGLISH = _words(
    "hola gracias donde dónde como cómo está por favor necesito quiero el los las una para"
    " bonjour merci où est les des je nous vous comment danke bitte ich nicht wo ist der die"
    " das und saya apa di mana bagaimana tolong terima kasih ada tidak ako po saan ang mga"
    " kumusta paano ano xin chao toi khong cam duoc muon giup"
)


def _latin_language(words: list[str], text: str) -> Language:
    if _VIETNAMESE.search(text):
        return "other"
    foreign = sum(word in _NOT_ENGLISH for word in words)
    english = sum(word in _ENGLISH for word in words)
    return "other" if foreign > english and (foreign >= 2 or len(words) == 1) else "en"


def language(text: str) -> Language:
    """The language that the answer should be in.

    Out: `ko` when Hangul carries the sentence, jamo such as ㅎㅇ included; `en` for Latin letters;
    `other` for Han, Kana, Cyrillic, Thai, Arabic and the like, Vietnamese and the commonest words
    of some languages in Latin letters; `none` for emoji, digits and punctuation alone.
    A Korean place name inside an English sentence leaves it English.
    """
    folded = even_width(clean(text))
    hangul = len(_HANGUL.findall(folded))
    latin = len(_LATIN.findall(folded))
    others = sum(char.isalpha() for char in folded) - hangul - latin
    others -= sum(char in "ªº" for char in folded)
    if not hangul and not latin:
        return "other" if others > 0 else "none"
    if others > 2 * hangul and others * 2 > latin:
        return "other"
    words = _WORD.findall(folded)
    english = sum(word in _ENGLISH for word in words)
    if hangul and (hangul >= latin or english < 3):
        return "ko"
    return _latin_language(words, folded)


def neutralise(text: str) -> str:
    """The message with a leading slash made harmless: `/restart` → `／restart`.

    Rasa takes a message for a command when its first character after `str.strip()` is `/`
    (rasa 3.6, RegexMessageHandler). Signs that a later step may strip are skipped as well.
    Everything else of the text is left as it is.
    """
    for at, char in enumerate(text):
        if char == "/":
            return f"{text[:at]}／{text[at + 1 :]}"
        unseen = char.isspace() or is_hidden(char) or unicodedata.category(char)[0] in "ZM"
        if not unseen:
            return text
    return text
