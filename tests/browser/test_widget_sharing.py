"""Photos and places that a citizen shares in the widget."""

import base64
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Geolocation, Page, Route, expect

from tests.support.browser import Chat, words
from tests.support.web import Web

JEJU = Geolocation(latitude=33.49962, longitude=126.53119)


def picture(colour: str = "teal", size: tuple[int, int] = (320, 200)) -> bytes:
    """A JPEG."""
    out = BytesIO()
    Image.new("RGB", size, colour).save(out, "JPEG")
    return out.getvalue()


@pytest.fixture
def page(browser: Browser, web: Web) -> Iterator[Page]:
    """The service's page, in a browser that may know where it is."""
    context = browser.new_context(
        locale="ko-KR", viewport={"width": 1280, "height": 900}, geolocation=JEJU
    )
    opened = context.new_page()
    opened.goto(web.url)
    yield opened
    context.close()


@pytest.fixture
def chat(page: Page) -> Chat:
    """The widget, open."""
    opened = Chat(page)
    opened.open()
    return opened


def choose(chat: Chat, *files: dict[str, object]) -> None:
    """Pick files with the photo button."""
    with chat.page.expect_file_chooser() as waiting:
        chat.root.locator(".line .tool").first.click()
    waiting.value.set_files(list(files))  # type: ignore[arg-type]


def jpeg(name: str, data: bytes | None = None) -> dict[str, object]:
    """A file to pick."""
    return {"name": name, "mimeType": "image/jpeg", "buffer": data or picture()}


def send(chat: Chat) -> None:
    """Press the send button."""
    chat.root.locator(".send").click()


def test_a_photo_is_shown_before_and_after_it_is_sent(chat: Chat) -> None:
    choose(chat, jpeg("도로.jpg"))
    chip = chat.root.locator(".chip")
    expect(chip).to_contain_text("도로.jpg")
    expect(chip.locator("canvas")).to_be_visible()
    expect(chat.citizens).to_have_count(0)
    chat.field.press("Enter")
    chat.answer()
    image = chat.citizens.locator(".photo img")
    expect(image).to_have_attribute("alt", words("widget.photo_alt"))
    expect(image).to_have_js_property("complete", True)
    assert image.evaluate("image => image.naturalWidth") == 320
    expect(chip).to_have_count(0)
    chat.page.reload()
    expect(chat.citizens.locator(".photo img")).to_have_count(1)


COLOURS = """async (images) => Promise.all(images.map(async (image) => {
  await image.decode();
  const brush = document.createElement("canvas").getContext("2d");
  brush.drawImage(image, 0, 0);
  return [...brush.getImageData(5, 5, 1, 1).data].slice(0, 3);
}))"""


def test_photos_and_words_go_out_together_in_this_order(chat: Chat) -> None:
    choose(chat, jpeg("하나.jpg"), jpeg("둘.jpg", picture("coral")))
    chat.field.fill("여기예요")
    send(chat)
    expect(chat.citizens).to_have_count(3)
    expect(chat.citizens.locator(".photo img")).to_have_count(2)
    chat.answer()
    chat.page.reload()
    expect(chat.citizens.locator(".photo img")).to_have_count(2)
    expect(chat.citizens.last.locator(".bubble")).to_have_text("여기예요")
    colours = chat.citizens.locator(".photo img").evaluate_all(COLOURS)
    assert [red > 128 for red, _, _ in colours] == [False, True]


def test_a_photo_can_be_taken_out_again(chat: Chat) -> None:
    choose(chat, jpeg("도로.jpg"))
    chat.root.get_by_role("button", name=words("widget.photo_remove", name="도로.jpg")).click()
    expect(chat.root.locator(".chip")).to_have_count(0)
    expect(chat.field).to_be_focused()
    send(chat)
    expect(chat.citizens).to_have_count(0)


HAND_OVER = """(node, [name, content, event]) => {
  const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
  const transfer = new DataTransfer();
  transfer.items.add(new File([bytes], "붙인 사진.jpg", { type: "image/jpeg" }));
  const init = { bubbles: true, cancelable: true };
  node.dispatchEvent(event === "paste"
    ? new ClipboardEvent("paste", { ...init, clipboardData: transfer })
    : new DragEvent("drop", { ...init, dataTransfer: transfer }));
}"""


@pytest.mark.parametrize(("event", "where"), [("paste", "textarea"), ("drop", ".log")])
def test_a_photo_can_be_pasted_and_dropped(chat: Chat, event: str, where: str) -> None:
    content = base64.b64encode(picture()).decode()
    chat.root.locator(where).evaluate(HAND_OVER, ["", content, event])
    expect(chat.root.locator(".chip")).to_contain_text("붙인 사진.jpg")
    send(chat)
    expect(chat.citizens.locator(".photo img")).to_have_count(1)


def test_what_is_no_photo_is_refused_with_a_sentence(chat: Chat) -> None:
    choose(chat, {"name": "글.pdf", "mimeType": "application/pdf", "buffer": b"%PDF"})
    expect(chat.root.get_by_role("alert")).to_have_text(words("widget.photo_type"))
    choose(chat, jpeg("깨진.jpg", b"not a picture"))
    send(chat)
    expect(chat.root.get_by_role("alert")).to_have_text(words("photo.not_a_photo"))
    expect(chat.citizens).to_have_count(0)


def test_a_photo_that_is_too_large_is_not_sent(chat: Chat, tmp_path: Path) -> None:
    large = tmp_path / "큰 사진.jpg"
    with large.open("wb") as file:
        file.truncate(16 * 2**20)
    with chat.page.expect_file_chooser() as waiting:
        chat.root.get_by_role("button", name=words("widget.photo"), exact=True).click()
    waiting.value.set_files(large)
    expect(chat.root.get_by_role("alert")).to_have_text(words("widget.photo_large", most="15"))
    expect(chat.root.locator(".chip")).to_have_count(0)


def test_a_photo_that_did_not_go_out_can_be_sent_again(chat: Chat) -> None:
    def cut(route: Route) -> None:
        route.abort("connectionfailed")

    chat.page.route("**/photos", cut)
    choose(chat, jpeg("도로.jpg"))
    send(chat)
    expect(chat.citizens.last).to_contain_text(words("widget.unsent"))
    chat.page.unroute("**/photos")
    chat.root.get_by_role("button", name=words("widget.retry")).click()
    expect(chat.citizens.locator(".photo img")).to_have_count(1)
    expect(chat.citizens).to_have_count(1)


def test_the_place_is_sent_only_after_an_explanation(chat: Chat) -> None:
    chat.page.context.grant_permissions(["geolocation"])
    share = chat.root.get_by_role("button", name=words("widget.place"), exact=True)
    share.click()
    ask = chat.root.get_by_role("alertdialog")
    expect(ask).to_contain_text(words("widget.place_ask"))
    ask.get_by_role("button", name=words("widget.confirm_cancel")).click()
    expect(share).to_be_focused()
    expect(chat.citizens).to_have_count(0)
    share.click()
    with chat.page.expect_request("**/messages") as sent:
        ask.get_by_role("button", name=words("widget.place_yes")).click()
    assert (sent.value.post_data_json or {})["location"] == JEJU
    chat.answer()
    expect(chat.citizens).to_have_count(1)


def test_a_browser_that_forbids_the_place_is_no_dead_end(chat: Chat) -> None:
    chat.page.context.clear_permissions()
    chat.root.get_by_role("button", name=words("widget.place"), exact=True).click()
    chat.root.get_by_role("button", name=words("widget.place_yes"), exact=True).click()
    expect(chat.root.get_by_role("alert")).to_have_text(words("widget.place_denied"))
