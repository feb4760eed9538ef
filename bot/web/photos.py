"""Photos of the citizen API: sent into a conversation, and shown to whoever may see them."""

from typing import Annotated

from fastapi import APIRouter, Header, Query, Request, Response
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from bot.attachments import links, showing
from bot.attachments import service as attachments
from bot.attachments.errors import NoPhoto, PhotoGone
from bot.attachments.models import Attachment
from bot.attachments.preparing import Limits
from bot.attachments.store import Store
from bot.conversations import service, shared
from bot.conversations.errors import ConversationError, MissingToken
from bot.conversations.schemas import AnswerOut, IncomingMessage
from bot.database import utc_now
from bot.web.api import PartsOf, Token, answer_of, bearer, check_token
from bot.web.limits import photo_allowed

router = APIRouter(prefix="/api/conversations", tags=["conversations"])
LONGEST_CLIENT_ID = 64
FORM = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["photo"],
                "properties": {
                    "photo": {
                        "type": "string",
                        "format": "binary",
                        "description": "One JPEG, PNG, WebP or HEIC file",
                    },
                    "client_id": {
                        "type": "string",
                        "minLength": 1,
                        "maxLength": LONGEST_CLIENT_ID,
                        "description": "Chosen by the client; sent again it is answered once",
                    },
                },
            }
        }
    },
}
# The widget stands on other sites' pages.
HEADERS = {**showing.HEADERS, "Cross-Origin-Resource-Policy": "cross-origin"}


class Unreadable(ConversationError):
    """A field of the form is not what it should be."""

    status = 422
    wording = "error.unreadable"


@router.post("/{conversation_id}/photos", openapi_extra={"requestBody": FORM})
async def send(request: Request, parts: PartsOf, token: Token, conversation_id: str) -> AnswerOut:
    """Send one photo; the answer comes back as for a message."""
    # Before the body is read: nobody without a conversation makes us read megabytes.
    photo_allowed(request)
    await check_token(parts, conversation_id, token)
    with shared.refusing():
        data, client_id = await _read(request, parts.photos.limits)
    received = await parts.turns.receive(
        conversation_id=conversation_id,
        token=token,
        incoming=IncomingMessage(photo=data, client_id=client_id),
    )
    return await answer_of(parts, conversation_id, received)


async def _read(request: Request, limits: Limits) -> tuple[bytes, str | None]:
    """The file and the client's id. Raises an AttachmentError or Unreadable."""
    try:
        async with request.form(max_files=1, max_fields=4) as form:
            files = [each for each in form.values() if isinstance(each, UploadFile)]
            if len(files) != 1:
                raise NoPhoto
            return await files[0].read(), _client_id(form.get("client_id"))
    except HTTPException as error:
        # The door's limit (bot.web.limits) while the body was read, or a form that is none.
        raise limits.too_large() if error.status_code == 413 else NoPhoto() from error


def _client_id(sent: object) -> str | None:
    if sent is None:
        return None
    if not isinstance(sent, str) or not 0 < len(sent) <= LONGEST_CLIENT_ID or "\0" in sent:
        raise Unreadable
    return sent


@router.get("/{conversation_id}/photos/{attachment_id}", response_class=Response)
def show(
    parts: PartsOf,
    conversation_id: str,
    attachment_id: str,
    authorization: Annotated[str | None, Header()] = None,
    until: Annotated[int, Query(ge=0, le=2**40)] = 0,
    signature: Annotated[str, Query(max_length=64)] = "",
) -> Response:
    """A photo of the conversation, by the conversation's token or the signed link of a message."""
    if authorization is None and not signature:
        raise MissingToken
    with parts.database.reading() as session, shared.refusing():
        if authorization is not None:
            token = bearer(authorization)
            service.authenticated(session, conversation_id=conversation_id, token=token)
        elif not links.opens(
            conversation_id,
            attachment_id,
            until=until,
            signature=signature,
            key=parts.links_key,
            now=utc_now(),
        ):
            raise PhotoGone
        found = attachments.find(session, attachment_id)
        if found.conversation_id != conversation_id:
            raise PhotoGone
        return photo_response(parts.photos.store, found)


def photo_response(store: Store, attachment: Attachment) -> Response:
    """The file with the headers that let a browser do nothing with it but show it."""
    return Response(store.read(attachment), media_type=attachment.media_type, headers=HEADERS)
