"""Links under their text and presses as quick replies, where a platform has both places.

`rendering.fit` puts a message's buttons into one place, and numbers them when that place is too
small. An answer has often two links and four presses: on KakaoTalk and Messenger those fit
together, the links under the text and the presses below the talk.

Quick replies vanish with the next message there, so those of a whole unit stand at its end.
"""

from collections.abc import Sequence
from dataclasses import replace

from bot.channels.base import Outgoing
from bot.channels.capabilities import Capabilities
from bot.channels.rendering import Choice, Piece, fit, is_numbered, merged


def pieces_of(
    parts: Sequence[Outgoing], can: Capabilities, *, fold: bool = False
) -> tuple[list[Piece], tuple[Choice, ...]]:
    """The pieces that say one unit, and the quick replies that stand at its end.

    Where not all buttons fit even so, they are numbered in the text as `rendering.fit` does it.
    """
    for unit in (list(parts), [merged(parts)]) if parts else ():
        mixed = _mixed(unit, can, fold)
        if mixed is not None:
            return mixed
    pieces = fit(parts, can, fold=fold)
    quick = tuple(choice for piece in pieces for choice in piece.quick_replies)
    most = can.quick_replies.most if can.quick_replies else 0
    # The numbers in the text say them all; the last message's are the ones that are asked for now.
    return _without_quick(pieces), quick[-most:] if most else ()


def shows_numbers(parts: Sequence[Outgoing], can: Capabilities) -> bool | None:
    """False where `pieces_of` says one unit without numbers; None: as `rendering.fit` does."""
    if not parts:
        return None
    units = (list(parts), [merged(parts)])
    return False if any(_mixed(unit, can, fold=False) is not None for unit in units) else None


def _mixed(
    parts: Sequence[Outgoing], can: Capabilities, fold: bool
) -> tuple[list[Piece], tuple[Choice, ...]] | None:
    """The unit without numbers; None where that loses a button."""
    pieces: list[Piece] = []
    quick: list[Choice] = []
    for part in parts:
        made = _unnumbered(part, can, fold)
        if made is None:
            return None
        pieces += made
        quick += [choice for piece in made for choice in piece.quick_replies]
    if quick and (can.quick_replies is None or len(quick) > can.quick_replies.most):
        return None
    if len({choice.label for choice in quick}) < len(quick):
        return None
    return _without_quick(pieces), tuple(quick)


def _unnumbered(part: Outgoing, can: Capabilities, fold: bool) -> list[Piece] | None:
    if not is_numbered([part], can):
        return fit([part], can, fold=fold)
    links = replace(part, buttons=tuple(button for button in part.buttons if button.url))
    presses = Outgoing(
        "", tuple(button for button in part.buttons if not button.url), language=part.language
    )
    below = can.model_copy(update={"buttons": None})
    if not links.buttons or not presses.buttons:
        return None
    if is_numbered([links], can) or is_numbered([presses], below):
        return None
    pieces = fit([links], can, fold=fold)
    quick = fit([presses], below)[-1].quick_replies
    return [*pieces[:-1], replace(pieces[-1], quick_replies=quick)]


def _without_quick(pieces: Sequence[Piece]) -> list[Piece]:
    return [replace(piece, quick_replies=()) for piece in pieces]
