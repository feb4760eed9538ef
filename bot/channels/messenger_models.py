"""What we read of a Messenger webhook; unknown fields are tolerated."""

from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class _Read(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Party(_Read):
    """A citizen or the page, by its id."""

    id: str = Field("", max_length=128)


class Coordinates(_Read):
    """Where a shared place is."""

    lat: float
    long: float


class Contents(_Read):
    """What an attachment holds."""

    url: str | None = None
    sticker_id: int | str | None = None
    coordinates: Coordinates | None = None


class Attachment(_Read):
    """A photo, a place, a sound, a film, a file, a sticker, a shared page."""

    type: str = ""
    payload: Contents | None = None


class QuickReply(_Read):
    """What the pressed quick reply carried."""

    payload: str | None = None


class ChatMessage(_Read):
    """A message: of the citizen, or an echo of the page's."""

    mid: str | None = Field(None, max_length=512)
    text: str | None = None
    quick_reply: QuickReply | None = None
    attachments: list[Attachment] | None = None
    is_echo: bool = False
    is_deleted: bool = False
    is_unsupported: bool = False


class Postback(_Read):
    """A pressed button of a template, or «get started»."""

    mid: str | None = Field(None, max_length=512)
    payload: str | None = None


class Occurrence(_Read):
    """One thing that happened: at most one of the fields below the first three."""

    sender: Party = Party()
    recipient: Party = Party()
    timestamp: int | None = None
    """Milliseconds since 1970."""
    message: ChatMessage | None = None
    postback: Postback | None = None
    referral: dict[str, Any] | None = None
    pass_thread_control: dict[str, Any] | None = None
    take_thread_control: dict[str, Any] | None = None
    message_edit: dict[str, Any] | None = None

    @property
    def at(self) -> datetime | None:
        """When it happened; None where that is unreadable."""
        if self.timestamp is None:
            return None
        try:
            return datetime.fromtimestamp(self.timestamp / 1000, UTC)
        except (OverflowError, OSError, ValueError):
            return None


class Entry(_Read):
    """What happened at one page; things that another app answers stand in `standby`."""

    id: str = ""
    messaging: list[Any] | None = None
    standby: list[Any] | None = None


class Webhook(_Read):
    """The body of a webhook."""

    object: str = ""
    entry: list[Entry] = []
