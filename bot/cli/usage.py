"""What `imagebot usage` reads, and the files it writes: the ledger and the chart."""

import argparse
from datetime import UTC
from pathlib import Path

from bot.cli import loop, usage_tables
from bot.cli.output import complain, tell
from bot.clock import Clock, SystemClock
from bot.errors import StoreError
from bot.files import DataFolder
from bot.images.chart import Charts
from bot.images.worker import WorkerDied
from bot.quota import export
from bot.quota.days import days_until
from bot.quota.making import make_quota_service
from bot.quota.model import Subject, Whose
from bot.quota.report import Span
from bot.quota.standing import Standing
from bot.settings import StorageSettings
from bot.store import beside
from bot.store.database import Database
from bot.store.guilds import GuildStore
from bot.store.ledger import LedgerStore
from bot.store.usage import UsageStore
from bot.ui.texts import reports

EXIT_FAULT = 1
EXIT_USAGE = 2


def main(settings: StorageSettings, options: argparse.Namespace, *, clock: Clock | None = None) -> int:
    """Tell what was used as the options say, and return the exit code."""
    for path in (options.csv, options.chart):
        if path is not None and (fault := _unusable(path)):
            complain(f"{fault}; nothing was written")
            return EXIT_USAGE
    try:
        loop.run(_tell(settings, options, clock=clock or SystemClock()))
    except StoreError as error:
        complain(f"the database in DATA_DIR cannot be used: {error}")
        return EXIT_FAULT
    except OSError as error:
        complain(f"{error.filename or 'a file'} cannot be written: {error.strerror or error}")
        return EXIT_FAULT
    except WorkerDied as error:
        complain(f"the chart could not be drawn: its process ended ({error.reason}); the numbers above are whole")
        return EXIT_FAULT
    return 0


def _unusable(path: Path) -> str | None:
    """Say why a file cannot be written, as far as can be seen before."""
    if path.exists():
        return f"{path} exists already, and no file is overwritten"
    return None if path.parent.is_dir() else f"there is no folder {path.parent}"


async def _tell(settings: StorageSettings, options: argparse.Namespace, *, clock: Clock) -> None:
    path = DataFolder(settings.data_dir).database
    database = await beside.open_to_read(path)
    try:
        zone = UTC if options.server is None else (await GuildStore(database).get(options.server)).zone
        days = days_until(clock.now(), days=options.days, zone=zone)
        title = "all servers" if options.server is None else f"server {options.server}"
        report = await UsageStore(database, path=path).report(options.server, days, title=title, zone=str(zone))
        limits = await _limits(settings, options.server, database, clock=clock)
        tell(
            usage_tables.as_json(report, limits, options.server)
            if options.json
            else usage_tables.as_tables(report, limits)
        )
        if options.csv is not None:
            n_rows = await _write_csv(database, options.server, days, options.csv)
            _note(f"{options.csv}: {n_rows:,} rows of the ledger", options)
    finally:
        await database.close()
    if options.chart is not None:
        await Charts(clock=clock, words=reports.CHART).draw_usage(report, options.chart)
        _note(f"{options.chart}: the chart", options)


def _note(line: str, options: argparse.Namespace) -> None:
    if not options.json:
        tell(line)


async def _write_csv(database: Database, guild_id: int | None, days: tuple[Span, ...], path: Path) -> int:
    ledger, since, until = LedgerStore(database), days[0].begins_at, days[-1].ends_at
    entries = (
        ledger.entries_of_all(since, until) if guild_id is None else ledger.entries_of_guild(guild_id, since, until)
    )
    return await export.write(entries, path)


async def _limits(
    settings: StorageSettings, guild_id: int | None, database: Database, *, clock: Clock
) -> tuple[Standing, ...]:
    """Tell how the operator's limits stand: those of everything, or the ceiling of one server."""
    subject = Subject(whose=Whose.TOTAL) if guild_id is None else Subject(whose=Whose.OPERATOR_GUILD, guild_id=guild_id)
    return await make_quota_service(settings, database=database, clock=clock).standings_of(subject, zone=UTC)
