"""A throwaway PostgreSQL cluster, and a fresh database of it for whoever asks.

The programs come from PATH, from Debian's /usr/lib/postgresql, or from the PyPI package
`pgserver`. PostgreSQL refuses to run as root, so root hands it to `postgres` or `nobody`.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from itertools import count
from pathlib import Path

import psycopg
from sqlalchemy import Engine

from tests.support.ports import free_ports

TEMPLATE = "ilsa_template"


class NoPostgres(Exception):
    """PostgreSQL's server programs are not installed; the message says what to install."""


class Cluster:
    """A running server; databases are made from one template, which is quicker than migrating."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._numbers = count(1)

    def url(self, name: str) -> str:
        """The SQLAlchemy URL of a database."""
        return f"postgresql+psycopg://ilsa@127.0.0.1:{self._port}/{name}"

    def execute(self, statement: str) -> None:
        """Run one statement outside any transaction."""
        where = f"host=127.0.0.1 port={self._port} user=ilsa dbname=postgres"
        with psycopg.connect(where, autocommit=True) as connection:
            connection.execute(statement.encode())

    def make_template(
        self, fill: Callable[[Engine], None], engine: Callable[[str], Engine]
    ) -> None:
        """Make the template database and let `fill` put the tables into it."""
        self.execute(f"CREATE DATABASE {TEMPLATE}")
        made = engine(self.url(TEMPLATE))
        fill(made)
        made.dispose()

    @contextmanager
    def fresh(self, template: str = TEMPLATE) -> Iterator[str]:
        """The URL of a new database, dropped in the end. `template0` gives an empty one."""
        name = f"test_{os.getpid()}_{next(self._numbers)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        try:
            yield self.url(name)
        finally:
            self.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@contextmanager
def cluster() -> Iterator[Cluster]:
    """Start a server in a temporary folder and stop it in the end. Raises NoPostgres."""
    programs = _programs()
    folder = Path(tempfile.mkdtemp(prefix="ilsa-postgres-"))
    owner = _owner()
    if owner:
        shutil.chown(folder, owner)
    data, port = folder / "data", free_ports(1)[0]
    options = f"-p {port} -c listen_addresses=127.0.0.1 -k {folder} -c fsync=off -c jit=off"
    try:
        how = ("-U", "ilsa", "-A", "trust", "-E", "UTF8", "--locale=C", "-N")
        _run(owner, programs / "initdb", "-D", data, *how)
        start = ("-w", "-l", folder / "log", "-o", options, "start")
        _run(owner, programs / "pg_ctl", "-D", data, *start)
        try:
            yield Cluster(port)
        finally:
            _run(owner, programs / "pg_ctl", "-D", data, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _programs() -> Path:
    found = [Path(path).resolve().parent for path in [shutil.which("pg_ctl")] if path]
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    spec = find_spec("pgserver")
    if spec and spec.origin:
        found.append(Path(spec.origin).parent / "pginstall" / "bin")
    for folder in found:
        if (folder / "initdb").exists() and (folder / "pg_ctl").exists():
            return folder
    raise NoPostgres(
        "PostgreSQL's server is not installed (Debian, Ubuntu: apt install postgresql)"
    )


def _owner() -> str | None:
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _run(owner: str | None, *command: Path | str) -> None:
    prefix = ["runuser", "-u", owner, "--"] if owner else []
    result = subprocess.run(
        [*prefix, *map(str, command)],
        cwd="/",
        env={**os.environ, "LC_ALL": "C"},
        stdin=subprocess.DEVNULL,
        # Not a pipe: the server inherits it, and reading would never end.
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    if result.returncode:
        raise RuntimeError(f"{command[0]} failed with status {result.returncode}")
