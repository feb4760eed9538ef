"""Answering with photos: HTTP only. Its form is larger than the others, so it is a route apart."""

from typing import Annotated

from fastapi import APIRouter, File, Form, Request, Response, UploadFile

from bot.attachments.images import Photo
from bot.conversations import shared
from bot.database import utc_now
from bot.staff import pages, talk, talk_pages
from bot.staff.dependencies import Counselling, House
from bot.staff.desk_parts import PhotoStore
from bot.staff.talk_pages import back

router = APIRouter(route_class=pages.StaffRoute)
"""Stands below the router of `bot.staff.routes`, which says the prefix."""

MOST = 4
"""Photos of one answer."""
MAX_BODY = 100 * 1024 * 1024
"""Above what ATTACHMENT_MAX_MB may sensibly be; `bot.web.limits` holds it to that."""


@router.post("/conversations/{conversation_id}/photos", max_body_size=MAX_BODY)
def say_with_photos(
    request: Request,
    house: House,
    store: PhotoStore,
    staff: Counselling,
    conversation_id: str,
    text: Annotated[str, Form(max_length=20_000)] = "",
    photos: Annotated[list[UploadFile] | None, File()] = None,
) -> Response:
    """Answer the citizen, with photos. What could not be sent stands in the form again."""
    try:
        with shared.refusing():
            # Redrawn before any transaction: that takes seconds.
            drawn = [_prepared(store, one) for one in (photos or [])[:MOST] if one.size]
        with house.database.writing() as session, shared.refusing():
            talk.say(
                session,
                conversation_id=conversation_id,
                staff=staff,
                text=text,
                masker=house.masker,
                now=utc_now(),
                photos=drawn,
                store=store.store,
            )
    except pages.PROBLEMS as problem:
        return talk_pages.draw(request, house, staff, conversation_id, problem=problem, draft=text)
    house.notify(conversation_id)
    return back(conversation_id, "said", "#answer")


def _prepared(store: PhotoStore, upload: UploadFile) -> Photo:
    return store.prepare(upload.file.read(store.limits.max_bytes + 1))
