"""What was asked of the stand-in: every REST call, and every fault that was the caller's own."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.sandbox.discord.bell import PATIENCE_S, Bell


@dataclass(slots=True, kw_only=True, eq=False)
class RequestRecord:
    """One REST call, and what was answered."""

    method: str
    route: str
    """The template, as in `/channels/{channel_id}/messages`; the path itself where no route is known."""
    path: str
    query: dict[str, str]
    headers: dict[str, str] = field(repr=False)
    at: datetime
    fields: Any = None
    """The JSON body, that of `payload_json` included."""
    files: tuple[tuple[str, int], ...] = ()
    """Name and size of each uploaded file."""
    status: int | None = None
    code: int | None = None
    """Discord's code of a refusal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """Something that no faithful caller does."""

    at: datetime
    where: str
    what: str


class Journal:
    """Keeps calls and violations in order."""

    def __init__(self) -> None:
        self.requests: list[RequestRecord] = []
        self.violations: list[Violation] = []
        self.bell = Bell()

    def calls(self, method: str, route: str = "") -> list[RequestRecord]:
        """List the calls of a method whose route template contains `route`."""
        return [each for each in self.requests if each.method == method and route in each.route]

    async def wait_for_calls(self, method: str, route: str, *, count: int = 1, timeout: float = PATIENCE_S) -> None:
        """Wait until that many such calls were answered."""

        def enough() -> bool:
            return sum(each.status is not None for each in self.calls(method, route)) >= count

        await self.bell.wait_until(enough, what=f"{count} calls of {method} {route}", timeout=timeout)
