"""Rasa's pipeline: Kiwi's tokens, entities, the intent classifier and the decision."""
