"""What goes in and out of a conversation: the citizen API's bodies and the incoming message."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

MAX_TEXT = 2000
"""Characters of one message; longer ones are refused with a sentence, never cut."""
NO_NUL = r"^[^\x00]*$"
"""PostgreSQL stores no NUL."""


class Location(BaseModel):
    """A spot that the citizen shared: WGS 84, degrees."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    latitude: float = Field(ge=-90, le=90, allow_inf_nan=False)
    longitude: float = Field(ge=-180, le=180, allow_inf_nan=False)


@dataclass(frozen=True)
class IncomingMessage:
    """One message as a channel brought it, its sender already proven: one of the four.

    A photo with a caption is two messages, so that the caption is heard like every text. Raises
    ValueError for more than one.
    """

    text: str = ""
    button_id: str | None = None
    client_id: str | None = None
    photo: bytes | None = None
    """The file as it came, of whatever type; it is checked and re-encoded before it is kept."""
    location: Location | None = None

    def __post_init__(self) -> None:
        brought = (self.text or None, self.button_id, self.photo, self.location)
        if sum(each is not None for each in brought) > 1:
            raise ValueError("a message is a text, a button, a photo or a location")


class NewConversation(BaseModel):
    """Body of `POST /api/conversations`."""

    model_config = ConfigDict(extra="ignore")

    language: Literal["ko", "en"] = "ko"


class NewMessage(BaseModel):
    """Body of `POST /api/conversations/{id}/messages`: a text, a shown button's id or a spot."""

    model_config = ConfigDict(extra="ignore")

    text: str | None = Field(None, description="What the citizen typed, at most 2,000 characters")
    payload: str | None = Field(
        None,
        max_length=64,
        pattern=NO_NUL,
        description="The id of a button shown in this conversation",
    )
    location: Location | None = Field(None, description="Where the citizen is, as they shared it")
    client_id: str | None = Field(
        None,
        min_length=1,
        max_length=64,
        pattern=NO_NUL,
        description="Chosen by the client; sending again with the same id is answered once",
    )

    @model_validator(mode="after")
    def _one_of_three(self) -> "NewMessage":
        if sum(each is not None for each in (self.text, self.payload, self.location)) != 1:
            raise ValueError("send one of text, payload and location")
        return self


class ButtonOut(BaseModel):
    """A button: send `payload` back, or open `url`."""

    title: str
    payload: str | None = None
    url: str | None = None


class PhotoOut(BaseModel):
    """A photo of a message; `url` (relative to the service) opens it for about an hour."""

    url: str
    width: int
    height: int


class MessageOut(BaseModel):
    """A message as the citizen sees it."""

    id: str
    seq: int
    sender: Literal["citizen", "bot", "staff", "system"]
    text: str
    buttons: list[ButtonOut] = []
    photos: list[PhotoOut] = []
    topic: str | None = None
    ticket: str | None = None
    client_id: str | None = None
    created_at: datetime


class ConversationOut(BaseModel):
    """Answer to `POST /api/conversations`; the token is shown this once."""

    id: str
    token: str
    messages: list[MessageOut]


class AnswerOut(BaseModel):
    """Answer to a sent message. `pending` is true when the reply will come by the event stream."""

    messages: list[MessageOut]
    pending: bool = False


class WaitingOut(BaseModel):
    """The place in the line of those who wait for a person."""

    place: int
    minutes: int | None
    """Expected wait; None while nobody is available."""


class HoldingOut(BaseModel):
    """Who holds the conversation."""

    state: Literal["bot", "waiting", "staff", "platform", "closed"]
    waiting: WaitingOut | None = None
    staff: str | None = None
    """The name of the person who holds it."""


class StateOut(HoldingOut):
    """The conversation's messages and who holds it."""

    messages: list[MessageOut]
