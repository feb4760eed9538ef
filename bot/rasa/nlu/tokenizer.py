"""The spaCy tokenizer that reads Kiwi. Importing this module registers it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable

from spacy.tokens import Doc
from spacy.util import DummyTokenizer, registry

from bot.rasa.nlu.kiwi import Piece, morphemes, pieces

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.vocab import Vocab

TOKENIZER = "ilsa.kiwi_tokenizer.v1"
# Where a Doc keeps its morphemes, for components that need more than tokens.
MORPHEMES = "morphemes"


def _spaced(cut: list[Piece]) -> tuple[list[Piece], list[bool]]:
    """spaCy's way to keep blanks: a single one belongs to the token before it."""
    kept: list[Piece] = []
    spaces: list[bool] = []
    for piece in cut:
        rest = piece
        if piece.tag == "_SP" and piece.text[0] == " " and kept and not spaces[-1]:
            spaces[-1] = True
            rest = piece._replace(text=piece.text[1:], lemma=piece.text[1:])
        if rest.text:
            kept.append(rest)
            spaces.append(False)
    return kept, spaces


class KiwiTokenizer(DummyTokenizer):
    """Makes a Doc of Kiwi's morphemes; `doc.text` is the text it was given, to the character."""

    def __init__(self, vocab: Vocab) -> None:
        self.vocab = vocab

    def __reduce__(self) -> tuple[type[KiwiTokenizer], tuple[Vocab]]:
        return KiwiTokenizer, (self.vocab,)

    def __call__(self, text: str) -> Doc:
        found = morphemes(text)
        cut, spaces = _spaced(pieces(text, found))
        doc = Doc(
            self.vocab,
            words=[piece.text for piece in cut],
            spaces=spaces,
            tags=[piece.tag for piece in cut],
            lemmas=[piece.lemma for piece in cut],
        )
        doc.user_data[MORPHEMES] = found
        return doc


@registry.tokenizers(TOKENIZER)
def create_kiwi_tokenizer() -> Callable[[Language], KiwiTokenizer]:
    """What spaCy calls when a pipeline's configuration names this tokenizer."""

    def make(nlp: Language) -> KiwiTokenizer:
        return KiwiTokenizer(nlp.vocab)

    return make
