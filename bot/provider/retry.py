"""The one retry loop: how often a call is repeated, and how long is waited in between."""

import email.utils
import logging
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TypeVar

import tenacity

from bot.clock import Clock
from bot.provider.errors import ProviderError, RateLimited, ServerFault, Unreachable

ATTEMPTS = 4
"""The first try and three more, as first-party clients have it (provider.md 6.3)."""

_FIRST_WAIT_S = 1.0
_LONGEST_WAIT_S = 30.0
_LONGEST_STATED_S = 86_400.0
_SECONDS = re.compile(r"\d+(\.\d+)?", re.ASCII)

_log = logging.getLogger(__name__)
T = TypeVar("T")


def may_pass(error: BaseException) -> bool:
    """Tell whether a call that can do no harm is worth repeating."""
    return isinstance(error, ProviderError) and error.passing


def was_refused_for_now(error: BaseException) -> bool:
    """Tell whether a call surely had no effect and may succeed later: the only ground to repeat a create."""
    if isinstance(error, Unreachable):
        return not error.maybe_sent
    return isinstance(error, RateLimited) or (isinstance(error, ServerFault) and error.refused)


def retry_after_s(header: str | None, *, now: datetime) -> float | None:
    """Read a Retry-After header, in seconds or as an HTTP date; None if it is missing or makes no sense.

    A date in the past means now. What the caller waits is capped elsewhere; here only absurd values are (one day).
    """
    text = (header or "").strip()
    if _SECONDS.fullmatch(text):
        return min(float(text), _LONGEST_STATED_S)
    try:
        at = email.utils.parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return min(max(0.0, (at - now).total_seconds()), _LONGEST_STATED_S)


def wait_s(attempt: int, *, stated_s: float | None, jitter: float) -> float:
    """Return how long to wait after the given attempt (from 1) failed; `jitter` is between 0 and 1.

    Our own step doubles and is drawn between its half and its whole. A stated wait is a lower bound, stretched a little
    so that those who were refused together do not come back together. Never more than 30 s.
    """
    own = _FIRST_WAIT_S * 2 ** (attempt - 1) * (0.5 + 0.5 * jitter)
    stated = (stated_s or 0.0) * (1 + 0.1 * jitter)
    return min(_LONGEST_WAIT_S, max(own, stated))


async def repeat(
    attempt: Callable[[], Awaitable[T]],
    *,
    when: Callable[[BaseException], bool],
    clock: Clock,
    jitter: Callable[[], float],
) -> T:
    """Call `attempt` until it succeeds, fails for a reason that `when` does not accept, or ATTEMPTS are spent."""

    def wait(state: tenacity.RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        stated_s = error.retry_after_s if isinstance(error, ProviderError) else None
        pause_s = wait_s(state.attempt_number, stated_s=stated_s, jitter=jitter())
        _log.info(
            "provider call repeated", extra={"attempt": state.attempt_number, "wait_s": pause_s, "why": str(error)}
        )
        return pause_s

    retrying = tenacity.AsyncRetrying(
        sleep=clock.sleep,
        wait=wait,
        stop=tenacity.stop_after_attempt(ATTEMPTS),
        retry=tenacity.retry_if_exception(when),
        reraise=True,
    )

    async def call() -> T:  # tenacity awaits only what is plainly a coroutine function, which a lambda is not
        return await attempt()

    return await retrying(call)
