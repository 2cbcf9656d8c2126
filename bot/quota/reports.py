"""What was used, for administrators: reports and the export of the ledger. It changes nothing."""

from datetime import tzinfo
from pathlib import Path

from bot.clock import Clock
from bot.quota import export
from bot.quota.days import days_until
from bot.quota.report import UsageReport
from bot.store.ledger import LedgerStore
from bot.store.usage import UsageStore


class Reports:
    """Looks into what a server used on its last days, today included."""

    def __init__(self, *, usage: UsageStore, ledger: LedgerStore, clock: Clock) -> None:
        self._usage = usage
        self._ledger = ledger
        self._clock = clock

    async def report(self, guild_id: int, *, days: int, zone: tzinfo, title: str) -> UsageReport:
        """Return the numbers of 1 to `report.MAX_DAYS` days; people stand in it without names (`report.with_names`)."""
        spans = days_until(self._clock.now(), days=days, zone=zone)
        return await self._usage.report(guild_id, spans, title=title, zone=str(zone))

    async def export(self, guild_id: int, *, days: int, zone: tzinfo, path: Path) -> int:
        """Write the ledger of these days to `path` as CSV and return how many rows it holds; raises OSError."""
        spans = days_until(self._clock.now(), days=days, zone=zone)
        entries = self._ledger.entries_of_guild(guild_id, spans[0].begins_at, spans[-1].ends_at)
        return await export.write(entries, path)
