"""The ledger as CSV, for spreadsheets and programs: a line for each row, however many there are.

Identities are quoted, so that programs take them for text; a spreadsheet that counts only fifteen digits has to be told
the same when it opens the file. Credits have all their six decimals. Instants are ISO 8601, in UTC.
"""

import asyncio
import csv
import io
from collections.abc import AsyncIterator, Iterable
from decimal import Decimal
from pathlib import Path
from typing import TextIO

from bot.files import open_privately
from bot.quota.model import Entry

COLUMNS = ("kind", "job", "user", "server", "channel", "images", "credits", "counted_at", "at", "by", "why")
ENCODING = "utf-8-sig"
"""With a mark at the beginning, by which spreadsheets know it from older encodings."""

_FORMULA_SIGNS = tuple(
    "=+-@\t\r\n\N{FULLWIDTH EQUALS SIGN}\N{FULLWIDTH PLUS SIGN}\N{FULLWIDTH HYPHEN-MINUS}\N{FULLWIDTH COMMERCIAL AT}"
)
_CHUNK = 1000
"""Rows that are written at a time."""


def header() -> str:
    """Return the first line."""
    return _lines([COLUMNS])


def lines(entries: Iterable[Entry]) -> str:
    """Return a line for each entry."""
    return _lines(_cells(entry) for entry in entries)


async def write(entries: AsyncIterator[Entry], path: Path) -> int:
    """Write a new file of all entries, for its owner's eyes only, and return how many there were.

    Raises OSError, and leaves no half of a file.
    """
    n_rows, chunk = 0, list[Entry]()
    file = await asyncio.to_thread(open, path, "x", encoding=ENCODING, newline="", opener=open_privately)
    try:
        with file:
            await asyncio.to_thread(file.write, header())
            async for entry in entries:
                chunk.append(entry)
                if len(chunk) == _CHUNK:
                    n_rows += await asyncio.to_thread(_put, file, chunk)
                    chunk.clear()
            n_rows += await asyncio.to_thread(_put, file, chunk)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return n_rows


def _put(file: TextIO, chunk: list[Entry]) -> int:
    file.write(lines(chunk))
    return len(chunk)


def _lines(rows: Iterable[Iterable[object]]) -> str:
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_NONNUMERIC).writerows(rows)
    return text.getvalue()


def _cells(entry: Entry) -> tuple[object, ...]:
    return (
        entry.kind.value,
        entry.job_id or "",
        _text(entry.user_id),
        _text(entry.guild_id),
        _text(entry.channel_id),
        entry.images,
        _credits(entry.credits),
        entry.counted_at.isoformat(timespec="microseconds"),
        entry.at.isoformat(timespec="microseconds"),
        _text(entry.by_id),
        _harmless(entry.why),
    )


def _text(identity: int | None) -> str:
    return "" if identity is None else str(identity)


def _credits(millionths: int) -> Decimal:
    return Decimal(millionths).scaleb(-6)


def _harmless(words: str) -> str:
    """Keep a spreadsheet from computing what somebody wrote: it would take such a beginning for a formula."""
    return f"'{words}" if words.lstrip(" \N{NO-BREAK SPACE}").startswith(_FORMULA_SIGNS) else words
