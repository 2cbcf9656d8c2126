"""The end of the demo: the table for people, and the same as one JSON document for programs."""

import json
from typing import Any

from rich import box
from rich.table import Table
from rich.text import Text

from bot.demo.verdict import Identical, Row

_STYLES = {Identical.YES: "bold green", Identical.FITTED: "bold yellow", Identical.NO: "bold white on red"}
_WORDS = {Identical.YES: "yes", Identical.FITTED: "fitted", Identical.NO: "NO"}


def drawn(rows: list[Row]) -> Table:
    """Return the table for a terminal."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("job", "settings"):
        table.add_column(name)
    for name in ("Discord\ncalls", "seconds", "bytes"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("identical to what\nthe provider made", no_wrap=True)
    for row in rows:
        table.add_row(
            f"{row.person}: {row.job}",
            row.settings,
            str(row.discord_calls),
            f"{row.seconds:.1f}",
            "" if row.n_bytes is None else f"{row.n_bytes:,}",
            _verdict(row),
        )
    return table


def document(rows: list[Row], *, faults: list[str], seconds: float) -> str:
    """Return everything the table says as one line of JSON."""
    return json.dumps(
        {"ok": not faults, "seconds": round(seconds, 1), "jobs": [_entry(row) for row in rows], "faults": faults}
    )


def _verdict(row: Row) -> Text:
    if row.identical is None:
        return Text(f"no picture ({row.status})", style="dim")
    return Text(_WORDS[row.identical], style=_STYLES[row.identical])


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
