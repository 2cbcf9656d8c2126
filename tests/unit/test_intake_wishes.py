"""What a person gets where they left something open."""

import pytest

from bot import errors
from bot.guilds.model import GuildSettings
from bot.intake.wishes import Sketch, completed, sketch_of
from bot.jobs.model import Drawing, Kind, Quality, Size, Thinking

SET = GuildSettings(default_size=Size.WIDESCREEN, default_quality=Quality.ONE_K)
SMALL = GuildSettings(
    default_quality=Quality.FOUR_K, highest_quality=Quality.ONE_K, role_qualities={7: Quality.TWO_K, 8: Quality.HALF_K}
)


@pytest.mark.parametrize(
    ("sketch", "kind", "size", "quality"),
    [
        (Sketch(prompt="x"), Kind.IMAGINE, Size.WIDESCREEN, Quality.ONE_K),
        (Sketch(prompt="x"), Kind.EDIT, Size.AUTO, Quality.ONE_K),
        (Sketch(prompt="x", size=Size.AUTO), Kind.IMAGINE, Size.AUTO, Quality.ONE_K),
        (Sketch(prompt="x", quality="4K"), Kind.IMAGINE, Size.WIDESCREEN, Quality.FOUR_K),
        (Sketch(prompt="x", quality=" 0.5k "), Kind.EDIT, Size.AUTO, Quality.HALF_K),
    ],
    ids=["as the server has it", "an edit keeps its shape", "auto is a choice", "what was said counts", "as written"],
)
def test_what_was_left_open_is_as_the_server_has_it(sketch: Sketch, kind: Kind, size: Size, quality: Quality) -> None:
    """And what was said is as it was said."""
    drawing = completed(sketch, kind=kind, settings=SET, role_ids=frozenset())
    assert (drawing.size, drawing.quality) == (size, quality)


@pytest.mark.parametrize(
    ("role_ids", "quality"),
    [(frozenset[int](), Quality.ONE_K), (frozenset({7, 8}), Quality.TWO_K), (frozenset({8}), Quality.HALF_K)],
)
def test_nobody_gets_more_than_they_may_use_without_having_asked(role_ids: frozenset[int], quality: Quality) -> None:
    """A server whose usual quality is above that of a role refuses nothing to who names none."""
    assert completed(Sketch(prompt="x"), kind=Kind.IMAGINE, settings=SMALL, role_ids=role_ids).quality is quality


@pytest.mark.parametrize("written", ["8K", "best", "", "2", "4K · 4096 px", "\u0662K", "2K\0"])
def test_what_is_no_quality_is_refused_as_such(written: str) -> None:
    """Discord only suggests: anything can be sent."""
    with pytest.raises(errors.QualityNotAllowed) as refused:
        completed(Sketch(prompt="x", quality=written), kind=Kind.IMAGINE, settings=SET, role_ids=frozenset())
    assert (refused.value.asked, refused.value.highest) == (written, None)


def test_the_same_once_more_leaves_nothing_open() -> None:
    """Not even where the server has changed its mind."""
    drawing = Drawing(
        prompt="x", size=Size.AUTO, quality=Quality.FOUR_K, web_search=True, image_search=True, thinking=Thinking.HIGH
    )
    sketch = sketch_of(drawing)
    assert sketch.is_complete
    assert completed(sketch, kind=Kind.IMAGINE, settings=SMALL, role_ids=frozenset()) == drawing
