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

from benchmarks.side_by_side import load, messages, ours, stock, usage
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
Memories = dict[str, usage.Memory | None]
Cpu = dict[str, dict[str, float]]
"""Bot -> process -> CPU seconds while this bot was measured."""


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
            pids = {"ours": _pids(service.children), "stock": _pids(children)}
            url = local_url(service.settings)
            loads, cpu = asyncio.run(measure(url, port, asked, chosen, pids))
            of_stock = memories(children.values())
        of_ours = memories(service.children.values())
    kept = {"ours": of_ours, "stock": of_stock}
    report(chosen, trained, (len(rendered), len(plain)), loads, kept, cpu)


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
    url: str,
    port: int,
    asked: Mapping[str, Sequence[str]],
    chosen: argparse.Namespace,
    pids: Mapping[str, Mapping[str, int]],
) -> tuple[Loads, Cpu]:
    """Both bots in turn, round by round, so that what else the machine does meets both.

    `pids` are the processes of each bot by name; second comes the CPU time that each used.
    """
    cpu: Cpu = {bot: dict.fromkeys(names, 0.0) for bot, names in pids.items()}
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
                    before = _cpu(pids[target.name])
                    loads[target.name, many].add(await load.run(target, talks, many))
                    for name, seconds in _cpu(pids[target.name]).items():
                        cpu[target.name][name] += seconds - before[name]
                    print(f"round {turn + 1}: {target.name}, {many} at a time", file=sys.stderr)
    return loads, cpu


def _pids(children: Mapping[str, Child]) -> dict[str, int]:
    return {name: child.pid for name, child in children.items() if child.pid}


def _cpu(pids: Mapping[str, int]) -> dict[str, float]:
    return {name: usage.cpu_seconds(pid) for name, pid in pids.items()}


def memories(children: Iterable[Child]) -> Memories:
    """The memory of each process by name."""
    return {child.name: usage.memory(child.pid) if child.pid else None for child in children}


def report(
    chosen: argparse.Namespace,
    trained: stock.Trained,
    topics: tuple[int, int],
    loads: Loads,
    kept: Mapping[str, Memories],
    cpu: Cpu,
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
    _print_processes(kept, cpu, chosen.messages * chosen.rounds * len(AT_A_TIME))


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


def _print_processes(kept: Mapping[str, Memories], cpu: Cpu, count: int) -> None:
    print("\n| bot | process | PSS MB | RSS MB | CPU ms a message |")
    print("| --- | --- | --- | --- | --- |")
    for bot, processes in kept.items():
        for name, used in processes.items():
            spent = 1000 * cpu[bot].get(name, 0.0) / count
            print(f"| {bot} | {name} | {_megabytes(used)} | {spent:.1f} |")
        whole, spent = _sum(processes), 1000 * sum(cpu[bot].values()) / count
        print(f"| {bot} | sum | {_megabytes(whole)} | {spent:.1f} |")
    ours_whole = _sum(kept["ours"])
    if ours_whole:
        print(f"\nours: {ours_whole.pss / 1e9:.2f} GB, aim under {MEMORY_AIM / 1e9:.1f} GB")


def _sum(processes: Memories) -> usage.Memory | None:
    known = [used for used in processes.values() if used is not None]
    return sum(known, usage.Memory(0, 0)) if known else None


def _megabytes(used: usage.Memory | None) -> str:
    return f"{used.pss / 1e6:.0f} | {used.rss / 1e6:.0f}" if used else "? | ?"


if __name__ == "__main__":
    main()
