"""What an article is made of, in both languages, and what a reader of a broken one is told."""

import re
import unicodedata
from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

Kind = Literal["answer", "report", "handover"]
Seen = Literal["official", "news", "blog", "general-knowledge"]
FACETS = (
    "summary",
    "urgent",
    "steps",
    "country_japan",
    "country_eu",
    "country_usa",
    "country_australia",
    "documents",
    "fee",
    "duration",
    "deadline",
    "place",
    "online",
    "eligibility",
    "phone",
    "notes",
)
"""Every facet an article may have, in the order in which they are shown."""

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")


def clean_text(text: str) -> str:
    """`text` as it is stored: NFC, plain line ends, no control characters, no spaces at line ends.

    Cleaning twice changes nothing, which is why a file written from an article reads back as it.
    """
    plain = text.replace("\r\n", "\n").replace("\r", "\n").replace("\ufeff", "")
    plain = unicodedata.normalize("NFC", _CONTROL.sub("", plain))
    return "\n".join(line.rstrip() for line in plain.split("\n")).strip()


def _clean_line(text: str) -> str:
    line = " ".join(clean_text(text).split())
    if not line:
        raise ValueError("is empty: write it or remove it")
    return line


def _clean_facet(text: str) -> str:
    facet = clean_text(text)
    if not facet:
        raise ValueError("has no text: write it or remove its heading")
    if any(line.startswith("#") for line in facet.split("\n")):
        raise ValueError("has a line that begins with '#', which is a heading: begin it otherwise")
    return facet


def _known_facet(name: str) -> str:
    if name not in FACETS:
        raise ValueError(f"must be one of {', '.join(FACETS)}")
    return name


FacetName = Annotated[str, AfterValidator(_known_facet)]
Line = Annotated[str, AfterValidator(_clean_line)]
Prose = Annotated[str, AfterValidator(_clean_facet)]
TopicId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
FactId = Annotated[str, StringConstraints(pattern=r"^f\d+$")]
WebAddress = Annotated[str, StringConstraints(pattern=r"^https?://\S+$")]


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Bilingual(_Part):
    """One line in both languages."""

    ko: Line
    en: Line

    def in_language(self, language: str) -> str:
        """The English line for `en`, the Korean one for anything else."""
        return self.en if language == "en" else self.ko


class OnlineLink(_Part):
    """Where a thing can be done or read online."""

    label: Bilingual
    url: WebAddress


class SourceNote(_Part):
    """Where facts come from, how it was seen, and the year of the source if it is known."""

    id: Line
    publisher: Line
    url: WebAddress | None
    seen: Seen
    year: Annotated[int, Field(ge=1900, le=2200)] | None


def _seq(description: str) -> Any:
    # YAML and JSON give lists; the stored tuple cannot be changed under other readers.
    return Field((), strict=False, description=description)


class Fact(_Part):
    """One statement of a source, and the facets in which it is told."""

    id: FactId
    source: Line
    volatile: bool
    """Whether it changes: an amount, a fee, a phone, a date, a rule."""
    facets: Annotated[tuple[FacetName, ...], Field(strict=False)]
    says: Line


class Questions(_Part):
    """Questions that the article answers, by which it is found without training."""

    ko: Annotated[tuple[Line, ...], Field(strict=False)] = ()
    en: Annotated[tuple[Line, ...], Field(strict=False)] = ()


class ArticleBody(_Part):
    """One state of an article: what its file holds, and what a revision stores.

    Raises pydantic's ValidationError when made from wrong parts; `explain` words it.
    """

    topic: TopicId
    category: TopicId
    kind: Kind
    title: Bilingual
    departments: tuple[TopicId, ...] = _seq("Offices in charge, the most important first")
    phone: tuple[TopicId, ...] = _seq("Offices to call, the best one first")
    online: tuple[OnlineLink, ...] = _seq("Links")
    law: tuple[Line, ...] = _seq("Laws and ordinances it rests on")
    related: tuple[TopicId, ...] = _seq("Neighbouring topics, nearest first")
    sources: tuple[SourceNote, ...] = _seq("Sources, named by `facts`")
    facts: tuple[Fact, ...] = _seq("What the sources say")
    untold: dict[FactId, Line] = Field(
        default_factory=dict, description="Facts that are not told, and why"
    )
    questions: Questions = Questions()
    checked_on: date
    review_by: date
    valid_until: date | None = None
    sections: dict[str, dict[FacetName, Prose]]

    @model_validator(mode="after")
    def _dates_in_order(self) -> Self:
        if self.review_by < self.checked_on:
            raise ValueError("review_by lies before checked_on: choose a later date for review_by")
        return self

    @model_validator(mode="after")
    def _has_summaries(self) -> Self:
        if set(self.sections) != {"ko", "en"}:
            raise ValueError("sections must hold ko and en, and no other language")
        for language in ("ko", "en"):
            if "summary" not in self.facets(language):
                raise ValueError(f"the {language} part has no summary: add '## summary' to it")
        return self

    def text(self, facet: str, language: str) -> str | None:
        """The text of `facet` in `language`, or None when the article has no such facet.

        Phones stand in it as the ids of their offices (`bot.offices`).
        """
        return self.facets(language).get(facet)

    def expired(self, today: date) -> bool:
        """Whether its facts have ended by `today` (in Jeju): then it is not told any more."""
        return self.valid_until is not None and self.valid_until < today

    def told(self, facet: str) -> tuple[Fact, ...]:
        """The facts behind `facet`."""
        return tuple(fact for fact in self.facts if facet in fact.facets)

    def publishers(self, facets: Sequence[str]) -> list[str]:
        """Who published the sources behind `facets`, where they can be looked up; none twice."""
        used = {fact.source for facet in facets for fact in self.told(facet)}
        named = (one.publisher for one in self.sources if one.url and one.id in used)
        return list(dict.fromkeys(named))

    def facets(self, language: str) -> dict[str, str]:
        """Facet name → text in `language`, in the order of FACETS."""
        texts = self.sections.get(language, {})
        return {facet: texts[facet] for facet in FACETS if facet in texts}


class Fault(BaseModel):
    """One thing wrong with an article: where, and what to do about it."""

    model_config = ConfigDict(frozen=True)

    place: tuple[str | int, ...]
    sentence: str

    @property
    def field(self) -> str:
        """The place as one word, such as `sources.0.url`; empty for the whole article."""
        return ".".join(str(step) for step in self.place)


def explain(error: ValidationError) -> list[Fault]:
    """Each thing that `error` found, as a sentence that names the field and says what to do."""
    return [_fault(one["loc"], one["type"], one["msg"], one.get("ctx")) for one in error.errors()]


_ADVICE = {
    "missing": "is missing: add it",
    "extra_forbidden": "is not a field of an article: mend its spelling or remove it",
    "string_type": "must be text: put it in quotes",
    "date_type": "must be a date such as 2026-03-31, without quotes",
    "bool_type": "must be true or false",
    "int_type": "must be a whole number, or null where it may be unknown",
    "tuple_type": "must be a list: write it in [ ]",
    "dict_type": "must have fields of its own: write it in { }",
    "model_type": "must have fields of its own: write it in { }",
}


_PATTERNS = {
    "url": "must be a web address that begins with http:// or https://",
    "topic": "must be a topic id: small Latin letters, digits and _",
}


def _fault(
    place: tuple[str | int, ...], kind: str, message: str, context: dict[str, Any] | None
) -> Fault:
    steps = tuple(step for step in place if step != "[key]")
    name = ".".join(str(step) for step in steps)
    if kind == "literal_error" and context:
        advice = f"must be one of {context['expected']}"
    elif kind == "string_pattern_mismatch":
        advice = _PATTERNS.get(str(steps[-1]), "must be an id: small Latin letters, digits and _")
    elif kind == "value_error":
        advice = message.removeprefix("Value error, ")
    else:
        advice = _ADVICE.get(kind, message)
    return Fault(place=steps, sentence=f"{name} {advice}".strip() + ".")
