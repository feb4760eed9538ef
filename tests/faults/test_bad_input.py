"""Bad input: a clear answer or a 4xx with a sentence, and the conversation goes on."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.support.citizen import Citizen
from tests.support.service import Service

PROBLEM = "application/problem+json"
HARMLESS = {
    "only emoji": "😀👍🏽❤️‍🔥",
    "a NUL inside": "여권\x00 수수료 얼마예요?",
    "restart": "/restart",
    "restart after blanks": " \u200b\t/restart",
    "an intent": '/intent{"x":1}',
    "a topic's intent": "/pet_export",
    "session start": "/session_start",
    "a slot": '/inform{"report": {"outcome": "sent"}}',
    "HTML": "<script>alert(1)</script><b>여권</b>",
    "SQL": "'; DROP TABLE messages; --",
    "template": "{{7*7}} ${jndi:ldap://x} $receipt %s {0}",
    "right to left": "\u202eabc\u202c 안녕",
    "conjoining jamo": "여권",
    "combining marks": "안" + "\u0301" * 300,
    "a very long word": "가" * 2000,
    "one letter": "ㅁ",
    "digits": "1234567890" * 20,
    "line ends": "안녕\r\n\n\n하세요",
}
REFUSED: dict[str, tuple[Any, int]] = {
    "empty": ({"text": ""}, 422),
    "blank": ({"text": " \n\t\u3000"}, 422),
    "only unseen characters": ({"text": "\u200b\u2060\x00\ufeff"}, 422),
    "10,000 characters": ({"text": "가" * 10_000}, 413),
    "2,001 characters": ({"text": "가" * 2_001}, 413),
    "no text at all": ({}, 422),
    "both": ({"text": "안녕", "payload": "x"}, 422),
    "a number": ({"text": 5}, 422),
    "a list": ({"text": ["안녕"]}, 422),
    "not an object": (["안녕"], 422),
    "null": (None, 422),
    "an unknown button": ({"payload": "AAAAAAAAAAAAAAAA"}, 422),
    "a command as button": ({"payload": "/restart"}, 422),
    "an empty button": ({"payload": ""}, 422),
    "a NUL in a button": ({"payload": "a\x00b"}, 422),
    "a long button": ({"payload": "a" * 1000}, 422),
    "an empty client id": ({"text": "안녕", "client_id": ""}, 422),
    "a long client id": ({"text": "안녕", "client_id": "a" * 65}, 422),
    "a NUL in a client id": ({"text": "안녕", "client_id": "a\x00b"}, 422),
}
RAW = {
    "lone surrogate": b'{"text": "\\ud800 \xec\x95\x88\xeb\x85\x95"}',
    "only lone surrogates": b'{"text": "\\udfff\\ud800"}',
    "lone surrogate as client id": b'{"text": "a", "client_id": "\\ud800"}',
    "lone surrogate as button": b'{"payload": "\\ud800"}',
    "half a UTF-8 sequence": b'{"text": "\xec\x95"}',
    "no JSON": b"hello",
    "half a JSON": b'{"text": "hel',
    "nothing": b"",
    "NaN": b'{"text": NaN}',
    "deep JSON": b'{"text": ' + b"[" * 5000 + b"]" * 5000 + b"}",
    "a byte order mark": b'\xef\xbb\xbf{"text": "hello"}',
}


def assert_problem(response: httpx.Response, status: int | None = None) -> None:
    """A 4xx of RFC 9457 whose members agree, with a sentence in plain Korean."""
    assert 400 <= response.status_code < 500, response.text
    if status is not None:
        assert response.status_code == status
    assert response.headers["content-type"] == PROBLEM
    body = response.json()
    assert body["status"] == response.status_code
    assert body["type"].startswith("urn:ilsa:")
    assert any("가" <= char <= "힣" for char in body["detail"])


def goes_on(citizen: Citizen) -> None:
    """The conversation still answers."""
    assert citizen.says("여권 수수료 얼마예요?").topic == "passport_issue"


@pytest.mark.parametrize("name", HARMLESS)
def test_odd_text_gets_an_answer(citizen: Citizen, name: str) -> None:
    answer = citizen.says(HARMLESS[name])
    assert answer.messages and answer.text.strip()
    goes_on(citizen)


@pytest.mark.parametrize("text", ["/restart", '/intent{"x":1}', "/pet_export", " \u200b/greet"])
def test_a_command_is_no_command_to_rasa(citizen: Citizen, service: Service, text: str) -> None:
    citizen.says("도로 파손 신고할게요")
    citizen.says(text)
    response = httpx.get(
        f"{service.rasa_url}/conversations/{citizen.id}/tracker",
        params={"token": service.settings.rasa_api_token(), "include_events": "ALL"},
        trust_env=False,
    )
    events = response.json()["events"]
    kinds = [event["event"] for event in events]
    assert "restart" not in kinds and kinds.count("session_started") == 1
    heard = [event for event in events if event["event"] == "user"]
    assert len(heard) == 2
    # What Rasa takes for a command gets an intent without passing the pipeline.
    assert heard[1]["parse_data"]["rule"]
    assert "／" in heard[1]["text"]


def test_html_comes_back_as_plain_text(citizen: Citizen) -> None:
    text = "<img src=x onerror=alert(1)>"
    citizen.says(text)
    response = citizen.client.get(f"{citizen.path}/messages", headers=citizen.headers)
    assert response.headers["content-type"].startswith("application/json")
    assert text in [message["text"] for message in response.json()["messages"]]


@pytest.mark.parametrize("name", REFUSED)
def test_a_body_that_is_no_message_is_refused_with_a_sentence(citizen: Citizen, name: str) -> None:
    body, status = REFUSED[name]
    response = citizen.client.post(
        f"{citizen.path}/messages", content=json.dumps(body), headers=_json(citizen)
    )
    assert_problem(response, status)
    goes_on(citizen)


@pytest.mark.parametrize("name", RAW)
def test_broken_bytes_never_break_the_service(citizen: Citizen, name: str) -> None:
    response = citizen.client.post(
        f"{citizen.path}/messages", content=RAW[name], headers=_json(citizen)
    )
    if response.status_code != 200:
        assert_problem(response)
    goes_on(citizen)


def test_a_huge_body_is_refused_before_it_is_read(citizen: Citizen) -> None:
    huge = json.dumps({"text": "가" * 200_000})
    response = citizen.client.post(f"{citizen.path}/messages", content=huge, headers=_json(citizen))
    assert_problem(response, 413)
    assert response.json()["type"] == "urn:ilsa:body_too_large"
    goes_on(citizen)


def test_a_body_that_is_no_json_by_its_type_is_refused(citizen: Citizen) -> None:
    response = citizen.client.post(
        f"{citizen.path}/messages", data={"text": "안녕"}, headers=citizen.headers
    )
    assert_problem(response, 422)


def test_fifty_messages_in_a_second_all_get_an_answer(citizen: Citizen) -> None:
    def send(number: int) -> httpx.Response:
        return citizen.client.post(
            f"{citizen.path}/messages",
            json={"text": f"여권 수수료 얼마예요? {number}"},
            headers=citizen.headers,
        )

    with ThreadPoolExecutor(50) as pool:
        responses = list(pool.map(send, range(50)))
    for response in responses:
        if response.status_code != 200:
            assert_problem(response, 429)
    assert sum(response.status_code == 200 for response in responses) >= 30
    goes_on(citizen)


def test_more_messages_than_a_minute_allows_are_refused_kindly(
    citizen: Citizen, service: Service
) -> None:
    statuses = []
    for _ in range(service.settings.messages_per_minute + 5):
        # Empty texts are refused before they count; greetings cost the least.
        statuses.append(citizen.send(text="안녕하세요").status)
        if statuses[-1] == 429:
            break
    assert statuses[-1] == 429
    assert citizen.last.body["type"] == "urn:ilsa:too_many_messages"
    assert citizen.last.body["detail"]


@pytest.mark.parametrize("authorization", [None, "", "Bearer", "Basic abc", "token"])
def test_without_a_token_nothing_is_told(citizen: Citizen, authorization: str | None) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    for method, path in _calls(citizen.id):
        response = citizen.client.request(method, path, headers=headers, json={"text": "안녕"})
        assert_problem(response, 401)
        assert response.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("token", ["wrong", "가".encode(), "x" * 5000])
def test_a_wrong_token_finds_nothing(citizen: Citizen, token: str | bytes) -> None:
    value = b"Bearer " + (token if isinstance(token, bytes) else token.encode())
    for method, path in _calls(citizen.id):
        response = citizen.client.request(
            method, path, headers={b"Authorization": value}, json={"text": "안녕"}
        )
        assert_problem(response, 404)
    goes_on(citizen)


def test_anothers_conversation_looks_like_none(client: httpx.Client) -> None:
    mine, theirs = Citizen(client), Citizen(client)
    theirs.says("제 비밀은 이것이에요")
    for method, path in _calls(theirs.id):
        foreign = client.request(method, path, headers=mine.headers, json={"text": "안녕"})
        assert_problem(foreign, 404)
        assert "비밀" not in foreign.text
        none = client.request(
            method,
            path.replace(theirs.id, "00000000-0000-0000-0000-000000000000"),
            headers=mine.headers,
            json={"text": "안녕"},
        )
        assert none.json() == foreign.json()
    goes_on(theirs)


def test_anothers_button_is_refused(client: httpx.Client) -> None:
    mine, theirs = Citizen(client), Citizen(client)
    payload = next(iter(theirs.last.buttons.values()))
    refused = mine.send(payload=payload)
    assert refused.status == 422
    assert refused.body["type"] == "urn:ilsa:unknown_button"
    goes_on(mine)


@pytest.mark.parametrize(
    "conversation", ["x", "a%00b", "..%2f..", "%ff%fe", "0" * 5000, "%F0%9F%98%80"]
)
def test_an_odd_conversation_is_not_found(citizen: Citizen, conversation: str) -> None:
    response = citizen.client.get(
        f"/api/conversations/{conversation}/messages", headers=citizen.headers
    )
    assert_problem(response, 404)


@pytest.mark.parametrize("after", ["-1", "x", "9" * 30, "1.5", "%00", ""])
def test_an_odd_number_to_read_from_is_refused(citizen: Citizen, after: str) -> None:
    response = citizen.client.get(f"{citizen.path}/messages?after={after}", headers=citizen.headers)
    assert_problem(response, 422)


@pytest.mark.parametrize("last", ["x", "-1", "9" * 30, "9" * 5000, "²"])
def test_an_odd_last_event_id_does_no_harm(citizen: Citizen, last: str) -> None:
    headers = {**citizen.headers, "Last-Event-ID": last.encode()}
    with citizen.client.stream("GET", f"{citizen.path}/events", headers=headers) as response:
        assert response.status_code == 200
        lines = response.iter_lines()
        assert any(line.startswith("event:") for line in lines)


@pytest.mark.parametrize("body", [{"language": "fr"}, {"language": 1}, [], None])
def test_an_odd_new_conversation_is_refused(client: httpx.Client, body: Any) -> None:
    assert_problem(client.post("/api/conversations", content=json.dumps(body)), 422)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/api/nothing", 404), ("GET", "/api/conversations", 405), ("PUT", "/", 405)],
)
def test_an_address_that_is_none_says_so(
    client: httpx.Client, method: str, path: str, status: int
) -> None:
    assert_problem(client.request(method, path), status)


def test_errors_come_in_english_where_it_is_preferred(citizen: Citizen) -> None:
    response = citizen.client.post(
        f"{citizen.path}/messages",
        json={"text": ""},
        headers={**citizen.headers, "Accept-Language": "en-GB,en;q=0.9"},
    )
    assert response.json()["detail"] == "Please write something."


def _json(citizen: Citizen) -> dict[str, str]:
    return {**citizen.headers, "Content-Type": "application/json"}


def _calls(conversation_id: str) -> list[tuple[str, str]]:
    path = f"/api/conversations/{conversation_id}"
    return [
        ("POST", f"{path}/messages"),
        ("POST", f"{path}/photos"),
        ("GET", f"{path}/code"),
        ("GET", f"{path}/messages"),
        ("GET", f"{path}/events"),
        ("DELETE", path),
    ]
