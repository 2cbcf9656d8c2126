"""Look at a hosted copy as the provider will: a plain GET, without any key, from public addresses only."""

import hashlib

import aiohttp
import tenacity

from bot.clock import Clock
from bot.errors import HostFault
from bot.hosting.model import Asset, Hosted, HostFailed
from bot.net import ForbiddenAddress, deadline

TIMEOUT_S = 60.0
ATTEMPTS = 3
"""A copy may take a moment to reach the servers that give it out."""

_FIRST_WAIT_S = 1.0
_UNTYPED = ("application/octet-stream", "binary/octet-stream")
"""What a server says that does not look at what it serves; the first-party client takes it, too (provider.md 3.2)."""


class Inspector:
    """Reads with a session of `bot.net.make_session`, which decides to which addresses it may go."""

    def __init__(self, *, session: aiohttp.ClientSession, clock: Clock) -> None:
        self._session = session
        self._clock = clock

    async def require_whole(self, hosted: Hosted, asset: Asset) -> None:
        """HostFailed (broken) unless the URL answers with exactly the asset's bytes and a fitting type."""
        retrying = tenacity.AsyncRetrying(
            sleep=self._clock.sleep,
            wait=tenacity.wait_exponential(multiplier=_FIRST_WAIT_S, exp_base=3),
            stop=tenacity.stop_after_attempt(ATTEMPTS),
            retry=tenacity.retry_if_exception(_may_pass),
            reraise=True,
        )
        await retrying(self._look, hosted, asset, whole=True)

    async def is_there(self, hosted: Hosted, asset: Asset) -> bool:
        """Tell whether the URL still answers with a file of that length; reads no more than its first byte."""
        try:
            await self._look(hosted, asset, whole=False)
        except HostFailed:
            return False
        return True

    async def _look(self, hosted: Hosted, asset: Asset, *, whole: bool) -> None:
        headers = {"Accept": "*/*", "Accept-Encoding": "identity"} | ({} if whole else {"Range": "bytes=0-0"})
        try:
            async with (
                deadline(self._clock, TIMEOUT_S),
                self._session.get(hosted.url, headers=headers, max_redirects=3) as response,
            ):
                if whole:
                    await _require_whole(response, hosted, asset)
                else:
                    _require_length(response, hosted, asset)
        except aiohttp.ClientConnectorError as fault:
            forbidden = isinstance(fault.os_error, ForbiddenAddress)
            detail = "address not allowed" if forbidden else type(fault).__name__
            raise _broken(hosted, detail, passing=not forbidden) from fault
        except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError, aiohttp.TooManyRedirects) as fault:
            raise _broken(hosted, type(fault).__name__, passing=False) from fault
        except (aiohttp.ClientError, OSError) as fault:  # of which TimeoutError is one
            raise _broken(hosted, type(fault).__name__, passing=True) from fault


async def _require_whole(response: aiohttp.ClientResponse, hosted: Hosted, asset: Asset) -> None:
    if response.status != 200:
        raise _broken(
            hosted, f"HTTP {response.status}", passing=response.status in {404, 429} or response.status >= 500
        )
    if response.content_type not in {asset.media_type, *_UNTYPED}:
        raise _broken(hosted, f"type {response.content_type}", passing=False)
    digest, n_bytes = hashlib.sha256(), 0
    while piece := await response.content.readany():
        digest.update(piece)
        n_bytes += len(piece)
        if n_bytes > asset.n_bytes:
            break
    if (n_bytes, digest.hexdigest()) != (asset.n_bytes, asset.sha256):
        raise _broken(hosted, "other bytes", passing=False)


def _require_length(response: aiohttp.ClientResponse, hosted: Hosted, asset: Asset) -> None:
    ranged = response.headers.get("Content-Range", "").rpartition("/")[2]
    length = ranged if response.status == 206 else response.headers.get("Content-Length", "")
    if response.status not in {200, 206} or length != str(asset.n_bytes):
        raise _broken(hosted, f"HTTP {response.status}", passing=False)


def _broken(hosted: Hosted, detail: str, *, passing: bool) -> HostFailed:
    return HostFailed(HostFault(host=hosted.host, reason="broken", passing=passing, detail=detail))


def _may_pass(error: BaseException) -> bool:
    return isinstance(error, HostFailed) and error.fault.passing
