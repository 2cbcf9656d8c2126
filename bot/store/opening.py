"""Opening a database that cannot be had just now.

Another program may hold it for a while (a backup, a look from outside, a bot that is ending), and a disk may fail for a
reason that is gone when it is looked for: one that was full until then, for instance.
"""

import logging
from pathlib import Path

from bot.clock import Clock
from bot.errors import StoreLocked, StoreUnclear
from bot.store.database import BUSY_TIMEOUT_S, Database

log = logging.getLogger(__name__)

PATIENCE_S = 60.0
"""After it the process ends and says why: whoever watches over it sees that, and starts it again."""
PAUSE_S = 1.0


async def open_patiently(
    path: Path, *, alone: bool, may_be_empty: bool = True, clock: Clock, busy_timeout_s: float = BUSY_TIMEOUT_S
) -> Database:
    """Open as `Database.open` does; what may pass, StoreLocked and StoreUnclear, is waited for, a minute at most."""
    since_s = clock.monotonic()
    told = False
    while True:
        try:
            database = await Database.open(path, alone=alone, may_be_empty=may_be_empty, busy_timeout_s=busy_timeout_s)
        except (StoreLocked, StoreUnclear) as error:
            if clock.monotonic() - since_s >= PATIENCE_S:
                raise
            if not told:
                log.warning("waiting for the database", extra={"at_most_s": int(PATIENCE_S), "error": str(error)})
            told = True
            await clock.sleep(PAUSE_S)
        else:
            if told:
                log.info("the database can be used")
            return database
