"""Rate limits by the clock: one bucket a route and top-level resource, one for the whole bot (discord.md 6)."""

import hashlib
import math
from dataclasses import dataclass

from bot.clock import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """So many calls in a window."""

    calls: int
    window_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether a call may pass, and the headers that go with the answer."""

    passes: bool
    is_global: bool
    retry_after_s: float
    headers: dict[str, str]


ROUTINE = Limit(calls=50, window_s=1)
GLOBAL = Limit(calls=50, window_s=1)
TOKEN = Limit(calls=5, window_s=2)
_CHANNEL_MESSAGE = Limit(calls=5, window_s=5)


class RateLimits:
    """Counts calls. `enabled` and the numbers may be changed at any time."""

    def __init__(self, clock: Clock) -> None:
        self.enabled = True
        self.everything = GLOBAL
        self.by_route = {
            "POST /channels/{channel_id}/messages": _CHANNEL_MESSAGE,
            "PATCH /channels/{channel_id}/messages/{message_id}": _CHANNEL_MESSAGE,
            "DELETE /channels/{channel_id}/messages/{message_id}": Limit(calls=5, window_s=1),
            "POST /channels/{channel_id}/typing": _CHANNEL_MESSAGE,
            "webhook token": TOKEN,
        }
        self._clock = clock
        self._windows: dict[str, tuple[float, int]] = {}

    def count(self, name: str, resource: str, *, counts_globally: bool) -> Verdict:
        """Count one call of the route or group `name` on a top-level resource."""
        bucket = hashlib.md5(name.encode(), usedforsecurity=False).hexdigest()
        limit = self.by_route.get(name, ROUTINE)
        if self.enabled and counts_globally:
            wait_s, _ = self._take("", self.everything)
            if wait_s is not None:
                return self._refusal(wait_s, scope="global", headers={"X-RateLimit-Global": "true"})
        wait_s, left = self._take(f"{name} {resource}", limit)
        headers = self._headers(f"{name} {resource}", limit, left, bucket)
        if wait_s is not None and self.enabled:
            return self._refusal(wait_s, scope="user", headers=headers)
        return Verdict(passes=True, is_global=False, retry_after_s=0, headers=headers)

    def _take(self, key: str, limit: Limit) -> tuple[float | None, int]:
        now = self._clock.monotonic()
        start, used = self._windows.get(key, (now, 0))
        if now - start >= limit.window_s:
            start, used = now, 0
        if used >= limit.calls and self.enabled:
            return start + limit.window_s - now, 0
        self._windows[key] = (start, used + 1)
        return None, max(0, limit.calls - used - 1)

    def _headers(self, key: str, limit: Limit, left: int, bucket: str) -> dict[str, str]:
        start, _ = self._windows[key]
        reset_after_s = max(0.0, start + limit.window_s - self._clock.monotonic())
        if not self.enabled:
            left = max(left, 1)
        return {
            "X-RateLimit-Limit": str(limit.calls),
            "X-RateLimit-Remaining": str(left),
            "X-RateLimit-Reset": f"{self._clock.now().timestamp() + reset_after_s:.3f}",
            "X-RateLimit-Reset-After": f"{reset_after_s:.3f}",
            "X-RateLimit-Bucket": bucket,
        }

    def _refusal(self, wait_s: float, *, scope: str, headers: dict[str, str]) -> Verdict:
        headers = {**headers, "X-RateLimit-Scope": scope, "Retry-After": str(math.ceil(wait_s))}
        return Verdict(passes=False, is_global=scope == "global", retry_after_s=round(wait_s, 3), headers=headers)
