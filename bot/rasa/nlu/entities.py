"""Entities and lemmas read from the Doc that SpacyNLP has made.

A second analysis is made only where a message has dialect words or placeholders in it.
"""

from __future__ import annotations

from typing import Any, Dict, List, Sequence, Text, Type

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.constants import SPACY_DOCS
from rasa.nlu.utils.spacy_utils import SpacyNLP
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.rasa.nlu.english import glossary, latin_words, stem
from bot.rasa.nlu.features import content, name, prepare
from bot.rasa.nlu.kiwi import Morpheme, morphemes

# Importing it registers the tokenizer and the span finder before SpacyNLP loads the folder.
from bot.rasa.nlu.spacy_model import SPANS
from bot.rasa.nlu.tokenizer import MORPHEMES

LEMMAS = "lemmas"
"""Where a parse holds them; what articles are searched by (bot/knowledge/lemmas.py)."""


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class DocEntities(GraphComponent):
    """Writes the spans of the Doc as Rasa entities, with offsets into the message as typed.

    And its lemmas, so that others can compare texts word by word.
    """

    @classmethod
    def required_components(cls) -> List[Type[Any]]:
        """SpacyNLP makes the Doc."""
        return [SpacyNLP]

    @classmethod
    def create(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> DocEntities:
        """A new component; it keeps nothing."""
        return cls()

    def process(self, messages: List[Message]) -> List[Message]:
        """Add `entity`, `value`, `start`, `end` and the text as typed for every span; lemmas."""
        for message in messages:
            doc = message.get(SPACY_DOCS[TEXT])
            spans = doc.user_data.get(SPANS, []) if doc is not None else []
            found = [
                {**span._asdict(), "text": doc.text[span.start : span.end], "extractor": SPANS}
                for span in spans
            ]
            for one in found:
                one["entity"] = one.pop("label")
            message.set(ENTITIES, message.get(ENTITIES, []) + found, add_to_output=True)
            known = doc.user_data.get(MORPHEMES, []) if doc is not None else []
            message.set(LEMMAS, lemmas(message.get(TEXT) or "", known), add_to_output=True)
        return messages


def lemmas(text: Text, found: Sequence[Morpheme]) -> List[Text]:
    """The content morphemes of a text, in its order, then those of its English words in Korean.

    `found` is Kiwi's analysis of `text`. Names as features have them: 여권/NN.
    """
    prepared = prepare(text)
    if prepared != text:
        found = morphemes(prepared)
    stems = [stem(word) for word in latin_words(prepared)]
    return [name(item) for item in content(found) + content(glossary().korean(stems))]
