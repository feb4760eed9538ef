"""Photos and places through the citizen API, on the real application."""

import time
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient

from bot.attachments import service as attachments
from bot.conversations import service as conversations
from bot.conversations.models import Conversation, Message
from bot.database import utc_now
from bot.web.parts import Parts
from tests.support import photos
from tests.support.citizen import Citizen, words
from tests.support.rasa import HeardRasa

NAME = ("photo.jpg", "image/jpeg")


@pytest.fixture
def citizen(client: TestClient) -> Citizen:
    return Citizen(client)


def send(
    citizen: Citizen, data: bytes, name: str = "photo.jpg", kind: str = "image/jpeg", **form: str
) -> httpx.Response:
    return citizen.client.post(
        f"{citizen.path}/photos",
        files={"photo": (name, data, kind)},
        data=form,
        headers=citizen.headers,
    )


def sent(citizen: Citizen, data: bytes = b"", **form: str) -> dict[str, Any]:
    """Send a photo that must be taken; the citizen's own message with it."""
    answer = send(citizen, data or photos.from_a_phone(), **form)
    assert answer.status_code == 200, answer.text
    return mine(citizen)[-1]


def mine(citizen: Citizen) -> list[dict[str, Any]]:
    return [each for each in citizen.conversation()["messages"] if each["sender"] == "citizen"]


def stored(parts: Parts) -> list[str]:
    folder = parts.settings.var_dir / "attachments"
    return sorted(each.name for each in folder.rglob("*") if each.is_file())


def refused(response: httpx.Response, status: int, key: str, **values: str) -> None:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["detail"] == words(key, **values)


def test_a_photo_is_answered_and_stands_in_the_talk(citizen: Citizen, rasa: HeardRasa) -> None:
    answer = send(citizen, photos.from_a_phone())
    assert answer.status_code == 200
    assert not answer.json()["pending"]
    assert [each["text"] for each in answer.json()["messages"]] == [words("say.greet")]
    message = mine(citizen)[-1]
    assert message["text"] == words("photo.sent")
    (photo,) = message["photos"]
    assert (photo["width"], photo["height"]) == (640, 480)
    press = rasa.heard[-1]["metadata"]["press"]
    assert press["control"] == "photo"
    assert press["slots"]["photo"] in photo["url"]


def test_the_talk_itself_tells_no_other_message_of_photos(citizen: Citizen) -> None:
    sent(citizen)
    others = [each for each in citizen.conversation()["messages"] if each["sender"] == "bot"]
    assert others and all(each["photos"] == [] for each in others)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF"])
def test_a_photo_is_shown_bare_by_its_link(citizen: Citizen, kind: str) -> None:
    url = sent(citizen, photos.from_a_phone(kind))["photos"][0]["url"]
    shown = citizen.client.get(url)
    assert shown.status_code == 200
    assert shown.headers["content-type"] == f"image/{'jpeg' if kind == 'HEIF' else kind.lower()}"
    assert photos.MAKER.encode() not in shown.content
    assert not photos.opened(shown.content).getexif()
    assert shown.headers["x-content-type-options"] == "nosniff"
    assert shown.headers["content-disposition"] == "inline"
    assert "sandbox" in shown.headers["content-security-policy"]
    assert shown.headers["cache-control"].startswith("private")


def test_the_token_opens_a_photo_too(citizen: Citizen) -> None:
    path = sent(citizen)["photos"][0]["url"].partition("?")[0]
    assert citizen.client.get(path, headers=citizen.headers).status_code == 200
    assert citizen.client.get(path).status_code == 401


def test_anothers_photo_is_not_found(client: TestClient, citizen: Citizen) -> None:
    url = sent(citizen)["photos"][0]["url"]
    path, _, query = url.partition("?")
    other = Citizen(client)
    moved = path.replace(citizen.id, other.id)
    refused(client.get(moved, headers=other.headers), 404, "photo.gone")
    refused(client.get(f"{moved}?{query}"), 404, "photo.gone")
    assert client.get(path, headers=other.headers).status_code == 404


@pytest.mark.parametrize(
    "change", [("signature=", "signature=A"), ("until=1", "until=9"), ("/photos/", "/photos/x")]
)
def test_a_changed_link_opens_nothing(citizen: Citizen, change: tuple[str, str]) -> None:
    url = sent(citizen)["photos"][0]["url"].replace(*change)
    assert citizen.client.get(url).status_code == 404


def test_a_link_ends(citizen: Citizen, parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    from datetime import timedelta

    from bot.web import photos as routes

    url = sent(citizen)["photos"][0]["url"]
    monkeypatch.setattr(routes, "utc_now", lambda: utc_now() + timedelta(hours=2))
    refused(citizen.client.get(url), 404, "photo.gone")


@pytest.mark.parametrize("query", ["until=x&signature=a", "until=-1&signature=a"])
def test_an_odd_link_is_refused(citizen: Citizen, query: str) -> None:
    path = sent(citizen)["photos"][0]["url"].partition("?")[0]
    assert citizen.client.get(f"{path}?{query}").status_code == 422


def test_the_same_photo_sent_again_is_answered_once(
    citizen: Citizen, parts: Parts, rasa: HeardRasa
) -> None:
    first = send(citizen, photos.from_a_phone(), client_id="p1")
    again = send(citizen, photos.from_a_phone(), client_id="p1")
    assert first.json() == again.json()
    assert len(mine(citizen)) == len(stored(parts)) == len(rasa.heard) == 1
    sent(citizen, client_id="p2")
    assert len(stored(parts)) == 2


@pytest.mark.parametrize("client_id", ["", "a" * 65, "a\0b"])
def test_an_odd_client_id_is_refused(citizen: Citizen, parts: Parts, client_id: str) -> None:
    refused(send(citizen, photos.file(), client_id=client_id), 422, "error.unreadable")
    assert stored(parts) == []


NO_PHOTOS = {
    "a zip named .jpg": (photos.zip_file(), 415, "photo.not_a_photo"),
    "an SVG": (b"<svg onload='alert(1)'/>", 415, "photo.not_a_photo"),
    "a GIF that is HTML": (b"GIF89a<script>alert(1)</script>", 415, "photo.not_a_photo"),
    "a PDF": (b"%PDF-1.7", 415, "photo.not_a_photo"),
    "a decompression bomb": (photos.bomb(), 422, "photo.unsafe"),
    "half a photo": (photos.file()[:2000], 422, "photo.unsafe"),
    "an empty file": (b"", 422, "photo.missing"),
}


@pytest.mark.parametrize("name", NO_PHOTOS)
def test_what_is_no_photo_gets_a_sentence_and_the_talk_goes_on(
    citizen: Citizen, parts: Parts, name: str
) -> None:
    data, status, key = NO_PHOTOS[name]
    refused(send(citizen, data), status, key)
    assert stored(parts) == [] and mine(citizen) == []
    assert citizen.says("안녕하세요").says("say.greet")


def test_40_mb_are_refused_while_they_are_read(citizen: Citizen, parts: Parts) -> None:
    read = 0

    def body() -> Any:
        nonlocal read
        yield (
            b'--b\r\nContent-Disposition: form-data; name="photo"; filename="a.jpg"\r\n\r\n'
            + photos.file()
        )
        for _ in range(40):
            read += 1
            yield b"\0" * 1_000_000
        yield b"\r\n--b--\r\n"

    headers = {**citizen.headers, "Content-Type": "multipart/form-data; boundary=b"}
    response = citizen.client.post(f"{citizen.path}/photos", content=body(), headers=headers)
    refused(response, 413, "photo.too_large", limit="15")
    assert stored(parts) == []
    assert citizen.says("안녕하세요").says("say.greet")


def test_no_form_and_more_than_one_file_are_refused(citizen: Citizen) -> None:
    path = f"{citizen.path}/photos"
    for content, kind in (
        (photos.file(), "image/jpeg"),
        (b"{}", "application/json"),
        (b"no form at all", "multipart/form-data; boundary=b"),
        (b"", "multipart/form-data"),
    ):
        headers = {**citizen.headers, "Content-Type": kind}
        response = citizen.client.post(path, content=content, headers=headers)
        refused(response, 422, "photo.missing")
    two = [("photo", (*NAME[:1], photos.file())), ("photo", (*NAME[:1], photos.file()))]
    response = citizen.client.post(path, files=two, headers=citizen.headers)
    refused(response, 422, "photo.missing")
    response = citizen.client.post(path, data={"photo": "text"}, headers=citizen.headers)
    refused(response, 422, "photo.missing")


def test_nobody_sends_a_photo_without_the_conversations_token(
    client: TestClient, citizen: Citizen, parts: Parts
) -> None:
    files = {"photo": (*NAME[:1], photos.file())}
    path = f"{citizen.path}/photos"
    assert client.post(path, files=files).status_code == 401
    other = Citizen(client)
    assert client.post(path, files=files, headers=other.headers).status_code == 404
    assert stored(parts) == []


def test_a_conversation_may_send_so_many_photos_an_hour(citizen: Citizen, parts: Parts) -> None:
    most = parts.settings.attachment_hourly_count
    for _ in range(most):
        sent(citizen)
    refused(send(citizen, photos.file()), 429, "photo.too_many", count=str(most))
    assert len(stored(parts)) == most


def test_an_address_may_send_so_many_photos_a_minute(client: TestClient) -> None:
    from bot.web.limits import PHOTOS_PER_MINUTE

    statuses = []
    for _ in range(2):
        citizen = Citizen(client)
        statuses += [send(citizen, b"no photo").status_code for _ in range(PHOTOS_PER_MINUTE)]
    assert statuses == [415] * PHOTOS_PER_MINUTE + [429] * PHOTOS_PER_MINUTE


def test_deleting_the_conversation_deletes_its_photos(citizen: Citizen, parts: Parts) -> None:
    url = sent(citizen)["photos"][0]["url"]
    assert len(stored(parts)) == 1
    citizen.client.delete(citizen.path, headers=citizen.headers)
    assert stored(parts) == []
    assert citizen.client.get(url).status_code == 404


def test_a_photo_whose_file_is_lost_says_so(citizen: Citizen, parts: Parts) -> None:
    url = sent(citizen)["photos"][0]["url"]
    (id,) = stored(parts)
    parts.photos.store.delete(id)
    refused(citizen.client.get(url), 404, "photo.gone")


def test_photos_lie_in_no_folder_that_is_served(citizen: Citizen, parts: Parts) -> None:
    sent(citizen)
    (id,) = stored(parts)
    for path in (f"/static/{id}", f"/static/..%2fattachments/{id}", f"/attachments/{id}"):
        assert citizen.client.get(path).status_code == 404


def test_a_person_who_holds_the_talk_gets_the_photo_and_the_bot_is_silent(
    citizen: Citizen, parts: Parts, rasa: HeardRasa
) -> None:
    with parts.database.writing() as session:
        conversations.take(session, conversation_id=citizen.id, login="sunja", now=utc_now())
    answer = send(citizen, photos.file())
    assert answer.json() == {"messages": [], "pending": False}
    assert rasa.heard == []
    assert len(mine(citizen)[-1]["photos"]) == 1


def test_who_waits_for_a_person_is_told_that_the_photo_was_noted(
    citizen: Citizen, parts: Parts
) -> None:
    with parts.database.writing() as session:
        conversations.hand_over(
            session, conversation_id=citizen.id, reason="citizen_asked", now=utc_now()
        )
    answer = send(citizen, photos.file())
    assert words("handover.noted") in answer.json()["messages"][0]["text"]


def test_staff_answer_with_a_photo(citizen: Citizen, parts: Parts) -> None:
    photo = parts.photos.prepare(photos.from_a_phone())
    with parts.database.writing() as session:
        conversations.take(session, conversation_id=citizen.id, login="sunja", now=utc_now())
        for text in ("이 문이에요.", ""):
            conversations.staff_says(
                session,
                conversation_id=citizen.id,
                login="sunja",
                text=text,
                masker=parts.masker,
                now=utc_now(),
                photos=[photo],
                store=parts.photos.store,
            )
    said = [each for each in citizen.conversation()["messages"] if each["sender"] == "staff"]
    assert [each["text"] for each in said] == ["이 문이에요.", words("photo.sent")]
    for each in said:
        assert citizen.client.get(each["photos"][0]["url"]).content == photo.data


def test_a_photo_is_no_cry_for_help_and_changes_no_language(citizen: Citizen, parts: Parts) -> None:
    sent(citizen)
    with parts.database.reading() as session:
        conversation = session.get_one(Conversation, citizen.id)
        assert (conversation.alarm, conversation.language) == (None, "ko")


def test_a_failed_transaction_leaves_no_photo(
    citizen: Citizen, parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: object, **_given: object) -> None:
        raise RuntimeError("the disk of the database is full")

    monkeypatch.setattr(conversations, "_add", fail)
    with pytest.raises(RuntimeError):
        send(citizen, photos.file())
    assert stored(parts) == []


def test_two_equal_photos_at_once_are_one_message(citizen: Citizen, parts: Parts) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(4) as pool:
        answers = list(
            pool.map(lambda _: send(citizen, photos.from_a_phone(), client_id="same"), range(4))
        )
    assert {each.status_code for each in answers} == {200}
    assert len(mine(citizen)) == len(stored(parts)) == 1


# Places


def test_a_shared_place_reaches_rasa_with_its_spot(citizen: Citizen, rasa: HeardRasa) -> None:
    answer = citizen.send(location={"latitude": 33.49962, "longitude": 126.53119})
    assert answer.status == 200 and answer.says("say.greet")
    press = rasa.heard[-1]["metadata"]["press"]
    assert press["control"] == "place"
    assert press["slots"]["latitude"] == "33.499620"
    assert press["slots"]["longitude"] == "126.531190"
    name = press["slots"]["location"]
    assert mine(citizen)[-1]["text"] == words("photo.place_sent", name=name)


def test_a_place_outside_jeju_has_no_name_of_ours(citizen: Citizen, rasa: HeardRasa) -> None:
    citizen.send(location={"latitude": 35.1796, "longitude": 129.0756})
    press = rasa.heard[-1]["metadata"]["press"]
    assert press["control"] == "place" and "location" not in press["slots"]
    assert mine(citizen)[-1]["text"] == words("photo.place_sent_unnamed")


@pytest.mark.parametrize(
    "location",
    [
        {"latitude": 91, "longitude": 126},
        {"latitude": 33, "longitude": -181},
        {"latitude": 33},
        {"latitude": "north", "longitude": 126},
        {"latitude": "NaN", "longitude": 126},
        {"latitude": "Infinity", "longitude": 126},
        [33, 126],
    ],
)
def test_a_spot_that_is_none_on_earth_is_refused(citizen: Citizen, location: Any) -> None:
    assert citizen.send(location=location).status == 422
    assert citizen.send(text="여기", location={"latitude": 33, "longitude": 126}).status == 422
    assert mine(citizen) == []


def test_what_happens_to_a_photo_is_quick_enough(citizen: Citizen) -> None:
    large = photos.file("JPEG", photos.picture(4032, 3024), quality=95)
    started = time.monotonic()
    sent(citizen, large)
    assert time.monotonic() - started < 5


def test_a_photo_in_the_database_belongs_to_its_message(citizen: Citizen, parts: Parts) -> None:
    message = sent(citizen)
    with parts.database.reading() as session:
        (photo,) = attachments.of_message(session, message["id"])
        assert photo.conversation_id == citizen.id
        assert session.get_one(Message, message["id"]).press["slots"] == {"photo": photo.id}  # type: ignore[index]
