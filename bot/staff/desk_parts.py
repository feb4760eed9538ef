"""The application's parts that only the desk's pages use, with their types."""

from typing import Annotated, Any

from fastapi import Depends, Request

from bot.attachments.preparing import Photos
from bot.conversations.desk import Desk
from bot.conversations.hub import Hub
from bot.conversations.memory import Memory
from bot.conversations.rasa_client import RasaClient
from bot.staff.live import Live
from bot.tickets.forms import Forms


def _part(request: Request, name: str) -> Any:
    state = request.app.state
    own = getattr(state, name, None)
    return own if own is not None else getattr(getattr(state, "parts", None), name, None)


def live(request: Request) -> Live:
    """What watches for this process's consoles."""
    state = request.app.state
    known: Live | None = getattr(state, "live", None)
    if known is None:
        hub: Hub = _part(request, "hub") or Hub()
        known = state.live = Live(state.database, hub)
    return known


def rasa(request: Request) -> RasaClient | None:
    """Rasa, for the words of a search; None where none is set up."""
    found: RasaClient | None = _part(request, "rasa")
    return found


def memory(request: Request) -> Memory | None:
    """Reaches what Rasa remembers; None where no Rasa is set up."""
    found: Memory | None = _part(request, "memory")
    return found


def photos(request: Request) -> Photos:
    """Where photos are kept."""
    found: Photos = _part(request, "photos")
    return found


def tickets_desk(request: Request) -> Desk:
    """What opens tickets for conversations."""
    found: Desk = _part(request, "desk")
    return found


def forms(request: Request) -> Forms:
    """The forms of tickets, by topic."""
    found: Forms = _part(request, "forms")
    return found


Watching = Annotated[Live, Depends(live)]
Reader = Annotated[RasaClient | None, Depends(rasa)]
RasaMemory = Annotated[Memory | None, Depends(memory)]
PhotoStore = Annotated[Photos, Depends(photos)]
TicketDesk = Annotated[Desk, Depends(tickets_desk)]
TicketForms = Annotated[Forms, Depends(forms)]
