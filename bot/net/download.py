"""Bring the body of a URL to disk: capped, timed, whole or not at all. What is in it is for others to judge."""

import asyncio
import contextlib
import hashlib
import os
import tempfile
import threading
from collections.abc import AsyncGenerator, Generator
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import yarl

from bot.clock import Clock
from bot.errors import DownloadFailed
from bot.files import sync_folder
from bot.net.addresses import ForbiddenAddress, is_host
from bot.net.deadline import deadline

WRITE_BYTES = 256 * 1024
"""Handed to a thread at once: large enough that the hand-over costs nothing, small enough for fifty at a time."""

_REDIRECTS = (301, 302, 303, 307, 308)
_PASSING_STATUSES = (408, 425, 429)


@dataclass(frozen=True, slots=True, kw_only=True)
class Downloaded:
    """What came down. `content_type` is the server's word for it, not to be trusted."""

    n_bytes: int
    sha256: str
    content_type: str
    final_url: str = field(repr=False)
    """After redirects; may be signed, so it stays out of logs."""


class Downloader:
    """Fetches with a session of `make_session`, which decides to which addresses it may go."""

    def __init__(self, *, session: aiohttp.ClientSession, clock: Clock) -> None:
        self._session = session
        self._clock = clock

    async def download(
        self, url: str, to: Path, *, max_bytes: int, timeout_s: float, max_redirects: int = 5
    ) -> Downloaded:
        """Fetch `url` once and leave its whole body at `to`, synced to disk; DownloadFailed otherwise.

        `to` appears complete or not at all. A fault of our own disk is raised as the OSError it is.
        """
        try:
            async with deadline(self._clock, timeout_s), self._answer(url, max_redirects=max_redirects) as response:
                return await _save(response, to, max_bytes=max_bytes)
        except TimeoutError as late:
            raise DownloadFailed("unreachable", passing=True, detail=f"not done in {timeout_s:g} s") from late

    @contextlib.asynccontextmanager
    async def _answer(self, url: str, *, max_redirects: int) -> AsyncGenerator[aiohttp.ClientResponse, None]:
        """Follow redirects by hand, each address checked anew, to an answer with a body."""
        here = _target(url)
        for _ in range(max_redirects + 1):
            with _network_faults():
                response = await self._session.get(
                    here, allow_redirects=False, headers={"Accept": "*/*", "Accept-Encoding": "identity"}
                )
            async with response:
                if response.status not in _REDIRECTS:
                    _require_body(response)
                    yield response
                    return
                here = _target(response.headers.get("Location", ""), base=here)
        raise DownloadFailed("too_many_redirects", passing=False, detail=f"more than {max_redirects}")


async def _save(response: aiohttp.ClientResponse, to: Path, *, max_bytes: int) -> Downloaded:
    if (response.content_length or 0) > max_bytes:
        raise DownloadFailed("too_large", passing=False, detail=f"{response.content_length} bytes announced")
    n_bytes = 0
    async with _part_file(to) as part:
        while block := await _next_block(response):
            n_bytes += len(block)
            if n_bytes > max_bytes:
                raise DownloadFailed("too_large", passing=False, detail=f"more than {max_bytes} bytes")
            await asyncio.to_thread(part.write, block)
        sha256 = await asyncio.to_thread(part.finish)
    return Downloaded(n_bytes=n_bytes, sha256=sha256, content_type=response.content_type, final_url=str(response.url))


async def _next_block(response: aiohttp.ClientResponse) -> bytearray:
    """Gather what the network brings into a block worth a thread's while; empty at the end."""
    block = bytearray()
    while len(block) < WRITE_BYTES:
        with _network_faults():
            piece = await response.content.readany()
        if not piece:
            break
        block += piece
    return block


class _PartFile:
    """A file on its way, under a name of its own beside the one it will get.

    Its methods run in threads, which a cancelled coroutine cannot stop: the lock lets `discard` come after them.
    """

    def __init__(self, to: Path) -> None:
        self._to = to
        self._lock = threading.Lock()
        self._sha256 = hashlib.sha256()
        self._file = tempfile.NamedTemporaryFile(  # noqa: SIM115 - closed by finish or discard
            mode="wb", buffering=0, dir=to.parent, prefix=f".{to.name}.", suffix=".part", delete=False
        )

    def write(self, block: bytearray) -> None:
        with self._lock:
            view = memoryview(block)
            while view:
                view = view[self._file.write(view) :]
            self._sha256.update(block)

    def finish(self) -> str:
        """Make the file durable under its name and return its SHA-256."""
        with self._lock:
            os.fsync(self._file.fileno())
            self._file.close()
            Path(self._file.name).replace(self._to)
            sync_folder(self._to.parent)
            return self._sha256.hexdigest()

    def discard(self) -> None:
        with self._lock:
            self._file.close()
            Path(self._file.name).unlink(missing_ok=True)


@contextlib.asynccontextmanager
async def _part_file(to: Path) -> AsyncGenerator[_PartFile, None]:
    part = _PartFile(to)
    try:
        yield part
    except BaseException:
        await asyncio.shield(asyncio.to_thread(part.discard))
        raise


def _target(url: str, *, base: yarl.URL | None = None) -> yarl.URL:
    """Read a URL to fetch, without the user's name and password that would become an Authorization header."""
    try:
        target = base.join(yarl.URL(url)) if base is not None and url else yarl.URL(url)
        host = target.raw_host or ""
    except ValueError as malformed:
        raise DownloadFailed("forbidden_address", passing=False, detail="not a URL") from malformed
    if target.scheme not in {"http", "https"} or not is_host(host):
        raise DownloadFailed("forbidden_address", passing=False, detail="not an http address")
    return target.with_user(None)


def _require_body(response: aiohttp.ClientResponse) -> None:
    """DownloadFailed unless the answer is a plain 200."""
    status = response.status
    if status == 200:
        return
    if status >= 500 or status in _PASSING_STATUSES:
        raise DownloadFailed("unreachable", passing=True, status=status)
    if status >= 400:
        raise DownloadFailed("gone", passing=False, status=status)
    raise DownloadFailed("unreachable", passing=True, status=status, detail="an answer without the body")


@contextlib.contextmanager
def _network_faults() -> Generator[None, None, None]:
    """Turn what goes wrong between us and the server into DownloadFailed; our own deadline passes through."""
    try:
        yield
    except aiohttp.ClientConnectorError as fault:
        if isinstance(fault.os_error, ForbiddenAddress):
            raise DownloadFailed("forbidden_address", passing=False, detail=fault.host) from fault
        raise DownloadFailed("unreachable", passing=True, detail=type(fault).__name__) from fault
    except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError) as fault:
        raise DownloadFailed("forbidden_address", passing=False, detail="not a URL") from fault
    except (aiohttp.ClientError, OSError) as fault:
        raise DownloadFailed("unreachable", passing=True, detail=type(fault).__name__) from fault
