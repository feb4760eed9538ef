"""Answers in XML or JSON, as the address or the Accept header asks; errors as well."""

import json
from dataclasses import dataclass
from typing import Any

from fastapi import Request, Response

from bot.open311.errors import Open311Error
from bot.open311.xml import written
from bot.wording import wording

XML, JSON = "text/xml; charset=utf-8", "application/json; charset=utf-8"


@dataclass(frozen=True)
class Answer:
    """A value and the name of its XML document."""

    root: str
    value: Any


def answered(request: Request, answer: Answer, status: int = 200) -> Response:
    """The answer in the format asked for. XML, which every client of GeoReport reads, is usual."""
    headers = {"Cache-Control": "no-store", "Access-Control-Allow-Origin": "*"}
    if _wants_json(request):
        text = json.dumps(answer.value, ensure_ascii=False, allow_nan=False)
        return Response(text, status, headers, JSON)
    return Response(written(answer.root, answer.value), status, headers, XML)


def errors(request: Request, error: Open311Error) -> Response:
    """An error as GeoReport's list of one."""
    preferred = request.headers.get("accept-language", "ko").strip().lower()
    language = "en" if preferred.startswith("en") else "ko"
    sentence = wording().text(error.wording, language, error.values)
    body = [{"code": error.status, "description": sentence}]
    response = answered(request, Answer("errors", body), error.status)
    if error.retry_after is not None:
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def _wants_json(request: Request) -> bool:
    path = request.url.path
    if path.endswith((".json", ".xml")):
        return path.endswith(".json")
    accepted = request.headers.get("accept", "").lower()
    return "json" in accepted and "xml" not in accepted
