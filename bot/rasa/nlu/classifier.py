"""The intent classifier as a component of Rasa's pipeline."""

from __future__ import annotations

import csv
import logging
from pathlib import Path
from typing import Any, Dict, List, Optional, Text, Tuple, Type

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.nlu.constants import SPACY_DOCS
from rasa.shared.nlu.constants import INTENT, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.rasa.nlu.features import Features, taken_apart
from bot.rasa.nlu.tokenizer import MORPHEMES
from bot.rasa.nlu.topics import PENALTY, WEIGHTS, Topics

logger = logging.getLogger(__name__)
RANK = "rank"
"""Where a message holds what ranks other texts: its halves, or itself with the one before."""
_NOTHING = {"name": None, "confidence": 0.0}


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class TopicClassifier(GraphComponent, IntentClassifier):
    """Ranks intents by morphemes, letters and meaning; writes `intent` and `intent_ranking`."""

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        """Block weights and liblinear's C as measured, how many intents to list, and `calibration`:
        a file of messages to set confidences on, else a part of the training messages is.
        """
        return {
            "weights": dict(WEIGHTS),
            "penalty": PENALTY,
            "ranking_length": 10,
            "calibration": None,
        }

    @staticmethod
    def required_packages() -> List[Text]:
        """Packages to be installed."""
        return ["kiwipiepy", "sklearn"]

    @classmethod
    def required_components(cls) -> List[Type[Any]]:
        """None: without a spaCy Doc on the message it asks Kiwi itself."""
        return []

    def __init__(
        self,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        topics: Optional[Topics] = None,
    ) -> None:
        """Take the configuration, the place to keep the model, and the model once trained."""
        self._config = config
        self._model_storage = model_storage
        self._resource = resource
        self._topics = topics

    @classmethod
    def create(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> TopicClassifier:
        """An untrained classifier."""
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> TopicClassifier:
        """The trained classifier; untrained, and so without answers, when the model has none."""
        try:
            with model_storage.read_from(resource) as folder:
                topics = Topics.load(folder)
            # Kiwi takes seconds to load: before Rasa is ready, not in the first citizen's answer.
            topics.rank(Features("120"))
            return cls(config, model_storage, resource, topics)
        except (ValueError, FileNotFoundError):
            logger.warning("The model holds no trained intent classifier.")
            return cls(config, model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        """Learn from the training messages and keep the model."""
        messages = [one for one in training_data.intent_examples if one.get(TEXT)]
        labels = [one.get(INTENT) for one in messages]
        if len(set(labels)) < 2:
            logger.warning("Fewer than two intents to learn from; the classifier stays untrained.")
            return self._resource
        self._topics = Topics.train(
            taken_apart([one.get(TEXT) for one in messages]),
            labels,
            self._config["weights"],
            self._config["penalty"],
            self._held(),
        )
        with self._model_storage.write_to(self._resource) as folder:
            self._topics.save(folder)
        return self._resource

    def _held(self) -> Optional[Tuple[List[Features], List[Text]]]:
        """The messages by which confidences are set; None when the configuration names no file."""
        if not self._config["calibration"]:
            return None
        with Path(self._config["calibration"]).open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
        return taken_apart([row["text"] for row in rows]), [row["topic"] for row in rows]

    def process(self, messages: List[Message]) -> List[Message]:
        """Add the ranking; an intent without name when nothing in the message is known.

        What ranks other texts the same way stays on the message, not in the output, for the
        decision.
        """
        for message in messages:
            if not message.get(TEXT) or self._topics is None:
                continue
            found = self._topics.rank(_features(message), self._config["ranking_length"])
            ranking = [one._asdict() for one in found]
            message.set(INTENT, ranking[0] if ranking else dict(_NOTHING), add_to_output=True)
            message.set(INTENT_RANKING_KEY, ranking, add_to_output=True)
            message.set(RANK, self._topics.rank)
        return messages


def _features(message: Message) -> Features:
    doc = message.get(SPACY_DOCS[TEXT])
    return Features(message.get(TEXT), doc.user_data.get(MORPHEMES) if doc is not None else None)
