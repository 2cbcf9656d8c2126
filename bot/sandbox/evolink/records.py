"""What the stand-in remembers and a test may look at: requests, tasks, results, uploads. Plain data."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from multidict import CIMultiDictProxy

from bot.sandbox.evolink.outcomes import Completed, Outcome

Service = Literal["api", "files", "results"]
TaskStatus = Literal["pending", "processing", "completed", "failed", "cancelled"]
FINAL: frozenset[TaskStatus] = frozenset({"completed", "failed", "cancelled"})


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenRequest:
    """One request as it came in. `body` is kept for the API only; uploads and downloads leave it empty."""

    service: Service
    method: str
    path: str
    query: str
    headers: CIMultiDictProxy[str]
    body: bytes
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One `image_urls` entry as the task fetched it."""

    url: str
    n_bytes: int
    sha256: str
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One picture a task made. The file is the whole picture even where a knob spoils its delivery."""

    url: str
    path: Path
    encoding: str
    content_type: str
    width: int
    height: int
    n_bytes: int
    sha256: str

    def read_bytes(self) -> bytes:
        """Return what the provider made, to compare with what arrived."""
        return self.path.read_bytes()


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackTry:
    """One POST to a `callback_url`: `status` None where no answer came."""

    at: datetime
    status: int | None


@dataclass(slots=True, kw_only=True, eq=False)
class Task:
    """A remote task with everything a test wants to know of it."""

    id: str
    created_at: datetime
    request: dict[str, Any]
    headers: CIMultiDictProxy[str]
    idempotency_key: str | None
    outcome: Outcome
    duration_s: float
    estimated_s: int
    credits_reserved: float
    starts_processing: bool
    final_status: TaskStatus | None = None
    finished_at: datetime | None = None
    credits_used: float | None = None
    error: dict[str, Any] | None = None
    results: list[Result] = field(default_factory=list[Result])
    sources: list[Source] = field(default_factory=list[Source])
    read_at: list[datetime] = field(default_factory=list[datetime])
    callbacks: list[CallbackTry] = field(default_factory=list[CallbackTry])
    finished: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def reads(self) -> int:
        """Count how often the task was asked for by its id."""
        return len(self.read_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What a result's address leads to."""

    task: Task
    result: Result
    outcome: Completed


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """One uploaded picture at the file service."""

    id: str
    name: str
    original_name: str
    upload_path: str
    mime_type: str
    path: Path
    n_bytes: int
    sha256: str
    uploaded_at: datetime
    expires_at: datetime
    url: str
    download_url: str
    replaces: "StoredFile | None" = None
    """The file of the same name that caches may still give for a while."""


@dataclass(slots=True, kw_only=True)
class Account:
    """The credits of the one account behind the key."""

    remaining_credits: float = 1000.0
    used_credits: float = 0.0

    def reserve(self, price: float) -> bool:
        """Take `price` off the balance; False where it does not reach."""
        if price > self.remaining_credits:
            return False
        self.remaining_credits = round(self.remaining_credits - price, 4)
        return True

    def settle(self, *, reserved: float, used: float) -> None:
        """Replace a reservation by what was really used; 0 gives it back whole."""
        self.remaining_credits = round(self.remaining_credits + reserved - used, 4)
        self.used_credits = round(self.used_credits + used, 4)
