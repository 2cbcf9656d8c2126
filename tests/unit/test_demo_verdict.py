"""When the demo calls a picture identical, fitted or neither, and what makes it fail."""

import hashlib
import json
import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from rich.console import Console

from bot.demo import table, verdict
from bot.demo.verdict import Identical, Made, Row
from bot.sandbox.discord import Violation

PICTURE = b"the picture as the provider made it"
SMALLER = b"the same, smaller"
OTHER = b"the picture as the provider mAde it"
SHA256 = hashlib.sha256(PICTURE).hexdigest()
MADE = Made(sha256=SHA256, n_bytes=len(PICTURE))

GOOD_ROW = Row(
    job="a lighthouse",
    person="alice",
    settings="16:9 · 2K",
    status="delivered",
    discord_calls=4,
    seconds=9.5,
    n_bytes=350_891,
    sha256=SHA256,
    file="alice-a-lighthouse.jpg",
    identical=Identical.YES,
)


@pytest.mark.parametrize(
    ("arrived", "made", "kept_sha256", "limit_bytes", "expected"),
    [
        pytest.param(PICTURE, MADE, SHA256, 100, Identical.YES, id="the same bytes"),
        pytest.param(PICTURE, MADE, None, 100, Identical.YES, id="the same bytes, whatever is on disk"),
        pytest.param(OTHER, MADE, SHA256, 100, Identical.NO, id="one byte changed"),
        pytest.param(SMALLER, MADE, SHA256, 100, Identical.NO, id="changed without need"),
        pytest.param(SMALLER, MADE, SHA256, len(PICTURE), Identical.NO, id="would just have fitted"),
        pytest.param(SMALLER, MADE, SHA256, len(PICTURE) - 1, Identical.FITTED, id="just too large, original kept"),
        pytest.param(SMALLER, MADE, "0" * 64, 20, Identical.NO, id="too large, another original kept"),
        pytest.param(SMALLER, MADE, None, 20, Identical.NO, id="too large, no original kept"),
        pytest.param(SMALLER, MADE, SHA256, 5, Identical.NO, id="still too large"),
        pytest.param(None, MADE, SHA256, 100, Identical.NO, id="nothing arrived"),
        pytest.param(PICTURE, None, SHA256, 100, Identical.NO, id="nothing was made"),
    ],
)
def test_a_picture_is_judged_by_its_bytes(
    arrived: bytes | None, made: Made | None, kept_sha256: str | None, limit_bytes: int, expected: Identical
) -> None:
    """Only the provider's own bytes are identical; only what could not arrive whole may be fitted."""
    found = verdict.judge(arrived=arrived, made=made, kept_sha256=kept_sha256, limit_bytes=limit_bytes)
    assert found is expected


def test_a_good_end_has_no_faults() -> None:
    """Delivered, refused and cancelled are all ends; fitted is as good as identical."""
    rows = [
        GOOD_ROW,
        replace(GOOD_ROW, identical=Identical.FITTED),
        replace(GOOD_ROW, status="failed", identical=None),
        replace(GOOD_ROW, status="cancelled", identical=None),
        replace(GOOD_ROW, status="refused", identical=None),
    ]
    assert verdict.faults_of(rows, problems=[], violations=[], keys_leaked=0) == []


@pytest.mark.parametrize(
    ("row", "problems", "n_violations", "keys_leaked", "words"),
    [
        (replace(GOOD_ROW, identical=Identical.NO), [], 0, 0, "alice's picture is not the one the provider made"),
        (replace(GOOD_ROW, status="running"), [], 0, 0, "alice's job has not ended: it is running"),
        (replace(GOOD_ROW, status="ready"), [], 0, 0, "alice's job has not ended: it is ready"),
        (replace(GOOD_ROW, status="unknown"), [], 0, 0, "alice's job has not ended: it is unknown"),
        (GOOD_ROW, ["it rained"], 0, 0, "it rained"),
        (GOOD_ROW, [], 1, 0, "Discord saw a fault of the bot at PATCH: too eager"),
        (GOOD_ROW, [], 0, 1, "the provider's key was sent to the host of the results"),
    ],
)
def test_each_fault_is_said_plainly(
    row: Row, problems: list[str], n_violations: int, keys_leaked: int, words: str
) -> None:
    """One sentence for each thing that must not be, and nothing hidden by another row that is well."""
    violation = Violation(at=datetime(2026, 11, 22, tzinfo=UTC), where="PATCH", what="too eager")
    faults = verdict.faults_of(
        [GOOD_ROW, row], problems=problems, violations=[violation] * n_violations, keys_leaked=keys_leaked
    )
    assert faults == [words]


def test_the_table_and_its_document_say_the_same() -> None:
    """Each row stands in both, a changed picture in capitals, and the document is one line."""
    rows = [GOOD_ROW, replace(GOOD_ROW, person="bob", identical=Identical.NO)]
    rows.append(replace(GOOD_ROW, person="erin", status="failed", n_bytes=None, identical=None))
    console = Console(width=120)
    with console.capture() as captured:
        console.print(table.drawn(rows, width=120))
    drawn = captured.get()
    line = table.document(rows, faults=["bob's picture"], seconds=1.25)
    told = json.loads(line)
    assert "\n" not in line
    assert told["ok"] is False
    assert [job["identical"] for job in told["jobs"]] == ["yes", "no", None]
    assert [job["bytes"] for job in told["jobs"]] == [350_891, 350_891, None]
    for words in ("alice: a lighthouse", "16:9 · 2K", "350,891", "yes", "NO", "none (failed)"):
        assert words in drawn


@pytest.mark.parametrize(
    ("width", "headings"),
    [
        (120, ["job", "settings", "calls", "seconds", "bytes", "as made"]),
        (80, ["job", "calls", "seconds", "bytes", "as made"]),
        (60, ["job", "bytes", "as made"]),
        (50, ["job", "as made"]),
    ],
)
def test_a_narrow_terminal_gets_fewer_columns_and_whole_words(width: int, headings: list[str]) -> None:
    """What matters least goes first; every line is whole, and none is longer than the terminal is wide."""
    rows = [
        replace(
            GOOD_ROW, person="frank", job="cancels, then collects", settings="21:9 · 1K · private", n_bytes=9_999_999
        ),
        replace(GOOD_ROW, person="grace", job="leaves the line", n_bytes=None, status="cancelled", identical=None),
    ]
    console = Console(width=width)
    with console.capture() as captured:
        console.print(table.drawn(rows, width=width))
    lines = [line.rstrip() for line in captured.get().splitlines() if line.strip()]
    assert re.split(r"\s{2,}", lines[0].strip()) == headings
    assert len(lines) == 4
    assert max(map(len, lines)) <= width
    assert "frank: cancels, then collects" in lines[2]
    assert "…" not in captured.get()


def test_a_document_without_faults_is_ok() -> None:
    """Programs look at one member only."""
    assert json.loads(table.document([GOOD_ROW], faults=[], seconds=1.0))["ok"] is True
