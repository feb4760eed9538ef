"""A client that posts requests, and the field rules of the public GeoReport v2 schemas."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import httpx

LAMP = {
    "service_code": "street_light",
    "address_string": "제주시 노형동 우체국 앞",
    "description": "가로등이 안 켜져요",
    "attribute[symptom]": "out",
}
DATATYPES = {"string", "number", "datetime", "text", "singlevaluelist", "multivaluelist"}


@dataclass(frozen=True)
class Caller:
    """Calls with a key."""

    http: httpx.Client
    key: str

    def post(self, fmt: str = "json", /, **given: Any) -> httpx.Response:
        """Post a request about a street light; what is given replaces its parameters."""
        fields = {"api_key": self.key, **LAMP, **given.pop("more", {}), **given}
        return self.http.post(
            f"/requests.{fmt}", data={name: one for name, one in fields.items() if one is not None}
        )

    def opened(self, **given: Any) -> str:
        """The number of a request that was just posted."""
        response = self.post(**given)
        assert response.status_code == 200, response.text
        return str(response.json()[0]["service_request_id"])

    def one(self, number: str) -> dict[str, Any]:
        """A request, read again."""
        found = self.http.get(f"/requests/{number}.json").json()
        assert len(found) == 1
        return dict(found[0])


def _is(value: Any, kind: type | tuple[type, ...], *, or_null: bool = True) -> bool:
    if value is None:
        return or_null
    return isinstance(value, kind) and not (kind is not bool and isinstance(value, bool))


def check_service(service: dict[str, Any]) -> None:
    """The rules of service.json."""
    for name in ("service_code", "service_name"):
        assert _is(service[name], str, or_null=False), name
    assert isinstance(service["metadata"], bool)
    assert service["type"] in ("realtime", "batch", "blackbox")
    for name in ("description", "keywords", "group"):
        assert _is(service.get(name), str), name


def check_definition(definition: dict[str, Any]) -> None:
    """The rules of service-definition.json."""
    assert _is(definition["service_code"], str, or_null=False)
    for attribute in definition["attributes"]:
        assert isinstance(attribute["variable"], bool)
        assert isinstance(attribute["required"], bool)
        assert _is(attribute["code"], str, or_null=False)
        assert attribute["datatype"] in DATATYPES
        assert _is(attribute.get("order"), int)
        for name in ("datatype_description", "description"):
            assert _is(attribute.get(name), str), name
        for value in attribute.get("values", []):
            assert _is(value["key"], str, or_null=False)
            assert _is(value["name"], str, or_null=False)


def check_request(request: dict[str, Any]) -> None:
    """The rules of request.json."""
    for name in ("service_request_id", "service_code"):
        assert _is(request[name], str, or_null=False), name
    assert request["status"] in ("open", "closed")
    assert datetime.fromisoformat(request["requested_datetime"]).tzinfo is not None
    for name in ("updated_datetime", "expected_datetime"):
        if request.get(name) is not None:
            assert datetime.fromisoformat(request[name]).tzinfo is not None
    for name in (
        "status_notes",
        "service_name",
        "description",
        "agency_responsible",
        "service_notice",
        "address",
        "address_id",
        "zipcode",
    ):
        assert _is(request.get(name), str), name
    assert len(request.get("description") or "") <= 4000
    for name in ("lat", "long"):
        assert _is(request.get(name), (int, float)), name
    if request.get("media_url") is not None:
        assert urlsplit(request["media_url"]).scheme
