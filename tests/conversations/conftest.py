"""A citizen at the running service."""

import httpx
import pytest

from tests.support.citizen import Citizen
from tests.support.service import Service


@pytest.fixture(scope="session")
def client(service: Service) -> httpx.Client:
    """An HTTP client of the application."""
    return service.client()


@pytest.fixture
def citizen(client: httpx.Client) -> Citizen:
    """A citizen who has just opened a conversation."""
    return Citizen(client)
