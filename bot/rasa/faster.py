"""Two costs of Rasa 3.6.21 taken away by assignment, Rasa's files untouched.

`RemoteAction._validate_action_result` lets jsonschema check its own schema again at every action
call (two thirds of the CPU of a turn), and `Event.resolve_by_type` walks all subclasses for every
event of a tracker. Both give the same results here, worked out once.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Dict, Optional, Text, Type

import jsonschema
from rasa.core.actions.action import RemoteAction
from rasa.shared.core.events import Event

_walk = Event.resolve_by_type


@lru_cache(maxsize=1)
def _validator() -> Any:
    schema = RemoteAction.action_response_format_spec()
    kind = jsonschema.validators.validator_for(schema)
    kind.check_schema(schema)
    return kind(schema)


def _validate_action_result(self: RemoteAction, result: Dict[Text, Any]) -> bool:
    _validator().validate(result)
    return True


@lru_cache(maxsize=256)
def _resolve_by_type(
    type_name: Text, default: Optional[Type[Event]] = None
) -> Optional[Type[Event]]:
    return _walk(type_name, default)


def install() -> None:
    """Put both in place; doing it twice changes nothing."""
    RemoteAction._validate_action_result = _validate_action_result  # type: ignore[method-assign]
    Event.resolve_by_type = staticmethod(_resolve_by_type)  # type: ignore[method-assign,assignment]
