"""What the bot wants to say, before any wording or channel is chosen.

An action returns one `Reply` a message bubble. It names wording keys and article facets, never
sentences, so that wording changes without training and every channel renders what it can show.
"""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Say(BaseModel):
    """A sentence of data/wording: its key and the values put into it."""

    model_config = ConfigDict(frozen=True)

    key: str
    values: dict[str, str] = Field(default_factory=dict)


class Facet(BaseModel):
    """A facet of one revision of an article, rendered when it is delivered."""

    model_config = ConfigDict(frozen=True)

    topic: str
    facet: str
    revision: int


class Source(BaseModel):
    """The line under an answer: department, phone, publisher and the date of the check."""

    model_config = ConfigDict(frozen=True)

    source_of: str
    revision: int
    facets: list[str] = Field(default_factory=list, description="Facets shown above it")


class Press(BaseModel):
    """What pressing a button means. It reaches the decision as if the citizen had said it surely.

    `topic` and `facet` ask for an answer or start a report; `control` is a conversational move
    (send, cancel, edit, skip, agree, restart, person, leave, retry, bot, useful, not_useful, photo,
    place, satisfied, tell, rate, reopen);
    `slots` are values that the button gives.
    """

    model_config = ConfigDict(frozen=True)

    topic: str | None = None
    facet: str | None = None
    control: str | None = None
    slots: dict[str, str] = Field(default_factory=dict)


class Button(BaseModel):
    """A button: its title (wording, or an article's title) and what pressing it does."""

    model_config = ConfigDict(frozen=True)

    title: Say | None = None
    title_of: str | None = Field(None, description="Topic whose article title is the button's")
    press: Press | None = None
    url: str | None = None


PERSON = Button(title=Say(key="button.person"), press=Press(control="person"))
"""The way to a person, which every dead end offers."""
OTHER = Button(title=Say(key="button.other"), press=Press(topic="general_ticket"))
"""None of the topics that were offered; the citizen may leave a message instead."""


class Understood(BaseModel):
    """What the bot understood of a citizen's message, kept for staff."""

    intent: str
    confidence: float
    ranking: list[tuple[str, float]] = Field(default_factory=list)
    entities: list[dict[str, Any]] = Field(default_factory=list)
    requests: list[dict[str, Any]] = Field(default_factory=list)
    rule: str = Field("", description="The rule of the decision that chose this answer")
    action: str = ""


class Reply(BaseModel):
    """One bubble: parts in order, then buttons."""

    parts: list[Say | Facet | Source]
    buttons: list[Button] = Field(default_factory=list)
    topic: str | None = None
    ticket: str | None = Field(None, description="Receipt number of the ticket it is about")
    asks: str | None = Field(None, description="The form field that it asks for")
    understood: Understood | None = None
