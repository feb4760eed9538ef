"""A file from outside becomes a photo of our own: known by its bytes, opened with limits, redrawn.

What is kept is drawn anew from the pixels: nothing of the file that came is copied, so neither
places and devices (EXIF, XMP), comments and colour profiles, nor anything hidden behind the picture
survives.
"""

import io
import warnings
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

import pillow_heif
from PIL import Image, ImageOps

from bot.attachments.errors import NoPhoto, NotAPhoto, PhotoUnsafe

MAX_PIXELS = 64_000_000
"""More than the cameras of phones give by default (12 to 50 million), 200 MB unpacked."""
LONG_SIDE = 2560
"""Pixels of the longer side of what is kept: a street sign across the road stays readable."""
QUALITY = 85

MediaType = Literal["image/jpeg", "image/png", "image/webp"]
Kind = Literal["JPEG", "PNG", "WEBP", "HEIF"]
HEIF_BRANDS = frozenset(
    (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"heif", b"mif1", b"msf1")
)
KEPT_AS: dict[Kind, tuple[str, MediaType]] = {
    "JPEG": ("JPEG", "image/jpeg"),
    "PNG": ("PNG", "image/png"),
    "WEBP": ("WEBP", "image/webp"),
    # Browsers other than Safari show no HEIC.
    "HEIF": ("JPEG", "image/jpeg"),
}

pillow_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False)


@dataclass(frozen=True)
class Photo:
    """A photo as it may be kept and shown."""

    data: bytes
    media_type: MediaType
    width: int
    height: int

    @property
    def sha256(self) -> str:
        """Hex digest of the bytes."""
        return sha256(self.data).hexdigest()


def kind_of(data: bytes) -> Kind:
    """What the first bytes say the file is. Raises NoPhoto for none, NotAPhoto for all else."""
    if not data:
        raise NoPhoto
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data[4:8] == b"ftyp" and data[8:12] in HEIF_BRANDS:
        return "HEIF"
    raise NotAPhoto("the first bytes are of no JPEG, PNG, WebP or HEIC")


def redrawn(data: bytes) -> Photo:
    """The photo in `data`, upright, at most LONG_SIDE pixels long, without anything but pixels.

    Raises NoPhoto, NotAPhoto, or PhotoUnsafe when it does not open as what its first bytes say,
    moves, or is too large unpacked. The size of the file is the caller's to limit.
    """
    kind = kind_of(data)
    try:
        with warnings.catch_warnings():
            # Between Pillow's warning and its error our own limit decides.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            return _redrawn(data, kind)
    except PhotoUnsafe:
        raise
    except Exception as error:
        # Decoders of broken files raise whatever they stumble over; all of it means the same.
        raise PhotoUnsafe(f"the {kind} does not open: {type(error).__name__}") from error


def _redrawn(data: bytes, kind: Kind) -> Photo:
    with Image.open(io.BytesIO(data), formats=(kind,)) as opened:
        width, height = opened.size
        if width * height > MAX_PIXELS:
            raise PhotoUnsafe(f"{width} x {height} pixels are more than a photo has")
        # A JPEG of two pictures is a phone's photo with its depth; its first one is the photo.
        if kind in ("PNG", "WEBP") and getattr(opened, "n_frames", 1) > 1:
            raise PhotoUnsafe("the picture moves")
        # Made smaller before it is turned, both in place: a copy of 64 million pixels is 256 MB.
        opened.thumbnail((LONG_SIDE, LONG_SIDE), Image.Resampling.LANCZOS, reducing_gap=2.0)
        ImageOps.exif_transpose(opened, in_place=True)
        return _encoded(opened, *KEPT_AS[kind])


def _encoded(image: Image.Image, encoder: str, media_type: MediaType) -> Photo:
    mode = "RGBA" if encoder != "JPEG" and image.has_transparency_data else "RGB"
    pixels = image.convert(mode)
    # A fresh picture: the one that was opened carries comments and profiles along.
    bare = Image.new(mode, pixels.size)
    bare.paste(pixels)
    out = io.BytesIO()
    bare.save(out, encoder, quality=QUALITY)
    return Photo(out.getvalue(), media_type, bare.width, bare.height)
