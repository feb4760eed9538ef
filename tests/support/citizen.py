"""A citizen at the HTTP API of the running service, for tests that talk through it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from bot.wording import wording

Message = dict[str, Any]


def words(key: str, language: str = "ko", **values: str) -> str:
    """The sentence of a wording key."""
    return wording().text(key, language, values)


@dataclass
class Answer:
    """What came back for one message."""

    status: int
    body: dict[str, Any]

    @property
    def messages(self) -> list[Message]:
        """The bot's bubbles."""
        messages: list[Message] = self.body.get("messages", [])
        return messages

    @property
    def text(self) -> str:
        """All bubbles in one text."""
        return "\n\n".join(message["text"] for message in self.messages)

    @property
    def topics(self) -> list[str | None]:
        """The topic of each bubble."""
        return [message["topic"] for message in self.messages]

    @property
    def topic(self) -> str | None:
        """The topic of the first bubble that has one."""
        return next((topic for topic in self.topics if topic), None)

    @property
    def ticket(self) -> str | None:
        """The receipt number that the answer is about."""
        return next((each["ticket"] for each in self.messages if each["ticket"]), None)

    @property
    def buttons(self) -> dict[str, str]:
        """Titles of all buttons, and their payloads."""
        return {
            button["title"]: button["payload"]
            for message in self.messages
            for button in message["buttons"]
        }

    def says(self, key: str, language: str = "ko", **values: str) -> bool:
        """Whether the sentence of a wording key is in the answer."""
        return words(key, language, **values) in self.text

    def offers(self, key: str, language: str = "ko") -> bool:
        """Whether a button has the title of a wording key."""
        return words(key, language) in self.buttons


class Citizen:
    """One conversation, from the outside."""

    def __init__(self, client: httpx.Client, language: str = "ko") -> None:
        self.client = client
        opened = client.post("/api/conversations", json={"language": language})
        assert opened.status_code == 201, opened.text
        body = opened.json()
        self.id: str = body["id"]
        self.token: str = body["token"]
        self.language = language
        self.last = Answer(201, body)

    @property
    def headers(self) -> dict[str, str]:
        """What proves that the conversation is this citizen's."""
        return {"Authorization": f"Bearer {self.token}"}

    @property
    def path(self) -> str:
        """Where the conversation lies."""
        return f"/api/conversations/{self.id}"

    def send(self, **body: Any) -> Answer:
        """Post a body to the conversation, whatever comes of it."""
        response = self.client.post(f"{self.path}/messages", json=body, headers=self.headers)
        self.last = Answer(response.status_code, response.json())
        return self.last

    def says(self, text: str, **more: Any) -> Answer:
        """Send a text; it must be answered (or left to a person) in time."""
        answer = self.send(text=text, **more)
        assert answer.status == 200, answer.body
        assert not answer.body["pending"], text
        return answer

    def presses(self, key: str, language: str = "") -> Answer:
        """Press a button of the last answer by the wording key of its title."""
        title = words(key, language or self.language)
        assert title in self.last.buttons, f"{title} not among {list(self.last.buttons)}"
        answer = self.send(payload=self.last.buttons[title])
        assert answer.status == 200, answer.body
        return answer

    def conversation(self) -> dict[str, Any]:
        """The state and all messages."""
        response = self.client.get(f"{self.path}/messages", headers=self.headers)
        assert response.status_code == 200, response.text
        body: dict[str, Any] = response.json()
        return body

    @property
    def state(self) -> str:
        """Who holds the conversation."""
        return str(self.conversation()["state"])

    @contextmanager
    def listening(self, after: int = 0, seconds: float = 10) -> Iterator[Iterator[tuple[str, Any]]]:
        """The event stream after message number `after`: pairs of event and data.

        Raises httpx.ReadTimeout when nothing at all comes for `seconds`.
        """
        headers = {**self.headers, "Last-Event-ID": str(after)}
        timeout = httpx.Timeout(10, read=seconds)
        with self.client.stream(
            "GET", f"{self.path}/events", headers=headers, timeout=timeout
        ) as response:
            assert response.status_code == 200
            yield _events(response.iter_lines())


def _events(lines: Iterator[str]) -> Iterator[tuple[str, Any]]:
    event = ""
    for line in lines:
        name, _, value = line.partition(":")
        if name == "event":
            event = value.strip()
        elif name == "data" and event:
            yield event, json.loads(value)


def start_report(citizen: Citizen) -> Answer:
    """Report a hole in a road, up to the question about danger."""
    answer = citizen.says("노형동 이마트 앞 도로에 구멍이 났어요")
    assert answer.says("form.ask_danger"), answer.text
    return answer


def finish_report(citizen: Citizen, phone: str = "") -> Answer:
    """Go on from the question about danger to the summary, with or without a phone number."""
    citizen.presses("form.choice_yes")
    citizen.presses("button.skip")  # no photo
    if phone:
        citizen.presses("button.agree")
        return another(citizen, citizen.says(phone))
    return another(citizen, citizen.presses("button.refuse"))


def another(citizen: Citizen, answer: Answer) -> Answer:
    """Say that it is another matter, where somebody has reported the same place before."""
    if answer.offers("report.button_another", citizen.language):
        return citizen.presses("report.button_another")
    return answer


def check_code_in(answer: Answer) -> str:
    """The check code that a receipt shows."""
    line = next(line for line in answer.text.splitlines() if line.startswith("확인번호: "))
    return line.removeprefix("확인번호: ").strip()
