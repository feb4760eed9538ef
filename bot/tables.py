"""Every table, imported in one place, for the migrations and for tests that make a database."""

from sqlalchemy import MetaData

from bot.conversations import models as conversations
from bot.database import Base
from bot.knowledge import models as knowledge
from bot.privacy import vault
from bot.staff import models as staff
from bot.tickets import models as tickets

MODULES = (conversations, knowledge, staff, tickets, vault)


def metadata() -> MetaData:
    """The tables of the whole application."""
    return Base.metadata
