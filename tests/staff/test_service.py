"""Accounts, sessions, throttling."""

from datetime import UTC, datetime, timedelta

import pytest
from argon2 import PasswordHasher
from sqlalchemy.exc import NoResultFound

from bot.database import Database
from bot.staff import errors, service
from bot.staff.models import AuditEvent, SignInAttempt, StaffAccount, StaffSession
from bot.staff.service import Staff, Verified

NOW = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
NEW = "감귤밭 옆 돌하르방 셋"


def added(database: Database, login: str = "sunja") -> str:
    with database.writing() as session:
        return service.add(session, login=login, name="순자", role="counsellor", now=NOW)


def opened(database: Database, password: str, now: datetime = NOW) -> str:
    with database.writing() as session:
        verified = service.verify(session, login="sunja", password=password)
        return service.sign_in(session, verified=verified, replaces=None, now=now)[0]


def who(database: Database, token: str, now: datetime) -> Staff:
    with database.reading() as session:
        return service.signed_in(session, token=token, now=now)[0]


def attempt(database: Database, login: str, address: str, now: datetime = NOW) -> None:
    with database.writing() as session:
        service.note_attempt(session, login=login, address=address, now=now)


def test_a_new_account_gets_a_one_time_password_that_is_stored_only_hashed(
    database: Database,
) -> None:
    password = added(database)
    with database.reading() as session:
        account = session.query(StaffAccount).one()
        assert service.verify(session, login="sunja", password=password).login == "sunja"
    assert account.must_change
    assert password not in account.password_hash


def test_passwords_are_hashed_with_argon2id_at_the_recommended_cost(
    monkeypatch: pytest.MonkeyPatch, database: Database
) -> None:
    # The other tests hash with the least work.
    monkeypatch.setattr(service, "_HASHER", PasswordHasher())
    added(database)
    with database.reading() as session:
        stored = session.query(StaffAccount).one().password_hash
    assert stored.startswith("$argon2id$v=19$m=65536,t=3,p=4$")


def test_the_login_is_not_case_sensitive(database: Database) -> None:
    password = added(database, "SunJa")
    with database.reading() as session:
        assert service.verify(session, login=" SUNJA ", password=password).login == "sunja"


@pytest.mark.parametrize("login", ["", "a", "순자", "a b", "-sun", "a" * 40, "../etc"])
def test_a_login_that_cannot_be_typed_safely_is_refused(database: Database, login: str) -> None:
    with pytest.raises(errors.BadLogin):
        added(database, login)


def test_a_login_is_given_once(database: Database) -> None:
    added(database)
    with pytest.raises(errors.LoginTaken):
        added(database, "SUNJA")


def test_an_unknown_role_is_refused(database: Database) -> None:
    with pytest.raises(errors.UnknownRole), database.writing() as session:
        service.add(session, login="sunja", name="", role="king", now=NOW)


def test_a_wrong_password_an_unknown_login_and_a_closed_account_look_the_same(
    database: Database,
) -> None:
    password = added(database)
    with database.writing() as session:
        for login, tried in (("sunja", "wrong"), ("nobody", "wrong")):
            with pytest.raises(errors.WrongPassword):
                service.verify(session, login=login, password=tried)
        service.deactivate(session, login="sunja", now=NOW)
        with pytest.raises(errors.WrongPassword):
            service.verify(session, login="sunja", password=password)


def test_a_hash_with_old_parameters_is_renewed_at_sign_in(database: Database) -> None:
    added(database)
    weak = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1).hash(NEW)
    with database.writing() as session:
        session.query(StaffAccount).one().password_hash = weak
    opened(database, NEW)
    with database.reading() as session:
        renewed = session.query(StaffAccount).one().password_hash
        assert renewed != weak
        assert service.verify(session, login="sunja", password=NEW).new_hash is None


def test_the_cookie_is_stored_only_as_a_hash(database: Database) -> None:
    token = opened(database, added(database))
    with database.reading() as session:
        stored = session.query(StaffSession).one()
    assert token not in (stored.token_hash, stored.csrf_token)
    assert len(stored.token_hash) == 64


def test_a_session_ends_after_two_idle_hours(database: Database) -> None:
    token = opened(database, added(database))
    who(database, token, NOW + timedelta(hours=1, minutes=59))
    with pytest.raises(errors.SignedOut):
        who(database, token, NOW + timedelta(hours=2))


def test_a_session_ends_after_twelve_hours_however_busy(database: Database) -> None:
    token = opened(database, added(database))
    for hour in range(1, 12):
        with database.writing() as session:
            service.seen(session, token=token, now=NOW + timedelta(hours=hour))
    who(database, token, NOW + timedelta(hours=11, minutes=59))
    with pytest.raises(errors.SignedOut):
        who(database, token, NOW + timedelta(hours=12))


def test_signing_in_again_ends_the_session_that_the_browser_brought(database: Database) -> None:
    password = added(database)
    old = opened(database, password)
    with database.writing() as session:
        verified = service.verify(session, login="sunja", password=password)
        new, _ = service.sign_in(session, verified=verified, replaces=old, now=NOW)
    assert new != old
    with pytest.raises(errors.SignedOut):
        who(database, old, NOW)
    assert who(database, new, NOW).login == "sunja"


def test_a_reset_signs_out_everywhere_and_asks_for_a_new_password(database: Database) -> None:
    first = added(database)
    tokens = [opened(database, first), opened(database, first)]
    with database.writing() as session:
        second = service.reset(session, login="sunja", now=NOW)
    for token in tokens:
        with pytest.raises(errors.SignedOut):
            who(database, token, NOW)
    assert who(database, opened(database, second), NOW).must_change
    with database.reading() as session, pytest.raises(errors.WrongPassword):
        service.verify(session, login="sunja", password=first)


def test_resetting_an_unknown_login_is_an_error(database: Database) -> None:
    with pytest.raises(errors.UnknownAccount), database.writing() as session:
        service.reset(session, login="nobody", now=NOW)


def test_changing_the_password_ends_every_other_session(database: Database) -> None:
    first = added(database)
    old = opened(database, first)
    with database.writing() as session:
        verified = service.verify(session, login="sunja", password=first)
        new, _ = service.change_password(
            session, verified=verified, current=first, new=NEW, now=NOW
        )
    assert not who(database, new, NOW).must_change
    with pytest.raises(errors.SignedOut):
        who(database, old, NOW)


@pytest.mark.parametrize(
    ("new", "rule"),
    [
        ("short", "short"),
        ("x" * 300, "long"),
        ("the-present-one", "same"),
        ("my name is SUNJA", "guessable"),
        ("aaaaaaaaaaaaaaa", "guessable"),
    ],
)
def test_a_weak_new_password_is_refused_with_its_rule(new: str, rule: str) -> None:
    with pytest.raises(errors.WeakPassword) as caught:
        service.check_password(new, login="sunja", current="the-present-one")
    assert caught.value.wording == f"staff.error_password_{rule}"


@pytest.mark.parametrize("login", ["sunja", "nobody"])
def test_the_sixth_attempt_for_a_login_in_a_quarter_hour_waits(
    database: Database, login: str
) -> None:
    added(database)
    for number in range(5):
        attempt(database, login, f"192.0.2.{number}", NOW + timedelta(minutes=number))
    with pytest.raises(errors.TooManyAttempts) as caught:
        attempt(database, login, "192.0.2.99", NOW + timedelta(minutes=5))
    assert caught.value.seconds == 10 * 60
    attempt(database, login, "192.0.2.99", NOW + timedelta(minutes=15, seconds=1))


def test_the_sixth_attempt_from_an_address_waits_whatever_the_login(database: Database) -> None:
    for number in range(5):
        attempt(database, f"login{number}", "192.0.2.1")
    with pytest.raises(errors.TooManyAttempts):
        attempt(database, "another", "192.0.2.1")
    attempt(database, "another", "192.0.2.2")


def test_signing_in_forgets_the_failures_of_that_login_only(database: Database) -> None:
    password = added(database)
    attempt(database, "sunja", "192.0.2.1")
    attempt(database, "other", "192.0.2.1")
    opened(database, password)
    with database.reading() as session:
        assert [row.login for row in session.query(SignInAttempt)] == ["other"]


def test_what_has_expired_is_deleted(database: Database) -> None:
    token = opened(database, added(database))
    attempt(database, "sunja", "192.0.2.1")
    with database.writing() as session:
        service.purge_expired(session, now=NOW + timedelta(hours=13))
        assert session.query(StaffSession).count() == 0
        assert session.query(SignInAttempt).count() == 0
    with pytest.raises(errors.SignedOut):
        who(database, token, NOW)


def test_signing_in_is_in_the_audit_log(database: Database) -> None:
    opened(database, added(database))
    with database.reading() as session:
        event = session.query(AuditEvent).one()
    assert (event.login, event.what) == ("sunja", "sign_in")


def test_a_closed_account_loses_its_sessions(database: Database) -> None:
    token = opened(database, added(database))
    with database.writing() as session:
        service.deactivate(session, login="sunja", now=NOW)
    with pytest.raises(errors.SignedOut):
        who(database, token, NOW)


def test_a_session_cannot_be_opened_for_an_account_that_is_gone(database: Database) -> None:
    with pytest.raises(NoResultFound), database.writing() as session:
        service.sign_in(session, verified=Verified(99, "x", None), replaces=None, now=NOW)
