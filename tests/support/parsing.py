"""A stand-in for Rasa's `/model/parse`: ranks topics as it is told to, by words of the text."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.support.listening import JsonHandler, listening

Ranking = Sequence[tuple[str, float]]


@dataclass
class ParsingRasa:
    """Where it listens, and the texts that it was asked to parse."""

    url: str
    heard: list[str] = field(default_factory=list)


@contextmanager
def parsing_rasa(
    rankings: Mapping[str, Ranking], facets: Mapping[str, str]
) -> Iterator[ParsingRasa]:
    """Ranks by the first of `rankings` whose word stands in the text, until the block ends.

    `facets`: a word to the facet that it asks for.
    """

    class Handler(JsonHandler):
        def post(self) -> None:
            text = json.loads(self.sent())["text"]
            rasa.heard.append(text)
            ranking = next((those for word, those in rankings.items() if word in text), ())
            facet = next((name for word, name in facets.items() if word in text), "")
            self.answer(
                {
                    "intent_ranking": [
                        {"name": name, "confidence": sure} for name, sure in ranking
                    ],
                    "requests": [{"topic": name, "facet": facet} for name, _ in ranking[:1]],
                    "lemmas": [],
                }
            )

    with listening(Handler) as port:
        rasa = ParsingRasa(f"http://127.0.0.1:{port}")
        yield rasa
