"""What every part of the house stands on: DATA_DIR entered, the database open."""

from contextlib import AsyncExitStack
from dataclasses import dataclass

from bot.clock import Clock
from bot.files import DataFolder, ProcessLock, enter, let_others_in
from bot.jobs.owners import Owners
from bot.settings import Settings
from bot.store.database import Database
from bot.store.jobs import JobStore
from bot.store.opening import open_patiently


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What every part is joined from."""

    settings: Settings
    clock: Clock
    folder: DataFolder
    owners: Owners
    database: Database
    store: JobStore


async def lay_ground(stack: AsyncExitStack, settings: Settings, *, clock: Clock) -> Ground:
    """Enter DATA_DIR, and make it where there is none. Raises FolderInUse, StoreError or OSError."""
    folder = DataFolder(settings.data_dir)
    folder.make()
    database, owners = await enter_folder(stack, folder, clock=clock)
    return Ground(
        settings=settings,
        clock=clock,
        folder=folder,
        owners=owners,
        database=database,
        store=JobStore(database, folder=folder.root, clock=clock, owner=owners.token),
    )


async def enter_folder(stack: AsyncExitStack, folder: DataFolder, *, clock: Clock) -> tuple[Database, Owners]:
    """Open DATA_DIR for this process, beside others of the same schema version if there are any.

    Raises FolderInUse, StoreError or OSError.
    """
    lock = ProcessLock(folder.lock)
    alone = await enter(lock, clock=clock)
    stack.callback(lock.release)
    if alone:
        folder.clear()
    owners = Owners(folder)
    owners.take()
    stack.callback(owners.release)  # the last word is spoken, and the database closed, when the others take over
    database = await open_patiently(folder.database, alone=alone, clock=clock)
    stack.push_async_callback(database.close)
    await let_others_in(lock, clock=clock)
    return database, owners
