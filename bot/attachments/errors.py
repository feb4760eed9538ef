"""What can be wrong with a photo. Each names the wording key of its sentence."""


class AttachmentError(Exception):
    """Base: `status` is the HTTP status, `wording` the key of the sentence that is shown."""

    status = 400
    wording = "photo.unsafe"

    def __init__(self, message: str = "", **values: str) -> None:
        super().__init__(message or self.wording)
        self.values = values


class NoPhoto(AttachmentError):
    """Nothing came where a photo should be, or more than one file."""

    status = 422
    wording = "photo.missing"


class NotAPhoto(AttachmentError):
    """The bytes are no JPEG, PNG, WebP or HEIC, whatever the name says."""

    status = 415
    wording = "photo.not_a_photo"


class PhotoTooLarge(AttachmentError):
    """The file is larger than ATTACHMENT_MAX_MB; `limit` is that number."""

    status = 413
    wording = "photo.too_large"


class PhotoUnsafe(AttachmentError):
    """Broken, cut off, moving, or far larger unpacked than any photo; it was not opened further."""

    status = 422
    wording = "photo.unsafe"


class PhotoInfected(AttachmentError):
    """The virus scanner found something; the message names what it called it."""

    status = 422
    wording = "photo.infected"


class ScannerAway(AttachmentError):
    """The virus scanner cannot be reached or does not answer as it should; nothing is kept."""

    status = 503
    wording = "photo.try_again"


class PhotosBusy(AttachmentError):
    """Too many photos are being prepared at once; trying again helps."""

    status = 503
    wording = "photo.try_again"


class TooManyPhotos(AttachmentError):
    """The conversation has sent as many photos, or bytes, as one may in an hour."""

    status = 429
    wording = "photo.too_many"


class PhotoGone(AttachmentError):
    """There is no such photo, or its file is missing: the two look the same from outside."""

    status = 404
    wording = "photo.gone"
