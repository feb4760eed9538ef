"""What goes in and out of a conversation: the citizen API's bodies and the incoming message."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

MAX_TEXT = 2000
"""Characters of one message; longer ones are refused with a sentence, never cut."""
NO_NUL = r"^[^\x00]*$"
"""PostgreSQL stores no NUL."""


@dataclass(frozen=True)
class IncomingMessage:
    """One message as a channel brought it, its sender already proven."""

    text: str = ""
    button_id: str | None = None
    client_id: str | None = None


class NewConversation(BaseModel):
    """Body of `POST /api/conversations`."""

    model_config = ConfigDict(extra="ignore")

    language: Literal["ko", "en"] = "ko"


class NewMessage(BaseModel):
    """Body of `POST /api/conversations/{id}/messages`: either a text or a shown button's id."""

    model_config = ConfigDict(extra="ignore")

    text: str | None = Field(None, description="What the citizen typed, at most 2,000 characters")
    payload: str | None = Field(
        None,
        max_length=64,
        pattern=NO_NUL,
        description="The id of a button shown in this conversation",
    )
    client_id: str | None = Field(
        None,
        min_length=1,
        max_length=64,
        pattern=NO_NUL,
        description="Chosen by the client; sending again with the same id is answered once",
    )

    @model_validator(mode="after")
    def _one_of_both(self) -> "NewMessage":
        if (self.text is None) == (self.payload is None):
            raise ValueError("send either text or payload")
        return self


class ButtonOut(BaseModel):
    """A button: send `payload` back, or open `url`."""

    title: str
    payload: str | None = None
    url: str | None = None


class MessageOut(BaseModel):
    """A message as the citizen sees it."""

    id: str
    seq: int
    sender: Literal["citizen", "bot", "staff", "system"]
    text: str
    buttons: list[ButtonOut] = []
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


class StateOut(BaseModel):
    """The conversation's messages and who holds it."""

    state: Literal["bot", "waiting", "staff", "closed"]
    messages: list[MessageOut]
