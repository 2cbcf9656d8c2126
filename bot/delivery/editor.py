"""One writer for one message: single flight, the newest state wins, and nothing of progress lands after the seal.

An edit that is under way is never cancelled or timed while the bot serves: discord.py 2.7.1 would keep the token's lock
for ever and the final edit would hang behind it (discord.md 6).
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from bot.clock import Clock
from bot.jobs.wakes import Wake
from bot.ui import cards

log = logging.getLogger(__name__)


class MessageEditor:
    """Shows the newest of many progress cards, never two edits closer than `gap_s()` allows.

    `send` returns False where the message cannot be edited any more; then the editor seals itself.
    """

    def __init__(
        self,
        *,
        send: Callable[[cards.Card], Awaitable[bool]],
        gap_s: Callable[[], float],
        clock: Clock,
    ) -> None:
        self._send = send
        self._gap_s = gap_s
        self._clock = clock
        self._wake = Wake(clock)
        self._shown: str | None = None
        self._pending: Callable[[], cards.Card] | None = None
        self._last_at: float | None = None
        self._sealed = False
        self._work: asyncio.Task[None] | None = None

    def show(self, draw: Callable[[], cards.Card]) -> None:
        """Show what `draw` returns as soon as the pace allows, unless a newer one comes first or nothing has changed.

        The card is drawn when it is sent, so that what it says of time is true then.
        """
        if self._sealed:
            return
        self._pending = draw
        if self._work is None or self._work.done():
            self._work = asyncio.create_task(self._edit_while_pending(), name="progress edits")

    async def seal(self) -> None:
        """Let the edit under way finish and refuse all further progress."""
        self._sealed = True
        self._pending = None
        self._wake.call()
        if self._work is not None:
            await asyncio.shield(self._work)

    async def cut(self) -> None:
        """End the edit under way: only where nothing is called any more, and the lock it leaves taken harms nobody."""
        if self._work is not None:
            self._work.cancel()
            await asyncio.gather(self._work, return_exceptions=True)

    async def _edit_while_pending(self) -> None:
        while self._pending is not None:
            if self._last_at is not None:
                await self._wake.wait(max(0.0, self._last_at + self._gap_s() - self._clock.monotonic()))
            draw = self._take_pending()
            if draw is not None:
                await self._edit(draw)

    async def _edit(self, draw: Callable[[], cards.Card]) -> None:
        try:
            card = draw()
            if (look := cards.fingerprint(card)) == self._shown:
                return
            self._last_at = self._clock.monotonic()
            if await self._send(card):
                self._shown = look
            else:
                self._sealed = True
        except Exception as error:  # noqa: BLE001 - a lost progress edit must never hurt the job
            log.info("progress not shown", extra={"error": repr(error)})

    def _take_pending(self) -> Callable[[], cards.Card] | None:
        """Take the newest, if a seal has not removed it during the wait."""
        draw, self._pending = self._pending, None
        return draw
