"""The stock bot: the pipeline that `rasa init` writes in Rasa 3.6.21, a custom action an answer.

Its project is written into build/bench/stock. The model is trained once and kept under a digest of
everything it is made from.
"""

import hashlib
import json
import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import yaml

from bot import model
from bot.paths import ROOT
from bot.processes import Program
from bot.supervisor import LOOPBACK, answers

FOLDER = ROOT / "build" / "bench" / "stock"
ACTIONS = "stock_actions"
EPOCHS_OF_RASA_INIT = 100
EPOCHS = 10
"""A hundred take DIET over ten minutes on two cores, and answering costs the same: the network has
the same size. The output says that they are fewer; `--epochs 100` trains them all."""

ACTIONS_MODULE = '''\
"""One custom action an answer, as rasa-sdk's guide writes them."""

import json
from pathlib import Path

from rasa_sdk import Action

ANSWERS = json.loads(Path(__file__).with_name("answers.json").read_text(encoding="utf-8"))


def make(topic, answer):
    class Answer(Action):
        def name(self):
            return f"action_{topic}"

        def run(self, dispatcher, tracker, domain):
            dispatcher.utter_message(text=answer["text"], buttons=answer["buttons"])
            return []

    Answer.__name__ = f"Answer_{topic}"
    return Answer


for _topic, _answer in ANSWERS.items():
    globals()[f"Answer_{_topic}"] = make(_topic, _answer)
'''


class TrainingFailed(Exception):
    """The stock bot could not be trained; the message names the log."""


@dataclass(frozen=True)
class Trained:
    """A model of the stock bot, and how long training it took (None: it was kept)."""

    path: Path
    seconds: float | None
    epochs: int


def config(epochs: int) -> dict[str, Any]:
    """config.yml: the pipeline and the policies that `rasa init` and `rasa train` suggest."""
    return {
        "recipe": "default.v1",
        "assistant_id": "stock",
        "language": "ko",
        "pipeline": [
            {"name": "WhitespaceTokenizer"},
            {"name": "RegexFeaturizer"},
            {"name": "LexicalSyntacticFeaturizer"},
            {"name": "CountVectorsFeaturizer"},
            {
                "name": "CountVectorsFeaturizer",
                "analyzer": "char_wb",
                "min_ngram": 1,
                "max_ngram": 4,
            },
            {"name": "DIETClassifier", "epochs": epochs, "constrain_similarities": True},
            {"name": "EntitySynonymMapper"},
            {"name": "ResponseSelector", "epochs": epochs, "constrain_similarities": True},
            {"name": "FallbackClassifier", "threshold": 0.3, "ambiguity_threshold": 0.1},
        ],
        "policies": [
            {"name": "MemoizationPolicy"},
            {"name": "RulePolicy"},
            {"name": "UnexpecTEDIntentPolicy", "max_history": 5, "epochs": epochs},
            {
                "name": "TEDPolicy",
                "max_history": 5,
                "epochs": epochs,
                "constrain_similarities": True,
            },
        ],
    }


def write_project(messages: Mapping[str, Sequence[str]], epochs: int = EPOCHS) -> str:
    """Write what the model is made from; return its digest."""
    topics = sorted(messages)
    files = {
        "config.yml": _yaml(config(epochs)),
        "domain.yml": _yaml(_domain(topics)),
        "data/nlu.yml": _yaml(_nlu(messages)),
        "data/rules.yml": _yaml(_rules(topics)),
        "data/stories.yml": _yaml(_stories(topics)),
        "credentials.yml": "rest:\n",
    }
    whole = hashlib.sha256()
    for name, text in sorted(files.items()):
        path = FOLDER / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        whole.update(f"{name}\n{text}".encode())
    return whole.hexdigest()[:12]


def _yaml(value: Any) -> str:
    return yaml.safe_dump(value, allow_unicode=True, sort_keys=False)


def _domain(topics: Sequence[str]) -> dict[str, Any]:
    return {
        "version": "3.1",
        "intents": list(topics),
        "entities": ["place", "animal", "country", "date", "receipt_number", "placeholder"],
        "responses": {"utter_fallback": [{"text": "Please say that again."}]},
        "actions": [f"action_{topic}" for topic in topics],
        "session_config": {
            "session_expiration_time": 60,
            "carry_over_slots_to_new_session": True,
        },
    }


def _nlu(messages: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    return {
        "version": "3.1",
        "nlu": [
            {"intent": topic, "examples": "".join(f"- {text}\n" for text in messages[topic])}
            for topic in sorted(messages)
        ],
    }


def _rules(topics: Sequence[str]) -> dict[str, Any]:
    fallback = {
        "rule": "not understood",
        "steps": [{"intent": "nlu_fallback"}, {"action": "utter_fallback"}],
    }
    answers_ = [{"rule": f"answer {topic}", "steps": _turn(topic)} for topic in topics]
    return {"version": "3.1", "rules": [*answers_, fallback]}


def _stories(topics: Sequence[str]) -> dict[str, Any]:
    """Talks of three questions, so that TED and UnexpecTED have something to learn."""
    stories = []
    for place, topic in enumerate(topics):
        following = [topics[(place + step) % len(topics)] for step in (1, 2)]
        steps = [step for each in (topic, *following) for step in _turn(each)]
        stories.append({"story": f"begins with {topic}", "steps": steps})
    return {"version": "3.1", "stories": stories}


def _turn(topic: str) -> list[dict[str, str]]:
    return [{"intent": topic}, {"action": f"action_{topic}"}]


def train(messages: Mapping[str, Sequence[str]], epochs: int = EPOCHS) -> Trained:
    """Train unless the model of these sources is kept. Raises TrainingFailed."""
    name = f"stock-{write_project(messages, epochs)}"
    path = FOLDER / "models" / f"{name}.tar.gz"
    if path.exists():
        return Trained(path, None, epochs)
    log = FOLDER / "train.log"
    began = time.monotonic()
    command = [str(model.PYTHON), "-m", "rasa", "train", "--fixed-model-name", name]
    with log.open("wb") as file:
        status = subprocess.run(
            command, cwd=FOLDER, env=environment(), stdout=file, stderr=file, check=False
        ).returncode
    if status or not path.exists():
        raise TrainingFailed(f"the stock bot could not be trained, see {log}")
    return Trained(path, time.monotonic() - began, epochs)


def environment() -> dict[str, str]:
    """The environment of both processes: Rasa's own defaults, without telemetry."""
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "SQLALCHEMY_SILENCE_UBER_WARNING": "1"}
    return {**os.environ, **quiet, "RASA_TELEMETRY_ENABLED": "false", "PYTHONPATH": str(FOLDER)}


def write_answers(rendered: Mapping[str, tuple[str, Sequence[str]]]) -> None:
    """Write the action server's module and its answers: topic -> (text, titles of the buttons)."""
    content = {
        topic: {
            "text": text,
            "buttons": [{"title": title, "payload": f"/{topic}"} for title in titles],
        }
        for topic, (text, titles) in rendered.items()
    }
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / "answers.json").write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    (FOLDER / f"{ACTIONS}.py").write_text(ACTIONS_MODULE, encoding="utf-8")


def programs(trained: Path, folder: Path, port: int, action_port: int) -> list[Program]:
    """Rasa and its action server; trackers (SQLite) and logs stand in `folder`."""
    endpoints = folder / "endpoints.yml"
    url = f"http://{LOOPBACK}:{action_port}/webhook"
    store = {"type": "SQL", "dialect": "sqlite", "db": str(folder / "stock.db")}
    endpoints.write_text(_yaml({"action_endpoint": {"url": url}, "tracker_store": store}), "utf-8")
    python = str(model.PYTHON)
    serve = [python, "-m", "rasa", "run", "--port", str(port), "--interface", LOOPBACK]
    serve += ["--model", str(trained), "--endpoints", str(endpoints)]
    serve += ["--credentials", str(FOLDER / "credentials.yml")]
    act = [python, "-m", "rasa_sdk", "--actions", ACTIONS, "--port", str(action_port)]
    return [
        Program(
            "stock actions",
            act,
            environment(),
            folder / "log" / "stock-actions.log",
            lambda: answers(f"http://{LOOPBACK}:{action_port}/health"),
        ),
        Program(
            "stock rasa",
            serve,
            environment(),
            folder / "log" / "stock-rasa.log",
            lambda: answers(f"http://{LOOPBACK}:{port}/webhooks/rest/"),
        ),
    ]


class Stock:
    """The stock bot as the load generator sees it."""

    name = "stock"

    def __init__(self, port: int, http: httpx.AsyncClient) -> None:
        self._url = f"http://{LOOPBACK}:{port}/webhooks/rest/webhook"
        self._http = http
        self._opened = 0

    async def open(self) -> str:
        """A new sender; Rasa makes the conversation with its first message."""
        self._opened += 1
        return f"citizen-{self._opened}"

    async def send(self, talk: str, text: str) -> bool:
        """Send one message; whether there was an answer."""
        response = await self._http.post(self._url, json={"sender": talk, "message": text})
        return response.is_success and bool(response.json())
