"""Entities read from the Doc that SpacyNLP has made, without a second analysis."""

from __future__ import annotations

from typing import Any, Dict, List, Text, Type

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.constants import SPACY_DOCS
from rasa.nlu.utils.spacy_utils import SpacyNLP
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message

# Importing it registers the tokenizer and the span finder before SpacyNLP loads the folder.
from bot.rasa.nlu.spacy_model import SPANS


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class DocEntities(GraphComponent):
    """Writes the spans of the Doc as Rasa entities, with offsets into the message as typed."""

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
        """Add `entity`, `value`, `start`, `end` and the text as typed for every span."""
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
        return messages
