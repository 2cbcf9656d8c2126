"""What was used, as an embed with its chart. Layout only, the words are `texts`."""

from collections.abc import Sequence
from itertools import dropwhile

import discord

from bot.quota.report import DayUsage, UsageReport
from bot.ui import characters, markdown
from bot.ui.cards import BLUE
from bot.ui.texts import admin_usage

_TABLE_DAYS = 31
_FIELD_CHARS = 1000
_NAME_CHARS = 100


def usage_embed(report: UsageReport, *, has_chart: bool) -> discord.Embed:
    """Return the table; the chart, if there is one, is an attachment of the name in `texts`."""
    days = _from_first_use(report.days)
    shown = days[-_TABLE_DAYS:]
    lines = [admin_usage.summary(report)]
    if shown:
        lines.append(f"```\n{_table(shown)}\n```")
    if len(shown) < len(days):
        lines.append(admin_usage.days_left_out(shown[0].day))
    if not has_chart:
        lines.append(admin_usage.no_chart())
    embed = discord.Embed(title=_title(report.title), description="\n".join(lines), colour=BLUE)
    top = [admin_usage.member_row(place, member) for place, member in enumerate(report.top, start=1)]
    refusals = [admin_usage.refusal_row(refusal) for refusal in report.refusals]
    embed.add_field(name=admin_usage.TOP_HEAD, value=_field(top) or admin_usage.nobody())
    embed.add_field(name=admin_usage.REFUSALS_HEAD, value=_field(refusals) or admin_usage.none_refused())
    embed.set_footer(text=admin_usage.in_the_making())
    return embed


def _title(name: str) -> str:
    quoted = markdown.quote(characters.cut(characters.plain_line(name), _NAME_CHARS), limit=2 * _NAME_CHARS)
    return f"{admin_usage.USAGE_TITLE}: {quoted}" if quoted else admin_usage.USAGE_TITLE


def _from_first_use(days: Sequence[DayUsage]) -> list[DayUsage]:
    """Leave out the days before anything was used."""
    return list(dropwhile(lambda day: not (day.images or day.credits), days))


def _field(lines: Sequence[str]) -> str:
    return characters.cut("\n".join(lines), _FIELD_CHARS)


def _table(days: Sequence[DayUsage]) -> str:
    rows = [admin_usage.day_heads(), *map(admin_usage.day_row, days)]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    return "\n".join(
        "  ".join([row[0].ljust(widths[0]), row[1].rjust(widths[1]), row[2].rjust(widths[2])]) for row in rows
    )
