"""A text as the tokens by which articles are found.

Korean is cut into pairs of syllables after the spaces are squeezed out, so that spacing and
particles matter little; Latin words and figures are taken whole. Lemmas, which Rasa makes, are
tokens as well (`bot.knowledge.lemmas`): the slash in 여권/NN keeps them apart from these.
"""

import re
from functools import lru_cache
from operator import add

from bot.knowledge.schemas import clean_text

_BETWEEN_KOREAN = re.compile(
    r"(?<=[\u3131-\u318e\uac00-\ud7a3])[^\u3131-\u318e\uac00-\ud7a3a-z\d\n]+"
    r"(?=[\u3131-\u318e\uac00-\ud7a3])"
)
_RUN = re.compile(r"[\u3131-\u318e\uac00-\ud7a3]+|[a-z]+|\d+")
_ENGLISH_NOISE = re.compile(
    "an?|and|are|as|at|be|by|can|do|does|for|from|have|how|i|if|in|is|it|me|my|need|of|on|or|our|"
    "that|the|there|this|to|want|we|what|when|where|which|who|will|with|you|your"
)


def tokens_of(text: str) -> list[str]:
    """Korean syllable pairs, Latin words and figures of `text`, in order; lines stay apart."""
    return tokens_of_clean(clean_text(text))


def tokens_of_clean(text: str) -> list[str]:
    """The same for a text that `clean_text` has made, such as an article's."""
    tokens: list[str] = []
    for run in _RUN.findall(_BETWEEN_KOREAN.sub("", text.lower())):
        if not run.isascii():
            tokens += [run] if len(run) == 1 else map(add, run, run[1:])
        elif word := _latin(run):
            tokens.append(word)
    return tokens


def is_lemma(token: str) -> bool:
    """Whether a token is a lemma and not cut from the text."""
    return "/" in token


@lru_cache(maxsize=20_000)
def _latin(word: str) -> str:
    """A Latin word without its plural ending; nothing for one that every text has."""
    if _ENGLISH_NOISE.fullmatch(word):
        return ""
    return word[:-1] if len(word) > 3 and word.endswith("s") and word[-2] != "s" else word
