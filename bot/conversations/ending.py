"""How a talk with a person ends: with a word, and the question how it was."""

from datetime import datetime

from sqlalchemy.orm import Session

from bot.conversations import satisfaction, service
from bot.conversations.models import Conversation
from bot.conversations.rendering import Renderer
from bot.replies import Reply, Say
from bot.wording import Wording


def end(
    session: Session, *, conversation_id: str, key: str, wording: Wording, now: datetime
) -> None:
    """Close a conversation; the citizen reads the sentence `key` and is asked how it was.

    Raises UnknownConversation.
    """
    service.close(session, conversation_id=conversation_id, now=now)
    conversation = session.get_one(Conversation, conversation_id)
    service.say(
        session,
        conversation_id=conversation_id,
        replies=[
            Reply(parts=[Say(key=key), Say(key="satisfaction.ask")], buttons=satisfaction.buttons())
        ],
        render=Renderer(session, wording, conversation.language),
        now=now,
        sender="system",
    )
