"""What a messenger has to be able to do, and what goes between it and the rest.

In: a webhook's raw request is verified, then parsed into events. Out: stored messages become
`Outgoing`s, a channel renders them to payloads, and sends each. Two kinds of channels:

- most take a webhook at once and are sent the answer later (`send`);
- some read the answer from the HTTP reply itself (`capabilities.answers_in_http`): `reply` makes
  that body from everything that waits for the citizen, `call_back` sends what came too late for it,
  where the platform gave an address for that.

No method logs or raises a platform's user id, a token or a citizen's words.
"""

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Literal

from bot.channels.capabilities import Capabilities
from bot.conversations.schemas import Location

Payload = dict[str, Any]
"""The body of one call of the platform's API."""


class Refused(Exception):
    """The webhook's request is answered with `status` and nothing is done; the reason is logged.

    400 malformed, 401 not proven, 403 proven to be another, 404 not here, 405 method.
    """

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class PhotoUnreachable(Exception):
    """A photo could not be fetched: a host that is not allowed, too large, gone, or no answer."""


@dataclass(frozen=True)
class RawRequest:
    """A webhook's request as it came."""

    method: str
    headers: Mapping[str, str]
    """Names in lower case."""
    query: Mapping[str, str]
    body: bytes
    client: str
    """Address of the caller; behind a trusted proxy the one that the proxy names."""
    path_secret: str = ""
    """What stands behind `/channels/{name}/webhook/`, for platforms that prove nothing else."""


def json_body(request: RawRequest) -> dict[str, Any]:
    """The body as a JSON object. Raises Refused (400)."""
    try:
        body = json.loads(request.body.decode("utf-8"))
    except (ValueError, RecursionError):
        raise Refused(400, "the body is no JSON in UTF-8") from None
    if not isinstance(body, dict):
        raise Refused(400, "the body is no JSON object")
    return body


# What comes in


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that a platform told of one citizen."""

    user: str
    """The platform's id of the citizen."""
    event_id: str | None = None
    """The platform's id of the event, by which a redelivery is known; None where it has none."""
    at: datetime | None = None


@dataclass(frozen=True)
class PhotoRef:
    """Where a photo lies: an address, or an id that the platform's API takes."""

    where: str


@dataclass(frozen=True, kw_only=True)
class Message(Event):
    """A citizen's message: a text (caption), a pressed button, photos, a place, or unreadable."""

    text: str = ""
    button: str | None = None
    """Our button's id as it came back in its payload."""
    photos: tuple[PhotoRef, ...] = ()
    location: Location | None = None
    unreadable: str | None = None
    """What came that the bot reads nothing from: sticker, voice, video, file …"""
    message_id: str | None = None
    """The platform's id of the message, by which it is unsent later."""
    standby: bool | None = None
    """True: a person holds the talk in the platform's console. False: the platform says that it
    is ours. None: it does not say."""
    reply_token: str | None = None
    """What the platform wants back with an answer, where it gives one."""
    acknowledge: str | None = None
    """What `Channel.acknowledge` takes, e.g. the id of Telegram's callback query."""
    language: Literal["ko", "en"] | None = None
    """The citizen's language, as far as the platform tells."""


@dataclass(frozen=True, kw_only=True)
class Opened(Event):
    """The citizen opened the chat or added the account; who has no open talk is greeted."""

    reply_token: str | None = None
    language: Literal["ko", "en"] | None = None


@dataclass(frozen=True, kw_only=True)
class Fetch(Event):
    """The citizen asks for what waits (the button «see the answer»); nothing is stored."""

    brings: bool = False
    """The call brings something to show, which stands in no other reply: it waits for nothing."""


@dataclass(frozen=True, kw_only=True)
class Left(Event):
    """The citizen blocked the account or left; nothing is sent until they come back."""


@dataclass(frozen=True, kw_only=True)
class Withdrawn(Event):
    """The citizen withdrew consent at the platform: every talk of theirs is deleted."""


@dataclass(frozen=True, kw_only=True)
class Unsent(Event):
    """The citizen took one message back: our copy of it is deleted."""

    message_id: str


@dataclass(frozen=True, kw_only=True)
class HeldElsewhere(Event):
    """A person in the platform's console took the talk; the bot is silent."""


@dataclass(frozen=True, kw_only=True)
class ReleasedElsewhere(Event):
    """The platform gave the talk back to us."""


@dataclass(frozen=True, kw_only=True)
class Ignored(Event):
    """Known and not for us (an echo, an edit, a group, a receipt), or not known at all."""

    user: str = ""
    kind: str = "unknown"


# What goes out


@dataclass(frozen=True)
class OutButton:
    """A button: `payload` is our opaque id of it, or it opens `url`."""

    title: str
    payload: str | None = None
    url: str | None = None


@dataclass(frozen=True)
class Outgoing:
    """One stored message on its way out."""

    text: str
    buttons: tuple[OutButton, ...] = ()
    photos: tuple[str, ...] = ()
    """Addresses, with host, that open for about an hour."""
    sender: Literal["bot", "staff", "system"] = "bot"
    language: str = "ko"
    asks: str | None = None
    """The form field that it asks for, e.g. `location`."""
    more_url: str = ""
    """Where the whole text can be read or asked for, when it is folded here."""


@dataclass(frozen=True)
class Address:
    """Whom a payload goes to."""

    user: str
    reply_token: str | None = None
    """One that may still be used, to be used once."""
    seen_at: datetime | None = None
    """When the citizen last wrote: platforms have windows."""
    sender: Literal["bot", "staff", "system"] = "bot"


@dataclass(frozen=True)
class Sent:
    """How sending one payload went."""

    outcome: Literal["ok", "again", "maybe", "parked", "blocked"]
    """Accepted; refused for now; unclear, it may have been accepted; refused for good; this
    citizen can or will not be reached."""
    reason: str = ""
    """For logs and staff: no id, no token, no citizen's words."""
    retry_after: float | None = None
    message_id: str | None = None
    token_used: bool = False
    """The reply token is spent, whatever the outcome."""

    @property
    def ok(self) -> bool:
        """Whether the platform has it."""
        return self.outcome == "ok"


@dataclass(frozen=True)
class HttpAnswer:
    """What a webhook's request is answered with."""

    status: int = 200
    body: Payload | str | None = None
    """A dict goes out as JSON, a text as plain text."""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Replied:
    """The answer in the HTTP reply, and how many of the waiting units it holds."""

    answer: HttpAnswer
    taken: int


@dataclass(frozen=True)
class CalledBack:
    """How sending a late answer went, and how many of the waiting units it held."""

    sent: Sent
    taken: int


class Channel(ABC):
    """One messenger. Made once from the settings; methods may be called at the same time."""

    name: ClassVar[str]
    capabilities: Capabilities

    @abstractmethod
    def missing(self) -> list[str]:
        """Names of the settings, in capitals, without which it stays off; empty when it is on."""

    @abstractmethod
    def verify(self, request: RawRequest) -> None:
        """Check who calls, in constant time. Raises Refused (401, 403, 404)."""

    @abstractmethod
    def parse(self, request: RawRequest) -> list[Event]:
        """The events of a verified request, in order. Raises Refused (400).

        Unknown fields and unknown types never raise: they are left out, or `Ignored`.
        """

    @abstractmethod
    def render(self, parts: Sequence[Outgoing]) -> list[Payload]:
        """The payloads that say `parts`, the same each time; see `rendering.fit`."""

    @abstractmethod
    async def send(self, to: Address, payload: Payload, key: str) -> Sent:
        """Send one payload; `key` (a UUID) is the same at every try of it. Never raises."""

    def can_push(self) -> bool:
        """Whether something can be sent without being asked, as it is set up."""
        return self.capabilities.push

    def hands_over(self) -> bool:
        """Whether those who wait for a person go to the platform's own console, as it is set up."""
        return False

    async def hand_over(self, to: Address) -> Sent:
        """Give the talk to the platform's own console, where `hands_over`. Never raises."""
        raise NotImplementedError

    def handshake(self, request: RawRequest) -> HttpAnswer:
        """Answer a GET with which the platform checks the address. Raises Refused."""
        raise Refused(405, "this platform does not ask by GET")

    async def photo(self, ref: PhotoRef, max_bytes: int) -> bytes:
        """The file behind a photo of a message, from allowed hosts. Raises PhotoUnreachable."""
        raise PhotoUnreachable("this channel takes no photos")

    async def acknowledge(self, message: Message) -> None:
        """Tell the platform at once that a press arrived, where it wants to know. Never raises."""
        return

    async def typing(self, to: Address) -> None:
        """Show the citizen that an answer is on its way, where there is a sign. Never raises."""
        return

    def shows_numbers(self, parts: Sequence[Outgoing]) -> bool | None:
        """Whether `render` shows the buttons of one unit with numbers; None: as `fit` does."""
        return None

    # Only where the answer goes into the HTTP reply:

    def reply(self, request: RawRequest, waiting: Sequence[Sequence[Outgoing]]) -> Replied:
        """The HTTP reply that says as many of the waiting units, in order, as it can hold.

        At least the first, folded where it is too long. Those that it does not hold stay waiting;
        the reply then offers the button that is parsed as `Fetch`.
        """
        raise NotImplementedError

    def not_yet(self, request: RawRequest, language: str) -> HttpAnswer:
        """The HTTP reply while the answer is not ready, with the button parsed as `Fetch`."""
        raise NotImplementedError

    def callback_of(self, request: RawRequest) -> str | None:
        """The allowed address that takes a late answer; None when there is none."""
        return None

    def will_call_back(self, request: RawRequest, language: str) -> HttpAnswer:
        """The HTTP reply that announces a call back."""
        raise NotImplementedError

    async def call_back(self, url: str, waiting: Sequence[Sequence[Outgoing]]) -> CalledBack:
        """Send what waits to the call-back address, once. Never raises."""
        raise NotImplementedError
