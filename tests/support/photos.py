"""Photos as phones and others send them, made with Pillow."""

import io
import struct
import zipfile
import zlib
from typing import Any

import pillow_heif
from PIL import Image
from PIL.TiffImagePlugin import IFDRational

pillow_heif.register_heif_opener()

MAKER = "Jeju Phone 7"
COMMENT = b"taken at my house"
GPS = {
    1: "N",
    2: (IFDRational(33), IFDRational(29), IFDRational(57)),
    3: "E",
    4: (IFDRational(126), IFDRational(31), IFDRational(52)),
}
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><GPSLatitude>33,29.95N</GPSLatitude></x:xmpmeta>'
RED, BLUE = (200, 30, 30), (30, 30, 200)


def picture(width: int = 640, height: int = 480) -> Image.Image:
    """Red on the left, blue on the right."""
    image = Image.new("RGB", (width, height), RED)
    image.paste(BLUE, (width // 2, 0, width, height))
    return image


def file(kind: str = "JPEG", image: Image.Image | None = None, **options: Any) -> bytes:
    """The picture as a file of a kind that Pillow writes."""
    out = io.BytesIO()
    (image or picture()).save(out, kind, **options)
    return out.getvalue()


def exif(orientation: int = 1) -> Image.Exif:
    """What a phone writes: its name, the place, and how it was held."""
    made = Image.Exif()
    made[0x010F] = MAKER
    made[0x0112] = orientation
    made.get_ifd(0x8825).update(GPS)
    return made


def from_a_phone(kind: str = "JPEG", orientation: int = 1, **size: int) -> bytes:
    """A photo with everything in it that nobody should see."""
    more: dict[str, Any] = {"exif": exif(orientation), "xmp": XMP}
    if kind == "JPEG":
        more["comment"] = COMMENT
    if kind == "PNG":
        del more["xmp"]
    return file(kind, picture(**size), **more)


def opened(data: bytes) -> Image.Image:
    """The picture in a file, loaded."""
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def zip_file() -> bytes:
    """An archive, whatever it is called."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("photo.jpg", file())
    return out.getvalue()


def bomb(side: int = 60_000) -> bytes:
    """A PNG of a few hundred bytes that says that it is `side` pixels wide and high."""
    header = struct.pack("!IIBBBBB", side, side, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(b"\0" * 1000)), (b"IEND", b""))
    packed = b"".join(
        struct.pack("!I", len(body)) + name + body + struct.pack("!I", zlib.crc32(name + body))
        for name, body in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + packed


def moving(kind: str) -> bytes:
    """A picture of two frames."""
    other = picture().transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    return file(kind, save_all=True, append_images=[other], duration=100)
