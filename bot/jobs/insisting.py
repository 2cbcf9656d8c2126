"""Storing what has happened, however long the database refuses: forgotten, it would be lost, or said or paid twice."""

import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from bot.clock import Clock
from bot.errors import StoreConflict, StoreError

log = logging.getLogger(__name__)

T = TypeVar("T")

PAUSE_S = 2.0


async def until_stored(ask: Callable[[], Awaitable[T]], *, clock: Clock, what: str, **ids: str) -> T:
    """Ask the database until it answers; raises StoreConflict, which no repetition changes.

    `what` and `ids` are for the log.
    """
    told = False
    while True:
        try:
            return await ask()
        except StoreConflict:
            raise
        except StoreError as error:
            if not told:
                log.warning("not stored, once more", extra={**ids, "what": what, "error": str(error)})
            told = True
            await clock.sleep(PAUSE_S)
