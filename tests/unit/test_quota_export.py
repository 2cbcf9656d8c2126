"""The ledger as CSV: every number whole, and nothing in it that a spreadsheet would run."""

import csv
import io
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.quota import export
from bot.quota.model import Entry, EntryKind

AT = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def entry(**changes: Any) -> Entry:
    facts = {"kind": EntryKind.ADJUST, "user_id": 42, "guild_id": 5, "channel_id": 7, "counted_at": AT, "at": AT}
    return Entry(**{**facts, **changes})


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_a_row_holds_everything() -> None:
    """Identities as text, credits with six decimals, instants with their zone."""
    text = export.header() + export.lines(
        [
            entry(
                kind=EntryKind.SETTLE,
                job_id="0a1b",
                user_id=123456789012345678,
                images=0,
                credits=-1_234_567,
                at=AT.replace(microsecond=5),
                by_id=0,
                why="late",
            )
        ]
    )
    assert read(text) == [
        {
            "kind": "settle",
            "job": "0a1b",
            "user": "123456789012345678",
            "server": "5",
            "channel": "7",
            "images": "0",
            "credits": "-1.234567",
            "counted_at": "2026-11-22T09:00:00.000000+00:00",
            "at": "2026-11-22T09:00:00.000005+00:00",
            "by": "0",
            "why": "late",
        }
    ]
    assert '"123456789012345678"' in text
    assert ",-1.234567," in text


def test_what_is_not_there_is_blank() -> None:
    """Nobody stands as a zero or as None."""
    [row] = read(export.header() + export.lines([entry(user_id=None, guild_id=None, channel_id=None)]))
    assert {row[name] for name in ("job", "user", "server", "channel", "by", "why")} == {""}


@pytest.mark.parametrize(
    ("millionths", "written"),
    [(0, "0.000000"), (1, "0.000001"), (6_386_700, "6.386700"), (-(10**15), "-1000000000.000000")],
)
def test_credits_are_exact(millionths: int, written: str) -> None:
    """No exponent, nothing rounded."""
    assert read(export.header() + export.lines([entry(credits=millionths)]))[0]["credits"] == written


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "  =", "\u00a0@"])
def test_words_that_begin_like_a_formula_are_made_harmless(sign: str) -> None:
    """An apostrophe before them; the rest stays as it was written."""
    [row] = read(export.header() + export.lines([entry(why=f"{sign}HYPERLINK(1)")]))
    assert row["why"] == f"'{sign}HYPERLINK(1)"


@pytest.mark.parametrize("words", ["a = b", 'said "yes", and left', "two\nlines", "für Größe 🌸", "'quoted'"])
def test_other_words_stay_as_they_are(words: str) -> None:
    """Commas, quotes and line breaks included."""
    assert read(export.header() + export.lines([entry(why=words)]))[0]["why"] == words


async def many(n: int) -> AsyncIterator[Entry]:
    for number in range(n):
        yield entry(images=number)


@pytest.mark.parametrize("n_rows", [0, 1, 1000, 2500])
async def test_every_row_is_written_once(n_rows: int, tmp_path: Path) -> None:
    """In their order, with a header, however many; the encoding is told by the file itself."""
    path = tmp_path / "ledger.csv"
    assert await export.write(many(n_rows), path) == n_rows
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    assert [row["images"] for row in read(path.read_text("utf-8-sig"))] == [str(number) for number in range(n_rows)]


async def test_a_file_that_is_there_is_left_alone(tmp_path: Path) -> None:
    """Nothing is overwritten."""
    path = tmp_path / "ledger.csv"
    path.write_text("mine")
    with pytest.raises(FileExistsError):
        await export.write(many(1), path)
    assert path.read_text() == "mine"


async def test_no_half_of_a_file_is_left(tmp_path: Path) -> None:
    """Where reading the ledger fails in the middle."""

    async def broken() -> AsyncIterator[Entry]:
        yield entry()
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        await export.write(broken(), tmp_path / "ledger.csv")
    assert list(tmp_path.iterdir()) == []
