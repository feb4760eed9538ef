"""The vault's table."""

from datetime import datetime
from uuid import uuid4

from sqlalchemy import LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.database import Base, UtcDateTime


class VaultEntry(Base):
    """One encrypted value of a conversation, until a ticket takes it or the conversation ends."""

    __tablename__ = "vault_entries"
    __table_args__ = (UniqueConstraint("conversation_id", "placeholder"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=lambda: str(uuid4()))
    conversation_id: Mapped[str] = mapped_column(String(36), index=True)
    placeholder: Mapped[str] = mapped_column(String(32))
    kind: Mapped[str] = mapped_column(String(32))
    ciphertext: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
