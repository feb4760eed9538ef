"""Ready sentences for counsellors (data/policy/canned.yml), filled from the talk at hand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from string import Template

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError
from sqlalchemy.orm import Session

from bot import offices, yaml_files
from bot.knowledge import service as knowledge
from bot.knowledge.schemas import Bilingual
from bot.korean.foreign import languages
from bot.paths import POLICY
from bot.staff.desk_policy import DeskPolicyError
from bot.wording import wording

VALUES = ("receipt", "office", "phone", "due", "topic", "opens", "counsellor")
MOST_FACETS = 9
"""Facets that one key puts in: Alt and a digit."""


class Canned(BaseModel):
    """One ready sentence."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Bilingual
    text: Bilingual
    topics: tuple[str, ...] = ()


@dataclass(frozen=True)
class Ready:
    """What a counsellor can put into the answer: where it comes from, its name, and the text."""

    id: str
    kind: str
    """`canned`, `facet` or `language`."""
    name: str
    text: str


def load(path: Path = POLICY / "canned.yml") -> dict[str, Canned]:
    """The ready sentences of a file, by id. Raises DeskPolicyError."""
    try:
        read = yaml_files.read(path)
        found = TypeAdapter(dict[str, Canned]).validate_python(read)
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise DeskPolicyError(f"{path.name} cannot be used: {error}") from error
    for id, one in found.items():
        for text in (one.text.ko, one.text.en):
            if strange := set(Template(text).get_identifiers()) - set(VALUES):
                raise DeskPolicyError(f"{path.name}: {id} has no value for {sorted(strange)}")
    return found


@lru_cache
def canned() -> dict[str, Canned]:
    """The ready sentences of this installation."""
    return load()


def ready(
    session: Session,
    *,
    topics: Sequence[str],
    language: str,
    shown_in: str,
    values: Mapping[str, str],
    said: str = "",
) -> list[Ready]:
    """What may be put in, the likeliest first: those of the topic, its facets, the general ones.

    `language`: the citizen's; `shown_in`: the counsellor's, for the names. `said`: the citizen's
    last words, by which the sentence of another language is put first.
    """
    own = [one for one in canned().items() if set(one[1].topics) & set(topics)]
    general = [one for one in canned().items() if not one[1].topics]
    filled = [
        Ready(id, "canned", one.name.in_language(shown_in), _filled(one, language, values))
        for id, one in (*own, *general)
    ]
    facets = [each for topic in topics[:2] for each in _facets(session, topic, language, shown_in)]
    return [
        *filled[: len(own)],
        *facets[: 2 * MOST_FACETS],
        *filled[len(own) :],
        *_languages(said, shown_in),
    ]


def _filled(one: Canned, language: str, values: Mapping[str, str]) -> str:
    return Template(one.text.in_language(language)).safe_substitute(values)


def _facets(session: Session, topic: str, language: str, shown_in: str) -> list[Ready]:
    served = knowledge.served(session, topic)
    if served is None:
        return []
    title = knowledge.title(session, topic, shown_in) or topic
    return [
        Ready(
            f"{topic}.{facet}",
            "facet",
            f"{title}: {wording().text(f'facet.{facet}', shown_in)}",
            offices.with_phones(text),
        )
        for facet, text in served.body.facets(language).items()
    ]


def _languages(said: str, shown_in: str) -> list[Ready]:
    """The fixed sentences of the languages that the service does not answer in."""
    heard = languages().which(said) if said else ""
    codes = sorted(languages(), key=lambda code: code != heard)
    return [
        Ready(code, "language", _language_name(code, shown_in), languages().sentence(code))
        for code in codes
    ]


def _language_name(code: str, shown_in: str) -> str:
    key = f"desk_talk.language_{code}"
    return wording().text(key, shown_in) if wording().has(key) else code
