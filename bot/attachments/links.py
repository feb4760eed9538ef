"""Links to photos for places that send no token: an `<img>` of the widget, a messenger's server."""

from datetime import datetime
from urllib.parse import urlencode

from bot.attachments.models import Attachment
from bot.privacy import signing

PURPOSE = "photo"
STEP_SECONDS = 3600
"""A link's end is a multiple of it, so that the same photo keeps its address and is cached."""


def path(attachment: Attachment, key: str, now: datetime) -> str:
    """The signed path of a conversation's photo, good for one to two hours."""
    until = str((int(now.timestamp()) // STEP_SECONDS + 2) * STEP_SECONDS)
    owner = attachment.conversation_id or ""
    signature = signing.signature(key, PURPOSE, owner, attachment.id, until)
    query = urlencode({"until": until, "signature": signature})
    return f"/api/conversations/{owner}/photos/{attachment.id}?{query}"


def opens(
    conversation_id: str, attachment_id: str, *, until: int, signature: str, key: str, now: datetime
) -> bool:
    """Whether the signature is that of this photo's link and its time is not over."""
    parts = (conversation_id, attachment_id, str(until))
    return signing.fits(signature, key, PURPOSE, *parts) and now.timestamp() < until
