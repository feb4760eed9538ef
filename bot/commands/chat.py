"""`ilsa chat`: talk to a running service in the terminal, the way the widget does."""

import time
from typing import TYPE_CHECKING, Any

import typer

from bot.commands.failing import fail
from bot.terminal import language, say, sentence, write

if TYPE_CHECKING:
    import httpx

ANSWER_SECONDS = 60
"""How long a late answer is waited for."""
POLL_SECONDS = 0.5


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("chat", help=sentence("help_chat"))(chat)


def chat(
    url: str = typer.Option("", "--url", help=sentence("help_chat_url")),
    speak: str = typer.Option("", "--language", help=sentence("help_chat_language")),
) -> None:
    """Talk until an empty line, Ctrl-D or Ctrl-C."""
    import httpx

    from bot.settings import settings
    from bot.supervisor import local_url

    address = (url or local_url(settings())).rstrip("/")
    with httpx.Client(base_url=address, timeout=90, trust_env=False) as http:
        try:
            _talk(Talk(http, speak or language()))
        except httpx.TransportError:
            fail("chat_no_service", url=address)
        except (KeyboardInterrupt, EOFError):
            write("")


def _talk(talk: "Talk") -> None:
    say("chat_begins")
    talk.open()
    while True:
        typed = input("> ").strip()
        if not typed:
            return
        talk.send(typed)


class Talk:
    """One conversation: what was shown last, and the buttons that a number presses."""

    def __init__(self, http: "httpx.Client", speak: str) -> None:
        self._http = http
        self._language = speak
        self._seen = 0
        self._buttons: list[dict[str, Any]] = []
        self._path = ""

    def open(self) -> None:
        """Open the conversation and show its first messages."""
        opened = self._call("POST", "/api/conversations", {"language": self._language})
        self._http.headers["Authorization"] = f"Bearer {opened['token']}"
        self._path = f"/api/conversations/{opened['id']}/messages"
        self._show(opened["messages"])

    def send(self, typed: str) -> None:
        """Send what was typed, or press the button of that number, and show the answer."""
        body = {"text": typed}
        if typed.isdecimal() and 0 < int(typed) <= len(self._buttons):
            button = self._buttons[int(typed) - 1]
            if button.get("url"):
                write(button["url"])
                return
            body = {"payload": button["payload"]}
        answer = self._call("POST", self._path, body)
        if not answer:
            return
        self._show(answer["messages"])
        if answer.get("pending"):
            self._wait()

    def _wait(self) -> None:
        deadline = time.monotonic() + ANSWER_SECONDS
        while time.monotonic() < deadline:
            if self._show(self._call("GET", f"{self._path}?after={self._seen}")["messages"]):
                return
            time.sleep(POLL_SECONDS)
        say("chat_late")

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        response = self._http.request(method, path, json=body)
        answer: dict[str, Any] = response.json() if response.content else {}
        if response.is_success:
            return answer
        write(str(answer.get("detail") or response.reason_phrase))
        if method == "POST" and not self._path:
            raise typer.Exit(1)
        return {}

    def _show(self, messages: list[dict[str, Any]]) -> bool:
        """Print what others said since the last time; whether there was anything."""
        fresh = [one for one in messages if one["seq"] > self._seen]
        self._seen = max([self._seen, *(one["seq"] for one in fresh)])
        said = [one for one in fresh if one["sender"] != "citizen"]
        if said:
            self._buttons = []
        for message in said:
            write(f"\n{message['text']}")
            for button in message["buttons"]:
                self._buttons.append(button)
                write(f"  [{len(self._buttons)}] {button['title']}")
        return bool(said)
