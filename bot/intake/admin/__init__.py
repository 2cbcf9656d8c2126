"""/admin on Discord: the desks at which an administrator is served, each with one concern, and who turns which page."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import discord

from bot.guilds.service import GuildService
from bot.images.chart import Charts
from bot.intake.admin.budget import BudgetDesk
from bot.intake.admin.grants import GrantDesk
from bot.intake.admin.log import LogDesk
from bot.intake.admin.members import MemberDesk, WordDesk
from bot.intake.admin.quotas import ListDesk, QuotaDesk
from bot.intake.admin.rights import AdminRights
from bot.intake.admin.targets import Named
from bot.intake.admin.usage import UsageDesk
from bot.intake.answers import answer_privately, explained
from bot.quota.reports import Reports
from bot.quota.service import QuotaService
from bot.ui.admin.buttons import AdminPage, AdminPageButton
from bot.ui.texts import admin

__all__ = ["Administration", "Named"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Administration:
    """Everything that /admin leads to, but for the panel of settings."""

    rights: AdminRights
    quotas: QuotaDesk
    lists: ListDesk
    grants: GrantDesk
    budget: BudgetDesk
    members: MemberDesk
    words: WordDesk
    usage: UsageDesk
    log: LogDesk

    @classmethod
    def of(
        cls,
        *,
        quotas: QuotaService,
        guilds: GuildService,
        warn_of_budget: Callable[[int], Awaitable[None]],
        reports: Reports,
        charts: Charts,
        scratch: Path,
        rights: AdminRights,
    ) -> Self:
        """Set up every desk; `scratch` is a folder for files on their way."""
        return cls(
            rights=rights,
            quotas=QuotaDesk(quotas=quotas),
            lists=ListDesk(quotas=quotas, guilds=guilds),
            grants=GrantDesk(quotas=quotas, guilds=guilds),
            budget=BudgetDesk(quotas=quotas, guilds=guilds, warn=warn_of_budget),
            members=MemberDesk(guilds=guilds),
            words=WordDesk(guilds=guilds, rights=rights),
            usage=UsageDesk(reports=reports, charts=charts, guilds=guilds, scratch=scratch),
            log=LogDesk(guilds=guilds),
        )

    @explained
    async def turn(self, interaction: discord.Interaction[Any], button: AdminPageButton) -> None:
        """Turn to the page of a button; answers every refusal itself."""
        if not self.rights.may_act(interaction, button.opener_id):
            await answer_privately(interaction, admin.only_the_opener())
            return
        await interaction.response.defer()
        if button.page is AdminPage.RULES:
            await self.lists.turn(interaction, button.at)
        else:
            await self.log.turn(interaction, before_id=button.at or None)
