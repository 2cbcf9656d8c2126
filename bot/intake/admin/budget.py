"""The budget of a server: a ceiling for all its members together, as its administrators see and set it."""

from collections.abc import Awaitable, Callable
from datetime import tzinfo

from bot.errors import BadSetting
from bot.guilds.service import GuildService
from bot.intake.admin.answers import Interaction, confirm, promised
from bot.intake.admin.rights import guild_of
from bot.quota.model import Period, Rule, Scope, Subject, Unit, Whose
from bot.quota.parsing import is_none, parse_limit
from bot.quota.service import QuotaService
from bot.ui.texts import admin_amounts


class BudgetDesk:
    """Shows, sets and removes budgets. `warn` tells a server what share of its budget is used, if nobody has yet."""

    def __init__(self, *, quotas: QuotaService, guilds: GuildService, warn: Callable[[int], Awaitable[None]]) -> None:
        self._quotas = quotas
        self._guilds = guilds
        self._warn = warn

    async def take(
        self, interaction: Interaction, *, limit: str | None, unit: Unit | None, period: Period | None
    ) -> None:
        """Show the budget, or set it, by credits and the month where nothing else is said.

        None or unlimited removes it: all there is of it where neither unit nor period is said.
        """
        guild = guild_of(interaction)
        if limit is None and (unit or period):
            raise BadSetting("unit_without_limit")
        most = None if limit is None or is_none(limit) else parse_limit(limit, unit or Unit.CREDITS)
        async with promised(interaction):
            settings = await self._guilds.get(guild.id)
            if limit is None:
                done = None
            elif most is None:
                done = await self._remove(guild.id, unit, period, by_id=interaction.user.id)
            else:
                rule = Rule(scope=Scope.GUILD, unit=unit or Unit.CREDITS, period=period or Period.MONTH, limit=most)
                change = await self._quotas.set_rule(guild.id, rule, by_id=interaction.user.id)
                rules = await self._quotas.list_rules(guild.id)
                besides = [each for each in rules if each.scope is Scope.GUILD and each != rule]
                done = admin_amounts.budget_set(change.before, rule, besides)
                await self._warn(guild.id)
            lines = [*([done] if done else []), *await self._state(guild.id, settings.zone)]
        lines.append(admin_amounts.warnings(settings.log_channel_id))
        await confirm(interaction, "\n".join(lines))

    async def _remove(self, guild_id: int, unit: Unit | None, period: Period | None, *, by_id: int) -> str:
        removed = await self._quotas.remove_rules(guild_id, Scope.GUILD, unit=unit, period=period, by_id=by_id)
        return admin_amounts.budget_removed(removed)

    async def _state(self, guild_id: int, zone: tzinfo) -> list[str]:
        """Return every ceiling of the server with how much of it is used."""
        standings = await self._quotas.standings_of(Subject(whose=Whose.GUILD, guild_id=guild_id), zone=zone)
        lines = [admin_amounts.ceiling(standing) for standing in standings]
        if not any(standing.rule.scope is Scope.GUILD for standing in standings):
            lines += [admin_amounts.no_budget(), admin_amounts.how_to_set_budget()]
        return lines
