"""How each body is reached, as data/policy/delivery.yml says."""

import random
import re
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal, Self

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    HttpUrl,
    PositiveInt,
    model_validator,
)

from bot import yaml_files
from bot.offices import offices
from bot.paths import POLICY
from bot.tickets.errors import PolicyError

FILE = POLICY / "delivery.yml"
_ADDRESS = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,63}"
)
_FILE_NAME = r"^[a-z0-9_-]{1,64}$"


def address(value: str) -> str:
    """One plain e-mail address. Raises ValueError for anything else, a line break included."""
    if not _ADDRESS.fullmatch(value) or ".." in value or len(value) > 254:
        raise ValueError("no plain e-mail address")
    return value


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Console(_Part):
    """Its people work in our staff console: nothing is sent."""

    way: Literal["console"] = "console"


class Email(_Part):
    """It gets letters."""

    way: Literal["email"]
    to: Annotated[str, AfterValidator(address)]
    language: Literal["ko", "en"] = "ko"


class Open311(_Part):
    """It has a system with a GeoReport v2 server."""

    way: Literal["open311"]
    url: HttpUrl
    api_key: Annotated[str, Field(pattern=_FILE_NAME)] | None = None
    jurisdiction_id: str | None = None
    services: dict[str, str] = {}
    default_service: str | None = None
    answers: bool = False
    """Whether it knows our forms, so that their choices go along as attributes."""
    reference: str = "attribute[external_id]"
    on_doubt: Literal["resend", "look_up", "park"] = "park"
    look_up_by: str | None = None
    on_closed: Literal["note", "done", "ignore"] = "note"
    language: Literal["ko", "en"] = "ko"

    @model_validator(mode="after")
    def _can_look_up(self) -> Self:
        if (self.on_doubt == "look_up") != (self.look_up_by is not None):
            raise ValueError("look_up_by goes with `on_doubt: look_up`, and only with it")
        return self

    def service(self, topic: str) -> str | None:
        """The service code of a topic there, or None when that body has none for it."""
        return self.services.get(topic, self.default_service)


Way = Annotated[Console | Email | Open311, Field(discriminator="way")]


class Retry(_Part):
    """When a failed try is made again."""

    first_seconds: PositiveInt
    factor: Annotated[float, Field(ge=1)]
    most_seconds: PositiveInt
    jitter: Annotated[float, Field(ge=0, lt=1)]
    tries: PositiveInt

    def wait(self, attempts: int) -> timedelta:
        """How long to wait after that many tries have failed."""
        plain = min(self.first_seconds * self.factor ** min(attempts - 1, 30), self.most_seconds)
        return timedelta(seconds=plain * (1 + random.uniform(-self.jitter, self.jitter)))


class DeliveryPolicy(_Part):
    """The whole of delivery.yml."""

    offices: dict[str, Way]
    retry: Retry
    lease_seconds: PositiveInt
    timeout_seconds: PositiveInt
    poll_minutes: PositiveInt

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if strange := set(self.offices) - set(offices()):
            raise ValueError(f"offices.yml has no {', '.join(sorted(strange))}")
        if self.lease_seconds <= 3 * self.timeout_seconds:
            raise ValueError("lease_seconds must be more than three times timeout_seconds")
        return self

    def way(self, office: str) -> Console | Email | Open311:
        """How a body is reached."""
        return self.offices.get(office, Console())

    @classmethod
    def load(cls, path: Path = FILE) -> "DeliveryPolicy":
        """Read a policy file. Raises PolicyError when it is missing or makes no sense."""
        try:
            return cls.model_validate(yaml_files.read(path))
        except (OSError, yaml.YAMLError, ValueError) as error:
            raise PolicyError(f"{path.name} cannot be used: {error}") from error


@lru_cache
def delivery_policy() -> DeliveryPolicy:
    """The delivery policy of this installation."""
    return DeliveryPolicy.load()
