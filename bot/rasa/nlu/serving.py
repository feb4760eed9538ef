"""spaCy as Rasa's own components have it, at work when serving only.

Training needs the messages' features and nothing of their Docs; making one for each of tens of
thousands of messages would cost a minute.
"""

from __future__ import annotations

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.nlu.tokenizers.spacy_tokenizer import SpacyTokenizer
from rasa.nlu.utils.spacy_utils import SpacyNLP
from rasa.shared.nlu.training_data.training_data import TrainingData


@DefaultV1Recipe.register(
    [DefaultV1Recipe.ComponentType.MODEL_LOADER, DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER],
    is_trainable=False,
    model_from="ServingSpacyNLP",
)
class ServingSpacyNLP(SpacyNLP):
    """SpacyNLP, which leaves the training messages alone."""

    def process_training_data(self, training_data: TrainingData, model: object) -> TrainingData:
        """Nothing to do: no component learns from a Doc."""
        return training_data


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=False)
class ServingSpacyTokenizer(SpacyTokenizer):
    """SpacyTokenizer, which leaves the training messages alone."""

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Nothing to do: no component learns from a token."""
        return training_data
