"""Tickets to another body's GeoReport v2 server: posted, looked up, asked how they stand."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from bot.tickets.claiming import Arrived, NotSent
from bot.tickets.delivery_policy import Open311
from bot.tickets.models import Ticket

MOST_DESCRIPTION = 4000
MOST_ID = 64
_MOST_WAIT = timedelta(hours=6)
_NEVER_THERE = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


@dataclass(frozen=True)
class Standing:
    """How a request stands at the other server."""

    closed: bool
    notes: str


class Open311Client:
    """Speaks to the servers of the bodies."""

    def __init__(self, http: httpx.AsyncClient, secrets: Path) -> None:
        self._http = http
        self._secrets = secrets

    async def post(self, way: Open311, fields: Mapping[str, str]) -> Arrived:
        """Post a request. Raises NotSent."""
        try:
            response = await self._http.post(
                _url(way, "requests"), data={**fields, **self._own(way, keyed=True)}
            )
        except _NEVER_THERE as error:
            raise NotSent(_told(error), again=True) from error
        except httpx.HTTPError as error:
            raise NotSent(_told(error), again=True, doubtful=True) from error
        _check(response)
        found = _first(response)
        arrived = Arrived(_text(found, "service_request_id"), _text(found, "token"))
        if not (arrived.external_id or arrived.external_token):
            raise NotSent("Open311: neither number nor token.", again=True, doubtful=True)
        return arrived

    async def look_up(self, way: Open311, reference: str) -> Arrived | None:
        """The request that carries our reference; None when there is none. Raises NotSent."""
        assert way.look_up_by is not None
        found = await self._get(way, "requests", {way.look_up_by: reference}, keyed=True)
        number = _text(found, "service_request_id")
        return Arrived(number) if number else None

    async def number(self, way: Open311, token: str) -> str | None:
        """The number that a token has become; None when it has none yet. Raises NotSent."""
        return _text(await self._get(way, f"tokens/{quote(token, safe='')}"), "service_request_id")

    async def standing(self, way: Open311, number: str) -> Standing:
        """How a request stands. Raises NotSent."""
        found = await self._get(way, f"requests/{quote(number, safe='')}")
        return Standing(found.get("status") == "closed", str(found.get("status_notes") or ""))

    async def _get(
        self,
        way: Open311,
        path: str,
        query: Mapping[str, str] | None = None,
        *,
        keyed: bool = False,
    ) -> Mapping[str, Any]:
        asked = {**(query or {}), **self._own(way, keyed=keyed)}
        try:
            response = await self._http.get(_url(way, path), params=asked)
        except httpx.HTTPError as error:
            raise NotSent(_told(error), again=True) from error
        if query and response.status_code == HTTPStatus.NOT_FOUND:
            return {}
        _check(response)
        return _first(response)

    def _own(self, way: Open311, *, keyed: bool) -> dict[str, str]:
        own = {"jurisdiction_id": way.jurisdiction_id} if way.jurisdiction_id else {}
        if keyed and way.api_key:
            own["api_key"] = self._key(way.api_key)
        return own

    def _key(self, name: str) -> str:
        try:
            return (self._secrets / name).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise NotSent(f"No API key in the file {name!r}.", again=True) from error


def fields_of(
    ticket: Ticket, way: Open311, description: str, answers: Mapping[str, str]
) -> dict[str, str]:
    """What is posted about a ticket; `answers`: its choices.

    Raises NotSent when that body has no service for the topic.
    """
    service = way.service(ticket.topic)
    if service is None:
        raise NotSent(f"Open311: no service_code for the topic {ticket.topic}.", again=False)
    fields = {
        "service_code": service,
        "description": description[:MOST_DESCRIPTION],
        way.reference: ticket.receipt_number,
    }
    if way.answers:
        fields |= {f"attribute[{name}]": choice for name, choice in answers.items()}
    if ticket.latitude is not None and ticket.longitude is not None:
        fields |= {"lat": f"{ticket.latitude:.6f}", "long": f"{ticket.longitude:.6f}"}
    parts = (ticket.city, ticket.district, ticket.place, ticket.fields.get("location"))
    if where := " ".join(dict.fromkeys(part for part in parts if part)):
        fields["address_string"] = where
    return fields


def _check(response: httpx.Response) -> None:
    """Raises NotSent for an answer that is no success."""
    code = response.status_code
    if response.is_success:
        return
    reason = f"Open311: {code} {response.text[:200]}"
    if code == HTTPStatus.TOO_MANY_REQUESTS:
        raise NotSent(reason, again=True, after=_retry_after(response))
    # A gateway that gave up does not know what became of the request.
    doubtful = code in (HTTPStatus.BAD_GATEWAY, HTTPStatus.GATEWAY_TIMEOUT)
    raise NotSent(reason, again=response.is_server_error, doubtful=doubtful)


def _first(response: httpx.Response) -> Mapping[str, Any]:
    try:
        read = response.json()
    except ValueError as error:
        raise NotSent("Open311: the answer is no JSON.", again=True, doubtful=True) from error
    if isinstance(read, list):
        read = read[0] if read else {}
    return read if isinstance(read, dict) else {}


def _text(found: Mapping[str, Any], name: str) -> str | None:
    value = found.get(name)
    return str(value)[:MOST_ID] if value not in (None, "") else None


def _retry_after(response: httpx.Response) -> timedelta | None:
    told = response.headers.get("retry-after", "")
    return min(timedelta(seconds=int(told)), _MOST_WAIT) if told.isdigit() else None


def _url(way: Open311, path: str) -> str:
    return f"{str(way.url).rstrip('/')}/{path}.json"


def _told(error: Exception) -> str:
    return f"Open311: {type(error).__name__}: {error}"
