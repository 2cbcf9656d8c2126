"""Our own server as a host: copies in a folder of DATA_DIR, each under a name of 128 random bits, until it expires.

`web.pictures` serves them. A name leads to a file only through the table of assets, never as a path.
"""

import asyncio
import errno
import os
import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from bot.clock import Clock
from bot.errors import HostFault
from bot.hosting.model import Asset, Hosted, HostFailed, Room
from bot.settings import HostName
from bot.store.assets import AssetStore

PATH = "/i"
"""Where the web server serves them, below PUBLIC_BASE_URL."""

_DISK_FULL = (errno.ENOSPC, errno.EDQUOT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A file that may be served."""

    path: Path
    media_type: str
    expires_at: datetime


class HostedFolder:
    """The folder of copies. It works whichever hosts are configured: URLs given out before live on."""

    def __init__(self, folder: Path, *, assets: AssetStore, clock: Clock) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = folder
        self._assets = assets
        self._clock = clock

    async def find(self, name: str) -> Found | None:
        """Return what stands under a name, or None for what is unknown, expired or gone."""
        kept = await self._assets.find_named(name, host=HostName.SELF, now=self._clock.now())
        if kept is None:
            return None
        path = self._folder / kept.name
        if not path.is_file():
            return None
        return Found(path=path, media_type=kept.media_type, expires_at=kept.expires_at)

    async def keep(self, path: Path, *, name: str) -> None:
        """Keep a copy that costs no space where the file system allows that; raises OSError."""
        await asyncio.to_thread(_link_or_copy, path, self._folder / name)

    async def remove(self, name: str) -> bool:
        """Remove a copy; False if there is none."""
        try:
            (self._folder / name).unlink()
        except FileNotFoundError:
            return False
        return True

    async def remove_strays(self) -> int:
        """Remove the files that no row knows, and return how many: a row is always written before its file."""
        files = {path.name for path in self._folder.iterdir() if path.is_file()}
        strays = files - await self._assets.list_names(host=HostName.SELF)
        for name in strays:
            (self._folder / name).unlink(missing_ok=True)
        return len(strays)


class OwnHost:
    """Copies at `PUBLIC_BASE_URL/i/<name>`, for `life`."""

    name = HostName.SELF
    account = "this folder"
    expires_by_itself = False

    def __init__(self, *, folder: HostedFolder, public_base: str, life: timedelta, clock: Clock) -> None:
        self.life = life
        self._folder = folder
        self._base = public_base.rstrip("/")
        self._clock = clock

    def remote_id(self, name: str) -> str | None:
        return name

    async def put(self, asset: Asset, *, name: str) -> Hosted:
        """Keep a copy; HostFailed where the disk does not take it."""
        expires_at = self._clock.now() + self.life
        try:
            await self._folder.keep(asset.path, name=name)
        except OSError as error:
            reason = "full" if error.errno in _DISK_FULL else "unreachable"
            fault = HostFault(host=self.name, reason=reason, passing=False, detail="the disk of DATA_DIR")
            raise HostFailed(fault) from error
        return Hosted(url=f"{self._base}{PATH}/{name}", expires_at=expires_at, host=self.name, remote_id=name)

    async def room(self) -> Room:
        """There is no limit but the disk."""
        return Room()

    async def remove(self, remote_id: str) -> bool:
        return await self._folder.remove(remote_id)


def _link_or_copy(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # another file system, or one without links
        shutil.copyfile(source, target)
