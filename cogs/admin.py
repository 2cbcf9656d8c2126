"""/admin: what the administrators of a server set and see."""

from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.client import ImageBot
from bot.intake import SettingsPanel
from bot.intake.admin import Administration, Named
from bot.jobs.model import Quality
from bot.quota.model import MAX_WHY_CHARS, Period, Unit
from bot.quota.report import MAX_DAYS
from bot.ui.admin.options import HIGHEST_CHOICES, PERIOD_CHOICES, UNIT_CHOICES, CountedChannel
from bot.ui.texts import admin_commands as texts

Interaction = discord.Interaction[ImageBot]
Somebody = discord.Member | discord.User
"""Who has left the server is a User."""
Channel = app_commands.Transform[app_commands.AppCommandChannel, CountedChannel]
Days = app_commands.Range[int, 1, MAX_DAYS]


class AdminCog(commands.Cog):
    """The commands for who may manage the server, adjustable in Discord's own Integrations page."""

    admin = app_commands.Group(
        name="admin",
        description=texts.ADMIN,
        default_permissions=discord.Permissions(manage_guild=True),
        allowed_contexts=app_commands.AppCommandContext(guild=True, dm_channel=False, private_channel=False),
        allowed_installs=app_commands.AppInstallationType(guild=True, user=False),
    )
    quota = app_commands.Group(name="quota", description=texts.QUOTA, parent=admin)

    def __init__(self, *, administration: Administration, settings_panel: SettingsPanel) -> None:
        self._desks = administration
        self._settings_panel = settings_panel

    async def interaction_check(self, interaction: discord.Interaction[Any], /) -> bool:
        """Note whom Discord lets use the commands; it refuses everybody else itself."""
        self._desks.rights.let_in(interaction)
        return True

    @quota.command(name="set", description=texts.SET)
    @app_commands.describe(**texts.SET_OPTIONS)
    @app_commands.choices(unit=UNIT_CHOICES, per=PERIOD_CHOICES)
    async def quota_set(
        self,
        interaction: Interaction,
        limit: str,
        unit: str = Unit.IMAGES.value,
        per: str = Period.DAY.value,
        rolling: bool = False,
        member: Somebody | None = None,
        role: discord.Role | None = None,
        channel: Channel | None = None,
    ) -> None:
        """Set a limit."""
        named = Named(member=member, role=role, channel=channel)
        await self._desks.quotas.put(
            interaction, named, limit=limit, unit=Unit(unit), period=Period(per), rolling=rolling
        )

    @quota.command(name="remove", description=texts.REMOVE)
    @app_commands.describe(**texts.REMOVE_OPTIONS)
    @app_commands.choices(unit=UNIT_CHOICES, per=PERIOD_CHOICES)
    async def quota_remove(
        self,
        interaction: Interaction,
        unit: str | None = None,
        per: str | None = None,
        member: Somebody | None = None,
        role: discord.Role | None = None,
        channel: Channel | None = None,
        orphaned: bool = False,
    ) -> None:
        """Remove limits."""
        await self._desks.quotas.remove(
            interaction,
            Named(member=member, role=role, channel=channel),
            unit=Unit(unit) if unit else None,
            period=Period(per) if per else None,
            orphaned=orphaned,
        )

    @quota.command(name="list", description=texts.LIST)
    async def quota_list(self, interaction: Interaction) -> None:
        """Show every limit."""
        await self._desks.lists.show(interaction)

    @quota.command(name="grant", description=texts.GRANT)
    @app_commands.describe(**texts.GRANT_OPTIONS)
    async def quota_grant(
        self,
        interaction: Interaction,
        member: Somebody,
        images: str | None = None,
        credits: str | None = None,
        why: app_commands.Range[str, 1, MAX_WHY_CHARS] | None = None,
    ) -> None:
        """Give a member more."""
        await self._desks.grants.grant(interaction, member, images=images, credit_text=credits, why=why or "")

    @quota.command(name="reset", description=texts.RESET)
    @app_commands.describe(**texts.RESET_OPTIONS)
    async def quota_reset(
        self,
        interaction: Interaction,
        member: Somebody | None = None,
        channel: Channel | None = None,
        server: bool = False,
    ) -> None:
        """Count from nothing again."""
        await self._desks.grants.reset(interaction, Named(member=member, channel=channel), server=server)

    @admin.command(name="budget", description=texts.BUDGET)
    @app_commands.describe(**texts.BUDGET_OPTIONS)
    @app_commands.choices(unit=UNIT_CHOICES, per=PERIOD_CHOICES)
    async def budget(
        self,
        interaction: Interaction,
        limit: str | None = None,
        unit: str | None = None,
        per: str | None = None,
    ) -> None:
        """Show or set the server's ceiling."""
        await self._desks.budget.take(
            interaction, limit=limit, unit=Unit(unit) if unit else None, period=Period(per) if per else None
        )

    @admin.command(name="block", description=texts.BLOCK)
    @app_commands.describe(**texts.BLOCK_OPTIONS)
    async def block(self, interaction: Interaction, member: Somebody) -> None:
        """Block a member."""
        await self._desks.members.block(interaction, member)

    @admin.command(name="unblock", description=texts.UNBLOCK)
    @app_commands.describe(**texts.UNBLOCK_OPTIONS)
    async def unblock(self, interaction: Interaction, member: Somebody) -> None:
        """Unblock a member."""
        await self._desks.members.unblock(interaction, member)

    @admin.command(name="quality", description=texts.QUALITY)
    @app_commands.describe(**texts.QUALITY_OPTIONS)
    @app_commands.choices(highest=HIGHEST_CHOICES)
    async def quality(self, interaction: Interaction, role: discord.Role, highest: str | None = None) -> None:
        """Set the highest quality of a role."""
        await self._desks.members.set_quality(interaction, role, Quality(highest) if highest else None)

    @admin.command(name="settings", description=texts.SETTINGS)
    async def settings(self, interaction: Interaction) -> None:
        """Open the panel of the server's settings."""
        await self._settings_panel.open(interaction)

    @admin.command(name="words", description=texts.WORDS)
    async def words(self, interaction: Interaction) -> None:
        """Open the word filter."""
        await self._desks.words.open(interaction)

    @admin.command(name="usage", description=texts.USAGE)
    @app_commands.describe(**texts.DAYS_OPTIONS)
    async def usage(self, interaction: Interaction, days: Days = 30) -> None:
        """Show what was used."""
        await self._desks.usage.show(interaction, days=days)

    @admin.command(name="export", description=texts.EXPORT)
    @app_commands.describe(**texts.DAYS_OPTIONS)
    async def export(self, interaction: Interaction, days: Days = 30) -> None:
        """Hand over the ledger."""
        await self._desks.usage.export(interaction, days=days)

    @admin.command(name="log", description=texts.LOG)
    async def log(self, interaction: Interaction) -> None:
        """Show who changed what."""
        await self._desks.log.show(interaction)


async def setup(bot: ImageBot) -> None:
    """Add the commands; called by the library's extension loader."""
    await bot.add_cog(AdminCog(administration=bot.administration, settings_panel=bot.settings_panel))
