"""/quota on Discord: how the person who asks stands here, for them alone. It reads, and changes nothing."""

from typing import TYPE_CHECKING, TypeAlias

import discord

from bot import errors
from bot.guilds import permits
from bot.guilds.model import GuildSettings, Wanted
from bot.guilds.service import GuildService
from bot.intake.admin.answers import promised
from bot.intake.askers import asker_of
from bot.intake.offers import settings_for
from bot.jobs.admission import Terms
from bot.jobs.model import Asker
from bot.quota import outlook
from bot.quota.model import Asking
from bot.quota.service import QuotaService
from bot.quota.spending import SpendingStop
from bot.ui import texts
from bot.ui.quota import QuotaFacts, quota_embed
from bot.ui.texts.quotas import without_request

if TYPE_CHECKING:
    from bot.client import ImageBot

Interaction: TypeAlias = "discord.Interaction[ImageBot]"


class QuotaCard:
    """Shows what somebody has left."""

    def __init__(self, *, quotas: QuotaService, guilds: GuildService, spending: SpendingStop, terms: Terms) -> None:
        self._quotas = quotas
        self._guilds = guilds
        self._spending = spending
        self._terms = terms

    async def show(self, interaction: Interaction) -> None:
        """Answer with the card; raises Refusal."""
        asker = asker_of(interaction)
        async with promised(interaction):
            facts = await self._facts(asker, guild_id=interaction.guild_id)
        await interaction.edit_original_response(embed=quota_embed(facts))

    async def _facts(self, asker: Asker, *, guild_id: int | None) -> QuotaFacts:
        settings = await settings_for(self._guilds, asker)
        qualities = permits.allowed_qualities(settings, asker.role_ids)
        asking = Asking(
            user_id=asker.user_id,
            guild_id=asker.guild_id,
            channel_id=asker.channel_id,
            role_ids=asker.role_ids,
            credits=self._terms.prices[qualities[0].value],
        )
        overview = await self._quotas.overview(
            asking,
            zone=settings.zone,
            jobs_per_member=settings.jobs_per_member,
            jobs_per_guild=settings.jobs_per_guild,
        )
        decision, prices = overview.decision, self._terms.prices
        return QuotaFacts(
            standings=decision.standings,
            resets_at=overview.resets_at,
            refused_by=decision.refused_by,
            again_at=overview.again_at,
            best=outlook.best_that_fits(decision, asking, qualities[0], qualities, prices),
            qualities=qualities,
            settings=None if asker.guild_id is None else settings,
            running=overview.running,
            notice=await self._notice(asker, settings, guild_id=guild_id),
        )

    async def _notice(self, asker: Asker, settings: GuildSettings, *, guild_id: int | None) -> str:
        """Return why nothing can be made here, whatever is left; nothing where something can."""
        try:
            self._terms.check(asker, guild_id=guild_id)
            await self._spending.refuse_if_stopped()
            if asker.guild_id is not None:
                is_blocked = await self._guilds.is_blocked(asker.guild_id, asker.user_id)
                permits.check(_anything(asker, settings), settings, blocked=is_blocked)
        except errors.Refusal as refusal:
            return without_request(texts.refusal(refusal))
        return ""


def _anything(asker: Asker, settings: GuildSettings) -> Wanted:
    """Return a request that is refused only where every one is."""
    return Wanted(
        channel_id=asker.channel_id,
        thread_id=asker.thread_id,
        role_ids=asker.role_ids,
        prompt="",
        quality=permits.allowed_qualities(settings, asker.role_ids)[0],
        private=False,
        searches=False,
    )
