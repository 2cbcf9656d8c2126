"""One web socket of the gateway: packing, queueing, closing. It knows no session and no world."""

import asyncio
import contextlib
import importlib
import importlib.util
import json
import zlib
from dataclasses import dataclass, field
from typing import Any, Protocol

from aiohttp import web

from bot.sandbox.discord.refusals import Json


class Packer(Protocol):
    """Turns one payload into the bytes of one frame."""

    def __call__(self, payload: bytes) -> bytes: ...


def find_packer(wanted: str | None) -> Packer | None:
    """Return what packs outgoing frames: `zlib-stream`, `zstd-stream` where the library is here, or nothing."""
    if wanted == "zlib-stream":
        stream = zlib.compressobj()
        return lambda payload: stream.compress(payload) + stream.flush(zlib.Z_SYNC_FLUSH)
    if wanted == "zstd-stream" and importlib.util.find_spec("zstandard"):
        zstandard: Any = importlib.import_module("zstandard")
        chunks = zstandard.ZstdCompressor().compressobj()
        return lambda payload: chunks.compress(payload) + chunks.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)
    return None


@dataclass(frozen=True, slots=True)
class _Close:
    code: int
    reason: str


_MANGLED = '{"op":'


@dataclass(slots=True, eq=False)
class Connection:
    """One web socket."""

    socket: web.WebSocketResponse
    pack: Packer | None
    transport: asyncio.Transport | None
    closed_by_us: bool = False
    outbox: "asyncio.Queue[Json | _Close | str]" = field(default_factory=asyncio.Queue[Any])

    def send(self, op: int, data: Any = None, *, seq: int | None = None, name: str | None = None) -> None:
        """Queue one payload."""
        self.outbox.put_nowait({"op": op, "d": data, "s": seq, "t": name})

    def close(self, code: int, reason: str) -> None:
        """Queue the end."""
        self.closed_by_us = True
        self.outbox.put_nowait(_Close(code, reason))

    def mangle(self) -> None:
        """Queue what cannot be read."""
        self.outbox.put_nowait(_MANGLED)

    def cut(self) -> None:
        """Break the connection without a word."""
        if self.transport is not None:
            self.transport.abort()

    async def write_all(self) -> None:
        """Send what is queued until the end is."""
        while True:
            item = await self.outbox.get()
            if isinstance(item, _Close):
                await self.socket.close(code=item.code, message=item.reason.encode())
                return
            written = item if isinstance(item, str) else json.dumps(item, separators=(",", ":"))
            with contextlib.suppress(ConnectionError):
                if self.pack is None or item is _MANGLED:
                    await self.socket.send_str(written)
                else:
                    await self.socket.send_bytes(self.pack(written.encode()))
