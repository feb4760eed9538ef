"""Reads the words of new articles through Rasa, so that they are found in other words as well.

And keeps the search index of this process up to date, so that no citizen waits for it.
"""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress

import structlog
from sqlalchemy.exc import IntegrityError

from bot.conversations.errors import RasaFailed
from bot.conversations.rasa_client import RasaClient
from bot.database import Database
from bot.knowledge import index, lemmas, state, topics
from bot.knowledge.lemmas import Lemmas
from bot.knowledge.schemas import ArticleBody
from bot.knowledge.service import Served
from bot.rounds import go_round

log = structlog.get_logger(__name__)
ROUND_SECONDS = 1.0
AT_ONCE = 10
"""So many articles of new topics are read one after the other; nothing else finds them."""
A_ROUND = 2
"""Of others, so many a round: an article takes Rasa about as long as ten citizens' messages."""
LATER_SECONDS = 30.0


class Lemmatiser:
    """A task beside the web application; any number of processes may run one."""

    def __init__(self, *, database: Database, rasa: RasaClient) -> None:
        self._database = database
        self._rasa = rasa
        self._all_read: str | None = None
        """The stamp of the state of which every article has been read."""
        self._later: dict[str, float] = {}
        """Digests that could not be read, and when to try again."""
        self._told: set[str] = set()
        self._failing = False

    async def run(self) -> None:
        """Go round until cancelled; a failed round is logged and the next one tries again."""
        await go_round(self.round, every=ROUND_SECONDS, failed="lemmatiser_round_failed")

    async def round(self) -> None:
        """Bring the index up to date and read some of the articles that lack lemmas."""
        found = await asyncio.to_thread(self._look)
        if not found or not await self._rasa.ready():
            return
        read = [(one.digest, words) for one in found if (words := await self._read(one))]
        await asyncio.to_thread(self._keep, read)

    def _look(self) -> list[Served]:
        """What to read now."""
        with self._database.reading() as session:
            index.current(session)
            stamp = state.stamp(session)
            if stamp == self._all_read:
                return []
            now = time.monotonic()
            skip = {digest for digest, then in self._later.items() if then > now}
            found = lemmas.missing(session, skip=skip, limit=AT_ONCE + 1)
            if not found and not skip:
                self._all_read = stamp
                self._later.clear()
        new = [one for one in found if one.topic not in topics.topics()]
        return new if 0 < len(new) <= AT_ONCE else found[:A_ROUND]

    async def _read(self, article: Served) -> Lemmas | None:
        """The lemmas of an article, or None when Rasa fails; then it is tried again later."""
        try:
            words = await self._lemmas(article.body)
        except RasaFailed as error:
            self._later[article.digest] = time.monotonic() + LATER_SECONDS
            if not self._failing and article.digest not in self._told:
                log.warning("article_not_read", topic=article.topic, reason=str(error))
            self._told.add(article.digest)
            self._failing = True
            return None
        self._failing = False
        return words

    async def _lemmas(self, body: ArticleBody) -> Lemmas:
        asked = [await self._words(line) for line in lemmas.asked(body)]
        return Lemmas(asked=asked, told=await self._words(lemmas.told(body)))

    async def _words(self, text: str) -> list[str]:
        parse = await self._rasa.parse(text)
        if "lemmas" not in parse:
            raise RasaFailed("Rasa's parse has no lemmas")
        return list(parse["lemmas"])

    def _keep(self, read: Sequence[tuple[str, Lemmas]]) -> None:
        for digest, words in read:
            # Another process may have kept the same ones in this moment.
            with suppress(IntegrityError), self._database.writing() as session:
                lemmas.keep(session, digest, words)
        with self._database.reading() as session:
            index.current(session)
