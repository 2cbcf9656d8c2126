"""The stand-in's catalogue, lettering, drawing and encoding, which need no server."""

import io
import re
from pathlib import Path

import pytest
from PIL import Image, ImageStat

from bot.sandbox.evolink import catalogue, drawing, encoding, lettering

TABLE = """
1:1 512x512 1024x1024 2048x2048 4096x4096
1:4 256x1024 512x2048 1024x4096 2048x8192
4:1 1024x256 2048x512 4096x1024 8192x2048
1:8 192x1536 384x3072 768x6144 1536x12288
8:1 1536x192 3072x384 6144x768 12288x1536
2:3 424x632 848x1264 1696x2528 3392x5056
3:2 632x424 1264x848 2528x1696 5056x3392
3:4 448x600 896x1200 1792x2400 3584x4800
4:3 600x448 1200x896 2400x1792 4800x3584
4:5 464x576 928x1152 1856x2304 3712x4608
5:4 576x464 1152x928 2304x1856 4608x3712
9:16 384x688 768x1376 1536x2752 3072x5504
16:9 688x384 1376x768 2752x1536 5504x3072
21:9 792x336 1584x672 3168x1344 6336x2688
"""


@pytest.mark.parametrize("row", TABLE.strip().splitlines())
def test_pixel_sizes_are_those_of_the_published_table(row: str) -> None:
    """Every size at every quality, as provider.md 9 prints it (21:9 at 0.5K by C19)."""
    size, *pixels = row.split()
    shown = [catalogue.pixel_size(size, quality) for quality in ("0.5K", "1K", "2K", "4K")]
    assert [f"{width}x{height}" for width, height in shown] == pixels


@pytest.mark.parametrize(
    ("width", "height", "size"),
    [
        (100, 100, "1:1"),
        (1920, 1080, "16:9"),
        (1080, 1920, "9:16"),
        (9000, 10, "8:1"),
        (640, 480, "4:3"),
        (3, 40, "1:8"),
    ],
)
def test_auto_takes_the_nearest_shape(width: int, height: int, size: str) -> None:
    """The shape whose ratio is nearest to that of the source."""
    assert catalogue.nearest_size(width, height) == size


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("A lighthouse, 2 $!", "A lighthouse, 2 $!"),
        ("сова и кот", "sova i kot"),
        ("an 🦉 here", "an [owl] here"),
        ("👩\u200d🎨", "[woman][artist palette]"),
        ("a\u202eb\x00c\ufe0fd", "abcd"),
        ("tab\tline\nend", "tab line end"),
        ("e\u0301te\u0301", "ete"),
        ("灯", "Deng"),
        ("ع", "'"),
        ("\U0001fbff\ue000", ""),
    ],
)
def test_any_text_becomes_drawable(text: str, shown: str) -> None:
    """Latin stays, other scripts are put into Latin, signs are named, what nobody sees is left out."""
    assert lettering.drawable(text) == shown


@pytest.mark.parametrize("text", ["short", "word " * 400, "`" * 2000, "W" * 2000, ""])
@pytest.mark.parametrize(("width", "height"), [(900, 300), (170, 900), (60, 20)])
def test_text_is_wrapped_into_its_box(text: str, width: int, height: int) -> None:
    """No line is wider than the box, and the lines are not higher than it; what is cut ends in dots."""
    block = lettering.fit(text, width_px=width, height_px=height)
    assert max(block.font.getlength(line) for line in block.lines) <= width * 1.05
    assert len(block.lines) * block.line_height_px <= height
    if "".join(block.lines).replace(" ", "") != text.replace(" ", ""):
        assert block.lines[-1].endswith("...")


@pytest.mark.parametrize(("width", "height"), [(512, 512), (192, 1536), (1536, 192), (792, 336), (2048, 2048)])
@pytest.mark.parametrize("n_sources", [0, 1, 14])
def test_every_shape_can_be_drawn_with_any_number_of_sources(width: int, height: int, n_sources: int) -> None:
    """Exactly the asked pixels, whatever stands on it."""
    source = drawing.Thumbnail(image=Image.new("RGB", (320, 200), "red"), width=640, height=400)
    brief = drawing.Brief(prompt="🦉 " * 600, caption="c", width=width, height=height, sources=(source,) * n_sources)
    assert drawing.draw(brief).size == (width, height)


def test_sources_are_seen_in_the_picture() -> None:
    """A red source leaves clearly more red pixels than none."""
    red = drawing.Thumbnail(image=Image.new("RGB", (320, 200), (255, 0, 0)), width=640, height=400)

    def n_red(sources: tuple[drawing.Thumbnail, ...]) -> int:
        brief = drawing.Brief(prompt="calm", caption="c", width=600, height=448, sources=sources, grain=0)
        counted = drawing.draw(brief).getcolors(600 * 448) or []
        return sum(n_pixels for n_pixels, colour in counted if colour == (255, 0, 0))

    assert n_red(()) == 0
    assert n_red((red,)) > 5000


def test_the_prompt_decides_the_background() -> None:
    """Equal briefs give equal pictures, other prompts other colours."""
    briefs = [drawing.Brief(prompt=prompt, caption="c", width=512, height=512) for prompt in ("owl", "owl", "fox")]
    first, same, other = (drawing.draw(brief) for brief in briefs)
    assert first.tobytes() == same.tobytes()
    assert ImageStat.Stat(first).mean != pytest.approx(ImageStat.Stat(other).mean, abs=3)


@pytest.mark.parametrize("mode", ["RGBA", "L", "P", "CMYK"])
def test_sources_of_any_mode_are_read(mode: str) -> None:
    """Alpha, grey, palette and CMYK give a small RGB picture and the true size."""
    buffer = io.BytesIO()
    Image.new(mode, (900, 600)).save(buffer, "JPEG" if mode == "CMYK" else "PNG")
    thumbnail = drawing.read_source(buffer.getvalue())
    assert (thumbnail.width, thumbnail.height, thumbnail.image.mode) == (900, 600, "RGB")
    assert max(thumbnail.image.size) <= 320


@pytest.mark.parametrize("encoding_name", ["jpeg", "png"])
@pytest.mark.parametrize("extra", [0, 12, 13, 65_537, 65_538, 65_541, 200_000, 131_075])
def test_a_file_is_padded_to_the_byte(encoding_name: encoding.Encoding, extra: int) -> None:
    """Exactly so many bytes, and the same pixels."""
    image = drawing.draw(drawing.Brief(prompt="owl", caption="c", width=64, height=64))
    data = encoding.encode(image, encoding_name)
    padded = encoding.pad(data, encoding_name, len(data) + extra)
    assert len(padded) == len(data) + extra
    with Image.open(io.BytesIO(data)) as plain, Image.open(io.BytesIO(padded)) as grown:
        assert plain.tobytes() == grown.tobytes()


@pytest.mark.parametrize(("name", "extra"), [("jpeg", -1), ("jpeg", 3), ("png", 11), ("webp", 100)])
def test_padding_that_cannot_be_is_refused(name: encoding.Encoding, extra: int) -> None:
    """Too small a difference, or a kind that has no such segment."""
    data = encoding.encode(Image.new("RGB", (8, 8)), name)
    with pytest.raises(ValueError, match=name):
        encoding.pad(data, name, len(data) + extra)


def test_the_stand_in_knows_nothing_of_the_bot_but_its_clock() -> None:
    """No import of `bot` outside the stand-in itself, except bot.clock."""
    folder = Path(encoding.__file__).parent
    imports = {
        match
        for path in folder.glob("*.py")
        for match in re.findall(r"^\s*(?:from|import) (bot[.\w]*)", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert {name for name in imports if not name.startswith("bot.sandbox.evolink")} == {"bot.clock"}
