"""Reads the training messages as Rasa would, in a second instead of half a minute.

Rasa's reader checks every line against a schema and parses it with comments kept. `tests/rasa`
holds that both read the same.

Articles (`*.md` below the paths of the training data) are read as well: their questions are
messages of their topic, and a topic that the domain does not list is added to it, with a rule.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Iterator, List, NamedTuple, Optional, Text, Union

import yaml
from rasa.shared.core.domain import Domain
from rasa.shared.core.training_data.story_reader.yaml_story_reader import YAMLStoryReader
from rasa.shared.core.training_data.structures import StoryGraph
from rasa.shared.importers.rasa import RasaFileImporter
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

ANSWER = "action_answer"
"""What a topic does that the rules do not name: its article answers."""

# Both are safe loaders; the one in C is ten times as fast.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_BORDER = "---\n"


class BadMessages(ValueError):
    """A file of training messages has a part that is not an intent with its examples.

    Or an article has no front matter with its topic and questions.
    """


class Asked(NamedTuple):
    """The topic of an article and the questions that it answers."""

    topic: str
    questions: list[str]


class QuickImporter(RasaFileImporter):
    """Rasa's importer of files, but for the messages: intents and plain examples only."""

    def __init__(
        self,
        config_file: Optional[Text] = None,
        domain_path: Optional[Text] = None,
        training_data_paths: Optional[Union[List[Text], Text]] = None,
    ) -> None:
        """As Rasa's; articles are looked for in the folders of `training_data_paths`.

        Raises BadMessages.
        """
        super().__init__(config_file, domain_path, training_data_paths)
        paths = [training_data_paths] if isinstance(training_data_paths, str) else []
        folders = paths or training_data_paths or []
        self._asked = [
            asked(article) for folder in folders for article in sorted(Path(folder).rglob("*.md"))
        ]

    def get_nlu_data(self, language: Optional[Text] = "en") -> TrainingData:
        """The messages of all NLU files and the questions of all articles. Raises BadMessages."""
        messages = [one for path in sorted(self._nlu_files) for one in read(Path(path))]
        questions = [
            Message.build(text=text, intent=one.topic)
            for one in self._asked
            for text in one.questions
        ]
        return TrainingData(messages + questions)

    def get_domain(self) -> Domain:
        """The domain of the files, and an intent for each topic of an article that it lacks."""
        domain = super().get_domain()
        new = self._new(domain)
        return domain.merge(Domain.from_dict({"intents": new})) if new else domain

    def get_stories(self, exclusion_percentage: Optional[int] = None) -> StoryGraph:
        """The stories and rules of the files, and a rule for each topic that the domain lacks."""
        rules = [
            {
                "rule": f"The article of {topic} answers",
                "steps": [{"intent": topic}, {"action": ANSWER}],
            }
            for topic in self._new(super().get_domain())
        ]
        graph = super().get_stories(exclusion_percentage)
        reader = YAMLStoryReader(self.get_domain())
        return graph.merge(StoryGraph(reader.read_from_parsed_yaml({"rules": rules})))

    def _new(self, domain: Domain) -> list[str]:
        """The topics with questions that a domain does not list."""
        topics = dict.fromkeys(one.topic for one in self._asked if one.questions)
        return [topic for topic in topics if topic not in domain.intents]


def read(path: Path) -> Iterator[Message]:
    """The messages of one file of Rasa's NLU YAML. Raises BadMessages."""
    parts = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506
    for part in parts["nlu"]:
        if not isinstance(part, dict) or set(part) != {"intent", "examples"}:
            raise BadMessages(f"{path}: every part under `nlu` needs `intent` and `examples`.")
        for line in part["examples"].splitlines():
            text = line.strip()
            if not text.startswith("-"):
                raise BadMessages(f"{path}: {part['intent']}: a message begins with '- ': {text}")
            yield Message.build(text=text[1:].strip(), intent=part["intent"])


def asked(path: Path) -> Asked:
    """The topic and the questions of the article at `path`. Raises BadMessages."""
    head, *rest = path.read_text(encoding="utf-8").split(f"\n{_BORDER}", 1)
    if not rest or not head.startswith(_BORDER):
        raise BadMessages(f"{path}: an article begins with front matter between two lines of ---.")
    try:
        matter = yaml.load(head[len(_BORDER) :], Loader=_Loader)  # noqa: S506
        questions = matter.get("questions") or {}
        lines = [str(line) for language in ("ko", "en") for line in questions.get(language) or []]
        return Asked(str(matter["topic"]), lines)
    except (yaml.YAMLError, AttributeError, KeyError) as error:
        raise BadMessages(f"{path}: its front matter has no topic, or no questions.") from error
