"""Small pictures of pictures, for lists."""

from pathlib import Path

import pytest
from PIL import Image

from bot.clock import SystemClock
from bot.errors import NotAPicture
from bot.images import thumbnail
from bot.images.worker import ImageWorkers
from tests.support.pictures import draw_picture, draw_with_alpha, encode


@pytest.mark.parametrize(
    ("kind", "size", "expected"),
    [
        ("JPEG", (2048, 1024), (160, 80)),
        ("PNG", (512, 2048), (40, 160)),
        ("WEBP", (700, 700), (160, 160)),
        ("GIF", (320, 160), (160, 80)),
        ("PNG", (100, 60), (100, 60)),
        ("PNG", (4000, 10), (160, 1)),
    ],
)
def test_a_thumbnail_is_a_small_webp_of_the_same_shape(
    kind: str, size: tuple[int, int], expected: tuple[int, int], tmp_path: Path
) -> None:
    """At most 160 pixels a side, and never larger than the picture itself."""
    source, target = tmp_path / "source", tmp_path / "small.webp"
    source.write_bytes(encode(draw_picture(*size), kind))
    n_bytes = thumbnail.draw(source, target)
    with Image.open(target) as small:
        assert (small.format, small.size) == ("WEBP", expected)
    assert n_bytes == target.stat().st_size
    assert n_bytes < 20_000
    assert sorted(path.name for path in tmp_path.iterdir()) == ["small.webp", "source"]


def test_what_is_transparent_stays_so(tmp_path: Path) -> None:
    """A sticker looks like one in the list."""
    source, target = tmp_path / "source", tmp_path / "small.webp"
    source.write_bytes(encode(draw_with_alpha(640, 640), "PNG"))
    thumbnail.draw(source, target)
    with Image.open(target) as small:
        assert small.mode == "RGBA"
        assert min(small.getchannel("A").tobytes()) < 30


@pytest.mark.parametrize("content", [b"", b"no picture", encode(draw_picture(320, 320), "PNG")[:5000]])
def test_what_is_no_whole_picture_leaves_nothing_behind(content: bytes, tmp_path: Path) -> None:
    """The list shows no small picture then."""
    source, target = tmp_path / "source", tmp_path / "small.webp"
    source.write_bytes(content)
    with pytest.raises(NotAPicture):
        thumbnail.draw(source, target)
    assert [path.name for path in tmp_path.iterdir()] == ["source"]


async def test_it_is_drawn_in_a_worker(tmp_path: Path) -> None:
    """Where decoding belongs."""
    source, target = tmp_path / "source", tmp_path / "small.webp"
    source.write_bytes(encode(draw_picture(640, 320), "JPEG"))
    async with ImageWorkers(clock=SystemClock(), max_workers=1) as workers:
        assert await workers.run(thumbnail.draw, source, target) == target.stat().st_size
