"""When to look at a task again. Pure.

Each read of an unfinished task makes the gateway ask the model's host, so never under 3 s apart (provider.md 8.3). Few
looks while nothing can be done yet, then the closest ones allowed: that keeps both the reads and the delay small.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

CLOSEST_S = 3.0
JITTER_S = 0.4
PATIENT_AFTER_S = 120.0
PATIENT_S = 10.0
ASLEEP_AFTER_S = 900.0
ASLEEP_S = 30.0
NET_FACTOR = 4.0
"""With callbacks on, looking is only the net beneath them."""
SAMPLES_NEEDED = 5

LOOKS_BEFORE_GIVING_UP = 3
"""The deadline ends no job that was not looked for in this process: the bot may have been away for longer."""

LATE_LOOKS = (timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=1))
"""After a job was released; then hourly, while a link to its result may live (provider.md 3.2)."""
LONGEST_LATE_PAUSE = timedelta(hours=1)
"""No look is further ahead: one that seems so was planned by a clock that was wrong, then or now."""
LAST_LATE_LOOK = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a job waits for what may still come."""

    deadline: timedelta = timedelta(minutes=30)
    """From the submission to the task's end; from the first try to submit to one that the provider takes; and from
    the task's end to a result that can be fetched."""
    spoilt_tries: int = 6
    """A result that is missing or no whole picture right after the end may be whole a moment later: about a minute."""

    def lasts(self, elapsed_s: float, *, looks: int) -> bool:
        """Tell whether a job submitted so long ago, and looked for so often in this process, is waited for."""
        return looks < LOOKS_BEFORE_GIVING_UP or elapsed_s < self.deadline.total_seconds()


def earliest_end_s(recent_durations_s: Sequence[float]) -> float | None:
    """Guess before which moment hardly any task ends, from how long the newest ones took; None if too few are known."""
    believable = sorted(duration_s for duration_s in recent_durations_s if duration_s > 0)
    if len(believable) < SAMPLES_NEEDED:
        return None
    return believable[len(believable) // 10]


def next_look_s(elapsed_s: float, *, earliest_s: float | None, callbacks: bool, jitter: float) -> float:
    """Return the seconds to wait before the next look at a task submitted `elapsed_s` ago; `jitter` is 0 to 1.

    The wall clock may be set in between, so that `elapsed_s` is below zero or `earliest_s` far away: no wait depends on
    them for longer than ASLEEP_S.
    """
    wait_s = min(ASLEEP_S, _plain_wait_s(max(0.0, elapsed_s), earliest_s)) + jitter * JITTER_S
    return wait_s * NET_FACTOR if callbacks else wait_s


def _plain_wait_s(elapsed_s: float, earliest_s: float | None) -> float:
    if earliest_s is not None and elapsed_s < earliest_s:
        left_s = earliest_s - elapsed_s
        return max(CLOSEST_S, left_s if left_s < 3 * CLOSEST_S else left_s / 2)
    if elapsed_s < PATIENT_AFTER_S:
        return CLOSEST_S
    return PATIENT_S if elapsed_s < ASLEEP_AFTER_S else ASLEEP_S


def next_late_look_at(lost_at: datetime, *, now: datetime) -> datetime | None:
    """Return when to look again for what was released at `lost_at`; None where it is given up."""
    lost_at = min(lost_at, now)  # the wall clock may have been set back
    ago = now - lost_at
    pause = LONGEST_LATE_PAUSE
    after = next((each for each in LATE_LOOKS if ago < each), (ago // pause + 1) * pause)
    return lost_at + after if after <= LAST_LATE_LOOK else None
