"""From a prepared picture to a URL that the provider can read. Nothing is handed out that was not seen there.

What is hosted already is used again; else the first host that can takes it.
"""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from weakref import WeakValueDictionary

from bot.clock import Clock
from bot.errors import HostFault, HostingFailed, HostingFull
from bot.hosting.inspection import Inspector
from bot.hosting.model import Asset, Host, Hosted, HostFailed, Room
from bot.settings import HostName
from bot.store.assets import AssetStore, StoredAsset

log = logging.getLogger(__name__)

REUSE_WITH_LEFT = timedelta(hours=2)
"""A URL that expires sooner is not handed out again: a job may wait, run and be retried with it."""
REFUSALS_ENOUGH = 3
"""A host that did not remove so many copies will not remove the next one either."""
REMOVE_AT_ONCE = 10
"""So many copies make way when a host is full, so that not every upload has to ask for room."""
_CANDIDATES = 200


class Hosting:
    """Puts pictures where the provider can read them. `hosts` are tried in their order.

    `in_use` tells whether a job that has not ended needs the content of this SHA-256; such copies are never removed.
    """

    def __init__(
        self,
        *,
        hosts: Sequence[Host],
        assets: AssetStore,
        inspector: Inspector,
        in_use: Callable[[str], Awaitable[bool]],
        clock: Clock,
    ) -> None:
        self._hosts = tuple(hosts)
        self._assets = assets
        self._inspector = inspector
        self._in_use = in_use
        self._clock = clock
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._making_room = asyncio.Lock()

    async def ensure(self, asset: Asset) -> Hosted:
        """Return a live URL of the picture, which was read from there once; the same content is not uploaded twice.

        Raises HostingFull where every host is full, HostingFailed with each host's fault otherwise; StoreError.
        """
        async with self._turns.setdefault(asset.sha256, asyncio.Lock()):
            return await self._find_live(asset) or await self._put_anew(asset)

    async def rooms(self) -> dict[HostName, Room | HostFault]:
        """Ask every host how much room it has, for whoever looks after the bot."""
        return {host.name: await _room(host) for host in self._hosts}

    async def _find_live(self, asset: Asset) -> Hosted | None:
        until = self._clock.now() + REUSE_WITH_LEFT
        for host in self._hosts:
            kept = await self._assets.find_live(asset.sha256, host=host.name, account=host.account, until=until)
            if kept is None or kept.url is None:
                continue
            hosted = Hosted(url=kept.url, expires_at=kept.expires_at, host=host.name, remote_id=kept.remote_id)
            if await self._inspector.is_there(hosted, asset):
                return hosted
            # Its row stays: it may be the network, and another job may count on the copy.
            log.warning("a hosted picture does not answer, it is hosted anew", extra={"host": host.name})
        return None

    async def _put_anew(self, asset: Asset) -> Hosted:
        faults: list[HostFault] = []
        for host in self._hosts:
            try:
                return await self._put_with_room(host, asset)
            except HostFailed as failed:
                log.warning("host failed", extra={"host": host.name, "why": str(failed.fault)})
                faults.append(failed.fault)
        kind = HostingFull if all(fault.reason == "full" for fault in faults) else HostingFailed
        raise kind(tuple(faults))

    async def _put_with_room(self, host: Host, asset: Asset) -> Hosted:
        try:
            return await self._put(host, asset)
        except HostFailed as failed:
            if failed.fault.reason != "full" or not await self._make_room(host):
                raise
        return await self._put(host, asset)

    async def _put(self, host: Host, asset: Asset) -> Hosted:
        """Write down the intent, make the copy, look at it there, and only then let it be handed out."""
        name = f"{secrets.token_hex(16)}.{asset.extension}"
        await self._assets.begin(self._row(host, asset, name))
        try:
            hosted = await host.put(asset, name=name)
        except HostFailed as failed:
            if not failed.fault.passing:  # else the copy may be there all the same, and is removed in its time
                await self._assets.forget(name)
            raise
        await self._assets.place(name, remote_id=hosted.remote_id, expires_at=hosted.expires_at)
        try:
            await self._inspector.require_whole(hosted, asset)
        except HostFailed:
            await self._discard(host, name, hosted.remote_id)
            raise
        await self._assets.publish(name, url=hosted.url)
        log.info("picture hosted", extra={"host": host.name, "bytes": asset.n_bytes})
        return hosted

    def _row(self, host: Host, asset: Asset, name: str) -> StoredAsset:
        now = self._clock.now()
        return StoredAsset(
            name=name,
            sha256=asset.sha256,
            media_type=asset.media_type,
            host=host.name,
            account=host.account,
            remote_id=host.remote_id(name),
            created_at=now,
            expires_at=now + host.life,
        )

    async def _discard(self, host: Host, name: str, remote_id: str | None) -> None:
        """Remove a copy that cannot be used; what the host cannot remove now expires by itself."""
        if remote_id is not None:
            try:
                await host.remove(remote_id)
            except HostFailed as failed:
                log.info("a copy could not be removed", extra={"host": host.name, "why": str(failed.fault)})
        await self._assets.forget(name)

    async def _make_room(self, host: Host) -> int:
        """Remove the oldest copies that no living job needs, and return how many."""
        removed = refused = 0
        async with self._making_room:
            for kept in await self._assets.list_removable(
                host=host.name, account=host.account, now=self._clock.now(), limit=_CANDIDATES
            ):
                if removed == REMOVE_AT_ONCE or refused == REFUSALS_ENOUGH:
                    break
                if kept.remote_id is None or await self._in_use(kept.sha256):
                    continue
                try:
                    gone = await host.remove(kept.remote_id)
                except HostFailed:
                    break
                if gone:
                    await self._assets.forget(kept.name)
                    removed += 1
                else:  # it stays usable: the host may just not let us remove anything
                    refused += 1
        log.warning("host full", extra={"host": host.name, "copies_removed": removed})
        return removed


async def _room(host: Host) -> Room | HostFault:
    try:
        return await host.room()
    except HostFailed as failed:
        return failed.fault
