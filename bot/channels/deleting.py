"""Deleting our copy on a citizen's or a platform's word, in the database and in Rasa's memory."""

import asyncio

from bot.attachments.store import Store
from bot.channels import privacy
from bot.channels.base import Outgoing
from bot.channels.identities import Identities
from bot.conversations import errors
from bot.conversations.memory import Memory
from bot.conversations.models import Conversation
from bot.database import Database
from bot.wording import Wording


class Deleting:
    """Deletes talks and messages of the channels, with the parts it needs given once."""

    def __init__(
        self,
        *,
        database: Database,
        memory: Memory,
        wording: Wording,
        identities: Identities,
        store: Store,
    ) -> None:
        self._database = database
        self._memory = memory
        self._wording = wording
        self._identities = identities
        self._store = store

    async def asked(self, channel: str, user: str) -> Outgoing:
        """Delete every talk of a citizen who asked for it; returns what is said to them.

        While Rasa cannot be reached nothing is deleted, and the citizen can ask again.
        """
        ids, language = await asyncio.to_thread(self._talks, channel, user)
        if await self._memory.forgotten(ids):
            key = errors.NotNow.wording
        else:
            await asyncio.to_thread(self._erase, ids)
            key = "channel.deleted"
        text = self._wording.text(key, language)
        return Outgoing(text, sender="system", language=language)

    async def withdrawn(self, channel: str, user: str) -> None:
        """Delete every talk of a citizen who withdrew at the platform, which tells it once."""
        ids, _ = await asyncio.to_thread(self._talks, channel, user)
        await asyncio.to_thread(self._erase, ids)
        await self._memory.forget(ids)

    async def unsent(self, channel: str, message_id: str) -> None:
        """Delete a message that was taken back. Rasa's memory of the talk holds its words too.

        Emptying that costs an unfinished form.
        """
        reference = self._identities.digest("message", channel, message_id)
        ids = await asyncio.to_thread(self._unsend, channel, reference)
        await self._memory.forget(ids)

    def _talks(self, channel: str, user: str) -> tuple[list[str], str]:
        with self._database.reading() as session:
            ids = self._identities.conversations(session, channel, user)
            last = session.get(Conversation, ids[-1]) if ids else None
            return ids, last.language if last else "ko"

    def _erase(self, ids: list[str]) -> None:
        with self._database.writing() as session:
            privacy.erase(session, ids, self._store)

    def _unsend(self, channel: str, reference: str) -> set[str]:
        photos: list[str] = []
        with self._database.writing() as session:
            messages = privacy.messages_of(session, channel, reference)
            for message in messages:
                photos += privacy.unsend(session, message, self._wording)
            touched = {message.conversation_id for message in messages}
        self._store.delete_all(photos)
        return touched
