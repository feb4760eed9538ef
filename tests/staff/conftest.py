"""A small application with the staff pages, and a browser that signs in to it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from cryptography.fernet import Fernet
from fastapi import FastAPI
from fastapi.testclient import TestClient

from bot.attachments.preparing import Limits, Photos
from bot.attachments.store import Store
from bot.conversations.desk import Desk
from bot.conversations.hub import Hub
from bot.database import Database
from bot.paths import POLICY
from bot.privacy.masking import Masker, default_masker
from bot.privacy.vault import Cipher
from bot.settings import Settings
from bot.staff import service
from bot.staff.routes import router
from bot.tickets.forms import forms
from bot.tickets.routing import Routing
from bot.wording import Wording
from tests.staff.office import Browser, Office


@pytest.fixture(autouse=True)
def quick_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Argon2 with the least work, so that hundreds of sign-ins take seconds."""
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(service, "_HASHER", quick)
    service.nobodys_hash.cache_clear()


@pytest.fixture(scope="session")
def masker() -> Masker:
    return default_masker()


@pytest.fixture
def cipher() -> Cipher:
    return Cipher(Fernet.generate_key().decode())


@pytest.fixture
def office(database: Database, masker: Masker, cipher: Cipher) -> Office:
    return Office(database, masker, cipher)


@pytest.fixture
def app(office: Office, tmp_path: Path) -> FastAPI:
    app = FastAPI()
    app.state.database = office.database
    app.state.settings = Settings(development=True, trusted_proxies="")
    app.state.wording = Wording.load()
    app.state.cipher = office.cipher
    app.state.masker = office.masker
    app.state.notify = office.notified.append
    app.state.hub = Hub()
    app.state.forms = forms()
    app.state.desk = Desk(
        cipher=office.cipher, forms=forms(), routing=Routing.load(POLICY / "routing.yml")
    )
    app.state.photos = Photos(store=Store(tmp_path / "photos"), limits=Limits(), scanner=None)
    app.include_router(router)
    return app


@pytest.fixture
def browser(app: FastAPI) -> Iterator[Browser]:
    with TestClient(app, follow_redirects=False) as client:
        yield Browser(client)


@pytest.fixture
def signed_in(office: Office, browser: Browser) -> Browser:
    """A browser in which the counsellor `sunja` is signed in."""
    office.account()
    assert browser.sign_in().status_code == 303
    return browser
