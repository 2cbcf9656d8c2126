"""What every part of the house stands on: DATA_DIR entered, the database open."""

import logging
from contextlib import AsyncExitStack
from dataclasses import dataclass

from bot.clock import Clock
from bot.errors import StoreFull
from bot.files import NO_ROOM, DataFolder, ProcessLock, enter, let_others_in
from bot.jobs.owners import Owners
from bot.settings import Settings
from bot.store.database import Database
from bot.store.jobs import JobStore
from bot.store.opening import open_patiently

log = logging.getLogger(__name__)

LOOK_FOR_ROOM_EVERY_S = 5.0


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
    """Enter DATA_DIR for the block, and make it where there is none. Raises FolderInUse, StoreError or OSError."""
    folder = DataFolder(settings.data_dir)
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

    Where its disk is full, room is waited for: who ends has to be started again. Raises FolderInUse, StoreError or
    OSError.
    """
    told = False
    while True:
        try:
            async with AsyncExitStack() as attempt:
                entered = await _enter(attempt, folder, clock=clock)
                await stack.enter_async_context(attempt.pop_all())
        except (StoreFull, OSError) as error:
            if isinstance(error, OSError) and error.errno not in NO_ROOM:
                raise
            if not told:
                log.warning("the disk of DATA_DIR is full: the start waits for room", extra={"error": str(error)})
            told = True
            await clock.sleep(LOOK_FOR_ROOM_EVERY_S)
        else:
            if told:
                log.info("there is room on the disk of DATA_DIR")
            return entered


async def _enter(stack: AsyncExitStack, folder: DataFolder, *, clock: Clock) -> tuple[Database, Owners]:
    folder.make()
    lock = ProcessLock(folder.lock)
    alone = await enter(lock, clock=clock)
    stack.callback(lock.release)
    if alone:
        folder.clear()
    owners = Owners(folder)
    stack.callback(owners.release)  # the last word is spoken, and the database closed, when the others take over
    owners.take()
    is_young = not folder.database.exists() or not folder.holds_pictures
    database = await open_patiently(folder.database, alone=alone, may_be_empty=is_young, clock=clock)
    stack.push_async_callback(database.close)
    await let_others_in(lock, clock=clock)
    return database, owners
