"""The desk's lists and searches among a million messages, and fifty consoles that are live.

    make bench-staff            .venv-app/bin/python -m benchmarks.staff [--conversations N …]

See benchmarks/README.md for what is measured and how the data is made.
"""

import argparse
import asyncio
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from statistics import median

from benchmarks import staff_live
from benchmarks.staff_looks import LOOKED, PAGES, Look, Search, look, open_page
from benchmarks.staff_rows import MESSAGES, NEEDING, Size, counsellor, fill
from benchmarks.staff_serving import StandIn, client, furnish, serving
from bot.database import Database, make_engine, utc_now
from bot.tables import metadata
from tests.support.listening import listening
from tests.support.postgres import Cluster, cluster

MANY, FEW = 100_000, 1_000
ROUNDS, LOOKS = 5, 20
CONSOLES, SECONDS = 50, 60
AIM = 3.0
SHARE = NEEDING / MANY


def at(times: Sequence[float], share: float) -> float:
    """The time under which that share of the times lies."""
    return sorted(times)[min(int(len(times) * share), len(times) - 1)]


def show(name: str, few: Sequence[float], many: Sequence[float]) -> None:
    """Print one line of a table: both sizes and their ratio."""
    p50, p95, many50, many95 = median(few), at(few, 0.95), median(many), at(many, 0.95)
    verdict = "" if many95 / p95 < AIM else f"  over {AIM:.0f}"
    print(
        f"{name:40}{p50:8.2f}{p95:9.2f}{many50:12.2f}{many95:9.2f}"
        f"{many50 / p50:9.2f}{many95 / p95:8.2f}{verdict}",
        flush=True,
    )


def head(title: str) -> None:
    """Print the head of a table."""
    print(f"\n{title}")
    print(f"{'':40}{'p50':>8}{'p95':>9}{'p50 many':>12}{'p95':>9}{'ratio':>9}{'p95':>8}")


def in_turns(work: Callable[[int, int], Iterator[float]]) -> tuple[list[float], list[float]]:
    """Milliseconds of `work(size, round)` with few and many, in turns; the first round warms up."""
    times: tuple[list[float], list[float]] = ([], [])
    for number in range(ROUNDS + 1):
        for size, kept in enumerate(times):
            found = list(work(size, number))
            kept += found if number else []
    return times


def report_looks(urls: Sequence[str], sizes: Sequence[Size]) -> None:
    """The functions that the pages call."""
    databases = [Database(url) for url in urls]
    words = [Search.of(size.messages // 2) for size in sizes]
    now = utc_now()

    def timed(work: Look, size: int, number: int) -> Iterator[float]:
        return look(databases[size], work, words[size], LOOKS, number, now)

    head("functions, milliseconds")
    for name, work in LOOKED.items():
        show(name, *in_turns(partial(timed, work)))
    for database in databases:
        database.dispose()


def report_pages(folder: Path, urls: list[str], sizes: Sequence[Size]) -> None:
    """The pages of the real application, of somebody who is signed in."""
    people = [furnish(url, [counsellor(0)])[0] for url in urls]
    words = [Search.of(size.messages // 2) for size in sizes]
    with listening(StandIn) as rasa_port, serving(folder, urls, rasa_port) as addresses:
        browsers = [client(*each) for each in zip(addresses, people, strict=True)]

        def timed(path: str, size: int, number: int) -> Iterator[float]:
            return open_page(browsers[size], path, words[size], LOOKS // 4, number)

        head("pages by HTTP, milliseconds")
        for name, path in PAGES.items():
            show(name, *in_turns(partial(timed, path)))
        for browser in browsers:
            browser.close()


def report_sizes(folder: Path, postgres: Cluster, sizes: Sequence[Size]) -> None:
    """Fill two databases and measure both."""
    began, now = time.monotonic(), utc_now()
    with postgres.fresh() as few, postgres.fresh() as many:
        urls = [few, many]
        for url, size in zip(urls, sizes, strict=True):
            fill(url, size, now)
        print(
            f"{sizes[0].messages:,} and {sizes[1].messages:,} messages, "
            f"{sizes[0].needing} and {sizes[1].needing} conversations that need a person; "
            f"PostgreSQL, filled in {time.monotonic() - began:.0f} s"
        )
        report_looks(urls, sizes)
        report_pages(folder, urls, sizes)


def report_live(folder: Path, postgres: Cluster, consoles: int, seconds: int) -> None:
    """Let the messages come in and print what the consoles showed, on both kinds of database."""
    print(f"\n{consoles} consoles, {staff_live.A_SECOND} messages a second for {seconds} s")
    print(
        f"{'':34}{'stored':>8}{'to show':>9}{'missing':>9}{'p50 s':>8}{'p95 s':>8}"
        f"{'longest':>9}{'asked/s':>9}"
    )
    engine = make_engine(sqlite := f"sqlite:///{folder / 'ilsa.db'}")
    metadata().create_all(engine)
    engine.dispose()
    _live("SQLite, one process", folder / "one", [sqlite], consoles, seconds)
    for name, processes in (("one process", 1), ("two processes", 2)):
        with postgres.fresh() as url:
            where = folder / f"postgres-{processes}"
            _live(f"PostgreSQL, {name}", where, [url] * processes, consoles, seconds)


def _live(name: str, folder: Path, urls: list[str], consoles: int, seconds: int) -> None:
    people = furnish(urls[0], [counsellor(number) for number in range(consoles)])
    with listening(StandIn) as rasa_port, serving(folder, urls, rasa_port) as addresses:
        heard = asyncio.run(staff_live.run(urls[0], addresses, people, seconds))
    print(heard.line(name), flush=True)
    for kind, times in sorted(heard.by_kind.items()):
        print(f"  {kind:32}{len(times):>17}{'':9}{median(times):8.2f}{at(times, 0.95):8.2f}")


@contextmanager
def prepared() -> Iterator[tuple[Path, Cluster]]:
    """A folder and a server that are gone in the end."""
    with tempfile.TemporaryDirectory() as folder, cluster() as postgres:
        postgres.make_template(metadata().create_all, make_engine)
        yield Path(folder), postgres


def main() -> None:
    """Measure what was asked for and say what was smaller than the whole."""
    parser = argparse.ArgumentParser(description="The staff desk: many messages, many consoles.")
    parser.add_argument("--conversations", type=int, default=MANY)
    parser.add_argument("--consoles", type=int, default=CONSOLES)
    parser.add_argument("--seconds", type=int, default=SECONDS)
    parser.add_argument("--only", choices=("sizes", "live"))
    parser.add_argument(
        "--same-share",
        action="store_true",
        help="as large a share of the few conversations needs a person, so far fewer do",
    )
    given = parser.parse_args()
    # Stopped from outside, it still takes its servers with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    few = Size(FEW, max(5, round(FEW * SHARE)) if given.same_share else NEEDING)
    with prepared() as (folder, postgres):
        if given.only != "live":
            report_sizes(folder, postgres, (few, Size(given.conversations)))
        if given.only != "sizes":
            report_live(folder, postgres, given.consoles, given.seconds)
    whole = ((given.conversations, MANY), (given.consoles, CONSOLES), (given.seconds, SECONDS))
    if given.only or any(some < all_ for some, all_ in whole):
        print(
            f"\nREDUCED: {given.conversations * MESSAGES:,} messages instead of "
            f"{MANY * MESSAGES:,}, {given.consoles} consoles instead of {CONSOLES}, "
            f"{given.seconds} s instead of {SECONDS}"
            + (f", only {given.only}" if given.only else "")
        )


if __name__ == "__main__":
    main()
