"""Draws the page of a conversation, for every route that leads there."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Annotated, Any

from fastapi import Depends, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from bot import dates, offices
from bot.conversations import desk_rules
from bot.database import utc_now
from bot.knowledge import service as knowledge
from bot.knowledge import topics as catalogue
from bot.staff import abuse, canned, inbox, masking, pages, talk, thread
from bot.staff.canned import Ready
from bot.staff.dependencies import PATH, Counselling, House, Services
from bot.staff.desk_policy import desk_policy
from bot.staff.service import Staff
from bot.staff.thread import Thread
from bot.tickets.passing import DESK
from bot.wording import Language


def address(conversation_id: str, done: str, fragment: str = "") -> str:
    """The page of a conversation, which says what was done."""
    return f"{PATH}/conversations/{conversation_id}?done={done}{fragment}"


def back(conversation_id: str, done: str, fragment: str = "") -> Response:
    """Lead back to the conversation."""
    return RedirectResponse(address(conversation_id, done, fragment), status_code=303)


@dataclass(frozen=True)
class Talk:
    """A conversation's page on which somebody acts."""

    request: Request
    house: House
    staff: Counselling
    conversation_id: str

    def act(
        self,
        work: Callable[[Session], object],
        *,
        done: str,
        fragment: str = "",
        draft: str = "",
        note: str = "",
    ) -> Response:
        """Do `work` and lead back; what was refused stands on the page again, with what was
        written (`draft`, `note`).
        """
        return pages.act(
            self.house,
            work,
            to=address(self.conversation_id, done, fragment),
            again=partial(self._again, draft=draft, note=note),
            wakes=self.conversation_id,
        )

    def _again(self, problem: pages.Problem, *, draft: str, note: str) -> Response:
        return draw(
            self.request,
            self.house,
            self.staff,
            self.conversation_id,
            problem=problem,
            draft=draft,
            note=note,
        )


OnTalk = Annotated[Talk, Depends(Talk)]


def draw(
    request: Request,
    house: Services,
    staff: Staff,
    conversation_id: str,
    *,
    live: bool = False,
    done: str | None = None,
    problem: pages.Problem | None = None,
    draft: str = "",
    note: str = "",
    insert: str = "",
    before: datetime | None = None,
) -> Response:
    """The whole page; with `live`, only the parts that change.

    `draft` and `note`: what was written and could not be sent. `insert`: the id of a ready
    sentence that stands in the answer at once. Raises UnknownConversation.
    """
    language = pages.language_of(request)
    now = utc_now()
    with house.database.reading() as session:
        found = thread.read(session, conversation_id=conversation_id, before=before)
        values: dict[str, Any] = {
            "thread": found,
            "conversation": found.conversation,
            "title_of": _title_of(language),
            "revisions": _revisions(session, found),
            **_may(found, staff),
        }
        if not live:
            values |= _beside(session, found, staff, language, now)
    if insert and not draft:
        draft = next((one.text for one in values.get("ready", ()) if one.id == insert), "")
    return pages.page(
        request,
        "_conversation.html" if live else "conversation.html",
        status=problem.status if problem else 200,
        here=f"{PATH}/conversations/{found.conversation.id}",
        office_name=lambda id: offices.names([id], language),
        earlier_than=inbox.stamp(found.entries[0].at) if found.more and found.entries else None,
        paged=before is not None,
        problem=problem,
        draft=draft,
        note_draft=note,
        done=done,
        **values,
    )


def _may(found: Thread, staff: Staff) -> dict[str, bool]:
    conversation = found.conversation
    mine = conversation.state == "staff" and conversation.staff_login == staff.login
    free = conversation.state in ("bot", "waiting", "platform")
    others = conversation.state == "staff" and staff.may("others_talks")
    return {
        "mine": mine,
        "may_take": free,
        "may_release": mine or others,
        "may_close": mine or free or others,
        "may_assign": mine or others or conversation.state in ("bot", "waiting"),
    }


def _beside(
    session: Session, found: Thread, staff: Staff, language: Language, now: datetime
) -> dict[str, Any]:
    """What stands beside the thread and does not change by itself."""
    id = found.conversation.id
    return {
        "ready": _ready(session, found, staff, language, now),
        "colleagues": talk.colleagues(session, staff=staff),
        "close_reasons": desk_policy().close_reasons,
        "mask_kinds": masking.kinds(),
        "warned": abuse.warnings(session, conversation_id=id),
        "may_close_for_abuse": abuse.may_close(session, conversation_id=id),
        "abuse_in_shift": abuse.in_shift(session, login=staff.login, now=now),
    }


def _title_of(language: Language) -> Callable[[str], str]:
    return lambda topic: catalogue.title(topic, language) or topic


def _revisions(session: Session, found: Thread) -> dict[int, str]:
    """When the revisions that were given were checked last."""
    ids = {given.revision for entry in found.entries for given in entry.given}
    bodies = knowledge.bodies(session, sorted(ids)) if ids else {}
    return {id: body.checked_on.isoformat() for id, body in bodies.items()}


def _ready(
    session: Session, found: Thread, staff: Staff, language: Language, now: datetime
) -> Sequence[Ready]:
    talks = found.topics
    said = next(
        (
            entry.message.text
            for entry in reversed(found.entries)
            if entry.message is not None
            and entry.message.sender == "citizen"
            and entry.message.press is None
        ),
        "",
    )
    return canned.ready(
        session,
        topics=talks,
        language=found.conversation.language,
        shown_in=language,
        values=_values(session, found, staff, now),
        said=said,
    )


def _values(session: Session, found: Thread, staff: Staff, now: datetime) -> dict[str, str]:
    """What the ready sentences are filled with, as far as the talk tells it."""
    language = found.conversation.language
    opens = desk_rules.current(session).opening.next_open(now)
    values = {"counsellor": staff.name, "opens": dates.moment(opens, language, now=now)}
    topic = next((one for one in found.topics if knowledge.served(session, one)), None)
    served = knowledge.served(session, topic) if topic else None
    if topic and served is not None:
        values["topic"] = catalogue.title(topic, language) or served.body.title.in_language(
            language
        )
        values["office"] = offices.names(served.body.departments[:1], language)
        values["phone"] = offices.phones(served.body.phone[:1])
    if found.tickets:
        newest = found.tickets[-1]
        values["receipt"] = newest.receipt_number
        values["due"] = dates.moment(newest.due_at, language, now=now)
        values["office"] = offices.names([newest.office], language)
    values.setdefault("phone", offices.phones([DESK]))
    return {name: value for name, value in values.items() if value}
