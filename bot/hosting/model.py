"""The words of hosting: a prepared picture, its copy behind a URL, and what every host can do. No I/O."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from bot.errors import HostFault, ImagebotError
from bot.settings import HostName

EXTENSIONS = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp"}
"""What the model takes (provider.md 1.1), and how the path of a URL to it ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """A prepared picture on our disk, which does not change any more."""

    sha256: str
    media_type: str
    n_bytes: int
    path: Path

    @property
    def extension(self) -> str:
        """The extension that belongs to its type, without the dot; KeyError for what the model does not take."""
        return EXTENSIONS[self.media_type]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hosted:
    """A copy that anybody who knows `url` can read until `expires_at`, by a plain GET."""

    url: str = field(repr=False)
    expires_at: datetime
    host: HostName
    remote_id: str | None = field(repr=False, default=None)
    """What `Host.remove` takes; None where the host did not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """How many files a host may hold; None where there is no such number, or it is not told."""

    used: int | None = None
    maximum: int | None = None
    left: int | None = None


class HostFailed(ImagebotError):
    """One host could not take a picture; `fault` says why. Never leaves this package."""

    def __init__(self, fault: HostFault) -> None:
        super().__init__(str(fault))
        self.fault = fault


class Host(Protocol):
    """One place for copies."""

    @property
    def name(self) -> HostName: ...

    @property
    def account(self) -> str:
        """A fingerprint of whose space copies take there: a copy in another account is not ours to hand out."""
        ...

    @property
    def life(self) -> timedelta:
        """How long a copy is kept at most."""
        ...

    @property
    def expires_by_itself(self) -> bool:
        """Whether the host removes what has expired; else we do."""
        ...

    def remote_id(self, name: str) -> str | None:
        """Return the id that a copy of this name will have, or None where only the host knows."""
        ...

    async def put(self, asset: Asset, *, name: str) -> Hosted:
        """Make a copy with `name` in its URL; HostFailed otherwise, with the reason `full` where there is no room."""
        ...

    async def room(self) -> Room:
        """Ask how much room there is; HostFailed if that cannot be told now."""
        ...

    async def remove(self, remote_id: str) -> bool:
        """Remove a copy; False if it is not there or cannot be removed. HostFailed if the host cannot be asked now."""
        ...


def fingerprint(*parts: str) -> str:
    """Return a short text that differs when any part does, and does not tell what they are."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
