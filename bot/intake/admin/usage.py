"""What a server used, for its administrators: a table with its chart, and the ledger as a file."""

import asyncio
import contextlib
import logging
import tempfile
import zipfile
from collections.abc import Generator
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path

import discord

from bot.guilds.service import GuildService
from bot.images.chart import Charts
from bot.images.worker import WorkerDied
from bot.intake.admin.answers import Interaction, confirm, promised
from bot.intake.admin.rights import guild_of
from bot.quota.report import UsageReport, with_names
from bot.quota.reports import Reports
from bot.ui.admin.usage import usage_embed
from bot.ui.texts import admin_usage as texts

log = logging.getLogger(__name__)

MAX_FILE_BYTES = 24 * 1024 * 1024
"""Discord takes no larger request, whatever one file may weigh (discord.md 2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Export:
    path: Path
    n_rows: int
    days: int
    is_packed: bool


class UsageDesk:
    """Shows usage and hands over the ledger. Files on their way stand in `scratch`."""

    def __init__(self, *, reports: Reports, charts: Charts, guilds: GuildService, scratch: Path) -> None:
        self._reports = reports
        self._charts = charts
        self._guilds = guilds
        self._scratch = scratch

    async def show(self, interaction: Interaction, *, days: int) -> None:
        """Answer with the numbers of these days, and their chart where it can be drawn."""
        guild = guild_of(interaction)
        async with promised(interaction):
            settings = await self._guilds.get(guild.id)
            report = await self._reports.report(guild.id, days=days, zone=settings.zone, title=guild.name)
        report = await _with_names(report, guild)
        with tempfile.TemporaryDirectory(dir=self._scratch) as folder:
            path = Path(folder) / texts.CHART_NAME
            has_chart = await self._draw(report, path)
            embed = usage_embed(report, has_chart=has_chart)
            if not has_chart:
                await interaction.edit_original_response(embed=embed)
                return
            with _attached(path, description=texts.CHART_ALT) as file:
                await interaction.edit_original_response(embed=embed, attachments=[file])

    async def export(self, interaction: Interaction, *, days: int) -> None:
        """Answer with every row of the ledger of these days, or of as many of the newest as can be sent."""
        guild = guild_of(interaction)
        limit = min(interaction.filesize_limit, MAX_FILE_BYTES)
        with tempfile.TemporaryDirectory(dir=self._scratch) as folder:
            async with promised(interaction):
                zone = (await self._guilds.get(guild.id)).zone
                export = await self._export(guild.id, Path(folder), days=days, zone=zone, limit_bytes=limit)
            if export is None:
                await confirm(interaction, texts.too_large_to_send(limit))
                return
            sentence = texts.exported(
                export.n_rows, days=export.days, of=days, packed=export.is_packed, limit_bytes=limit
            )
            with _attached(export.path) as file:
                await interaction.edit_original_response(content=sentence, attachments=[file])

    async def _draw(self, report: UsageReport, path: Path) -> bool:
        try:
            await self._charts.draw_usage(report, path)
        except (OSError, WorkerDied):
            log.warning("chart not drawn", exc_info=True)
            return False
        return True

    async def _export(
        self, guild_id: int, folder: Path, *, days: int, zone: tzinfo, limit_bytes: int
    ) -> _Export | None:
        """Write the ledger so that it can be sent: packed, or of fewer days where it must be; None if nothing helps."""
        while days:
            path = folder / texts.ledger_name(days)
            n_rows = await self._reports.export(guild_id, days=days, zone=zone, path=path)
            if path.stat().st_size <= limit_bytes:
                return _Export(path=path, n_rows=n_rows, days=days, is_packed=False)
            packed = await asyncio.to_thread(_pack, path)
            if packed.stat().st_size <= limit_bytes:
                return _Export(path=packed, n_rows=n_rows, days=days, is_packed=True)
            days //= 2
        return None


def _pack(path: Path) -> Path:
    """Pack a file, and remove it as it was."""
    packed = path.with_suffix(".zip")
    with zipfile.ZipFile(packed, "x", compression=zipfile.ZIP_DEFLATED) as archive:
        archive.write(path, arcname=path.name)
    path.unlink()
    return packed


@contextlib.contextmanager
def _attached(path: Path, *, description: str | None = None) -> Generator[discord.File, None, None]:
    file = discord.File(path, description=description)
    try:
        yield file
    finally:
        file.close()


async def _with_names(report: UsageReport, guild: discord.Guild) -> UsageReport:
    """Name who used most, as far as Discord tells."""
    names = await asyncio.gather(*(_find_name(member.user_id, guild) for member in report.top))
    known = zip(report.top, names, strict=True)
    return with_names(report, {member.user_id: name for member, name in known if name})


async def _find_name(user_id: int, guild: discord.Guild) -> str | None:
    if member := guild.get_member(user_id):
        return member.display_name
    try:
        return (await guild.fetch_member(user_id)).display_name
    except discord.HTTPException:
        return None
