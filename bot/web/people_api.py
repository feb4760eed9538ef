"""What the citizen API says of people: the short code to read out, and how the talk was."""

from datetime import datetime

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from bot.conversations import codes, satisfaction, service
from bot.conversations.errors import ConversationClosed
from bot.database import utc_now
from bot.web.api import PartsOf, Token

router = APIRouter(prefix="/api/conversations", tags=["conversations"])


class CodeOut(BaseModel):
    """A code to read out to 064-120, or to type on another channel."""

    code: str
    expires_at: datetime


class Score(BaseModel):
    """Body of `POST …/satisfaction`: 1 (very poor) to 5 (very good)."""

    model_config = ConfigDict(extra="ignore")

    score: int


@router.get("/{conversation_id}/code")
def code(parts: PartsOf, token: Token, conversation_id: str) -> CodeOut:
    """The conversation's short code; asked again it is the same for half its life."""
    with parts.database.writing() as session:
        conversation = service.authenticated(session, conversation_id=conversation_id, token=token)
        if conversation.state == "closed":
            raise ConversationClosed
        made = codes.code_for(session, conversation_id=conversation_id, now=utc_now())
        return CodeOut(code=codes.shown(made.code), expires_at=made.expires_at)


@router.post("/{conversation_id}/satisfaction", status_code=204)
def rate(parts: PartsOf, token: Token, conversation_id: str, body: Score) -> None:
    """Say how the conversation was; said again, the last counts."""
    with parts.database.writing() as session:
        service.authenticated(session, conversation_id=conversation_id, token=token)
        satisfaction.rate(session, conversation_id=conversation_id, score=body.score, now=utc_now())
