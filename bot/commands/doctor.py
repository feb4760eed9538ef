"""`ilsa doctor`: what an installation lacks, and how to mend it."""

import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import typer

from bot.paths import ROOT
from bot.terminal import say, sentence, write

if TYPE_CHECKING:
    from bot.settings import Settings

FREE_BYTES = 2_000_000_000
"""Three models, logs and a year of conversations fit."""
AHEAD_DAYS = 92
"""The longest term and its extension, with weeks to spare for whoever extends holidays.yml."""


@dataclass(frozen=True)
class Finding:
    """What one check found. The sentences are `cli.doctor_<key>` and, to mend it, `…_mend`."""

    is_ok: bool
    key: str
    values: Mapping[str, object] = field(default_factory=dict)


Check = Callable[["Settings"], Iterator[Finding]]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("doctor", help=sentence("help_doctor"))(doctor)


def doctor() -> None:
    """Check everything; status 1 when something is missing."""
    from bot.settings import settings

    missing = 0
    for check in CHECKS:
        for finding in check(settings()):
            _print(finding)
            missing += not finding.is_ok
    if missing:
        say("doctor_missing", count=missing)
        raise typer.Exit(1)
    say("doctor_all_well")


def _print(finding: Finding) -> None:
    mark = sentence("doctor_ok" if finding.is_ok else "doctor_bad")
    write(f"{mark:8} {sentence(f'doctor_{finding.key}', **finding.values)}")
    if not finding.is_ok:
        write(f"{'':8} → {sentence(f'doctor_{finding.key}_mend', **finding.values)}")


def environments(_settings: "Settings") -> Iterator[Finding]:
    """Both environments run, each with the Python it needs."""
    for name, package in (("app", "fastapi"), ("rasa", "rasa")):
        python = ROOT / f".venv-{name}" / "bin" / "python"
        code = "import sys; from importlib.metadata import version as v; "
        code += f"print(sys.version.split()[0], v('{package}'))"
        found = ""
        if python.exists():
            result = subprocess.run(
                [python, "-c", code], capture_output=True, text=True, check=False
            )
            found = result.stdout.strip()
        if found:
            version, package_version = found.split()
            values = {"name": name, "python": version, "package": f"{package} {package_version}"}
            yield Finding(True, "environment", values)
        else:
            yield Finding(False, "no_environment", {"name": name})


def model_fresh(_settings: "Settings") -> Iterator[Finding]:
    """The model belongs to the present sources."""
    from bot import model

    if model.is_fresh():
        yield Finding(True, "model", {"name": model.path().name})
    else:
        yield Finding(False, "no_model")


def ports(settings: "Settings") -> Iterator[Finding]:
    """The ports are free, or our own service is on them."""
    from bot import supervisor

    if supervisor.answers(f"{supervisor.local_url(settings)}/health/live"):
        yield Finding(True, "running", {"url": supervisor.local_url(settings)})
        return
    try:
        supervisor.check_ports(settings)
    except supervisor.PortInUse as error:
        yield Finding(False, "port_taken", {"port": error.port, "setting": error.setting})
    else:
        numbers = f"{settings.port}, {settings.action_port}, {settings.rasa_port}"
        yield Finding(True, "ports_free", {"ports": numbers})


def database(settings: "Settings") -> Iterator[Finding]:
    """The database answers and has the newest schema, articles and a staff account."""
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import SQLAlchemyError

    from bot.migrating import current, newest

    where = make_url(settings.database).render_as_string(hide_password=True)
    try:
        revision = current(settings.database)
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        yield Finding(False, "database_unreachable", {"url": where, "reason": reason})
        return
    yield Finding(True, "database", {"url": where})
    if revision != newest():
        yield Finding(False, "not_migrated", {"revision": revision or "-", "newest": newest()})
        return
    yield Finding(True, "migrated", {"revision": revision})
    yield from _contents(settings)


def _contents(settings: "Settings") -> Iterator[Finding]:
    from bot.database import Database, utc_now
    from bot.knowledge import service as knowledge
    from bot.staff import service as staff

    reached = Database(settings.database)
    with reached.reading() as session:
        articles = knowledge.status(session, utc_now())
        accounts = staff.accounts(session)
    reached.dispose()
    if articles:
        yield Finding(True, "articles", {"count": len(articles)})
    else:
        yield Finding(False, "no_articles")
    for one in articles:
        if one.conflict:
            yield Finding(False, "conflict", {"topic": one.topic})
    yield Finding(
        bool(accounts), "accounts" if accounts else "no_accounts", {"count": len(accounts)}
    )


def keys(settings: "Settings") -> Iterator[Finding]:
    """The vault's keys and Rasa's token are there and usable."""
    from cryptography.fernet import Fernet

    from bot.settings import SettingsError

    try:
        for key in settings.vault_key().split(","):
            Fernet(key.strip().encode())
        settings.rasa_api_token()
        settings.links_key()
        settings.channels_key()
    except (SettingsError, ValueError) as error:
        yield Finding(False, "keys_unusable", {"reason": error})
    else:
        yield Finding(True, "keys")


def disk(settings: "Settings") -> Iterator[Finding]:
    """There is room for what is written."""
    folder = settings.var_dir if settings.var_dir.exists() else ROOT
    free = shutil.disk_usage(folder).free
    values = {"folder": folder, "free": f"{free / 1e9:.1f}", "needed": f"{FREE_BYTES / 1e9:.0f}"}
    yield Finding(free >= FREE_BYTES, "disk" if free >= FREE_BYTES else "disk_full", values)


def holidays_known(_settings: "Settings") -> Iterator[Finding]:
    """Deadlines can be told for the months to come: a year that nobody vouches for has none."""
    from datetime import timedelta

    from bot.database import utc_now
    from bot.holidays import HolidaysUnusable, known
    from bot.hours import SEOUL

    try:
        years = known().years
    except HolidaysUnusable as error:
        yield Finding(False, "holidays_unusable", {"reason": error})
        return
    needed = (utc_now().astimezone(SEOUL) + timedelta(days=AHEAD_DAYS)).year
    values = {"last": max(years), "needed": needed}
    yield Finding(needed in years, "holidays" if needed in years else "no_holidays", values)


def backup_tools(settings: "Settings") -> Iterator[Finding]:
    """PostgreSQL is backed up with its own client."""
    if settings.database.startswith("postgres"):
        found = shutil.which("pg_dump")
        yield Finding(bool(found), "pg_dump" if found else "no_pg_dump", {"path": found})


CHECKS: tuple[Check, ...] = (
    environments,
    model_fresh,
    ports,
    database,
    keys,
    disk,
    holidays_known,
    backup_tools,
)
