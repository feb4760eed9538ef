"""What we read of a KakaoTalk skill call (챗봇 관리자센터, skill guide «make_skill»).

Unknown fields are tolerated: the guide asks for it.
"""

import json
import re
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

MOST_PHOTOS = 10
"""Photos of one secure-image parameter."""
_LIST = re.compile(r"List\((.*)\)", re.DOTALL)


class _Read(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Bot(_Read):
    """The bot; on the development channel its id ends with `!`."""

    id: str = ""


class User(_Read):
    """The citizen: a key that differs from bot to bot."""

    id: str = Field(min_length=1, max_length=128)


class UserRequest(_Read):
    """What the citizen said, and where."""

    utterance: str | None = None
    user: User
    params: dict[str, Any] | None = None
    """`surface`, and the parameters of the Event API where one of its events called the skill."""
    callback_url: str | None = Field(None, alias="callbackUrl")
    chat: dict[str, Any] | None = None
    """Only in group chats."""


class Action(_Read):
    """The skill's parameters, and the `extra` of the button that was pressed."""

    params: dict[str, Any] | None = None
    client_extra: dict[str, Any] | None = Field(None, alias="clientExtra")


class SkillCall(_Read):
    """The body of a skill call."""

    bot: Bot = Bot()
    user_request: UserRequest = Field(alias="userRequest")
    action: Action = Action()

    @property
    def said(self) -> str:
        """What the citizen typed, or the label of what they pressed."""
        return (self.user_request.utterance or "").strip()

    def pressed(self, name: str) -> str | None:
        """A text of the pressed button's `extra`."""
        value = (self.action.client_extra or {}).get(name)
        return value if isinstance(value, str) and value else None

    def event_parameter(self, name: str) -> str | None:
        """A text among the call's parameters, such as those of an event."""
        value = (self.user_request.params or {}).get(name)
        return value if isinstance(value, str) and value else None

    def photos(self, name: str) -> list[str]:
        """The addresses of the photos in the skill's parameter `name`."""
        return photo_addresses((self.action.params or {}).get(name))


def photo_addresses(parameter: Any) -> list[str]:
    """The addresses of a secure-image parameter: JSON in a text, whose `secureUrls` is `List(…)`.

    An unreadable one gives none; more than a parameter can have are left out.
    """
    try:
        value = json.loads(parameter) if isinstance(parameter, str) else parameter
    except (ValueError, RecursionError):
        value = parameter
    listed = value.get("secureUrls") if isinstance(value, dict) else value
    if not isinstance(listed, str):
        return []
    found = _LIST.fullmatch(listed.strip())
    inner = found[1] if found else listed
    addresses = (one.strip() for one in inner.split(","))
    return [one for one in addresses if one.startswith(("http://", "https://"))][:MOST_PHOTOS]
