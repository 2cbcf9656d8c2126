"""Faults that a test orders: what the next calls of a route are answered with instead of, or after, the truth."""

from collections import deque
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass, field

from bot.sandbox.discord.refusals import ApiRefusal, Json, Known

JSON_TYPE, HTML_TYPE = "application/json", "text/html; charset=UTF-8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One ordered misfortune."""

    status: int = 200
    body: Json | str | None = None
    headers: dict[str, str] = field(default_factory=dict[str, str])
    content_type: str = JSON_TYPE
    delay_s: float = 0.0
    """How long, by the clock, the answer waits."""
    performed: bool = False
    """The call does its work all the same; only the answer is false."""
    answers: bool = True
    """False: nothing but the delay is changed."""
    drops_connection: bool = False

    @staticmethod
    def rate_limited(retry_after_s: float = 0.01, *, via: bool = True, is_global: bool = False) -> "Fault":
        """429; without `Via` it is the edge's own ban (discord.md 6)."""
        body: Json = {"message": "You are being rate limited.", "retry_after": retry_after_s, "global": is_global}
        headers = {
            "Retry-After": "1",
            "X-RateLimit-Remaining": "0",
            "X-RateLimit-Reset-After": f"{retry_after_s:.3f}",
            "X-RateLimit-Scope": "global" if is_global else "user",
        }
        headers |= {"Via": "1.1 google"} if via else {}
        headers |= {"X-RateLimit-Global": "true"} if is_global else {}
        return Fault(status=429, body=body, headers=headers)

    @staticmethod
    def server_error(status: int = 500, *, performed: bool = False) -> "Fault":
        """A 5xx answer; `performed` leaves the work done, as a lost answer would."""
        body: Json = {"message": f"{status}: Internal Server Error", "code": 0}
        return Fault(status=status, body=body, performed=performed)

    @staticmethod
    def refused(known: Known) -> "Fault":
        """One of Discord's own refusals."""
        return Fault.refusal(known.refusal())

    @staticmethod
    def refusal(refusal: ApiRefusal) -> "Fault":
        """Any refusal with a JSON body."""
        return Fault(status=refusal.status, body=refusal.body)

    @staticmethod
    def too_large() -> "Fault":
        """413 as Discord words it: 40005."""
        return Fault.refused(Known.BODY_TOO_LARGE)

    @staticmethod
    def too_large_at_the_edge() -> "Fault":
        """413 as the edge words it: a page of HTML."""
        page = "<html><head><title>413 Payload Too Large</title></head><body>cloudflare</body></html>"
        return Fault(status=413, body=page, content_type=HTML_TYPE)

    @staticmethod
    def slow(delay_s: float) -> "Fault":
        """The true answer, late by the clock."""
        return Fault(delay_s=delay_s, answers=False)

    @staticmethod
    def dropped(*, performed: bool = False) -> "Fault":
        """No answer: the connection breaks."""
        return Fault(drops_connection=True, performed=performed)


class Faults:
    """What is ordered and not yet served."""

    def __init__(self) -> None:
        self.force_ephemeral = False
        """USE_EXTERNAL_APPS is off for a user-installed application: whatever it answers is private."""
        self.outage: Fault | None = None
        """What every call is answered with while it stands."""
        self._ordered: dict[str, deque[Fault]] = {}
        self._standing: dict[str, Fault] = {}
        self._routes: set[str] = set()

    def know(self, routes: Iterable[str]) -> None:
        """Learn which routes there are, so that a misspelt one is refused."""
        self._routes |= set(routes)

    def inject(self, route: str, *faults: Fault, times: int = 1) -> None:
        """Order faults for a route, written as in `PATCH /channels/{channel_id}/messages/{message_id}`.

        ValueError where no such route is served.
        """
        self._check(route)
        self._ordered.setdefault(route, deque()).extend(faults * times)

    @contextmanager
    def standing(self, fault: Fault, *routes: str) -> Generator[None, None, None]:
        """Let every call of the routes meet a fault for the block; ValueError where no such route is served."""
        for route in routes:
            self._check(route)
        self._standing |= dict.fromkeys(routes, fault)
        try:
            yield
        finally:
            for route in routes:
                del self._standing[route]

    def take(self, route: str) -> Fault | None:
        """Return the next fault of a route, once; else the one that stands for it, or the outage, if there is one."""
        waiting = self._ordered.get(route)
        return waiting.popleft() if waiting else self._standing.get(route, self.outage)

    def _check(self, route: str) -> None:
        if route not in self._routes:
            raise ValueError(f"no route {route!r}; there are {sorted(self._routes)}")

    @property
    def unserved(self) -> int:
        """Count the faults that no call has met yet."""
        return sum(len(each) for each in self._ordered.values())
