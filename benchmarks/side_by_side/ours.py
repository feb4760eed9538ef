"""Our service as the load generator sees it, and its answers for the stock bot."""

import httpx

from actions.answering import answer
from bot.conversations.rendering import Renderer
from bot.database import Database, utc_now
from bot.knowledge import service as knowledge
from bot.wording import wording

Answers = dict[str, tuple[str, list[str]]]
"""topic -> (text, titles of the buttons)"""


def answers(url: str) -> tuple[Answers, list[str]]:
    """Every article's answer as a citizen reads it, from the database at `url`.

    Second come the topics that are simply answered: no report is opened, no person is called.
    """
    database = Database(url)
    try:
        with database.reading() as session:
            render = Renderer(session, wording(), "ko")
            rendered: Answers = {}
            for each in knowledge.status(session, utc_now()):
                if reply := answer(session, topic=each.topic):
                    shown = render(reply)
                    titles = [button.title for button in shown.buttons]
                    rendered[each.topic] = (shown.text, titles)
            plain = [topic for topic in rendered if _is_answer(knowledge.served(session, topic))]
    finally:
        database.dispose()
    return rendered, plain


def _is_answer(served: knowledge.Served | None) -> bool:
    return served is not None and served.body.kind == "answer"


class Ours:
    """The citizen API: an answered message and its reply are stored."""

    name = "ours"

    def __init__(self, url: str, http: httpx.AsyncClient) -> None:
        self._url = f"{url}/api/conversations"
        self._http = http
        self._tokens: dict[str, str] = {}

    async def open(self) -> str:
        """Open a conversation."""
        response = await self._http.post(self._url, json={"language": "ko"})
        response.raise_for_status()
        opened = response.json()
        self._tokens[opened["id"]] = opened["token"]
        return str(opened["id"])

    async def send(self, talk: str, text: str) -> bool:
        """Send one message; whether the reply came with it."""
        response = await self._http.post(
            f"{self._url}/{talk}/messages",
            json={"text": text},
            headers={"Authorization": f"Bearer {self._tokens[talk]}"},
        )
        return response.is_success and bool(response.json()["messages"])
