"""Places of which there are so many at once, above all those at the provider: handed out fairly (`fair_line`).

Everyone who waits knows about their turn.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from itertools import islice

from bot.jobs.fair_line import FairLine, Party

NEAR = 20
"""Up to this turn each move is told."""
FARTHEST = 1000
"""Turns are told up to this one; all behind are told the next number, which says "farther than that"."""


class Slots:
    """Hands out `limit` slots: servers take turns, in a server its people, and a person's own come in order.

    `on_move` is told each waiting job's turn, as it is if nobody else comes: when it joins the line, then whenever its
    turn is a full ten, or any as soon as it is near; beyond the hundredth, a full hundred; beyond FARTHEST, none. It
    may go back, because others with fewer jobs came. What moves in one moment is told together, so a long line and a
    rush cost next to nothing.
    """

    def __init__(self, limit: int, *, on_move: Callable[[str, int], None] | None = None) -> None:
        self._free = limit
        self._line = FairLine()
        self._turns: dict[str, asyncio.Future[None]] = {}
        self._told: dict[str, int] = {}
        self._joined: set[str] = set()
        self._on_move = on_move
        self._telling: asyncio.Handle | None = None

    @asynccontextmanager
    async def hold(
        self, job_id: str, *, guild_id: int | None, user_id: int, at_once: bool = False
    ) -> AsyncGenerator[None, None]:
        """Wait for a slot and keep it for the block; `at_once` for a job whose task exists already."""
        party = Party(guild_id=guild_id, user_id=user_id)
        if at_once or self._free > 0:
            self._free -= 1
            self._line.note_served(party)
        else:
            await self._wait(job_id, party)
        try:
            yield
        finally:
            self._give_back()

    async def _wait(self, job_id: str, party: Party) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._turns[job_id] = turn
        self._line.join(job_id, party)
        self._tell_soon(job_id)
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():
                self._give_back()  # the slot came in the very moment the wait was given up
            elif job_id in self._line:
                self._leave(job_id)
            raise

    def _leave(self, job_id: str) -> None:
        del self._turns[job_id]
        self._line.leave(job_id)
        self._tell_soon()

    def _give_back(self) -> None:
        if self._free < 0:
            self._free += 1
            return
        while (job_id := next(iter(self._line), None)) is not None:
            if self._turns[job_id].cancelled():  # and has not come to say so
                self._leave(job_id)
                continue
            self._turns.pop(job_id).set_result(None)
            self._line.serve(job_id)
            self._tell_soon()
            return
        self._free += 1

    def _tell_soon(self, *joined: str) -> None:
        if self._on_move is None:
            return
        self._joined.update(joined)
        if self._telling is None:
            self._telling = asyncio.get_running_loop().call_soon(self._tell_turns, self._on_move)

    def _tell_turns(self, on_move: Callable[[str, int], None]) -> None:
        self._telling = None
        before, self._told = self._told, {}
        joined, self._joined = self._joined, set()
        for turn, job_id in enumerate(islice(self._line, FARTHEST), start=1):
            told = before.get(job_id)
            self._told[job_id] = turn if told is None or _is_told(turn, told=told) else told
            if self._told[job_id] != told:
                on_move(job_id, turn)
        for job_id in (before.keys() | joined) - self._told.keys():
            if job_id in self._line:
                on_move(job_id, FARTHEST + 1)


def _is_told(turn: int, *, told: int) -> bool:
    """Tell whether a turn is worth an edit of the card; a step is left out only where the line moved by leaps."""
    if turn <= NEAR:
        return True
    step = 10 if turn <= 100 else 100
    return turn % step == 0 or abs(turn - told) >= 2 * step
