"""The widget as a citizen uses it, for the tests in a real browser."""

from typing import Any

from playwright.sync_api import Locator, Page, expect

from bot.wording import wording

CHROMIUM = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
ANSWER_MS = 35_000
"""What the gateway waits for an answer, and a little."""


def words(key: str, language: str = "ko", **values: str) -> str:
    """The wording of `key`, with its values put in."""
    return wording().text(key, language, values)


class Chat:
    """The widget of a page, as a citizen uses it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.root = page.locator("ilsa-chat")
        self.launcher = self.root.locator(".launcher")
        self.panel = self.root.locator(".panel")
        self.field = self.root.locator("textarea")
        self.items = self.root.locator(".item")
        self.citizens = self.root.locator(".item.citizen")
        self.bots = self.root.locator(".item.bot")

    def open(self) -> None:
        """Open the panel and wait for the greeting."""
        self.launcher.click()
        expect(self.bots.first).to_be_visible()

    def ask(self, text: str) -> Locator:
        """Send `text`; returns what the bot said to it."""
        self.field.fill(text)
        self.field.press("Enter")
        return self.answer()

    def press(self, title: str) -> Locator:
        """Press the newest button with this title; returns what the bot said to it."""
        self.items.get_by_role("button", name=title, exact=True).last.click()
        return self.answer()

    def answer(self) -> Locator:
        """What follows the citizen's newest message, once all of it has come."""
        said = self.citizens.last.locator("xpath=following-sibling::*")
        expect(said.first).to_be_visible(timeout=ANSWER_MS)
        expect(self.root.locator(".typing")).to_be_hidden(timeout=ANSWER_MS)
        return said

    def menu(self, title: str = "") -> None:
        """Open the menu, and press what has this title."""
        self.root.locator(".head [aria-controls=menu]").click()
        if title:
            self.root.locator("#menu").get_by_role("button", name=title, exact=True).click()

    def kept(self) -> Any:
        """What the browser keeps of the talk."""
        return self.page.evaluate(
            """() => JSON.parse(Object.entries(localStorage)
            .find(([key]) => /^ilsa-chat:.*\\d$/.test(key))?.[1] ?? "null")"""
        )
