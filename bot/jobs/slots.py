"""The places at the provider: so many tasks at once, first come, first served, and everyone knows their turn."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager


class Slots:
    """Hands out `limit` slots in the order of asking. `on_move` is told each waiting job's new turn."""

    def __init__(self, limit: int, *, on_move: Callable[[str, int], None]) -> None:
        self._free = limit
        self._waiting: dict[str, asyncio.Future[None]] = {}
        self._on_move = on_move

    @asynccontextmanager
    async def hold(self, job_id: str, *, at_once: bool = False) -> AsyncGenerator[None, None]:
        """Wait for a slot and keep it for the block; `at_once` for a job whose task exists already."""
        if at_once:
            self._free -= 1
        else:
            await self._take(job_id)
        try:
            yield
        finally:
            self._give_back()

    async def _take(self, job_id: str) -> None:
        if self._free > 0:
            self._free -= 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[job_id] = turn
        self._on_move(job_id, len(self._waiting))
        try:
            await turn
        except asyncio.CancelledError:
            if job_id in self._waiting:
                self._leave(job_id)
            else:
                self._give_back()  # the slot came in the very moment the wait was given up
            raise

    def _leave(self, job_id: str) -> None:
        place = list(self._waiting).index(job_id)
        del self._waiting[job_id]
        self._tell_turns(behind=place)

    def _give_back(self) -> None:
        if self._free < 0:
            self._free += 1
            return
        for job_id, turn in list(self._waiting.items()):
            if not turn.done():
                del self._waiting[job_id]
                turn.set_result(None)
                break
        else:
            self._free += 1
            return
        self._tell_turns(behind=0)

    def _tell_turns(self, *, behind: int) -> None:
        for number, job_id in enumerate(list(self._waiting)[behind:], start=behind + 1):
            self._on_move(job_id, number)
