"""The memory and the CPU time of processes, read from /proc (Linux)."""

import os
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")


@dataclass(frozen=True)
class Memory:
    """Bytes of a process and all that it started.

    `pss` shares what several processes map among them, so it adds up; `rss` counts it in each.
    """

    pss: int
    rss: int

    def __add__(self, other: "Memory") -> "Memory":
        return Memory(self.pss + other.pss, self.rss + other.rss)


def memory(pid: int) -> Memory | None:
    """The memory of process `pid` and its descendants; None when the system does not tell."""
    if not (PROC / str(pid) / "smaps_rollup").exists():
        return None
    return sum((_one(each) for each in _family(pid)), Memory(0, 0))


def cpu_seconds(pid: int) -> float:
    """CPU time, user and system, of process `pid` and its descendants; 0 where there is no /proc.

    Other programs on the machine hardly change it, unlike the time that a message takes.
    """
    return sum(_cpu(each) for each in _family(pid))


def _cpu(pid: int) -> float:
    try:
        fields = (PROC / str(pid) / "stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _family(pid: int) -> list[int]:
    children: dict[int, list[int]] = {}
    for folder in PROC.glob("[0-9]*"):
        try:
            # The command's name, in parentheses, may itself hold spaces and parentheses.
            fields = (folder / "stat").read_text(errors="replace").rpartition(")")[2].split()
        except OSError:
            continue
        children.setdefault(int(fields[1]), []).append(int(folder.name))
    family = [pid]
    for member in family:
        family += children.get(member, [])
    return family


def _one(pid: int) -> Memory:
    try:
        lines = (PROC / str(pid) / "smaps_rollup").read_text().splitlines()
    except OSError:
        return Memory(0, 0)
    kilobytes = {line.split()[0]: line.split()[1] for line in lines[1:]}
    return Memory(int(kilobytes["Pss:"]) * 1024, int(kilobytes["Rss:"]) * 1024)
