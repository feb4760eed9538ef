"""The platforms' limits, written down from their own tables and not from our capabilities.

Each function takes what we would send and fails with a sentence where a limit is broken.
"""

import json
from typing import Any
from urllib.parse import urlsplit


def units(text: str) -> int:
    """UTF-16 units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _text(value: Any, most: int, what: str) -> None:
    assert isinstance(value, str) and value.strip(), f"{what} is empty"
    assert units(value) <= most, f"{what} has {units(value)} units, {most} are allowed"


def _web(url: Any) -> None:
    assert urlsplit(url).scheme in ("http", "https"), f"{url!r} is no web address"


# KakaoTalk: answer_json_format of the skill guide; 30 KB by the customer centre


def check_skill_reply(body: Any) -> None:
    """A skill reply of version 2.0."""
    assert body["version"] == "2.0"
    assert set(body) <= {"version", "template", "context", "data"}
    template = body["template"]
    assert set(template) <= {"outputs", "quickReplies"}
    assert 1 <= len(template["outputs"]) <= 3, f"{len(template['outputs'])} outputs"
    for output in template["outputs"]:
        _check_output(output)
    quick = template.get("quickReplies", [])
    assert len(quick) <= 10, f"{len(quick)} quick replies"
    for reply in quick:
        assert reply["action"] in ("message", "block")
        _check_pressed(reply)
    size = len(json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass"))
    assert size <= 30 * 1024, f"{size} bytes"


def _check_output(output: dict[str, Any]) -> None:
    (kind, content), *others = output.items()
    assert not others, "an output is one thing"
    if kind == "simpleText":
        _text(content["text"], 1000, "simpleText")
    elif kind == "simpleImage":
        _web(content["imageUrl"])
        _text(content["altText"], 50, "altText")
    else:
        assert kind == "textCard", kind
        _check_card(content)


def _check_card(card: dict[str, Any]) -> None:
    title, description = card.get("title", ""), card.get("description", "")
    assert title or description, "a card needs one of the two"
    assert units(title) <= 50
    assert units(title) + units(description) <= 400, "title and description"
    assert 1 <= len(card["buttons"]) <= 3, f"{len(card['buttons'])} buttons"
    for button in card["buttons"]:
        if button["action"] == "webLink":
            _text(button["label"], 14, "label")
            _web(button["webLinkUrl"])
        elif button["action"] == "phone":
            assert button["phoneNumber"]
        elif button["action"] == "operator":
            _text(button["label"], 14, "label")
        else:
            _check_pressed(button)


def _check_pressed(button: dict[str, Any]) -> None:
    _text(button["label"], 14, "label")
    assert button["action"] == "message", "no block is named"
    assert button["messageText"].strip()
    assert isinstance(button["extra"], dict) and button["extra"]


# Naver TalkTalk: README of the chatbot API


def check_talk_event(body: Any) -> None:
    """An event for the Send API."""
    json.dumps(body)
    assert body["event"] in ("send", "action", "handover")
    if body["event"] != "send":
        return
    contents = [name for name in body if name.endswith("Content")]
    assert len(contents) == 1, f"{contents}: one content an event"
    content = body[contents[0]]
    if contents[0] == "textContent":
        _text(content["text"], 10_000, "text")
    elif contents[0] == "imageContent":
        assert urlsplit(content["imageUrl"]).port in (None, 80, 443)
        _web(content["imageUrl"])
    else:
        assert contents[0] == "compositeContent", contents
        assert 1 <= len(content["compositeList"]) <= 10
        for composite in content["compositeList"]:
            _check_composite(composite)
    for button in content.get("quickReply", {}).get("buttonList", []):
        assert button["type"] in ("TEXT", "LINK", "PAY")
        _check_talk_button(button, 10)


def _check_composite(composite: dict[str, Any]) -> None:
    elements = {"title", "description", "image", "elementList", "buttonList"} & set(composite)
    assert {"title", "description", "elementList"} & elements
    assert len(elements) >= 2, "a composite needs two elements"
    if "title" in composite:
        _text(composite["title"], 200, "title")
    if "description" in composite:
        _text(composite["description"], 1000, "description")
    assert 1 <= len(composite["buttonList"]) <= 10
    for button in composite["buttonList"]:
        _check_talk_button(button, 18)


def _check_talk_button(button: dict[str, Any], most: int) -> None:
    data = button["data"]
    _text(data["title"], most, "title")
    if button["type"] == "LINK":
        _web(data["url"])
        _web(data["mobileUrl"])
    else:
        assert button["type"] == "TEXT"
        _text(data["code"], 1000, "code")


# Messenger: Send API and templates


def check_graph_message(body: Any) -> None:
    """A message for the Send API."""
    if body.get("sender_action"):
        assert body["sender_action"] == "typing_on"
        return
    message = body["message"]
    assert set(message) <= {"text", "attachment", "quick_replies"}
    assert ("text" in message) != ("attachment" in message), "a text or an attachment"
    if "text" in message:
        _text(message["text"], 2000, "text")
    elif message["attachment"]["type"] == "image":
        _web(message["attachment"]["payload"]["url"])
    else:
        _check_template(message["attachment"])
    quick = message.get("quick_replies")
    assert quick is None or 1 <= len(quick) <= 13, f"{len(quick)} quick replies"
    for reply in quick or ():
        assert reply["content_type"] == "text"
        _text(reply["title"], 20, "title")
        _text(reply["payload"], 1000, "payload")


def _check_template(attachment: dict[str, Any]) -> None:
    assert attachment["type"] == "template"
    payload = attachment["payload"]
    assert payload["template_type"] == "button"
    _text(payload["text"], 640, "template text")
    assert 1 <= len(payload["buttons"]) <= 3, f"{len(payload['buttons'])} buttons"
    for button in payload["buttons"]:
        _text(button["title"], 20, "title")
        if button["type"] == "web_url":
            _web(button["url"])
        elif button["type"] == "phone_number":
            assert button["payload"]
        else:
            assert button["type"] == "postback"
            _text(button["payload"], 1000, "payload")
