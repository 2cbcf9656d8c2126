"""What administrators decide about people: who is blocked, what quality a role may use, which words nobody may."""

from typing import TYPE_CHECKING, Any, TypeAlias, cast

import discord

from bot.errors import BadSetting
from bot.guilds.service import GuildService
from bot.intake.admin.answers import confirm, promised, stored
from bot.intake.admin.rights import AdminRights, guild_of
from bot.intake.admin.targets import Somebody, check_role
from bot.intake.answers import answer_privately, explained
from bot.jobs.model import Quality
from bot.ui.admin import words as admin_words
from bot.ui.texts import admin

if TYPE_CHECKING:
    from bot.client import ImageBot

Interaction: TypeAlias = "discord.Interaction[ImageBot]"


class MemberDesk:
    """Blocks, unblocks, and sets the highest quality of roles."""

    def __init__(self, *, guilds: GuildService) -> None:
        self._guilds = guilds

    async def block(self, interaction: Interaction, member: Somebody) -> None:
        """Block a member, or somebody who has left and may come back."""
        guild = guild_of(interaction)
        if member.bot:
            raise BadSetting("bot_member", member.display_name)
        async with promised(interaction):
            changed = await self._guilds.block(guild.id, member.id, by_id=interaction.user.id)
        await confirm(interaction, admin.blocked(member.mention, changed=changed))

    async def unblock(self, interaction: Interaction, member: Somebody) -> None:
        """End a block."""
        guild = guild_of(interaction)
        async with promised(interaction):
            changed = await self._guilds.unblock(guild.id, member.id, by_id=interaction.user.id)
        await confirm(interaction, admin.unblocked(member.mention, changed=changed))

    async def set_quality(self, interaction: Interaction, role: discord.Role, highest: Quality | None) -> None:
        """Set the highest quality of a role; None has it follow the server's."""
        guild = guild_of(interaction)
        if highest is not None:
            check_role(role, guild)
        async with promised(interaction):
            change = await self._guilds.set_role_quality(guild.id, role.id, highest, by_id=interaction.user.id)
        before, after = (settings.role_qualities.get(role.id) for settings in (change.before, change.after))
        of_server = change.after.highest_quality
        await confirm(interaction, admin.quality_set(role.id, before, after, of_server=of_server))


class WordDesk:
    """Opens the form of the word filter, and takes it whenever it comes back."""

    def __init__(self, *, guilds: GuildService, rights: AdminRights) -> None:
        self._guilds = guilds
        self._rights = rights

    async def open(self, interaction: Interaction) -> None:
        """Answer with the form; nothing may come before it (discord.md 1)."""
        guild = guild_of(interaction)
        with stored():
            settings = await self._guilds.get(guild.id)
        form = admin_words.words_form(settings.words, opener_id=interaction.user.id)
        await interaction.response.send_modal(form)

    @explained
    async def take(self, interaction: Interaction, opener_id: int) -> None:
        """Set the words of a form that `opener_id` had opened; answers every refusal itself."""
        guild = guild_of(interaction)
        if not self._rights.may_act(interaction, opener_id):
            await answer_privately(interaction, admin.only_the_opener())
            return
        written = admin_words.read(cast("dict[str, Any]", interaction.data))
        async with promised(interaction):
            change = await self._guilds.set_words(guild.id, written, by_id=interaction.user.id)
        await confirm(interaction, admin.words_set(change.before.words, change.after.words))
