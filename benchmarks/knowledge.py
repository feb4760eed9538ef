"""What ten thousand articles cost beside the real ones, in one run.

    make bench-knowledge            .venv-app/bin/python -m benchmarks.knowledge [--articles 10000]

See benchmarks/README.md for what is measured and how the copies are made.
"""

import argparse
import json
import random
import resource
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from itertools import cycle, islice
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy.orm import Session

from actions.answering import answer
from benchmarks.lemmas import keep_lemmas, lemmas_of
from benchmarks.untaught import Row, read
from bot.conversations.rendering import Renderer
from bot.database import Database, utc_now
from bot.knowledge import index, lemmas, search, service, state
from bot.knowledge.lemmas import Lemmas
from bot.knowledge.models import Article, ArticleLemmas, ArticleRevision
from bot.migrating import upgrade
from bot.paths import KNOWLEDGE, ROOT
from bot.wording import wording

SEED = 120
VARIED = 0.35
"""How many words of a copy are others than those of its original."""
INVENTED = 0.3
"""How many of those are no word of a real article."""
POOL = 5_000
"""How many such words there are."""
ROUNDS = 3
Words = dict[str, list[str]]


class Varied:
    """Makes copies of articles with other words in them."""

    def __init__(self, texts: Sequence[str], lemmas: Sequence[str]) -> None:
        self._random = random.Random(SEED)
        self._words = sorted({word for text in texts for word in text.split()})
        self._lemmas = sorted(set(lemmas))
        syllables = sorted({one for word in self._words for one in word if one >= "\uac00"})
        self._invented = [
            "".join(self._random.choices(syllables, k=self._random.randint(2, 4)))
            for _ in range(POOL)
        ]

    def text(self, text: str) -> str:
        """A text of as many words, on the same lines."""
        lines = (map(self._word, line.split(" ")) for line in text.split("\n"))
        return "\n".join(" ".join(line) for line in lines)

    def lemmas(self, found: Sequence[str]) -> list[str]:
        """As many lemmas, as many of them others."""
        return [self._other(self._lemmas, one, suffix="/NN") for one in found]

    def _word(self, word: str) -> str:
        # List marks and phones stay: they are what makes a line a line of an article.
        return word if not word[:1].isalpha() else self._other(self._words, word)

    def _other(self, among: Sequence[str], one: str, suffix: str = "") -> str:
        if self._random.random() >= VARIED:
            return one
        if self._random.random() >= INVENTED:
            return self._random.choice(among)
        return self._random.choice(self._invented) + suffix


def add_copies(session: Session, most: int) -> None:
    """Add copies of the articles, in turn, until there are `most`."""
    served = service.served_all(session)
    words = lemmas.of(session, [one.digest for one in served])
    real = [one for one in served if one.digest in words]
    bodies = [one.body.model_dump(mode="json") for one in real]
    texts = [
        text for body in bodies for part in body["sections"].values() for text in part.values()
    ]
    varied = Varied(texts, [lemma for one in words.values() for lemma in one.told])
    originals = islice(cycle(zip(real, bodies, strict=True)), most - len(served))
    for number, (original, body) in enumerate(originals):
        topic, digest = f"copy_{number}", f"{number:064}"
        # Ten thousand bodies held in the session would be measured as memory of the index.
        session.flush()
        session.expunge_all()
        session.add(Article(topic=topic, category="copies", kind=body["kind"]))
        session.flush()
        added = ArticleRevision(
            topic=topic,
            origin="staff",
            author="benchmark",
            digest=digest,
            body=copy(body, topic, varied),
        )
        session.add(added)
        session.flush()
        session.get_one(Article, topic).served_revision = added.id
        read = words[original.digest]
        asked = [varied.lemmas(line) for line in read.asked]
        kept = Lemmas(asked=asked, told=varied.lemmas(read.told))
        session.add(ArticleLemmas(digest=digest, words=kept.model_dump()))
    state.renew(session)


def copy(body: dict[str, Any], topic: str, varied: Varied) -> dict[str, Any]:
    """A copy of an article as it is stored, with other words in everything that is searched."""
    made: dict[str, Any] = json.loads(json.dumps(body))
    made |= {"topic": topic, "category": "copies"}
    for language in ("ko", "en"):
        made["title"][language] = varied.text(made["title"][language])
        made["questions"][language] = [varied.text(one) for one in made["questions"][language]]
        facets = made["sections"][language]
        made["sections"][language] = {name: varied.text(text) for name, text in facets.items()}
    return made


def answering(session: Session, row: Row, found: Sequence[str]) -> None:
    """The work of one answer: the search, the article, its reply, its text and buttons."""
    search.search(session, row.text, limit=3, lemmas=found)
    reply = answer(session, topic=row.topic, lemmas=found)
    assert reply is not None
    assert Renderer(session, wording(), "ko")(reply).text


def untaught(session: Session, row: Row, found: Sequence[str]) -> None:
    """The search among the topics that nobody is trained on."""
    search.untaught(session, row.text, found)


Work = Callable[[Session, Row, Sequence[str]], None]


def measured(database: Database, rows: Sequence[Row], words: Words, work: Work) -> list[float]:
    """Milliseconds of the work for each message, in a session of its own."""
    times: list[float] = []
    for row in rows:
        began = time.perf_counter()
        with database.reading() as session:
            work(session, row, words[row.text])
        times.append((time.perf_counter() - began) * 1000)
    return times


def indexed(database: Database) -> float:
    """Milliseconds until the index is what the database serves."""
    began = time.perf_counter()
    with database.reading() as session:
        index.current(session)
    return (time.perf_counter() - began) * 1000


def corrected(database: Database) -> float:
    """Milliseconds until the index has one corrected article."""
    with database.writing() as session:
        one = service.served(session, "street_light")
        assert one is not None
        title = one.body.title.model_copy(update={"ko": one.body.title.ko + "!"})
        body = one.body.model_copy(update={"title": title})
        service.revise(session, topic=one.topic, body=body, author="benchmark", now=utc_now())
    return indexed(database)


def megabytes() -> float:
    """What this process holds in memory now."""
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * resource.getpagesize() / 2**20


def measure(parent: Connection, url: str, rows: Sequence[Row], words: Words) -> None:
    """The work of a process of its own: the figures of a database, then rounds when asked."""
    database = Database(url)
    before = megabytes()
    figures = {"index made, ms": indexed(database), "index, MB": megabytes() - before}
    figures["corrected article seen, ms"] = corrected(database)
    parent.send(figures)
    while parent.recv():
        parent.send([measured(database, rows, words, work) for work in (answering, untaught)])


def in_turns(urls: Sequence[str], rows: Sequence[Row], words: Words) -> list[dict[str, float]]:
    """The figures of each database. Whatever else the machine does meets both."""
    context = get_context("spawn")
    pipes = [context.Pipe() for _ in urls]
    jobs = [(child, url, rows, words) for url, (_, child) in zip(urls, pipes, strict=True)]
    processes = [context.Process(target=measure, args=job) for job in jobs]
    for process in processes:
        process.start()
    figures = [pipe.recv() for pipe, _ in pipes]
    times: list[tuple[list[float], list[float]]] = [([], []) for _ in urls]
    for number in range(ROUNDS + 1):
        for (pipe, _), (answers, searches) in zip(pipes, times, strict=True):
            pipe.send(True)
            answered, searched = pipe.recv()
            # The first round warms up.
            answers += answered if number else []
            searches += searched if number else []
    for (pipe, _), process in zip(pipes, processes, strict=True):
        pipe.send(False)
        process.join()
    return [
        {
            "answering, p50 ms": median(answers),
            "answering, p95 ms": sorted(answers)[int(len(answers) * 0.95)],
            "search among new topics, p50 ms": median(searches),
            **found,
        }
        for found, (answers, searches) in zip(figures, times, strict=True)
    ]


def main() -> None:
    """Make both databases, measure them in turns, print them side by side."""
    parser = argparse.ArgumentParser(description="What many articles cost beside the real ones.")
    parser.add_argument("--articles", type=int, default=10_000)
    most: int = parser.parse_args().articles
    with tempfile.TemporaryDirectory() as folder:
        urls = [f"sqlite:///{Path(folder) / name}.db" for name in ("real", "many")]
        upgrade(urls[0])
        real_ones = Database(urls[0])
        with real_ones.writing() as session:
            service.load(session, KNOWLEDGE, utc_now())
            keep_lemmas(session)
            topics = service.topics(session)
        # Or the copy of the file would lack what is still in SQLite's log.
        real_ones.dispose()
        shutil.copy(Path(folder) / "real.db", Path(folder) / "many.db")
        with Database(urls[1]).writing() as session:
            add_copies(session, most)
        rows = [one for one in read(ROOT / "tests" / "data" / "dev.tsv") if one.topic in topics]
        real, many = in_turns(urls, rows, lemmas_of([row.text for row in rows]))
    print(f"{'articles':33}{len(topics):10}{most:10}")
    for name in real:
        print(f"{name:33}{real[name]:10.2f}{many[name]:10.2f}")
    ratio = many["answering, p50 ms"] / real["answering, p50 ms"]
    print(f"\nanswering, {most} articles / {len(topics)}: {ratio:.2f} (aim: under 1.5)")


if __name__ == "__main__":
    main()
