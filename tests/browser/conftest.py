"""A real browser for the tests of the pages."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.support.browser import CHROMIUM
from tests.support.host import Host, hosting
from tests.support.ports import free_ports
from tests.support.web import Web, running


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Playwright's own Chromium, or the system's."""
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=CHROMIUM
        )
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def host() -> Iterator[Host]:
    """Another site, whose pages embed the widget."""
    with hosting(free_ports(1)[0]) as site:
        yield site


@pytest.fixture(scope="session")
def web(tmp_path_factory: pytest.TempPathFactory, host: Host) -> Iterator[Web]:
    """The real application over a stand-in for Rasa; `host` may embed its widget."""
    with running(tmp_path_factory.mktemp("web"), allowed_origins=host.url) as started:
        yield started
