"""The door of every messenger: who is refused, with which status, and that nothing is stored."""

import json
from dataclasses import replace

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr
from sqlalchemy import func, select

from bot.channels import registry
from bot.channels.http import client as http_client
from bot.channels.http import is_allowed
from bot.conversations.models import Message
from bot.settings import Settings
from bot.web.app import create_app
from bot.web.parts import Parts
from tests.support import line, telegram

HEADERS = {
    "line": lambda content: line.headers(content),
    "telegram": lambda content: telegram.HEADERS,
}
DEEP = b"[" * 100_000


def nothing_is_stored(parts: Parts) -> bool:
    with parts.database.reading() as session:
        return session.scalar(select(func.count()).select_from(Message)) == 0


@pytest.mark.parametrize("name", sorted(HEADERS))
@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[]", b'"x"', b"{}", DEEP[:60_000]])
def test_malformed_bodies_are_told_so(
    client: TestClient, parts: Parts, name: str, content: bytes
) -> None:
    answer = client.post(
        f"/channels/{name}/webhook", content=content, headers=HEADERS[name](content)
    )
    assert answer.status_code == 400
    assert nothing_is_stored(parts)


@pytest.mark.parametrize("name", sorted(HEADERS))
def test_five_megabytes_are_refused(client: TestClient, parts: Parts, name: str) -> None:
    content = b'{"x": "' + b"a" * 5_000_000 + b'"}'
    answer = client.post(
        f"/channels/{name}/webhook", content=content, headers=HEADERS[name](content)
    )
    assert answer.status_code == 413
    assert nothing_is_stored(parts)


@pytest.mark.parametrize("name", sorted(HEADERS))
def test_a_stranger_is_refused(client: TestClient, parts: Parts, name: str) -> None:
    content = line.body(line.text("안녕")) if name == "line" else telegram.body(telegram.message())
    for headers in ({}, {"X-Line-Signature": "x", telegram.SECRET_HEADER: "x"}):
        answer = client.post(f"/channels/{name}/webhook", content=content, headers=headers)
        assert answer.status_code in (401, 403)
        assert answer.content == b""
    assert nothing_is_stored(parts)


@pytest.mark.parametrize("path", ["/channels/kakao/webhook", "/channels/x/webhook", "/channels"])
def test_what_is_not_set_up_is_not_there(client: TestClient, path: str) -> None:
    assert client.post(path, content=b"{}").status_code == 404
    assert client.get(path).status_code == 404


def test_a_platform_that_asks_by_get_only_where_it_does(client: TestClient) -> None:
    assert client.get("/channels/line/webhook").status_code == 405


def test_unknown_fields_are_tolerated(client: TestClient) -> None:
    event = {**line.text("안녕하세요"), "newField": {"deep": [1, 2]}}
    content = json.dumps({"destination": "U", "events": [event], "more": 1}).encode()
    answer = client.post("/channels/line/webhook", content=content, headers=line.headers(content))
    assert answer.status_code == 200


def test_a_replayed_body_changes_nothing(client: TestClient, parts: Parts) -> None:
    old = line.text("안녕하세요", timestamp=1_000_000)
    content = line.body(old)
    for _ in range(3):
        client.post("/channels/line/webhook", content=content, headers=line.headers(content))
    with parts.database.reading() as session:
        mine = select(func.count()).select_from(Message).where(Message.sender == "citizen")
        assert session.scalar(mine) == 1


def test_every_channel_says_what_it_lacks() -> None:
    bare = Settings(_env_file=None)  # type: ignore[call-arg]
    for name, channel in registry.make_all(bare, http_client()).items():
        lacks = registry.missing(channel, bare)
        assert lacks, name
        assert set(lacks) <= {field.upper() for field in Settings.model_fields}, name


def test_in_production_no_channel_is_on_without_its_key(parts: Parts) -> None:
    production = parts.settings.model_copy(update={"development": False})
    channels = registry.make_all(production, http_client())
    assert registry.missing(channels["line"], production) == ["CHANNEL_KEY"]
    complete = production.model_copy(update={"channel_key": SecretStr("k")})
    assert registry.missing(channels["line"], complete) == []


def test_without_any_channel_the_application_needs_no_key(parts: Parts) -> None:
    changes = {"line_access_token": SecretStr(""), "telegram_token": SecretStr("")}
    off = parts.settings.model_copy(update=changes)
    app = create_app(replace(parts, settings=off))
    assert app.state.channels.on == {}
    assert not (parts.settings.var_dir / "keys" / "channel_key").exists()


@pytest.mark.parametrize(
    "url",
    [
        "https://cdn.example/x",
        "https://a.cdn.example/x?y",
        "https://CDN.example:443/x",
    ],
)
def test_an_allowed_host_is_allowed(url: str) -> None:
    assert is_allowed(url, ["cdn.example"])


@pytest.mark.parametrize(
    "url",
    [
        "http://cdn.example/x",
        "https://evilcdn.example/x",
        "https://cdn.example.evil.example/x",
        "https://cdn.example@evil.example/x",
        "https://user:pw@cdn.example/x",
        "https://cdn.example:8443/x",
        "https://127.0.0.1/x",
        "https://[::1]/x",
        "file:///etc/passwd",
        "//cdn.example/x",
        "https://cdn.example:x/",
        "",
    ],
)
def test_no_other_host_is(url: str) -> None:
    assert not is_allowed(url, ["cdn.example"])
