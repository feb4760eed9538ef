"""Which facet of an article a question is nearest to, by its words."""

import math
from collections.abc import Collection, Sequence

from bot.knowledge.schemas import ArticleBody

ENOUGH = 0.34
"""Share of the question's weight that a facet must cover to be called an answer to it."""


def nearest(body: ArticleBody, lemmas: Sequence[str], *, among: Collection[str]) -> str:
    """The facet of `among` that has most of the question's words, or '' when none has enough.

    `lemmas` are the question's content words as the parse gives them (`사진/NN`); English words
    stand in their stems. A word counts the more the fewer facets have it, and not at all when the
    title has it: that is what the whole article is about.
    """
    texts = {name: _text(body, name) for name in body.facets("ko") if name in among}
    title = f"{body.title.ko} {body.title.en}".lower()
    asked = [word for word in _words(lemmas) if word not in title]
    has = {word: [name for name, text in texts.items() if word in text] for word in asked}
    weights = {word: math.log(1 + len(texts) / (len(names) or 1)) for word, names in has.items()}
    whole = sum(weights.values())
    if not whole:
        return ""
    covered = {
        name: sum(weights[word] for word in weights if name in has[word]) / whole for name in texts
    }
    best = max(covered, key=lambda name: covered[name])
    return best if covered[best] >= ENOUGH else ""


def _words(lemmas: Sequence[str]) -> list[str]:
    """Content words long enough to be found inside a text: nouns, verbs, English stems."""
    forms = dict.fromkeys(lemma.partition("/")[0].lower() for lemma in lemmas)
    return [form for form in forms if len(form) > 1]


def _text(body: ArticleBody, facet: str) -> str:
    return " ".join(body.text(facet, language) or "" for language in ("ko", "en")).lower()
