"""How `imagebot usage` looks: tables for people, or one JSON document for programs."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from bot.quota.model import MILLIONTHS, Unit
from bot.quota.report import UsageReport
from bot.quota.standing import Standing
from bot.ui.texts import amounts, reports


def as_json(report: UsageReport, limits: Sequence[Standing], guild_id: int | None) -> str:
    """Return it all for programs: identities as text, credits as numbers."""
    document = {
        "server": None if guild_id is None else str(guild_id),
        "since": report.days[0].day.isoformat(),
        "until": report.days[-1].day.isoformat(),
        "zone": report.zone,
        **_numbers(report),
        "people": report.members,
        "days": [{"day": each.day.isoformat(), **_numbers(each)} for each in report.days],
        "servers": [{"server": _text(each.guild_id), **_numbers(each)} for each in report.servers],
        "top": [{"user": str(each.user_id), **_numbers(each)} for each in report.top],
        "refusals": {each.reason: each.count for each in report.refusals},
        "limits": [
            {
                "unit": each.rule.unit,
                "period": each.rule.period,
                "limit": _in_unit(each.rule.limit, each.rule.unit),
                "used": _in_unit(each.used, each.rule.unit),
                "since": each.window.begins_at.isoformat(),
            }
            for each in limits
        ],
    }
    return json.dumps(document, indent=2)


def _text(identity: int | None) -> str | None:
    return None if identity is None else str(identity)


def _numbers(each: Any) -> dict[str, float]:
    return {"images": each.images, "credits": each.credits / MILLIONTHS}


def _in_unit(number: int | None, unit: Unit) -> float | None:
    return number / MILLIONTHS if number is not None and unit is Unit.CREDITS else number


def as_tables(report: UsageReport, limits: Sequence[Standing]) -> str:
    """Return it all for people; with colours where standard output is a terminal."""
    console = Console(highlight=False)
    first, last = report.days[0].day.isoformat(), report.days[-1].day.isoformat()
    people = "1 person" if report.members == 1 else f"{report.members:,} people"
    amount = f"{amounts.amount(Unit.IMAGES, report.images)}, {amounts.amount(Unit.CREDITS, report.credits)}"
    with console.capture() as captured:
        console.print(f"{report.title}, {first} to {last} ({report.zone}): {amount}, {people}", soft_wrap=True)
        used = [(each.day.isoformat(), *_cells(each)) for each in report.days if each.images or each.credits]
        _print(console, ("day", "pictures", "credits"), used)
        servers = [(_text(each.guild_id) or "outside of servers", *_cells(each)) for each in report.servers]
        _print(console, ("servers that used most", "pictures", "credits"), servers)
        _print(
            console,
            ("people who used most", "pictures", "credits"),
            [(str(each.user_id), *_cells(each)) for each in report.top],
        )
        _print(console, ("limit of the operator", "used", "share"), [_limit_cells(each) for each in limits])
        refused = [(reports.reason(each.reason), f"{each.count:,}") for each in report.refusals]
        _print(console, ("why requests were refused", "how often"), refused)
    return captured.get().rstrip("\n")


def _cells(each: Any) -> tuple[str, str]:
    return f"{each.images:,}", amounts.credits_number(each.credits)


def _limit_cells(each: Standing) -> tuple[str, str, str]:
    limit = each.rule.limit or 0
    share = f"{each.used / limit:.0%}" if limit else "blocked"
    return amounts.rule(each.rule), amounts.amount(each.rule.unit, each.used), share


def _print(console: Console, head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
    """Print a table; none where there is nothing in it."""
    listed = list(rows)
    if not listed:
        return
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 3, 0, 0))
    for place, title in enumerate(head):
        table.add_column(title, justify="right" if place else "left", no_wrap=True)
    for row in listed:
        table.add_row(*row)
    console.print()
    console.print(table)
