"""What the filters of ticket lists offer: from the data, not from what is stored."""

from functools import lru_cache

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import yaml_files
from bot.knowledge import service as knowledge
from bot.korean.place_names import CITIES as CITIES
from bot.offices import offices
from bot.paths import PLACES
from bot.staff import errors
from bot.staff.models import StaffAccount
from bot.staff.pages import Words
from bot.staff.rights import rights_of
from bot.staff.service import Staff
from bot.tickets.policy import ticket_policy
from bot.tickets.routing import routing


def state(name: str) -> str:
    """A state that there is. Raises BadRequest for another."""
    if name not in ticket_policy().states:
        raise errors.BadRequest
    return name


def title(session: Session, topic: str, words: Words) -> str:
    """A topic's title; the name of what no article is about, such as a call back."""
    return knowledge.title(session, topic, words.language) or words.of("intent", topic)


def topics(session: Session, words: Words) -> dict[str, str]:
    """The topics that tickets are opened for, with their titles, by title."""
    named = {one: title(session, one, words) for one in routing().topics()}
    return dict(sorted(named.items(), key=lambda item: item[1]))


def offices_of(staff: Staff, language: str) -> dict[str, str]:
    """The offices whose tickets the person may see, the 120 desk first."""
    ids = routing().offices() if staff.only_office is None else (staff.only_office,)
    return {id: offices()[id].name(language) for id in ids if id in offices()}


def passing_to(language: str) -> list[str]:
    """The names of every office that a ticket can be passed to."""
    return [offices()[id].name(language) for id in routing().offices()]


@lru_cache(maxsize=1)
def districts() -> dict[str, tuple[str, ...]]:
    """The 읍, 면 and 동 of each city."""
    data = yaml_files.read(PLACES / "districts.yml")
    return {city: tuple(data[city]["districts"]) for city in CITIES}


def assignees(session: Session, staff: Staff) -> dict[str, str]:
    """The people whose tickets the person may see, by login."""
    accounts = session.scalars(
        select(StaffAccount).where(StaffAccount.active).order_by(StaffAccount.name)
    )
    return {
        one.login: one.name
        for one in accounts
        if "tickets" in rights_of(one.role) and staff.only_office in (None, one.office)
    }
