"""The limits of a server, as its administrators set, remove and look at them."""

import discord

from bot.errors import BadSetting
from bot.guilds.service import GuildService
from bot.intake.admin.answers import Interaction, confirm, promised, show_page, stored
from bot.intake.admin.rights import guild_of, is_known
from bot.intake.admin.targets import Named, check_member, check_role
from bot.quota.model import Period, Rule, Scope, Unit
from bot.quota.parsing import parse_limit
from bot.quota.service import QuotaService
from bot.ui.admin.rules import Limits, is_orphaned, rules_message
from bot.ui.texts import admin


class QuotaDesk:
    """Sets and removes limits."""

    def __init__(self, *, quotas: QuotaService) -> None:
        self._quotas = quotas

    async def put(
        self, interaction: Interaction, named: Named, *, limit: str, unit: Unit, period: Period, rolling: bool
    ) -> None:
        """Set a limit, for whoever was named or else for every member."""
        guild = guild_of(interaction)
        scope, subject_id = named.target()
        if named.member is not None:
            check_member(named.member)
        if named.role is not None:
            check_role(named.role, guild)
        rule = Rule(
            scope=scope,
            subject_id=subject_id,
            unit=unit,
            period=period,
            limit=parse_limit(limit, unit),
            rolling=rolling,
        )
        async with promised(interaction):
            change = await self._quotas.set_rule(guild.id, rule, by_id=interaction.user.id)
            besides = [each for each in await self._of_target(guild.id, rule.scope, rule.subject_id) if each != rule]
        await confirm(interaction, admin.rule_set(change.before, rule, besides))

    async def remove(
        self, interaction: Interaction, named: Named, *, unit: Unit | None, period: Period | None, orphaned: bool
    ) -> None:
        """Remove the limits of whoever was named: of one unit or period, or all of them. They may have left.

        `orphaned` removes those of deleted roles and channels instead.
        """
        guild = guild_of(interaction)
        scope, subject_id = named.target()
        if orphaned and (scope is not Scope.DEFAULT or unit or period):
            raise BadSetting("orphaned_alone")
        if orphaned:
            await self._remove_orphaned(interaction, guild)
            return
        async with promised(interaction):
            removed = await self._quotas.remove_rules(
                guild.id, scope, subject_id, unit=unit, period=period, by_id=interaction.user.id
            )
            left = await self._of_target(guild.id, scope, subject_id)
        default_images = self._quotas.default_images_per_day
        await confirm(interaction, admin.rules_removed(scope, subject_id, removed, left, default_images=default_images))

    async def _of_target(self, guild_id: int, scope: Scope, subject_id: int | None) -> list[Rule]:
        rules = await self._quotas.list_rules(guild_id)
        return [rule for rule in rules if (rule.scope, rule.subject_id) == (scope, subject_id)]

    async def _remove_orphaned(self, interaction: Interaction, guild: discord.Guild) -> None:
        async with promised(interaction):
            orphans = [rule for rule in await self._quotas.list_rules(guild.id) if _orphaned(rule, interaction, guild)]
            subjects = dict.fromkeys((rule.scope, rule.subject_id) for rule in orphans)
            removed = [
                rule
                for scope, subject_id in subjects
                for rule in await self._quotas.remove_rules(guild.id, scope, subject_id, by_id=interaction.user.id)
            ]
        await confirm(interaction, admin.orphaned_removed(len(removed)))


class ListDesk:
    """Shows every limit there is."""

    def __init__(self, *, quotas: QuotaService, guilds: GuildService) -> None:
        self._quotas = quotas
        self._guilds = guilds

    async def show(self, interaction: Interaction) -> None:
        """Answer with the first page."""
        guild_of(interaction)
        async with promised(interaction):
            await self.turn(interaction, 1)

    async def turn(self, interaction: Interaction, number: int) -> None:
        """Show a page in the answer there is."""
        guild = guild_of(interaction)
        with stored():
            rules = await self._quotas.list_rules(guild.id)
            settings = await self._guilds.get(guild.id)
            blocked = await self._guilds.list_blocked(guild.id)
        named = {rule.subject_id or 0 for rule in rules} | set(settings.role_qualities)
        existing = _existing_ids(guild) if is_known(interaction) else frozenset(named)
        held = self._quotas.policy_of(rules, zone=settings.zone)
        limits = Limits(
            rules=rules,
            of_operator=[rule for rule in held.operator if rule.scope is Scope.OPERATOR_GUILD],
            default_images_per_day=self._quotas.default_images_per_day,
            existing_ids=existing,
            highest_quality=settings.highest_quality,
            role_qualities=settings.role_qualities,
            blocked_ids=[block.user_id for block in blocked],
        )
        await show_page(interaction, rules_message(limits, number, opener_id=interaction.user.id))


def _orphaned(rule: Rule, interaction: Interaction, guild: discord.Guild) -> bool:
    """Tell whether a rule's role or channel is gone; while Discord has not told what the server has, none is."""
    return is_known(interaction) and is_orphaned(rule, _existing_ids(guild))


def _existing_ids(guild: discord.Guild) -> frozenset[int]:
    return frozenset({role.id for role in guild.roles} | {channel.id for channel in guild.channels})
