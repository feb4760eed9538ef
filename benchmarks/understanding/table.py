"""The result as Markdown."""

import os
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.understanding.judge import Verdict
from benchmarks.understanding.task import Contestant, Outcome
from bot.evaluation.figures import Ratio

OURS = "ours"
COLUMNS = (
    *("top-1 (95 %)", "top-3", "in-scope top-1", "out-of-scope recall (with fallback)"),
    *("in-scope refused (with fallback)", "errors / ours", "fit s", "training s"),
    "p50 / p95 ms",
)


def table(results: Sequence[tuple[Contestant, Outcome, Verdict]]) -> str:
    """One row a contestant."""
    verdicts = {contestant.key: verdict for contestant, _, verdict in results}
    lines = [_line(["", *COLUMNS]), _line(["---"] * (1 + len(COLUMNS)))]
    for contestant, outcome, verdict in results:
        name = f"{contestant.title} ({outcome.version})"
        lines.append(_line([name, *_cells(outcome, verdict, verdicts)]))
    return "\n".join(lines)


def _cells(outcome: Outcome, verdict: Verdict, verdicts: Mapping[str, Verdict]) -> list[str]:
    low, high = verdict.top1.interval or (0.0, 0.0)
    return [
        f"{percent(verdict.top1)} ({100 * low:.1f}–{100 * high:.1f})",
        percent(verdict.top3),
        percent(verdict.in_scope_top1),
        f"{percent(verdict.recall)} ({percent(verdict.recall_with_fallback)})",
        f"{percent(verdict.refused)} ({percent(verdict.refused_with_fallback)})",
        _times_ours(verdict, verdicts.get(OURS)),
        f"{outcome.fit_seconds:.1f}",
        f"{outcome.training_seconds:.0f}",
        f"{verdict.p50:.1f} / {verdict.p95:.1f}",
    ]


def _times_ours(verdict: Verdict, ours: Verdict | None) -> str:
    return f"{verdict.errors / ours.errors:.2f}" if ours and ours.errors else "–"


def percent(ratio: Ratio) -> str:
    """A ratio in per cent, a dash of nothing."""
    return f"{100 * ratio.hits / ratio.of:.1f} %" if ratio.of else "–"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def machine() -> str:
    """The machine in a line: system, processor, cores, memory, load now."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    parts = [f"{platform.system()} {platform.machine()}", _processor(), f"{os.cpu_count()} CPUs"]
    parts += [f"{memory:.0f} GB", f"load average {os.getloadavg()[0]:.1f} at the end"]
    return ", ".join(filter(None, parts))


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else ""
