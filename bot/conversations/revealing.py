"""The check code of a receipt, put in where its citizen reads it and nowhere else."""

from datetime import datetime

from sqlalchemy.orm import Session

from bot.conversations.models import Message
from bot.privacy import vault
from bot.privacy.kinds import KINDS
from bot.privacy.vault import Cipher

CODE_LABEL = f"[{KINDS['check_code'].label} "


def text_for_citizen(session: Session, cipher: Cipher, message: Message, now: datetime) -> str:
    """The text of a message with its check code, as long as the vault still has it."""
    if message.sender != "bot" or CODE_LABEL not in message.text:
        return message.text
    start = message.text.index(CODE_LABEL)
    name = message.text[start : message.text.index("]", start) + 1]
    code = vault.reveal(
        session,
        cipher,
        conversation_id=message.conversation_id,
        placeholder=name,
        now=now,
    )
    return message.text.replace(name, code) if code else message.text
