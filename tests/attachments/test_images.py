"""What comes as a photo: known by its bytes, bare of all but its pixels, and never too big."""

import pytest

from bot.attachments import images
from bot.attachments.errors import NoPhoto, NotAPhoto, PhotoUnsafe
from tests.support import photos

KINDS = {
    "JPEG": ("image/jpeg", "JPEG"),
    "PNG": ("image/png", "PNG"),
    "WEBP": ("image/webp", "WEBP"),
    "HEIF": ("image/jpeg", "JPEG"),
}
NO_PHOTOS = {
    "a zip": photos.zip_file(),
    "an SVG": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
    "a PDF": b"%PDF-1.7\n",
    "HTML": b"<!doctype html><script>alert(1)</script>",
    "a GIF that is HTML": b"GIF89a/*\x00<script>alert(1)</script>*/=1;",
    "a GIF": photos.file("GIF"),
    "a BMP": photos.file("BMP"),
    "a TIFF": photos.file("TIFF"),
    "an AVIF": photos.file("AVIF"),
    "an MP4": b"\x00\x00\x00\x20ftypisom" + b"\0" * 100,
    "one byte": b"\xff",
    "text before a photo": b"\n" + photos.file(),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_photo_becomes_a_file_that_every_browser_shows(kind: str) -> None:
    photo = images.redrawn(photos.file(kind))
    media_type, opens_as = KINDS[kind]
    assert photo.media_type == media_type
    assert photos.opened(photo.data).format == opens_as
    assert (photo.width, photo.height) == photos.opened(photo.data).size == (640, 480)


@pytest.mark.parametrize("kind", KINDS)
def test_place_phone_and_comments_vanish(kind: str) -> None:
    sent = photos.from_a_phone(kind)
    assert photos.MAKER.encode() in sent
    photo = images.redrawn(sent)
    left = photos.opened(photo.data)
    assert not left.getexif() and not left.getexif().get_ifd(0x8825)
    assert not {"exif", "xmp", "comment", "icc_profile", "photoshop"} & set(left.info)
    for secret in (photos.MAKER.encode(), photos.COMMENT, b"GPS", b"xmpmeta", b"Exif"):
        assert secret not in photo.data


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_colour_profile_vanishes(kind: str) -> None:
    photo = images.redrawn(photos.file(kind, icc_profile=b"\0" * 36 + b"acsp" + b"secret" * 20))
    assert b"secret" not in photo.data


def test_text_in_a_png_vanishes() -> None:
    from PIL.PngImagePlugin import PngInfo

    notes = PngInfo()
    notes.add_text("Comment", "my address")
    assert b"my address" not in images.redrawn(photos.file("PNG", pnginfo=notes)).data


@pytest.mark.parametrize("kind", KINDS)
def test_what_hangs_behind_the_picture_vanishes(kind: str) -> None:
    photo = images.redrawn(photos.file(kind) + b"<script>alert(1)</script>")
    assert b"script" not in photo.data


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "PNG"])
def test_a_photo_taken_sideways_stands_upright(kind: str) -> None:
    photo = images.redrawn(photos.from_a_phone(kind, orientation=6))
    assert (photo.width, photo.height) == (480, 640)
    image = photos.opened(photo.data).convert("RGB")
    # The left half, red, is turned to the top.
    top, bottom = image.getpixel((240, 100)), image.getpixel((240, 540))
    assert isinstance(top, tuple) and isinstance(bottom, tuple)
    assert top[0] > 150 > bottom[0]
    assert bottom[2] > 150 > top[2]


@pytest.mark.parametrize(
    ("size", "kept"), [((4000, 1000), (2560, 640)), ((900, 3600), (640, 2560)), ((9, 7), (9, 7))]
)
def test_the_long_side_has_at_most_2560_pixels(
    size: tuple[int, int], kept: tuple[int, int]
) -> None:
    photo = images.redrawn(photos.file("JPEG", photos.picture(*size)))
    assert (photo.width, photo.height) == kept


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_what_is_see_through_stays_so(kind: str) -> None:
    clear = photos.picture().convert("RGBA")
    clear.putalpha(90)
    photo = images.redrawn(photos.file(kind, clear))
    assert photos.opened(photo.data).mode == "RGBA"


@pytest.mark.parametrize("mode", ["L", "1", "P", "CMYK", "I;16", "LA"])
def test_grey_and_print_colours_open_too(mode: str) -> None:
    kind = "JPEG" if mode == "CMYK" else "PNG"
    image = photos.picture().convert("L" if mode == "I;16" else mode)
    photo = images.redrawn(photos.file(kind, image.convert(mode)))
    assert (photo.width, photo.height) == (640, 480)


@pytest.mark.parametrize("name", NO_PHOTOS)
def test_what_is_no_photo_is_refused_whatever_it_is_called(name: str) -> None:
    with pytest.raises(NotAPhoto):
        images.redrawn(NO_PHOTOS[name])


def test_nothing_is_no_photo() -> None:
    with pytest.raises(NoPhoto):
        images.redrawn(b"")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_photo_that_was_cut_off_is_refused(kind: str, share: float) -> None:
    whole = photos.file(kind, photos.picture(1600, 1200))
    with pytest.raises(PhotoUnsafe):
        images.redrawn(whole[: int(len(whole) * share)])


def test_a_decompression_bomb_is_refused_before_it_is_unpacked() -> None:
    import resource

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for side in (8_500, 12_000, 60_000):
        with pytest.raises(PhotoUnsafe):
            images.redrawn(photos.bomb(side))
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 50_000, f"{grown} kB"


def test_packed_text_in_a_png_does_not_unpack_to_megabytes() -> None:
    from PIL.PngImagePlugin import PngInfo

    notes = PngInfo()
    notes.add_text("Comment", "0" * 80_000_000, zip=True)
    with pytest.raises(PhotoUnsafe):
        images.redrawn(photos.file("PNG", pnginfo=notes))


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_a_moving_picture_is_refused(kind: str) -> None:
    with pytest.raises(PhotoUnsafe):
        images.redrawn(photos.moving(kind))


def test_a_phones_jpeg_of_two_pictures_gives_the_first() -> None:
    photo = images.redrawn(photos.moving("MPO"))
    assert (photo.width, photo.height) == (640, 480)
    image = photos.opened(photo.data)
    assert image.format == "JPEG"
    left = image.getpixel((10, 10))
    assert isinstance(left, tuple) and left[0] > 150


@pytest.mark.parametrize("head", [b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\x10\0\0\0WEBP"])
def test_a_right_beginning_alone_is_no_photo(head: bytes) -> None:
    with pytest.raises(PhotoUnsafe):
        images.redrawn(head + b"<script>" * 100)
