"""What each channel can show and take: the table of data/policy/channels.yml, and its counting."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from bot import yaml_files
from bot.channels.graphemes import graphemes
from bot.paths import POLICY

Rule = Literal["utf16", "bytes", "characters", "graphemes"]
COUNT: Mapping[Rule, Callable[[str], int]] = {
    "utf16": lambda text: len(text.encode("utf-16-le", "surrogatepass")) // 2,
    "bytes": lambda text: len(text.encode("utf-8", "surrogatepass")),
    "characters": len,
    "graphemes": lambda text: len(graphemes(text)),
}
"""How platforms count a text's length; `characters` are Unicode code points."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Length(_Strict):
    """How long a text may be, and what is counted."""

    most: int = Field(ge=1)
    counts: Rule

    def of(self, text: str) -> int:
        """The length of `text` as the platform counts it."""
        return COUNT[self.counts](text)

    def fits(self, text: str) -> bool:
        """Whether `text` is no longer than allowed."""
        return self.of(text) <= self.most


class Buttons(_Strict):
    """How many buttons stand together, and how long their labels may be."""

    most: int = Field(ge=0)
    label: Length
    links: bool = True
    """Whether a button can open an address."""
    everywhere: bool = True
    """Whether every app of the platform shows them; where not, numbers stand in the text too."""


class Capabilities(_Strict):
    """What one channel can show and take."""

    text: Length
    text_with_buttons: Length | None = None
    """A shorter limit of the text that stands with the buttons in one message."""
    buttons: Buttons | None = None
    """Buttons that stay under their message."""
    quick_replies: Buttons | None = None
    """Buttons that vanish with the next message; used when there are more than `buttons` holds."""
    payload: Length
    """What a button may carry."""
    messages: int = Field(ge=1)
    """Messages in one call, or one HTTP reply, of the platform."""
    most_pieces: int = Field(ge=1)
    """Messages that one of ours may become; a longer text is folded with a link."""
    cards: int = 0
    """Cards side by side in one message; 0 where there are none."""
    url: Length
    photos_in: bool
    photos_out: bool
    caption: Length | None = None
    """The text that may stand under a photo."""
    location_in: bool
    asks_location: bool = False
    """Whether a button can ask the citizen to share where they are."""
    push: bool
    """Whether something can be sent without the citizen having just written."""
    answers_in_http: bool = False
    answer_seconds: float
    """Within which the platform wants the webhook's HTTP reply; a little less than it says."""
    event_ids: bool
    """Whether events have ids by which a redelivery is known."""


@lru_cache
def table() -> Mapping[str, Capabilities]:
    """The capabilities by channel. Raises pydantic.ValidationError for an unusable file."""
    content = yaml_files.read(POLICY / "channels.yml")
    return {name: Capabilities.model_validate(row) for name, row in content["channels"].items()}


def of(channel: str) -> Capabilities:
    """The capabilities of one channel. Raises KeyError for an unknown one."""
    return table()[channel]
