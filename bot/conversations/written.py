"""What somebody wrote, made fit to be stored in a conversation."""

from bot.conversations.models import Conversation
from bot.korean.text import clean
from bot.privacy import vault
from bot.privacy.masking import Masked, Masker


def lines(text: str) -> str:
    """A text of several lines, each cleaned, without the empty ones."""
    return "\n".join(line for line in (clean(part) for part in text.splitlines()) if line)


def masked(conversation: Conversation, text: str, masker: Masker) -> Masked:
    """The text with placeholders, none of which the conversation has used for anything else.

    The caller holds the conversation's row: its counters go on.
    """
    found = masker.mask(text, conversation.placeholders)
    conversation.placeholders = vault.merge_counters(conversation.placeholders, found.findings)
    return found
