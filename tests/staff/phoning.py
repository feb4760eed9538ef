"""The phone desk under test: articles, a Rasa that ranks, and a counsellor's page of one call."""

import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from httpx import Response

from bot.database import utc_now
from bot.knowledge import service as knowledge
from bot.paths import KNOWLEDGE
from tests.staff.office import Browser, Office

DESK = "/staff/phone"
ARTICLES = (
    "certificates/passport_issue.md",
    "certificates/passport_lost.md",
    "certificates/name_change.md",
    "road_facility/road_damage.md",
    "road_facility/sidewalk_damage.md",
)
RANKINGS = {
    "여권": [("passport_issue", 0.93), ("passport_lost", 0.04), ("name_change", 0.01)],
    "구멍": [("road_damage", 0.9), ("sidewalk_damage", 0.05), ("chitchat", 0.03)],
}
FACETS = {"수수료": "fee"}
REPORT = {
    "field_location": "노형로터리",
    "field_detail": "길에 구멍이 크게 났어요",
    "field_damage_type": "pothole",
    "field_danger": "no",
}


def load_articles(office: Office, folder: Path) -> None:
    """A few articles, as the bot serves them; `folder` is an empty one."""
    for article in ARTICLES:
        to = folder / article
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(KNOWLEDGE / article, to)
    with office.database.writing() as session:
        loaded = knowledge.load(session, folder, utc_now())
    assert len(loaded.imported) == len(ARTICLES)


def hidden(page: Response, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page.text)
    assert found, f"no field {name} in {page.text[:2000]}"
    return found[1]


@dataclass
class Call:
    """A page of the desk with one call, sent as a browser sends it."""

    browser: Browser
    fields: dict[str, str] = field(default_factory=dict)

    @classmethod
    def taken(cls, browser: Browser, **fields: str) -> "Call":
        page = browser.get(DESK)
        assert page.status_code == 200, page.text
        own = {name: hidden(page, name) for name in ("csrf", "call", "began")}
        return cls(browser, own | fields)

    def send(self, path: str, **fields: str) -> Response:
        sent = self.browser.client.post(f"{DESK}/{path}", data=self.fields | fields)
        return cast(Response, sent)

    def log(self, result: str, **fields: str) -> Response:
        return self.send("log", result=result, **fields)

    def ticket(self, topic: str, **fields: str) -> Response:
        """The form of a topic, sent with these fields."""
        form = self.send("ticket-form", make=topic)
        assert form.status_code == 200, form.text
        return self.send("ticket", make=topic, opening=hidden(form, "opening"), **fields)
