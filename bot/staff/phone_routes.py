"""The phone desk: HTTP only; the work is in `phone`, `calls` and `phone_tickets`.

What a caller says is sent in forms alone, so that it stands in no address and no access log.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from bot import offices
from bot.conversations import codes
from bot.database import utc_now
from bot.knowledge import topics
from bot.staff import calls, inbox, pages, phone
from bot.staff.calls import Heard
from bot.staff.calls_policy import calls_policy
from bot.staff.dependencies import PATH, Done, House, Line, Services, acts, needs
from bot.staff.desk_parts import Reader
from bot.staff.phone import Found
from bot.staff.service import Staff
from bot.tickets import visits

router = APIRouter(route_class=pages.StaffRoute)
"""Stands below the router of `bot.staff.routes`, which says the prefix."""

DESK = f"{PATH}/phone"
OnPhone = Annotated[Staff, Depends(needs("phone_desk"))]
Calling = Annotated[Staff, Depends(acts("phone_desk"))]
Text = Annotated[str, Form(max_length=20_000)]
Word = Annotated[str, Form(max_length=64)]


def heard(
    call: Word = "",
    began: Annotated[str, Form(max_length=20)] = "",
    topic: Word = "",
    other: Word = "",
    guess: Word = "",
    language: Annotated[str, Form(max_length=2)] = "ko",
    question: Text = "",
    note: Text = "",
) -> Heard:
    """The call as the page's form tells it."""
    return Heard(
        id=call,
        began_at=_moment(began),
        topic=(other or topic).replace("\0", ""),
        guess=guess.replace("\0", ""),
        language="en" if language == "en" else "ko",
        question=question,
        note=note,
    )


HeardCall = Annotated[Heard, Depends(heard)]


def _moment(began: str) -> datetime | None:
    try:
        return inbox.moment(int(began))
    except (ValueError, OverflowError):
        return None


@dataclass(frozen=True)
class Desk:
    """What the routes of the desk share: the request, the parts, and Rasa."""

    request: Request
    house: Services
    rasa: Reader

    async def page(
        self,
        staff: Staff,
        call: Heard,
        *,
        done: str | None = None,
        problem: pages.Problem | None = None,
        code: str = "",
        template: str = "phone.html",
    ) -> Response:
        """The desk with a call as it stands, and the answers to its question."""
        try:
            text = calls.checked(call.question)
        except calls.TooLong as too_long:
            text, problem = "", problem or too_long
        masked = self.house.masker.mask(text).text
        ranking = await phone.ranked(self.rasa, masked) if masked else None

        def draw() -> Response:
            return self._draw(staff, call, masked, ranking, done, problem, code, template)

        return await run_in_threadpool(draw)

    def _draw(
        self,
        staff: Staff,
        call: Heard,
        masked: str,
        ranking: phone.Ranked | None,
        done: str | None,
        problem: pages.Problem | None,
        code: str,
        template: str,
    ) -> Response:
        now = utc_now()
        with self.house.database.reading() as session:
            found = phone.find(
                session,
                text=masked,
                ranking=ranking,
                wording=self.house.wording,
                language=call.language,
                most=calls_policy().answers,
                now=now,
            )
            due, later = _callbacks(session, staff, now)
            recent = calls.recent(session, login=staff.login)
        return pages.page(
            self.request,
            template,
            status=problem.status if problem else 200,
            here=DESK,
            call=call,
            found=found,
            asked=bool(masked),
            began=inbox.stamp(call.began_at or now),
            now=inbox.stamp(now),
            sent=self._to_send(found, call.language),
            policy=calls_policy(),
            choices=phone.choices(pages.language_of(self.request)),
            due_calls=due,
            later_calls=later,
            recent=recent,
            title=self._title,
            office_name=lambda id: offices.names([id], pages.language_of(self.request)),
            code=code,
            can_send=getattr(self.request.app.state, "send_text", None) is not None,
            chat_link=f"{self.house.settings.base_url}/chat?lang={call.language}",
            problem=problem,
            done=done,
        )

    def _to_send(self, found: Found, language: str) -> dict[str, str]:
        """By topic, the text that a counsellor copies for the caller."""
        return {
            one.article.topic: phone.to_send(
                one.article,
                link=link_of(self.house, one.article.topic, language),
                wording=self.house.wording,
                language=language,
            )
            for one in found.answers
        }

    def _title(self, topic: str) -> str:
        return topics.title(topic, pages.language_of(self.request)) or topic


def desk(request: Request, house: House, rasa: Reader) -> Desk:
    """The parts that the desk's routes use."""
    return Desk(request, house, rasa)


AtDesk = Annotated[Desk, Depends(desk)]


def link_of(house: Services, topic: str, language: str) -> str:
    """The address at which anybody reads the answer."""
    return f"{house.settings.base_url}/answers/{topic}?lang={language}"


def _callbacks(session: Any, staff: Staff, now: datetime) -> tuple[list[Any], int]:
    """The calls back that are due now, and how many are wanted later."""
    policy = calls_policy()
    soon = now + timedelta(minutes=policy.callback_soon_minutes)
    found = visits.calls(session, office=staff.only_office, limit=policy.callbacks)
    due = [one for one in found if one.wanted_from is None or one.wanted_from <= soon]
    return due, len(found) - len(due)


def new_call(request: Request) -> Heard:
    """A call that begins now, in the language of the page."""
    return Heard(id=str(uuid4()), began_at=utc_now(), language=pages.language_of(request))


@router.get("/phone")
async def phone_desk(at: AtDesk, staff: OnPhone, done: Done = None) -> Response:
    """The desk, ready for the next call."""
    return await at.page(staff, new_call(at.request), done=done)


@router.post("/phone/ask")
async def ask(
    at: AtDesk, staff: Calling, call: HeardCall, live: Annotated[bool, Form()] = False
) -> Response:
    """The answers to what the caller asks; with `live`, only them."""
    calls.checked_id(call.id)
    template = "_phone_answers.html" if live else "phone.html"
    return await at.page(staff, call, template=template)


@router.post("/phone/log")
async def log_call(at: AtDesk, staff: Calling, call: HeardCall, result: Word = "") -> Response:
    """Log the call and be ready for the next one."""

    def work() -> None:
        with at.house.database.writing() as session:
            calls.close_unused(session, now=utc_now())
            calls.log(
                session,
                staff=staff,
                heard=call,
                result=result,
                masker=at.house.masker,
                now=utc_now(),
            )

    return await _or_again(at, staff, call, work, "call_logged")


@router.post("/phone/chat")
async def lead_to_chat(at: AtDesk, staff: Calling, call: HeardCall) -> Response:
    """A code to read out, with which the caller goes on in the chat."""

    def work() -> str:
        with at.house.database.writing() as session:
            code = calls.lead_to_chat(
                session, staff=staff, heard=call, masker=at.house.masker, now=utc_now()
            )
            return codes.shown(code.code)

    try:
        code = await run_in_threadpool(work)
    except pages.PROBLEMS as problem:
        return await at.page(staff, call, problem=problem)
    return await at.page(staff, call, code=code)


async def _or_again(
    at: Desk, staff: Staff, call: Heard, work: Callable[[], None], done: str
) -> Response:
    """Do it and go on with the next call; or the desk again as it was, with what was wrong."""
    try:
        await run_in_threadpool(work)
    except pages.PROBLEMS as problem:
        return await at.page(staff, call, problem=problem)
    return RedirectResponse(f"{DESK}?done={done}", status_code=303)


@router.post("/phone/code")
async def open_by_code(at: AtDesk, staff: Calling, code: Line = "") -> Response:
    """Open the chat of the code that a caller reads out."""

    def work() -> str:
        with at.house.database.writing() as session:
            found = calls.talk_of_code(session, staff=staff, typed=code, now=utc_now())
        if found is None:
            raise calls.UnknownCode
        return found.id

    try:
        id = await run_in_threadpool(work)
    except pages.PROBLEMS as problem:
        return await at.page(staff, new_call(at.request), problem=problem)
    return RedirectResponse(f"{PATH}/conversations/{id}", status_code=303)


@router.post("/phone/callbacks/{receipt_number}")
async def tried(
    at: AtDesk,
    staff: Calling,
    receipt_number: str,
    reached: Annotated[bool, Form()] = False,
    version: Annotated[int | None, Form()] = None,
) -> Response:
    """Note a call back: the citizen was reached, and it is done; or was not, and is told."""

    def work() -> None:
        with at.house.database.writing() as session:
            calls.called_back(
                session,
                staff=staff,
                receipt_number=receipt_number,
                reached=reached,
                version=version,
                now=utc_now(),
            )

    done = "call_reached" if reached else "call_tried"
    return await _or_again(at, staff, new_call(at.request), work, done)
