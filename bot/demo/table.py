"""The end of the demo: the table for people, and the same as one JSON document for programs."""

import json
from collections.abc import Callable
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bot.demo.verdict import Identical, Row

_STYLES = {Identical.YES: "bold green", Identical.FITTED: "bold yellow", Identical.NO: "bold white on red"}
_WORDS = {Identical.YES: "yes", Identical.FITTED: "fitted", Identical.NO: "NO"}
_DROPPED_FIRST = ("settings", "calls", "seconds", "bytes")
"""What a narrow terminal does without, one after the other; whose job it is and how it ended always stand there."""

LEGEND = "calls: to Discord's API. as made: identical to what the provider made; fitted: too large, its original kept."


def drawn(rows: list[Row], *, width: int) -> Table:
    """Return the table for a terminal of so many columns; no word of it is broken."""
    dropped: set[str] = set()
    table = _with_columns(rows, dropped)
    for name in _DROPPED_FIRST:
        if _width(table) <= width:
            break
        dropped.add(name)
        table = _with_columns(rows, dropped)
    return table


def _width(table: Table) -> int:
    return Console(width=_UNLIMITED).measure(table).maximum


def _with_columns(rows: list[Row], dropped: set[str]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, collapse_padding=True)
    for name in (kept := [name for name in _CELLS if name not in dropped]):
        table.add_column(name, justify="right" if name in _NUMBERS else "left", no_wrap=True)
    for row in rows:
        table.add_row(*(_CELLS[name](row) for name in kept))
    return table


def document(rows: list[Row], *, faults: list[str], seconds: float) -> str:
    """Return everything the table says as one line of JSON."""
    return json.dumps(
        {"ok": not faults, "seconds": round(seconds, 1), "jobs": [_entry(row) for row in rows], "faults": faults}
    )


def _verdict(row: Row) -> Text:
    if row.identical is None:
        return Text(f"none ({row.status})", style="dim")
    return Text(_WORDS[row.identical], style=_STYLES[row.identical])


_CELLS: dict[str, Callable[[Row], str | Text]] = {
    "job": lambda row: f"{row.person}: {row.job}",
    "settings": lambda row: row.settings,
    "calls": lambda row: str(row.discord_calls),
    "seconds": lambda row: f"{row.seconds:.1f}",
    "bytes": lambda row: "" if row.n_bytes is None else f"{row.n_bytes:,}",
    "as made": _verdict,
}
_NUMBERS = ("calls", "seconds", "bytes")
_UNLIMITED = 10_000


def _entry(row: Row) -> dict[str, Any]:
    return {
        "job": row.job,
        "person": row.person,
        "settings": row.settings,
        "status": row.status,
        "discord_calls": row.discord_calls,
        "seconds": row.seconds,
        "bytes": row.n_bytes,
        "sha256": row.sha256,
        "file": row.file,
        "identical": row.identical,
    }
