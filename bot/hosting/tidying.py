"""Copies that have expired are removed, with their URLs, which may be signed: at the start and every hour."""

import logging
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager

from bot import background
from bot.clock import Clock
from bot.hosting.model import Host, HostFailed
from bot.hosting.own import HostedFolder
from bot.store.assets import AssetStore, StoredAsset

log = logging.getLogger(__name__)

EVERY_S = 3600.0


class Tidying:
    """Removes what has expired at the configured hosts; of the others only the rows are left to remove."""

    def __init__(self, *, hosts: Sequence[Host], assets: AssetStore, folder: HostedFolder, clock: Clock) -> None:
        self._hosts: dict[tuple[str, str], Host] = {(host.name, host.account): host for host in hosts}
        self._assets = assets
        self._folder = folder
        self._clock = clock

    async def sweep(self) -> int:
        """Remove what has expired once, and return how many copies that were; raises StoreError, OSError."""
        expired = await self._assets.list_expired(now=self._clock.now())
        swept = [await self._remove(kept) for kept in expired]
        strays = await self._folder.remove_strays()
        if expired or strays:
            log.info("hosted copies removed", extra={"expired": sum(swept), "strays": strays})
        return sum(swept)

    def running(self) -> AbstractAsyncContextManager[None]:
        """Sweep now and then for the block."""
        return background.repeating("tidying of hosted copies", self.sweep, pause=lambda: self._clock.sleep(EVERY_S))

    async def _remove(self, kept: StoredAsset) -> bool:
        """Remove one expired copy; False where its host cannot be asked now and is asked again."""
        host = self._hosts.get((kept.host, kept.account))
        if host is not None and kept.remote_id is not None and not host.expires_by_itself:
            try:
                await host.remove(kept.remote_id)
            except HostFailed as failed:
                log.info("an expired copy could not be removed", extra={"host": kept.host, "why": str(failed.fault)})
                return False
        await self._assets.forget(kept.name)
        return True
