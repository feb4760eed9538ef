"""Every sentence that a citizen or staff member reads, by key and language (data/wording)."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from string import Template
from typing import Literal

from bot import yaml_files
from bot.paths import WORDING

Language = Literal["ko", "en"]
LANGUAGES: tuple[Language, ...] = ("ko", "en")


class MissingWording(Exception):
    """A wording key, a language of it, or a value that it needs does not exist."""


class Wording:
    """The sentences of data/wording. Keys are `file.name`, e.g. `report.receipt`."""

    def __init__(self, sentences: Mapping[str, Mapping[str, str]]) -> None:
        self._sentences = sentences

    @classmethod
    def load(cls, folder: Path = WORDING) -> "Wording":
        """Read every YAML file of `folder`: `name: {ko: …, en: …}`, prefixed by the file's name."""
        sentences: dict[str, Mapping[str, str]] = {}
        for path in sorted(folder.glob("*.yml")):
            for name, texts in (yaml_files.read(path) or {}).items():
                if not isinstance(name, str):
                    # YAML reads a bare `no` or `yes` as a truth value.
                    raise MissingWording(f"{path.name}: {name!r} is no name; put it in quotes")
                sentences[f"{path.stem}.{name}"] = texts
        return cls(sentences)

    def names(self) -> list[str]:
        """Every key."""
        return list(self._sentences)

    def has(self, key: str) -> bool:
        """Whether `key` exists."""
        return key in self._sentences

    def template(self, key: str, language: str) -> str:
        """The sentence of `key` as it is written, `$name` and all. Raises MissingWording."""
        try:
            return self._sentences[key][language].strip()
        except KeyError as error:
            raise MissingWording(f"wording {key!r} in {language!r} lacks {error}") from error

    def text(self, key: str, language: str, values: Mapping[str, str] | None = None) -> str:
        """The sentence of `key` in `language`, with `$name` replaced by `values`.

        Raises MissingWording when the key, the language or a value is not there.
        """
        try:
            return Template(self._sentences[key][language].strip()).substitute(values or {})
        except KeyError as error:
            raise MissingWording(f"wording {key!r} in {language!r} lacks {error}") from error


@lru_cache
def wording() -> Wording:
    """The wording of this process."""
    return Wording.load()
