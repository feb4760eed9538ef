"""What a citizen shares beside words: photos and places. Each reaches Rasa as a press of its own.

A photo's file is checked and redrawn before any transaction (`bot.attachments.preparing`).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from bot.attachments import service as attachments
from bot.attachments.errors import AttachmentError
from bot.attachments.images import Photo
from bot.attachments.models import Attachment
from bot.attachments.preparing import Photos
from bot.conversations.errors import ConversationError
from bot.conversations.schemas import Location
from bot.replies import Press
from bot.tickets import spots
from bot.wording import wording

Content = tuple[str, dict[str, Any] | None]
"""The text of a message and its press."""


class PhotoRefused(ConversationError):
    """A photo cannot be kept; status and sentence are those of the AttachmentError behind it."""

    def __init__(self, problem: AttachmentError) -> None:
        self.status, self.wording = problem.status, problem.wording
        super().__init__(**problem.values)


@contextmanager
def refusing() -> Iterator[None]:
    """Raises PhotoRefused for whatever is wrong with a photo within."""
    try:
        yield
    except AttachmentError as problem:
        raise PhotoRefused(problem) from problem


def needed(photos: Photos | None) -> Photos:
    """Where photos are kept. Raises RuntimeError where a photo came although nothing keeps it."""
    if photos is None:
        raise RuntimeError("a photo came, but Keeping was made without Photos")
    return photos


def check_hour(session: Session, photos: Photos, conversation_id: str, now: datetime) -> None:
    """Raises PhotoRefused when the conversation has sent what it may in an hour."""
    with refusing():
        attachments.check_hour(
            session, conversation_id=conversation_id, limits=photos.limits, now=now
        )


def keep(
    session: Session, photos: Photos, photo: Photo | bytes, conversation_id: str, now: datetime
) -> Attachment:
    """Keep a citizen's photo, within the conversation's hourly limits. Raises PhotoRefused."""
    with refusing():
        return attachments.keep(
            session,
            data=photo,
            conversation_id=conversation_id,
            now=now,
            store=photos.store,
            limits=photos.limits,
        )


def photo_content(attachment: Attachment, language: str) -> Content:
    """How a photo stands in the talk: a sentence, and a press that names it."""
    press = Press(control="photo", slots={"photo": attachment.id})
    return wording().text("photo.sent", language), press.model_dump(mode="json")


def place_content(location: Location, language: str) -> Content:
    """How a shared place stands in the talk: named after the nearest place that is known.

    Outside Jeju the press has no `location`, but the region as `outside`.
    """
    slots = {"latitude": f"{location.latitude:.6f}", "longitude": f"{location.longitude:.6f}"}
    found = spots.at(location.latitude, location.longitude)
    name = ""
    if isinstance(found, spots.Outside):
        slots["outside"] = found.region
    elif name := found.name or found.district or found.city or "":
        slots["location"] = name
    press = Press(control="place", slots=slots).model_dump(mode="json")
    if not name:
        return wording().text("photo.place_sent_unnamed", language), press
    return wording().text("photo.place_sent", language, {"name": name}), press
