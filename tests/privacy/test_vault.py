"""The vault keeps little, for a short time, and opens for its own conversation only."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.database import Base, Database
from bot.paths import POLICY
from bot.privacy.masking import Finding, Masker
from bot.privacy.models import VaultEntry
from bot.privacy.vault import (
    BadKey,
    Cipher,
    counters,
    keep,
    merge_counters,
    purge,
    purge_expired,
    reveal,
)

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
PHONE = Finding("phone", "010-1234-5678", "[전화번호 1]", keep=True)


def new_key() -> str:
    return Fernet.generate_key().decode()


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    database = Database(f"sqlite:///{tmp_path / 'vault.db'}")
    # Only this table: the others are another package's business.
    Base.metadata.tables[VaultEntry.__tablename__].create(database.engine)
    with database.writing() as session:
        yield session
    database.dispose()


@pytest.fixture
def cipher() -> Cipher:
    return Cipher(new_key())


def opened(
    session: Session, cipher: Cipher, conversation: str = "a", now: datetime = NOW
) -> object:
    return reveal(
        session, cipher, conversation_id=conversation, placeholder="[전화번호 1]", now=now
    )


def test_a_kept_phone_is_revealed_to_its_conversation(session: Session, cipher: Cipher) -> None:
    keep(session, cipher, conversation_id="a", findings=[PHONE], now=NOW, lifetime=HOUR)
    assert opened(session, cipher) == "010-1234-5678"


def test_another_conversation_sees_nothing(session: Session, cipher: Cipher) -> None:
    keep(session, cipher, conversation_id="a", findings=[PHONE], now=NOW, lifetime=HOUR)
    assert opened(session, cipher, conversation="b") is None


def test_a_value_moved_to_another_conversation_does_not_open(
    session: Session, cipher: Cipher
) -> None:
    keep(session, cipher, conversation_id="a", findings=[PHONE], now=NOW, lifetime=HOUR)
    session.scalars(select(VaultEntry)).one().conversation_id = "b"
    with pytest.raises(BadKey, match="another conversation"):
        opened(session, cipher, conversation="b")


def test_the_stored_value_is_not_readable(session: Session, cipher: Cipher) -> None:
    keep(session, cipher, conversation_id="a", findings=[PHONE], now=NOW, lifetime=HOUR)
    assert b"1234" not in session.scalars(select(VaultEntry.ciphertext)).one()


def test_resident_numbers_never_get_in(session: Session, cipher: Cipher) -> None:
    findings = Masker.load(POLICY / "personal_data.yml").mask("900101-1234567").findings
    forced = Finding("resident_number", "900101-1234567", "[주민등록번호 1]", keep=True)
    keep(session, cipher, conversation_id="a", findings=[*findings, forced], now=NOW)
    assert session.scalars(select(VaultEntry)).all() == []


def test_what_the_masker_found_can_be_kept_and_revealed(session: Session, cipher: Cipher) -> None:
    masked = Masker.load(POLICY / "personal_data.yml").mask("12가3456 차주, a@b.kr")
    keep(session, cipher, conversation_id="a", findings=masked.findings, now=NOW)
    for finding in masked.findings:
        assert finding.original == reveal(
            session, cipher, conversation_id="a", placeholder=finding.placeholder, now=NOW
        )


def test_keeping_twice_leaves_one_entry(session: Session, cipher: Cipher) -> None:
    for _ in range(2):
        keep(session, cipher, conversation_id="a", findings=[PHONE], now=NOW, lifetime=HOUR)
    assert len(session.scalars(select(VaultEntry)).all()) == 1


def test_an_expired_value_is_gone_even_before_it_is_purged(
    session: Session, cipher: Cipher
) -> None:
    keep(session, cipher, conversation_id="a", findings=[PHONE], now=NOW, lifetime=HOUR)
    assert opened(session, cipher, now=NOW + HOUR) is None


def test_purging_expired_values_leaves_the_others(session: Session, cipher: Cipher) -> None:
    keep(session, cipher, conversation_id="a", findings=[PHONE], now=NOW, lifetime=HOUR)
    keep(session, cipher, conversation_id="b", findings=[PHONE], now=NOW, lifetime=3 * HOUR)
    assert purge_expired(session, now=NOW + 2 * HOUR) == 1
    assert opened(session, cipher, conversation="b") == "010-1234-5678"


def test_purging_a_conversation_leaves_the_others(session: Session, cipher: Cipher) -> None:
    for conversation in "ab":
        keep(session, cipher, conversation_id=conversation, findings=[PHONE], now=NOW)
    assert purge(session, conversation_id="a") == 1
    assert opened(session, cipher) is None
    assert opened(session, cipher, conversation="b") == "010-1234-5678"


def test_an_old_key_still_opens_and_a_dropped_key_does_not(session: Session) -> None:
    old, new = new_key(), new_key()
    keep(session, Cipher(old), conversation_id="a", findings=[PHONE], now=NOW, lifetime=HOUR)
    assert opened(session, Cipher(f"{new}, {old}")) == "010-1234-5678"
    with pytest.raises(BadKey):
        opened(session, Cipher(new))


def test_a_rotated_value_opens_with_the_new_key_alone() -> None:
    old, new = new_key(), new_key()
    rotated = Cipher(f"{new},{old}").rotate(Cipher(old).encrypt("가"))
    assert Cipher(new).decrypt(rotated) == "가"


@pytest.mark.parametrize("key", ["", " , ", "short", "비밀", f"{'A' * 43}=,short"])
def test_a_bad_key_is_refused_without_being_repeated(key: str) -> None:
    with pytest.raises(BadKey) as caught:
        Cipher(key)
    assert "short" not in str(caught.value)


def test_counters_are_merged_from_findings_kept_or_not() -> None:
    card = Finding("card", "", "[카드번호 3]", keep=False)
    taken = {"phone": 4, "card": 2}
    assert merge_counters(taken, [PHONE, card]) == {"phone": 4, "card": 3}
    assert taken == {"phone": 4, "card": 2}


def test_the_vault_counts_what_it_still_holds(session: Session, cipher: Cipher) -> None:
    second = Finding("phone", "064-712-0000", "[전화번호 12]", keep=True)
    keep(session, cipher, conversation_id="a", findings=[PHONE, second], now=NOW)
    assert counters(session, "a") == {"phone": 12}
