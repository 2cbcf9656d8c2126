"""What administrators give members, and what they set back to nothing."""

import discord

from bot.errors import BadSetting
from bot.guilds.service import GuildService
from bot.intake.admin.answers import Interaction, confirm, promised
from bot.intake.admin.rights import guild_of
from bot.intake.admin.targets import Named, Somebody, check_member
from bot.quota.model import ByHand, Scope, Subject, Unit, Whose
from bot.quota.parsing import parse_amount
from bot.quota.service import QuotaService
from bot.ui.texts import admin_amounts


class GrantDesk:
    """Grants and resets."""

    def __init__(self, *, quotas: QuotaService, guilds: GuildService) -> None:
        self._quotas = quotas
        self._guilds = guilds

    async def grant(
        self, interaction: Interaction, member: Somebody, *, images: str | None, credit_text: str | None, why: str
    ) -> None:
        """Give a member some pictures, credits or both beyond their limits."""
        guild = guild_of(interaction)
        check_member(member)
        if images is None and credit_text is None:
            raise BadSetting("nothing_named")
        n_images = parse_amount(images, Unit.IMAGES) if images is not None else 0
        millionths = parse_amount(credit_text, Unit.CREDITS) if credit_text is not None else 0
        async with promised(interaction):
            settings = await self._guilds.get(guild.id)
            given = ByHand(
                guild_id=guild.id,
                user_id=member.id,
                images=n_images,
                credits=millionths,
                by_id=interaction.user.id,
                why=why.strip(),
            )
            change = await self._quotas.grant(given, zone=settings.zone, role_ids=_role_ids(member))
        await confirm(interaction, admin_amounts.granted(given, change.before, change.after))

    async def reset(self, interaction: Interaction, named: Named, *, server: bool) -> None:
        """Count what a member, a channel or the whole server has used from nothing again; they may have left."""
        guild = guild_of(interaction)
        scope, subject_id = named.target()
        if server and scope is not Scope.DEFAULT:
            raise BadSetting("two_named")
        if not server and scope is Scope.DEFAULT:
            raise BadSetting("nothing_named")
        whose = {Scope.USER: Whose.MEMBER, Scope.CHANNEL: Whose.CHANNEL}.get(scope, Whose.GUILD)
        async with promised(interaction):
            settings = await self._guilds.get(guild.id)
            change = await self._quotas.reset(
                Subject(whose=whose, guild_id=guild.id, id=subject_id),
                by_id=interaction.user.id,
                zone=settings.zone,
                role_ids=_role_ids(named.member),
            )
        told = Scope.GUILD if server else scope
        await confirm(interaction, admin_amounts.reset(told, subject_id, change.before, change.after))


def _role_ids(member: Somebody | None) -> frozenset[int]:
    if not isinstance(member, discord.Member):
        return frozenset()
    return frozenset(role.id for role in member.roles if not role.is_default())
