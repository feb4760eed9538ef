"""The staff page of the desk's rules: HTTP only; the work is in `bot.conversations.desk_rules`."""

from dataclasses import asdict, dataclass
from typing import Annotated, get_args

from fastapi import APIRouter, Depends, Form, Request, Response
from sqlalchemy.orm import Session

from bot.conversations import desk_rules
from bot.conversations.desk_rules import DeskRules
from bot.conversations.errors import BadRules, StaleRules
from bot.database import utc_now
from bot.staff import pages
from bot.staff.dependencies import PATH, Done, House, Services, acts, needs
from bot.staff.service import Staff, audit

HERE = f"{PATH}/rules"
WAYS: tuple[str, ...] = get_args(DeskRules.model_fields["assign"].annotation)
router = APIRouter(route_class=pages.StaffRoute)
"""Stands below the router of `bot.staff.routes`, which says the prefix."""

Keeper = Annotated[Staff, Depends(needs("rules"))]
Changing = Annotated[Staff, Depends(acts("rules"))]
Value = Annotated[str, Form(max_length=20)]
Reason = Annotated[str, Form(max_length=2000)]


@router.get("/rules")
def rule_list(request: Request, house: House, staff: Keeper, done: Done = None) -> Response:
    """The rules that hold, and what was changed."""
    del staff
    return _page(request, house, done=done)


@dataclass(frozen=True)
class Given:
    """The fields of the form, named as the rules are; one that is left empty stays as it is."""

    opens: Value = ""
    closes: Value = ""
    assign: Value = ""
    capacity: Value = ""
    usual_minutes: Value = ""
    longest_minutes: Value = ""
    ask_minutes: Value = ""
    close_minutes: Value = ""
    platform_hours: Value = ""

    def values(self) -> dict[str, str]:
        """What was filled in, by name."""
        return {name: value.strip() for name, value in asdict(self).items() if value.strip()}


@router.post("/rules")
def change_rules(
    request: Request,
    house: House,
    staff: Changing,
    given: Annotated[Given, Depends(Given)],
    reason: Reason = "",
    seen: Annotated[int, Form(ge=0, le=2**31)] = 0,
) -> Response:
    """Change rules; each that changes is kept with the reason."""
    now, values = utc_now(), given.values()

    def work(session: Session) -> None:
        for one in desk_rules.change(
            session, values=values, reason=reason, login=staff.login, now=now, seen=seen
        ):
            details = {"before": one.before, "after": one.after, "reason": one.reason}
            audit(
                session,
                login=staff.login,
                what="rule_changed",
                subject=one.name,
                now=now,
                details=details,
            )

    return pages.act(
        house,
        work,
        to=f"{HERE}?done=rules_changed",
        again=lambda problem: _page(
            request, house, problem=problem, draft={**values, "reason": reason}, seen=seen
        ),
    )


def _page(
    request: Request,
    house: Services,
    *,
    done: str | None = None,
    problem: pages.Problem | None = None,
    draft: dict[str, str] | None = None,
    seen: int | None = None,
) -> Response:
    with house.database.reading() as session:
        rules = desk_rules.current(session).model_dump(mode="json")
        history = desk_rules.history(session)
        newest = desk_rules.newest(session)
    shown = {name: desk_rules.as_text(value) for name, value in rules.items()}
    if isinstance(problem, StaleRules):
        # What holds now is shown, not what was meant before.
        draft, seen = {"reason": (draft or {}).get("reason", "")}, None
    as_shipped = desk_rules.shipped().model_dump(mode="json")
    return pages.page(
        request,
        "rules.html",
        status=problem.status if problem else 200,
        here=HERE,
        names=desk_rules.NAMES,
        seen=newest if seen is None else seen,
        bounds=desk_rules.bounds,
        wrong=problem.fields if isinstance(problem, BadRules) else (),
        ways=WAYS,
        fields=shown | {"reason": ""} | (draft or {}),
        shipped={name: desk_rules.as_text(value) for name, value in as_shipped.items()},
        history=history,
        as_text=desk_rules.as_text,
        problem=problem,
        done=done,
    )
