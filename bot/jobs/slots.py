"""The places at the provider: so many tasks at once, first come, first served, and everyone knows about their turn."""

import asyncio
import itertools
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

NEAR = 20
"""Up to this turn each move is told."""


class Slots:
    """Hands out `limit` slots in the order of asking.

    `on_move` is told each waiting job's turn: when it joins the line, then on every tenth move, and on each one as soon
    as its turn is near; beyond the hundredth, on every hundredth. So a long line costs next to nothing.
    """

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
        moved = list(itertools.islice(self._waiting, behind, None))
        for turn, job_id in enumerate(moved, start=behind + 1):
            if _is_told(turn):
                self._on_move(job_id, turn)


def _is_told(turn: int) -> bool:
    if turn <= NEAR:
        return True
    return turn % (10 if turn <= 100 else 100) == 0
