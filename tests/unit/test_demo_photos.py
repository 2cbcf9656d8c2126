"""What the demo's own eye sees in a photo, and that the bundled ones are what the story needs."""

import io

import pytest
from PIL import Image

from bot.demo import acts, photos
from bot.demo.photos import Look


def a_jpeg(size: tuple[int, int], exif: Image.Exif | None = None) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", size, "teal").save(written, "JPEG", exif=exif or Image.Exif())
    return written.getvalue()


def exif_of(orientation: int, *, located: bool) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    if located:
        exif[0x8825] = {1: "N", 2: (48.0, 8.0, 0.0)}
    return exif


@pytest.mark.parametrize(
    ("content", "look"),
    [
        (a_jpeg((40, 30)), Look(size=(40, 30), located=False, turned=False)),
        (a_jpeg((30, 40), exif_of(6, located=False)), Look(size=(40, 30), located=False, turned=True)),
        (a_jpeg((30, 40), exif_of(1, located=True)), Look(size=(30, 40), located=True, turned=False)),
        (acts.bundled(acts.PHOTO)[1], Look(size=(600, 400), located=True, turned=True)),
        (acts.bundled(acts.CAT)[1], Look(size=(451, 300), located=False, turned=False)),
    ],
    ids=["plain", "on its side", "located", "the photo", "the cat"],
)
def test_a_photo_is_seen_as_it_is(content: bytes, look: Look) -> None:
    """Its size once it stands upright, whether it has to be turned, and whether it tells a place."""
    assert photos.look_at(content) == look
    assert look.wide is (look.size[0] > look.size[1])


@pytest.mark.parametrize("name", [acts.PHOTO, acts.CAT])
def test_a_preview_is_a_small_upright_jpeg(name: str) -> None:
    """Whatever the photo is, a browser can show its preview, and nothing of the place is in it."""
    preview = photos.preview(acts.bundled(name)[1])
    look = photos.look_at(preview)
    assert preview.startswith(b"\xff\xd8")
    assert look.wide
    assert max(look.size) == 240
    assert (look.located, look.turned) == (False, False)


def test_the_bundled_photos_are_small() -> None:
    """They ship with the bot."""
    assert sum(len(acts.bundled(name)[1]) for name in (acts.PHOTO, acts.CAT)) < 150_000
    assert acts.bundled(acts.CAT)[1][4:12] == b"ftypheic"
