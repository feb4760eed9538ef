"""Who is who: a platform's user and the conversation that their next message goes to.

The user id is looked up by an HMAC and sent to by what is sealed; nobody reads it otherwise.
Functions take a session and commit nothing.
"""

import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.channels.base import Address
from bot.channels.models import ChannelUser
from bot.conversations import service
from bot.conversations.models import Conversation
from bot.privacy.vault import BadKey, Cipher

TOKEN_LIFE = timedelta(seconds=50)
"""Of a reply token; LINE's ends a minute after the webhook."""


@dataclass(frozen=True)
class Known:
    """A citizen's conversation on a channel, and the token that opens it."""

    conversation_id: str
    token: str
    is_new: bool = False


class Identities:
    """Finds and keeps the citizens of the channels, with the keys given once."""

    def __init__(self, *, key: str, cipher: Cipher) -> None:
        self._key = key.encode()
        self._cipher = cipher

    def digest(self, *parts: str) -> str:
        """The HMAC by which something of a platform's is known again: 64 hex digits."""
        text = "".join(f"{len(part)}:{part}" for part in parts)
        return hmac.new(self._key, text.encode("utf-8", "replace"), hashlib.sha256).hexdigest()

    def current(self, session: Session, channel: str, user: str) -> Known | None:
        """The conversation that is not closed yet of this user; None when there is none."""
        row = self._current(session, channel, user)
        if row is None:
            return None
        conversation = session.get(Conversation, row.conversation_id)
        if conversation is None or conversation.state == "closed":
            return None
        return Known(row.conversation_id, self._opened(row)[1])

    def of_conversation(self, session: Session, conversation_id: str) -> Known | None:
        """A conversation of any channel by its id; None when it is gone or the widget's."""
        row = session.get(ChannelUser, conversation_id)
        return Known(conversation_id, self._opened(row)[1]) if row else None

    def known(
        self, session: Session, channel: str, user: str, *, language: str, now: datetime
    ) -> Known:
        """The user's conversation; a new one when there is none, or the last one is closed."""
        if found := self.current(session, channel, user):
            session.get_one(ChannelUser, found.conversation_id).seen_at = now
            return found
        digest = self.digest("user", channel, user)
        if before := self._current(session, channel, user):
            before.current_hash = None
            session.flush()
        conversation, token = service.open_conversation(
            session, channel=channel, language=language, now=now
        )
        session.add(
            ChannelUser(
                conversation_id=conversation.id,
                channel=channel,
                user_hash=digest,
                current_hash=digest,
                sealed=self._cipher.encrypt(json.dumps([conversation.id, user, token])),
                created_at=now,
                seen_at=now,
            )
        )
        # Two first messages at once: the second finds the unique hash taken, and is tried again.
        session.flush()
        return Known(conversation.id, token, is_new=True)

    def conversations(self, session: Session, channel: str, user: str) -> list[str]:
        """Every conversation that this user has or had."""
        return list(
            session.scalars(
                select(ChannelUser.conversation_id).where(
                    ChannelUser.channel == channel,
                    ChannelUser.user_hash == self.digest("user", channel, user),
                )
            )
        )

    def keep_reply_token(
        self, session: Session, conversation_id: str, token: str, now: datetime
    ) -> None:
        """Keep what the platform wants back with the next answer, for as long as it holds."""
        row = session.get_one(ChannelUser, conversation_id)
        row.reply_token, row.reply_until = self._cipher.encrypt(token), now + TOKEN_LIFE

    def mark_blocked(self, session: Session, conversation_id: str, at: datetime | None) -> None:
        """Note since when nothing can be sent; None when it can again."""
        row = session.get(ChannelUser, conversation_id)
        if row is not None and (at is None) != (row.blocked_at is None):
            row.blocked_at = at

    def is_blocked(self, session: Session, conversation_id: str) -> bool:
        """Whether the citizen cannot be reached, or is not known any more."""
        row = session.get(ChannelUser, conversation_id)
        return row is None or row.blocked_at is not None

    def address(
        self, session: Session, conversation_id: str, now: datetime, *, token: bool = True
    ) -> Address:
        """Whom to send to, with the reply token where `token` asks for it; it is given once.

        Raises BadKey when the user id does not open any more, KeyError when it is gone.
        """
        row = session.get(ChannelUser, conversation_id)
        if row is None:
            raise KeyError("the conversation's citizen is gone")
        user, _ = self._opened(row)
        given = None
        if token and row.reply_token is not None:
            if row.reply_until is not None and row.reply_until > now:
                given = self._cipher.decrypt(row.reply_token)
            row.reply_token = row.reply_until = None
        return Address(user, given, row.seen_at)

    def _current(self, session: Session, channel: str, user: str) -> ChannelUser | None:
        digest = self.digest("user", channel, user)
        return session.scalar(
            select(ChannelUser)
            .where(ChannelUser.channel == channel, ChannelUser.current_hash == digest)
            .with_for_update()
        )

    def _opened(self, row: ChannelUser) -> tuple[str, str]:
        conversation_id, user, token = json.loads(self._cipher.decrypt(row.sealed))
        if conversation_id != row.conversation_id:
            raise BadKey("A sealed user id belongs to another conversation.")
        return str(user), str(token)
