"""GeoReport v2 under /open311/v2: HTTP only; the work is in the other modules."""

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import parse_qs

from fastapi import APIRouter, Depends, Request, Response
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from bot.database import Database, utc_now
from bot.open311 import keys, posted, requests, service, services
from bot.open311.answers import Answer, answered, errors
from bot.open311.errors import BadCall, NoKey, NotThere, Open311Error, TooLarge
from bot.settings import Settings
from bot.wording import wording

PATH = "/open311/v2"
CHANGED = "2026-11-28T00:00:00+09:00"
"""When this server was last changed in a way that clients notice."""
SPECIFICATION = "http://wiki.open311.org/GeoReport_v2"
FORM = "application/x-www-form-urlencoded"
MOST_PARAMETERS = 200
_Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class Open311Route(APIRoute):
    """Answers every error in the format that was asked for."""

    def get_route_handler(self) -> _Handler:
        """The handler, with its errors turned into answers."""
        handle = super().get_route_handler()

        async def handled(request: Request) -> Response:
            try:
                return await handle(request)
            except Open311Error as error:
                return errors(request, error)
            except HTTPException as error:
                if error.status_code != 413:
                    raise
                return errors(request, TooLarge("error.body_too_large"))

        return handled


router = APIRouter(prefix=PATH, route_class=Open311Route, include_in_schema=False)


@dataclass(frozen=True)
class Call:
    """A call in this server's jurisdiction: its parts, its language, its parameters."""

    request: Request
    database: Database
    settings: Settings
    language: str
    query: Mapping[str, str]


def call(request: Request) -> Call:
    """The parts of a call. Raises NotThere for another jurisdiction."""
    state = request.app.state
    # PostgreSQL refuses a NUL, and no value has one.
    given = {name: value.replace("\0", "") for name, value in request.query_params.items()}
    query = {name: value for name, value in given.items() if value.strip()}
    _check_jurisdiction(state.settings, query.get("jurisdiction_id"))
    preferred = request.headers.get("accept-language", "ko").strip().lower()
    language = "en" if preferred.startswith("en") else "ko"
    return Call(request, state.database, state.settings, language, query)


Called = Annotated[Call, Depends(call)]


@router.get("/discovery")
@router.get("/discovery.xml")
@router.get("/discovery.json")
def discovery(called: Called) -> Response:
    """Where this server is and what it speaks."""
    say = wording()
    base = called.settings.base_url
    endpoint = {
        "specification": SPECIFICATION,
        "url": f"{base}{PATH}",
        "changeset": CHANGED,
        "type": "test" if called.settings.development else "production",
        "formats": ["text/xml", "application/json"],
    }
    about = {
        "changeset": CHANGED,
        "contact": say.template("open311.contact", called.language),
        "key_service": say.template("open311.key_service", called.language),
        "endpoints": [endpoint],
    }
    return answered(called.request, Answer("discovery", about))


@router.get("/services")
@router.get("/services.xml")
@router.get("/services.json")
def list_services(called: Called) -> Response:
    """Everything that can be requested."""
    return answered(called.request, Answer("services", services.listed(called.language)))


@router.get("/services/{name}")
def define_service(called: Called, name: str) -> Response:
    """What one service asks for."""
    found = services.definition(_plain(name), called.language)
    return answered(called.request, Answer("service_definition", found))


@router.get("/requests")
@router.get("/requests.xml")
@router.get("/requests.json")
def list_requests(called: Called) -> Response:
    """The requests that the query asks for; with a key, the one of the client's own number."""
    own = called.query.get("external_id")
    if own is not None:
        return _answer_requests(called, _ids_of_own(called, own))
    return _answer_requests(called, requests.Wanted.of(called.query))


@router.get("/requests/{name}")
def show_request(called: Called, name: str) -> Response:
    """One request, as a list of one."""
    wanted = requests.Wanted(ids=(_plain(name),))
    return _answer_requests(called, wanted, or_error="open311.no_request")


@router.get("/tokens/{name}")
def show_token(called: Called, name: str) -> Response:
    """The number behind a token: numbers are given at once here, so that each is its own token."""
    number = _plain(name)
    with called.database.reading() as session:
        wanted = requests.Wanted(ids=(number,))
        if not requests.find(session, wanted, language=called.language, now=utc_now()):
            raise NotThere("open311.no_token")
    pair = {"service_request_id": number, "token": number}
    return answered(called.request, Answer("service_requests", [pair]))


@router.post("/requests")
@router.post("/requests.xml")
@router.post("/requests.json")
async def post_request(called: Called) -> Response:
    """Open a ticket."""
    given = await _form(called.request)
    return await run_in_threadpool(_post, called, given)


@router.api_route("/{_rest:path}", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
def nothing(called: Called) -> Response:
    """Any other address or method."""
    raise NotThere("open311.no_path")


def _post(called: Call, given: posted.Fields) -> Response:
    state = called.request.app.state
    _check_jurisdiction(called.settings, _value(given, "jurisdiction_id"))
    api_key = _value(given, "api_key") or called.query.get("api_key")
    if api_key is None:
        raise NoKey("open311.no_key")
    with called.database.reading() as session:
        # Who has no key learns nothing of what is wrong with the rest.
        keys.find(session, api_key)
    hosts = _hosts(called.settings.open311_media_hosts)
    read = posted.read(given, masker=state.masker, media_hosts=hosts)
    with called.database.writing() as session:
        ticket = service.post(
            session,
            read,
            api_key=api_key,
            language=called.language,
            allowed=called.settings.open311_posts_per_minute,
            cipher=state.cipher,
            now=utc_now(),
        )
        values = {"receipt": ticket.receipt_number, "due": requests.iso(ticket.due_at)}
    opened = {
        "service_request_id": values["receipt"],
        "service_notice": wording().text("open311.opened", called.language, values),
        "account_id": None,
    }
    return answered(called.request, Answer("service_requests", [opened]))


def _ids_of_own(called: Call, own: str) -> requests.Wanted:
    with called.database.reading() as session:
        key = keys.find(session, called.query.get("api_key", ""))
        found = service.by_reference(session, key, own[: posted.LONGEST_REFERENCE])
        return requests.Wanted(ids=tuple(ticket.receipt_number for ticket in found) or ("",))


def _answer_requests(called: Call, wanted: requests.Wanted, or_error: str = "") -> Response:
    with called.database.reading() as session:
        found = requests.find(session, wanted, language=called.language, now=utc_now())
    if not found and or_error:
        raise NotThere(or_error)
    return answered(called.request, Answer("service_requests", found))


async def _form(request: Request) -> posted.Fields:
    """The parameters of a posted form. Raises BadCall when it is none."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = await request.body()
    if kind != FORM:
        raise BadCall("open311.no_form")
    try:
        return parse_qs(
            body.decode("utf-8"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=MOST_PARAMETERS,
        )
    except ValueError:
        raise BadCall("open311.no_form") from None


def _value(given: posted.Fields, name: str) -> str | None:
    return next((value.strip() for value in given.get(name, ()) if value.strip()), None)


def _check_jurisdiction(settings: Settings, given: str | None) -> None:
    own = settings.open311_jurisdiction
    if own and given is not None and given != own:
        raise NotThere("open311.no_jurisdiction")


def _hosts(listed: str) -> frozenset[str]:
    return frozenset(host for part in listed.split(",") if (host := part.strip().lower()))


def _plain(name: str) -> str:
    """The last part of an address without its format."""
    for ending in (".json", ".xml"):
        name = name.removesuffix(ending)
    # PostgreSQL refuses a NUL, and no number or code has one.
    return name.replace("\0", "")
