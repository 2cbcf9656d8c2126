"""What goes on beside the jobs while several processes may work on one database: every few seconds each looks after
what the dead have left, what others have taken from it, and what it was called for through another one.
"""

import logging
from contextlib import AbstractAsyncContextManager

from bot import background
from bot.clock import Clock
from bot.jobs.claims import Claims
from bot.jobs.owners import Owners
from bot.jobs.runner import JobRunner
from bot.jobs.wakes import Wakes
from bot.store.jobs import JobStore

log = logging.getLogger(__name__)

EVERY_S = 2.0
FORGET_CLAIMS_EVERY_S = 600.0


class Tending:
    """Looks after it while it runs, in one task."""

    def __init__(
        self, *, runner: JobRunner, owners: Owners, store: JobStore, claims: Claims, wakes: Wakes, clock: Clock
    ) -> None:
        self._runner = runner
        self._owners = owners
        self._store = store
        self._claims = claims
        self._wakes = wakes
        self._clock = clock
        self._forgot_at: float | None = None
        self._recovered = False

    def running(self) -> AbstractAsyncContextManager[None]:
        """Take up what was left, and look every few seconds for the block."""
        return background.repeating("tending of jobs", self.look, pause=lambda: self._clock.sleep(EVERY_S))

    async def look(self) -> None:
        """Look once; raises StoreError, FolderInUse or OSError."""
        self._owners.renew()
        await self._recover()
        await self._runner.let_go_of_taken()
        if taken := await self._runner.take_over():
            log.info("jobs of an ended process taken over", extra={"jobs": taken})
        self._owners.look_at_others()
        for job_id in await self._store.take_wakes():
            self._wakes.call(job_id)
        await self._forget_claims()

    async def _recover(self) -> None:
        """Take up what was left before the start, once; the next look tries again where the database refuses."""
        if self._recovered:
            return
        taken = await self._runner.recover()
        self._recovered = True
        log.info("jobs taken up", extra={"jobs": taken})

    async def _forget_claims(self) -> None:
        now_s = self._clock.monotonic()
        if self._forgot_at is None or now_s - self._forgot_at >= FORGET_CLAIMS_EVERY_S:
            await self._claims.forget_old()
            self._forgot_at = now_s
