"""What we read of a Naver TalkTalk event (챗봇 API v1); unknown fields are tolerated."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class _Read(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class TextContent(_Read):
    """A text; `code` is what the pressed button carried."""

    text: str | None = None
    code: str | None = None
    input_type: str | None = Field(None, alias="inputType")
    """typing, button, sticker, vphone, product."""


class ImageContent(_Read):
    """A photo."""

    image_url: str | None = Field(None, alias="imageUrl")


class TalkEvent(_Read):
    """The body of a webhook: one event of one citizen."""

    event: str
    user: str = Field("", max_length=128)
    options: dict[str, Any] | None = None
    standby: bool | None = None
    """True while a person in the partner centre owns the talk; otherwise absent."""
    text_content: TextContent | None = Field(None, alias="textContent")
    image_content: ImageContent | None = Field(None, alias="imageContent")
    withdrawals: list[Any] | None = None

    def option(self, name: str) -> Any:
        """A value of the event's options; None where there is none."""
        return (self.options or {}).get(name)

    @property
    def withdraws(self) -> bool:
        """Whether the citizen took a consent back."""
        return bool(self.withdrawals or self.option("withdrawals"))
