"""How long a job that could not go on waits for its next try, and who is tried sooner because Discord is back."""

from dataclasses import dataclass

from bot.clock import Clock
from bot.jobs.wakes import Wake

FIRST_S = 2.0
LONGEST_S = 300.0
LONGEST_FOR_DISCORD_S = 60.0
"""Shorter: nobody tells when Discord's own trouble is over, and a reply's token lives for minutes."""
HURRIED_A_SECOND = 10
"""So many are tried sooner in each second: a delivery is up to four requests, and Discord takes 50 a second."""


def pause_s(pauses: int, *, most_s: float = LONGEST_S) -> float:
    """Return how long to wait after so many pauses; each is twice the last, up to five minutes."""
    return min(most_s, FIRST_S * 2 ** min(pauses, 10))


@dataclass(slots=True)
class _Waiting:
    wake: Wake
    turn_s: float = 0.0


class Pauses:
    """The waits of all jobs for their next tries."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._waiting: dict[str, _Waiting] = {}

    async def wait(self, job_id: str, seconds: float, *, for_discord: bool) -> None:
        """Wait so long, or `for_discord` until it is the job's turn after `hurry`, if that is sooner."""
        if not for_discord:
            await self._clock.sleep(seconds)
            return
        until = self._clock.monotonic() + seconds
        waiting = self._waiting[job_id] = _Waiting(Wake(self._clock))
        try:
            await waiting.wake.wait(seconds)
            await self._clock.sleep(min(waiting.turn_s, until - self._clock.monotonic()))
        finally:
            self._waiting.pop(job_id, None)

    def hurry(self) -> None:
        """Let those who wait for Discord go: who came first at once, and the others after them, some each second."""
        for turn, waiting in enumerate(self._waiting.values()):
            waiting.turn_s = turn / HURRIED_A_SECOND
            waiting.wake.call()
        self._waiting.clear()
