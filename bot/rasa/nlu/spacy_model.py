"""The spaCy pipeline of the bot: Kiwi's tokens, and spans by rule. Makes the folder Rasa loads.

    python -m bot.rasa.nlu.spacy_model build/ko_jeju

Names are searched in the text and not in the tokens (spaCy's EntityRuler), because Kiwi may cut an
unknown village name anywhere; offsets stay exact even where a name ends inside a token.
"""

# No postponed annotations here: spaCy reads the factory's signature when it registers it.
import json
import shutil
import sys
from pathlib import Path
from typing import Any, Iterable, Optional

import spacy
import yaml
from spacy.language import Language
from spacy.tokens import Doc
from spacy.util import filter_spans

from bot.korean.places import Places
from bot.paths import PLACES, POLICY
from bot.rasa.nlu.spans import Span, Spotter, apart
from bot.rasa.nlu.tokenizer import MORPHEMES, TOKENIZER

SPANS = "ilsa_spans"
NAME = "jeju"


class SpanFinder:
    """The pipeline component: writes `doc.ents` and, exact to the character, `user_data`."""

    def __init__(self) -> None:
        self._table: dict[str, Any] = {}
        self._spotter: Optional[Spotter] = None
        self._places: Optional[Places] = None
        self._folder: Optional[Path] = None

    def learn(self, table: dict[str, Any], places: Path) -> None:
        """Take the table of entities and the folder of Jeju's places."""
        self._table, self._folder = table, places
        self._spotter, self._places = Spotter(table), Places.load(places)

    def __call__(self, doc: Doc) -> Doc:
        spans = self._find(doc)
        doc.user_data[SPANS] = spans
        found = (
            doc.char_span(one.start, one.end, label=one.label, alignment_mode="expand")
            for one in spans
        )
        doc.ents = filter_spans([one for one in found if one is not None])
        return doc

    def _find(self, doc: Doc) -> list[Span]:
        if self._spotter is None or self._places is None:
            return []
        named = self._spotter.find(doc.text, doc.user_data.get(MORPHEMES, ()))
        return apart([*_places(self._places, doc.text), *named])

    def to_disk(self, path: Path, exclude: Iterable[str] = ()) -> None:
        """Copy the data into the pipeline's folder, so that it stands alone."""
        path = Path(path)
        path.mkdir(parents=True, exist_ok=True)
        text = json.dumps(self._table, ensure_ascii=False)
        (path / "entities.json").write_text(text, encoding="utf-8")
        if self._folder is not None:
            shutil.copytree(self._folder, path / "places", dirs_exist_ok=True)

    def from_disk(self, path: Path, exclude: Iterable[str] = ()) -> "SpanFinder":
        """Read the data back."""
        path = Path(path)
        table = json.loads((path / "entities.json").read_text(encoding="utf-8"))
        self.learn(table, path / "places")
        return self


def _places(places: Places, text: str) -> list[Span]:
    return [Span("place", one.name, one.start, one.end) for one in places.find(text)]


@Language.factory(SPANS)
def create_span_finder(nlp: Language, name: str) -> SpanFinder:
    """What spaCy calls when a pipeline's configuration names this component."""
    return SpanFinder()


def make(table: dict[str, Any], places: Path) -> Language:
    """A blank Korean pipeline with Kiwi's tokenizer and the spans of `table` and `places`."""
    nlp = spacy.blank("ko", config={"nlp": {"tokenizer": {"@tokenizers": TOKENIZER}}})
    nlp.meta["name"] = NAME
    nlp.add_pipe(SPANS).learn(table, places)
    return nlp


def build(folder: Path) -> Path:
    """Write the pipeline of the project's data into `folder`, replacing it; gives `folder` back."""
    table = yaml.safe_load((POLICY / "entities.yml").read_text(encoding="utf-8"))
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    make(table, PLACES).to_disk(folder)
    return folder


if __name__ == "__main__":
    build(Path(sys.argv[1] if len(sys.argv) > 1 else "build/ko_jeju"))
