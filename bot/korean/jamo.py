"""Syllables and their letters: taking apart, putting together, sound-alikes and particles."""

from __future__ import annotations

import re

LEADS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
VOWELS = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
TAILS = " ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"

_FIRST, _LAST = 0xAC00, 0xD7A3
_ARAEA = "\u119e"


def is_syllable(char: str) -> bool:
    """Whether one character is a whole Hangul syllable (가 to 힣)."""
    return _FIRST <= ord(char) <= _LAST


def split(syllable: str) -> tuple[str, str, str]:
    """Lead, vowel and tail of one syllable; the tail is "" when there is none.

    Raises ValueError when the character is not a Hangul syllable.
    """
    if not is_syllable(syllable):
        raise ValueError(f"{syllable!r} is not a Hangul syllable.")
    code = ord(syllable) - _FIRST
    return LEADS[code // 588], VOWELS[code // 28 % 21], TAILS[code % 28].strip()


def join(lead: str, vowel: str, tail: str = "") -> str:
    """One syllable of its letters. Raises ValueError when a letter cannot stand there."""
    code = (LEADS.index(lead) * 21 + VOWELS.index(vowel)) * 28
    return chr(_FIRST + code + (TAILS.index(tail) if tail else 0))


# The conjoining jamo of old texts and of Jeju (ᄒᆞᆫ) as the letters on a keyboard.
_CONJOINING = (
    {0x1100 + at: letter for at, letter in enumerate(LEADS)}
    | {0x1161 + at: letter for at, letter in enumerate(VOWELS)}
    | {0x11A7 + at: letter for at, letter in enumerate(TAILS) if at}
    | {ord(_ARAEA): "ㆍ", 0x11A2: "ㆎ"}
)


def to_jamo(text: str) -> str:
    """Every syllable as compatibility jamo: 한글 → ㅎㅏㄴㄱㅡㄹ, ᄒᆞᆫ → ㅎㆍㄴ; the rest as it is."""
    letters = ("".join(split(char)) if is_syllable(char) else char for char in text)
    return "".join(letters).translate(_CONJOINING)


_ARAEA_SYLLABLE = re.compile("([\u1100-\u1112])([\u119e\u11a2])([\u11a8-\u11c2]?)")
_LOOSE = re.compile(f"([{LEADS}])([{VOWELS}])((?:[ㄱ-ㅎ](?![{VOWELS}]))?)")


def _araea(match: re.Match[str]) -> str:
    lead = LEADS[ord(match.group(1)) - 0x1100]
    tail = TAILS[ord(match.group(3)) - 0x11A7] if match.group(3) else ""
    return join(lead, "ㅏ" if match.group(2) == _ARAEA else "ㅐ", tail)


def plain_araea(text: str) -> str:
    """Syllables with arae-a as people without that key type them: ᄒᆞᆫ저 → 한저, ᄆᆞᆷ → 맘."""
    return _ARAEA_SYLLABLE.sub(_araea, text)


def _loose(match: re.Match[str]) -> str:
    lead, vowel, tail = match.groups()
    return join(lead, vowel, tail) if tail in TAILS else join(lead, vowel) + tail


def compose(text: str) -> str:
    """Letters typed one by one put together: ㅅㅏㄹㄹㅕ → 살려. ㅋㅋ and ㅠㅠ stay."""
    return _LOOSE.sub(_loose, text)


# ㅒ stays apart from ㅔ: 얘기 (talk) and 애기 (baby) must not meet.
_SAME_VOWEL = {"ㅐ": "ㅔ", "ㅒ": "ㅖ", "ㅙ": "ㅚ", "ㅞ": "ㅚ"}
_SAME_TAIL = {
    **dict.fromkeys("ㄲㅋㄳㄺ", "ㄱ"),
    **dict.fromkeys("ㄵㄶ", "ㄴ"),
    **dict.fromkeys("ㄷㅆㅈㅊㅌㅎ", "ㅅ"),
    **dict.fromkeys("ㄼㄽㄾㅀ", "ㄹ"),
    **dict.fromkeys("ㅍㅄㄿ", "ㅂ"),
    "ㄻ": "ㅁ",
}


def _sound(syllable: str) -> str:
    lead, vowel, tail = split(syllable)
    return join(lead, _SAME_VOWEL.get(vowel, vowel), _SAME_TAIL.get(tail, tail))


_SOUNDS = {code: _sound(chr(code)) for code in range(_FIRST, _LAST + 1)}


def sound(text: str) -> str:
    """Syllables that sound alike written alike, one for one: 낫, 났, 낮 → 낫; 새, 세 → 세.

    People misspell by ear; text and pattern brought through this meet. For matching only.
    """
    return text.translate(_SOUNDS)


_KEYS = dict(
    zip(
        "rRseEfaqQtTdwWczxvgkoiOjpuPhynbml",
        "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎㅏㅐㅑㅒㅓㅔㅕㅖㅗㅛㅜㅠㅡㅣ",
        strict=True,
    )
)
_KEY_TABLE = str.maketrans(
    _KEYS | {key: _KEYS[key.lower()] for key in "SFAQDCZXVGKIJUHYNBML" if key not in _KEYS}
)
_PAIR = dict(
    zip(["ㅗㅏ", "ㅗㅐ", "ㅗㅣ", "ㅜㅓ", "ㅜㅔ", "ㅜㅣ", "ㅡㅣ"], "ㅘㅙㅚㅝㅞㅟㅢ", strict=True)
)
_PAIRS = re.compile("|".join(_PAIR))
_TAIL_PAIR = dict(
    zip(
        ["ㄱㅅ", "ㄴㅈ", "ㄴㅎ", "ㄹㄱ", "ㄹㅁ", "ㄹㅂ", "ㄹㅎ", "ㅂㅅ"],
        "ㄳㄵㄶㄺㄻㄼㅀㅄ",
        strict=True,
    )
)
_TAIL_PAIRS = re.compile(f"({'|'.join(_TAIL_PAIR)})(?![{VOWELS}])")


def from_keyboard(text: str) -> str:
    """What the same keys write on a Korean keyboard: tkffuwntpdy → 살려주세요.

    For people who forgot to switch the keyboard; other characters stay as they are.
    """
    letters = _PAIRS.sub(lambda pair: _PAIR[pair.group()], text.translate(_KEY_TABLE))
    letters = _TAIL_PAIRS.sub(lambda pair: _TAIL_PAIR[pair.group()], letters)
    return compose(letters)


# How the last sound of a digit or Latin letter is read: 0 영/공, 1 일, 3 삼, 6 육, 7 칠, 8 팔.
_DIGIT_TAILS = {"0": "ㅇ", "1": "ㄹ", "3": "ㅁ", "6": "ㄱ", "7": "ㄹ", "8": "ㄹ"}
# Letters read one by one: L 엘, M 엠, N 엔, R 알.
_LETTER_TAILS = {"l": "ㄹ", "m": "ㅁ", "n": "ㄴ", "r": "ㄹ"}
_PARTICLES = {
    "을/를": ("을", "를"),
    "이/가": ("이", "가"),
    "은/는": ("은", "는"),
    "과/와": ("과", "와"),
    "아/야": ("아", "야"),
    "이랑/랑": ("이랑", "랑"),
    "이나/나": ("이나", "나"),
    "이에요/예요": ("이에요", "예요"),
    "이라고/라고": ("이라고", "라고"),
    "이라/라": ("이라", "라"),
    "으로/로": ("으로", "로"),
}
_WORD_END = re.compile(r"[^\W_]")


def _last_letter(word: str) -> str:
    """The last character that is read aloud: brackets and quotes are not, nor what is in (…)."""
    bare = re.sub(r"\([^)]*\)\s*$", "", word) or word
    heard = _WORD_END.findall(bare)
    return heard[-1] if heard else ""


def tail_of(word: str) -> str:
    """The closing consonant that a reader hears at the end of a word, or ""."""
    last = _last_letter(word)
    if not last:
        return ""
    if is_syllable(last):
        return split(last)[2]
    if last in _CONJOINING.values() and last in TAILS:
        return last
    return _DIGIT_TAILS.get(last, _LETTER_TAILS.get(last.lower(), ""))


def josa(word: str, particle: str) -> str:
    """A word with the particle that fits its last sound: josa("통", "을/를") → 통을.

    In: a pair written "with consonant/without", either way round, such as 이/가 or 으로/로; words
    may end in digits or Latin letters (119로, GPS를). Raises ValueError for an unknown pair.
    """
    pair = _PARTICLES.get(particle) or _PARTICLES.get("/".join(reversed(particle.split("/"))))
    if pair is None:
        raise ValueError(f"{particle!r} is not a known pair of particles.")
    tail = tail_of(word)
    closed = bool(tail) and not (pair[0] == "으로" and tail == "ㄹ")
    return word + (pair[0] if closed else pair[1])
