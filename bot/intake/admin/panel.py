"""The settings panel on Discord: opened by /admin settings, and what is chosen and pressed in it, each time asked anew.

Whatever becomes of a choice, the panel shows it: before and after, or why nothing was changed.
"""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import discord

from bot import errors
from bot.clock import Clock
from bot.guilds.model import MAX_JOBS_AT_ONCE, GuildSettings
from bot.guilds.service import Change, GuildService
from bot.intake.admin.answers import stored
from bot.intake.admin.rights import AdminRights, guild_of, is_known
from bot.intake.answers import answer_privately, explained
from bot.jobs.model import Quality, Size
from bot.settings import ReplyToPicture
from bot.ui import texts
from bot.ui.panel import forms as panel_forms
from bot.ui.panel.forms import Form, PanelForm
from bot.ui.panel.items import Choice, PanelItem
from bot.ui.panel.layout import PanelFacts, settings_panel
from bot.ui.panel.options import AS_USUAL
from bot.ui.texts import panel

if TYPE_CHECKING:
    from bot.client import ImageBot

Interaction: TypeAlias = "discord.Interaction[ImageBot]"

_FORMS = {Choice.OTHER_ZONE: Form.ZONE, Choice.AT_ONCE: Form.AT_ONCE}
_ANY_NUMBER = {"", "unlimited", "none", "any"}


class SettingsPanel:
    """Shows what a server has set, and changes it. `usual_replies` is what the operator has set for all servers."""

    def __init__(
        self, *, guilds: GuildService, rights: AdminRights, clock: Clock, usual_replies: ReplyToPicture
    ) -> None:
        self._guilds = guilds
        self._rights = rights
        self._clock = clock
        self._usual_replies = usual_replies

    async def open(self, interaction: Interaction) -> None:
        """Answer with the panel, for this person alone; raises Refusal."""
        guild = guild_of(interaction)
        with stored():
            settings = await self._guilds.get(guild.id)
        view = settings_panel(self._facts(interaction, guild, settings))
        await interaction.response.send_message(view=view, ephemeral=True)

    @explained
    async def take(self, interaction: Interaction, item: PanelItem, chosen: list[str]) -> None:
        """Do what was chosen or pressed; answers every refusal itself."""
        if not self._may(interaction, guild_id=item.guild_id, opener_id=item.opener_id):
            await answer_privately(interaction, panel.not_yours_any_more())
            return
        if item.choice in _FORMS:
            which = PanelForm(form=_FORMS[item.choice], guild_id=item.guild_id, opener_id=item.opener_id)
            with stored():
                settings = await self._guilds.get(item.guild_id)
            await interaction.response.send_modal(panel_forms.panel_form(which, settings))
            return
        by_id = interaction.user.id
        await self._change(interaction, lambda guild: self._choose(guild, item.choice, chosen, by_id=by_id))

    @explained
    async def take_form(self, interaction: Interaction, which: PanelForm) -> None:
        """Do what was written into a form; answers every refusal itself."""
        if not self._may(interaction, guild_id=which.guild_id, opener_id=which.opener_id):
            await answer_privately(interaction, panel.not_yours_any_more())
            return
        sent = cast("dict[str, Any]", interaction.data)
        by_id = interaction.user.id
        if which.form is Form.ZONE:
            zone = panel_forms.zone_of(sent)
            await self._change(interaction, lambda guild: self._guilds.set_time_zone(guild.id, zone, by_id=by_id))
        else:
            numbers = panel_forms.numbers_of(sent)
            await self._change(interaction, lambda guild: self._set_at_once(guild.id, numbers, by_id=by_id))

    def _may(self, interaction: Interaction, *, guild_id: int, opener_id: int) -> bool:
        return interaction.guild_id == guild_id and self._rights.may_act(interaction, opener_id)

    async def _change(self, interaction: Interaction, change: Callable[[discord.Guild], Awaitable[Change]]) -> None:
        """Promise an answer, change something, and show the panel as it is then."""
        guild = guild_of(interaction)
        await interaction.response.defer()
        with stored():
            try:
                changed = await change(guild)
                settings, notice = changed.after, panel.changes(changed.before, changed.after)
            except errors.BadSetting as refusal:
                settings, notice = await self._guilds.get(guild.id), texts.refusal(refusal)
        facts = self._facts(interaction, guild, settings)
        await interaction.edit_original_response(view=settings_panel(facts, notice=notice))

    def _facts(self, interaction: Interaction, guild: discord.Guild, settings: GuildSettings) -> PanelFacts:
        return PanelFacts(
            settings=settings,
            usual_replies=self._usual_replies,
            guild_id=guild.id,
            opener_id=interaction.user.id,
            known_channels=frozenset(channel.id for channel in guild.channels) if is_known(interaction) else None,
            now=self._clock.now(),
        )

    async def _choose(self, guild: discord.Guild, choice: Choice, chosen: list[str], *, by_id: int) -> Change:
        """Set what was chosen from a menu, or what a button says; raises BadSetting."""
        guilds, guild_id = self._guilds, guild.id
        match choice:
            case Choice.ZONE:
                setting = guilds.set_time_zone(guild_id, chosen[0], by_id=by_id)
            case Choice.ALLOWED:
                setting = guilds.set_allowed_channels(guild_id, [int(each) for each in chosen], by_id=by_id)
            case Choice.DENIED:
                setting = guilds.set_denied_channels(guild_id, [int(each) for each in chosen], by_id=by_id)
            case Choice.HIGHEST:
                setting = guilds.set_highest_quality(guild_id, Quality(chosen[0]), by_id=by_id)
            case Choice.QUALITY:
                setting = guilds.set_defaults(guild_id, quality=Quality(chosen[0]), by_id=by_id)
            case Choice.SIZE:
                setting = guilds.set_defaults(guild_id, size=Size(chosen[0]), by_id=by_id)
            case Choice.REPLIES:
                mode = None if chosen[0] == AS_USUAL else ReplyToPicture(chosen[0])
                setting = guilds.set_reply_mode(guild_id, mode, by_id=by_id)
            case Choice.LOG:
                setting = guilds.set_log_channel(guild_id, _log_channel(guild, chosen), by_id=by_id)
            case Choice.PRIVATE_ON | Choice.PRIVATE_OFF:
                allowed = choice is Choice.PRIVATE_ON
                setting = guilds.set_private_allowed(guild_id, allowed=allowed, by_id=by_id)
            case _:
                allowed = choice is Choice.SEARCH_ON
                setting = guilds.set_search_allowed(guild_id, allowed=allowed, by_id=by_id)
        return await setting

    async def _set_at_once(self, guild_id: int, written: tuple[str, str], *, by_id: int) -> Change:
        """Set both numbers; raises BadSetting."""
        of_member, of_guild = (_number(each) for each in written)
        return await self._guilds.set_jobs_at_once(guild_id, of_member=of_member, of_guild=of_guild, by_id=by_id)


def _number(written: str) -> int | None:
    """Return how many may go on at once, or None for any number; raises BadSetting."""
    plain = written.strip().replace(",", "")
    if plain.casefold() in _ANY_NUMBER:
        return None
    if not (plain.isascii() and plain.isdecimal() and 1 <= int(plain) <= MAX_JOBS_AT_ONCE):
        raise errors.BadSetting("bad_number", written)
    return int(plain)


def _log_channel(guild: discord.Guild, chosen: list[str]) -> int | None:
    """Return the channel that was chosen for the log, if any; raises BadSetting where the bot cannot write."""
    if not chosen:
        return None
    channel = guild.get_channel(int(chosen[0]))
    may = discord.Permissions.none() if channel is None else channel.permissions_for(guild.me)
    if not (may.view_channel and may.send_messages):
        raise errors.BadSetting("log_channel_closed", f"#{channel.name}" if channel else "")
    return int(chosen[0])
