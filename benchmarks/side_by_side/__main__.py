"""Our service beside a stock Rasa bot with the same answers, in one run.

    make bench
    .venv-app/bin/python -m benchmarks.side_by_side --messages 50 --rounds 1

Prints Markdown: messages a second and the time of a message for both at one and at eight at a
time, and the memory of every process. benchmarks/README.md tells how it is measured.
"""

import argparse
import asyncio
import os
import platform
import re
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from pathlib import Path

import httpx

from benchmarks.side_by_side import load, memory, messages, ours, stock
from bot.evaluation import free_ports, own_service
from bot.processes import Child, stop
from bot.supervisor import POLL_SECONDS, READY_SECONDS, ended_by_signals, local_url

AT_A_TIME = (1, 8)
STOP_SECONDS = 8
MARK = re.compile(r"\[([^\]]+)\](?:\([^)]*\)|\{[^}]*\})")
"""An entity mark of the training data; citizens type none."""
MEMORY_AIM = 1.6e9
SPEED_AIM = 3.0

Loads = dict[tuple[str, int], load.Load]
Memories = dict[str, memory.Memory | None]


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.side_by_side")
    parser.add_argument("--messages", type=int, default=300, help="messages of a run")
    parser.add_argument("--rounds", type=int, default=2, help="runs of each bot, in turn")
    parser.add_argument("--warm-up", type=int, default=40, help="messages before, not counted")
    parser.add_argument("--epochs", type=int, default=stock.EPOCHS, help="of the stock bot")
    return parser.parse_args()


def main() -> None:
    """Train the stock bot if needed, start both, measure in turn, and print."""
    chosen = arguments()
    with ended_by_signals(), redirect_stdout(sys.stderr), own_service() as service:
        rendered, plain = ours.answers(service.settings.database)
        trained = stock.train(messages.training(list(rendered)), chosen.epochs)
        stock.write_answers(rendered)
        asked = {topic: _typed(texts) for topic, texts in messages.training(plain).items()}
        with stock_service(trained) as (port, children):
            loads = asyncio.run(measure(local_url(service.settings), port, asked, chosen))
            of_stock = memories(children.values())
        of_ours = memories(service.children.values())
    kept = {"ours": of_ours, "stock": of_stock}
    report(chosen, trained, (len(rendered), len(plain)), loads, kept)


def _typed(texts: Sequence[str]) -> list[str]:
    return [MARK.sub(r"\1", text) for text in texts]


@contextmanager
def stock_service(trained: stock.Trained) -> Iterator[tuple[int, dict[str, Child]]]:
    """The stock bot, running for this block; its port and processes. Raises TimeoutError."""
    port, action_port = free_ports(2)
    with tempfile.TemporaryDirectory(prefix="ilsa-bench-") as folder:
        programs = stock.programs(trained.path, Path(folder), port, action_port)
        children = {program.name: Child(program) for program in programs}
        try:
            for child in children.values():
                child.start()
            _wait(list(children.values()))
            yield port, children
        finally:
            stop(children.values(), STOP_SECONDS)


def _wait(children: Sequence[Child]) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while not all(child.is_ready() for child in children):
        if time.monotonic() > deadline or any(child.pid is None for child in children):
            logs = "\n".join(child.program.log.read_text()[-1500:] for child in children)
            raise TimeoutError(f"the stock bot did not start:\n{logs}")
        time.sleep(POLL_SECONDS)


async def measure(
    url: str, port: int, asked: Mapping[str, Sequence[str]], chosen: argparse.Namespace
) -> Loads:
    """Both bots in turn, round by round, so that what else the machine does meets both."""
    loads = {(name, many): load.Load() for name in ("ours", "stock") for many in AT_A_TIME}
    limits = httpx.Limits(max_connections=50)
    async with httpx.AsyncClient(timeout=90, trust_env=False, limits=limits) as http:
        targets: list[load.Target] = [ours.Ours(url, http), stock.Stock(port, http)]
        for target in targets:
            warm = messages.talks(asked, chosen.warm_up, messages.SEED)
            await load.run(target, warm, max(AT_A_TIME))
        for turn in range(chosen.rounds):
            for many in AT_A_TIME:
                talks = messages.talks(asked, chosen.messages, messages.SEED + 1 + turn)
                for target in targets:
                    loads[target.name, many].add(await load.run(target, talks, many))
                    print(f"round {turn + 1}: {target.name}, {many} at a time", file=sys.stderr)
    return loads


def memories(children: Iterable[Child]) -> Memories:
    """The memory of each process by name."""
    return {child.name: memory.of(child.pid) if child.pid else None for child in children}


def report(
    chosen: argparse.Namespace,
    trained: stock.Trained,
    topics: tuple[int, int],
    loads: Loads,
    kept: Mapping[str, Memories],
) -> None:
    """Print the whole result."""
    print("# Ours beside a stock Rasa bot\n")
    print(
        f"- {platform.system()} {platform.machine()}, {os.cpu_count()} CPUs; load average ", end=""
    )
    print(f"{os.getloadavg()[0]:.1f} at the end (both bots' own work is part of it)")
    print(f"- {topics[0]} topics known; {chosen.messages} messages a run on {topics[1]} of them,")
    print(f"  {messages.PER_TALK} a conversation, {chosen.rounds} runs each in turn,")
    print(f"  after {chosen.warm_up} to warm up")
    print(f"- stock bot: {_training(trained)}\n")
    _print_speed(loads)
    _print_memory(kept)


def _training(trained: stock.Trained) -> str:
    took = f"trained now in {trained.seconds:.0f} s" if trained.seconds else "trained earlier"
    fewer = ""
    if trained.epochs < stock.EPOCHS_OF_RASA_INIT:
        fewer = f" (REDUCED from {stock.EPOCHS_OF_RASA_INIT}: answering costs the same)"
    return f"{took}, {trained.epochs} epochs{fewer}"


def _print_speed(loads: Loads) -> None:
    print("| at a time | bot | messages/s | p50 ms | p99 ms | unanswered | ours/stock |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for many in AT_A_TIME:
        ratio = loads["ours", many].per_second / (loads["stock", many].per_second or 1e-9)
        for name in ("ours", "stock"):
            one = loads[name, many]
            against = f"{ratio:.1f}" if name == "ours" else ""
            times = f"{one.per_second:.1f} | {one.ms(0.5):.0f} | {one.ms(0.99):.0f}"
            print(f"| {many} | {name} | {times} | {one.unanswered} | {against} |")
        if many == max(AT_A_TIME):
            print(f"\n{many} at a time: ours/stock {ratio:.1f}, aim {SPEED_AIM:.0f} or more")


def _print_memory(kept: Mapping[str, Memories]) -> None:
    print("\n| bot | process | PSS MB | RSS MB |")
    print("| --- | --- | --- | --- |")
    for bot, processes in kept.items():
        for name, used in processes.items():
            print(f"| {bot} | {name} | {_megabytes(used)} |")
        whole = _sum(processes)
        print(f"| {bot} | sum | {_megabytes(whole)} |")
    ours_whole = _sum(kept["ours"])
    if ours_whole:
        print(f"\nours: {ours_whole.pss / 1e9:.2f} GB, aim under {MEMORY_AIM / 1e9:.1f} GB")


def _sum(processes: Memories) -> memory.Memory | None:
    known = [used for used in processes.values() if used is not None]
    return sum(known, memory.Memory(0, 0)) if known else None


def _megabytes(used: memory.Memory | None) -> str:
    return f"{used.pss / 1e6:.0f} | {used.rss / 1e6:.0f}" if used else "? | ?"


if __name__ == "__main__":
    main()
