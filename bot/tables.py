"""Every table, imported in one place, for the migrations and for tests that make a database."""

from importlib import import_module

from sqlalchemy import MetaData

from bot.database import Base
from bot.paths import ROOT


def metadata() -> MetaData:
    """The tables of every domain package: what its `models.py` and `*_models.py` declare."""
    for path in sorted((ROOT / "bot").glob("*/*models.py")):
        import_module(f"bot.{path.parent.name}.{path.stem}")
    return Base.metadata
