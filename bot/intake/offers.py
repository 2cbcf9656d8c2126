"""What a person is offered to choose from where they are. Everything is checked again when a request is stored."""

import asyncio
import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeAlias

import discord
from discord.app_commands import Choice

from bot.clock import Clock
from bot.guilds import permits
from bot.guilds.model import GuildSettings
from bot.guilds.service import GuildService
from bot.intake.askers import asker_of
from bot.jobs.model import Asker
from bot.ui import choices
from bot.ui.choices import OfferedQualities

if TYPE_CHECKING:
    from bot.client import ImageBot

log = logging.getLogger(__name__)

Interaction: TypeAlias = "discord.Interaction[ImageBot]"

PATIENCE_S = 1.0
"""After this long without an answer from the store everything is offered: Discord gives 3 s in all."""


async def settings_for(guilds: GuildService, asker: Asker) -> GuildSettings:
    """Return what holds where somebody asks; outside of servers that have the bot, what nobody has set."""
    return GuildSettings() if asker.guild_id is None else await guilds.get(asker.guild_id)


class QualityOffers:
    """Knows which qualities to offer, with the operator's prices in millionths of credits."""

    def __init__(self, *, guilds: GuildService, prices: Mapping[str, int], clock: Clock) -> None:
        self._guilds = guilds
        self._prices = prices
        self._clock = clock

    async def suggest(self, interaction: Interaction, typed: str) -> list[Choice[str]]:
        """Return the suggestions for what somebody has typed into an option `quality`; never fails."""
        return choices.quality_choices(await self.qualities(asker_of(interaction)), typed)

    async def qualities(self, asker: Asker) -> OfferedQualities:
        """Return what to offer, in time for a first answer; everything, where that cannot be learnt in time."""
        settings = await self._settings_in_time(asker)
        return OfferedQualities(
            prices={each: self._prices[each.value] for each in permits.allowed_qualities(settings, asker.role_ids)},
            usual=permits.usual_quality(settings, asker.role_ids),
        )

    async def _settings_in_time(self, asker: Asker) -> GuildSettings:
        reading = asyncio.ensure_future(settings_for(self._guilds, asker))
        late = asyncio.ensure_future(self._clock.sleep(PATIENCE_S))
        await asyncio.wait({reading, late}, return_when=asyncio.FIRST_COMPLETED)
        late.cancel()
        reading.add_done_callback(_note_failure)
        if reading.done() and reading.exception() is None:
            return reading.result()
        return GuildSettings()


def _note_failure(reading: asyncio.Future[GuildSettings]) -> None:
    """Log why nothing was learnt, also where it failed too late to matter."""
    if not reading.cancelled() and (error := reading.exception()) is not None:
        log.warning("settings of a server not read", extra={"error": repr(error)})
