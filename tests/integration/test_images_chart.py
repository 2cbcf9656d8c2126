"""Charts as real pictures from real workers: what is in them, and what stays out of the bot's process."""

import asyncio
import os
import sys
from collections.abc import AsyncGenerator, Generator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from PIL import Image, ImageColor

from bot.images.chart import Charts, draw_usage
from bot.images.worker import ImageWorkers
from bot.quota.report import DayUsage, MemberUsage, RefusalCount, UsageReport
from bot.ui.texts import reports
from tests.support import chart_calls
from tests.support.clock import ManualClock

BLUE, ORANGE, GREEN, CARD = (ImageColor.getrgb(sign) for sign in ("#56b4e9", "#f5a83c", "#2bb98f", "#27282f"))
"""Pictures, credits and refusals, people, and the ground of all of them."""


def report(
    *, n_days: int = 30, names: tuple[str, ...] = ("Ada", "Grace"), scale: int = 1, **changes: Any
) -> UsageReport:
    first = date(2026, 10, 24)
    facts: dict[str, Any] = {
        "title": "The Lighthouse",
        "zone": "Europe/Berlin",
        "days": tuple(
            DayUsage(day=first + timedelta(days=n), images=n % 7 * scale, credits=n % 5 * 6_386_700 * scale)
            for n in range(n_days)
        ),
        "top": tuple(
            MemberUsage(user_id=10**18 + n, name=name, images=(50 - n) * scale, credits=1)
            for n, name in enumerate(names)
        ),
        "members": len(names),
        "refusals": (RefusalCount(reason="limit_of_member", count=7), RefusalCount(reason="of_tomorrow", count=1)),
    }
    return UsageReport(**{**facts, **changes})


NOTHING = report(days=(DayUsage(day=date(2026, 11, 22), images=0, credits=0),), top=(), members=0, refusals=())


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(autouse=True, scope="module")
def _strict_workers() -> Generator[None, None, None]:
    """A warning in a worker is an error there, too."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("PYTHONWARNINGS", "error")
        yield


@pytest_asyncio.fixture(name="workers", scope="module", loop_scope="module")
async def _workers(_strict_workers: None) -> AsyncGenerator[ImageWorkers, None]:
    """One for all: to import the library takes a worker longer than a chart does."""
    async with ImageWorkers(clock=ManualClock(), max_workers=1) as workers:
        yield workers


def count(path: Path, colour: tuple[int, ...]) -> int:
    """Count the pixels of a colour."""
    with Image.open(path) as picture:
        colours = picture.convert("RGB").getcolors(maxcolors=picture.width * picture.height) or []
    return sum(n for n, each in colours if each == colour)


async def test_a_chart_is_one_opaque_png(tmp_path: Path) -> None:
    """Of 1200 x 900 pixels, so that it is the same on a dark page and on a light one."""
    path = tmp_path / "chart.png"
    n_bytes = await Charts(clock=ManualClock(), words=reports.CHART).draw_usage(report(), path)
    assert n_bytes == path.stat().st_size < 300_000
    with Image.open(path) as picture:
        assert (picture.format, picture.size) == ("PNG", (1200, 900))
        assert picture.convert("RGBA").getchannel("A").getextrema() == (255, 255)
    assert list(tmp_path.iterdir()) == [path]


async def test_everything_in_a_report_is_drawn(workers: ImageWorkers, tmp_path: Path) -> None:
    """Bars and line of the days, bars of people and of refusals, each in its colour; of nothing nothing but cards."""
    full, empty = tmp_path / "full.png", tmp_path / "empty.png"
    await workers.run(draw_usage, report(), full, words=reports.CHART)
    await workers.run(draw_usage, NOTHING, empty, words=reports.CHART)
    assert all(count(full, colour) > 3000 for colour in (BLUE, ORANGE, GREEN))
    assert [count(empty, colour) for colour in (BLUE, ORANGE, GREEN)] == [0, 0, 0]
    assert count(empty, CARD) > count(full, CARD) > 500_000


@pytest.mark.parametrize(
    "drawn",
    [
        report(n_days=1),
        report(n_days=366, scale=1_000_000),
        report(days=(DayUsage(day=date(2026, 1, 1), images=-3, credits=-5_000_000),)),
        report(top=(MemberUsage(user_id=1, name="Ada", images=-3, credits=0),)),
        report(refusals=tuple(RefusalCount(reason=f"reason_{n}", count=20 - n) for n in range(20))),
        report(title="🌸🌸"),
        report(title="W" * 100),
        report(
            names=("日本太郎", "🌸𝓜𝓲𝓻𝓪🌸", "W" * 32, "مرحبا", "שלום", "$\\alpha$ _x_ ^", "\u202eevil\u202c\x00\n", "")
        ),
    ],
    ids=["a day", "a year", "below nothing", "a person below nothing", "many reasons", "emoji", "wide", "names"],
)
async def test_whatever_a_report_holds_can_be_drawn(drawn: UsageReport, workers: ImageWorkers, tmp_path: Path) -> None:
    """Without a warning, and nothing reaches over the edge of the cards."""
    path = tmp_path / "chart.png"
    await workers.run(draw_usage, drawn, path, words=reports.CHART)
    with Image.open(path) as picture:
        edges = [picture.crop(box).getcolors() for box in ((0, 0, 30, 900), (1172, 0, 1200, 900), (0, 876, 1200, 900))]
    assert [len(colours or ()) for colours in edges] == [1, 1, 1]


WRITTEN = {
    "Ada Lovelace": "Ada Lovelace",
    "Σωκράτης": "Σωκράτης",
    "🌸𝓜𝓲𝓻𝓪🌸": "Mira",
    "Ｗｉｄｅ": "Wide",
    "日本 Tom": "Tom",
    "日本太郎": "",
    "🌸🌸": "",
    "...": "",
    "\u202eevil\u202c": "evil",
    "two\nlines\x00": "two lines",
    "$x$ a_b^2": "$x$ a_b^2",
}


async def test_of_a_name_is_written_what_can_be_read(workers: ImageWorkers, tmp_path: Path) -> None:
    """In plain letters; where none is left, whoever draws takes the id."""
    await workers.run(draw_usage, NOTHING, tmp_path / "first.png", words=reports.CHART)
    assert {name: await workers.run(chart_calls.fit, name, most_px=400) for name in WRITTEN} == WRITTEN


async def test_a_name_is_cut_where_its_room_ends(workers: ImageWorkers, tmp_path: Path) -> None:
    """By how wide its letters are."""
    await workers.run(draw_usage, NOTHING, tmp_path / "first.png", words=reports.CHART)
    wide, narrow = [await workers.run(chart_calls.fit, sign * 30, most_px=150) for sign in "Wi"]
    assert wide.endswith("W…")
    assert len(wide) < 12
    assert narrow == "i" * 30


async def test_where_it_cannot_be_written_nothing_is_left(workers: ImageWorkers, tmp_path: Path) -> None:
    """The error says so, and the folder is as it was."""
    (tmp_path / "chart.png").mkdir()
    with pytest.raises(OSError, match="chart"):
        await workers.run(draw_usage, report(), tmp_path / "chart.png", words=reports.CHART)
    assert [entry.name for entry in tmp_path.iterdir()] == ["chart.png"]


async def test_drawing_leaves_no_trace_at_home_or_in_temporary_folders(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """The library would keep its settings and a list of fonts there; and it says nothing."""
    home, temporary = tmp_path / "home", tmp_path / "tmp"
    for folder in (home, temporary):
        folder.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("TMPDIR", str(temporary))
    await Charts(clock=ManualClock(), words=reports.CHART).draw_usage(report(), tmp_path / "chart.png")
    assert [*home.iterdir(), *temporary.iterdir()] == []
    assert capfd.readouterr().err == ""


BOT = """
import asyncio, sys
from pathlib import Path
import bot.app, bot.cli.usage
from bot.clock import SystemClock
from bot.images.chart import Charts
from bot.ui.texts import reports
from tests.integration.test_images_chart import NOTHING

asyncio.run(Charts(clock=SystemClock(), words=reports.CHART).draw_usage(NOTHING, Path(sys.argv[1])))
print(sorted({name.partition(".")[0] for name in sys.modules} & {"matplotlib", "numpy"}))
"""


async def test_the_bots_process_never_imports_what_draws(tmp_path: Path) -> None:
    """With everything the bot imports, and after a chart was drawn."""
    path = tmp_path / "chart.png"
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONWARNINGS"}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", BOT, str(path), env=environment, stdout=asyncio.subprocess.PIPE
    )
    said, _ = await process.communicate()
    assert (process.returncode, said) == (0, b"[]\n")
    assert path.exists()
