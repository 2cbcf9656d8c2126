"""What an earlier demo left goes before the next one writes, and nothing of a person's goes with it."""

from pathlib import Path

import pytest

from bot.demo import folder, page, quota_story

SHOWN = '<img class="picture" src="{}" alt="">'


def names_in(out: Path) -> set[str]:
    return {path.name for path in out.iterdir()}


def test_what_an_earlier_demo_wrote_is_taken_away(tmp_path: Path) -> None:
    """The page, the log, the pictures that the page shows, and their originals; all else stays."""
    shown = ("bob-a-city.jpg", "carol-a&#x27;s.jpg", quota_story.CHART_NAME)
    (tmp_path / page.NAME).write_text("".join(SHOWN.format(name) for name in shown))
    (tmp_path / quota_story.CHART_NAME).touch()
    for name in ("bot.log", "bob-a-city.jpg", "bob-a-city.original.png", "carol-a's.jpg", "bob-at-home.jpg", "notes"):
        (tmp_path / name).touch()
    folder.make_clean(tmp_path)
    assert names_in(tmp_path) == {"bob-at-home.jpg", "notes"}


def test_a_page_cannot_name_files_elsewhere(tmp_path: Path) -> None:
    """Whoever wrote it: only what lies beside it is taken away."""
    out = tmp_path / "out"
    out.mkdir()
    (tmp_path / "mine.jpg").touch()
    (out / page.NAME).write_text(SHOWN.format("../mine.jpg") + SHOWN.format(tmp_path / "mine.jpg") + SHOWN.format(".."))
    folder.make_clean(out)
    assert names_in(tmp_path) == {"mine.jpg", "out"}
    assert names_in(out) == set()


def test_a_folder_is_made_with_those_above_it(tmp_path: Path) -> None:
    """Twice is as good as once."""
    for _ in range(2):
        folder.make_clean(tmp_path / "deep" / "er")
    assert names_in(tmp_path / "deep") == {"er"}


def test_what_stands_in_the_way_is_an_error(tmp_path: Path) -> None:
    """Before anything is played."""
    (tmp_path / page.NAME).mkdir()
    with pytest.raises(OSError, match=page.NAME):
        folder.make_clean(tmp_path)
