"""The provider's file service (provider.md 5): a private picture becomes a URL that the model can read for 72 hours."""

import asyncio
import base64
import functools
import json
import random
import re
import urllib.parse
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import aiohttp
from pydantic import SecretStr

from bot.clock import Clock
from bot.provider import reading, retry
from bot.provider.errors import InvalidRequest, ProviderError
from bot.provider.models import FileQuota, StoredFile, Upload
from bot.provider.transport import CONNECT_TIMEOUT_S, Transport

SOURCE_MAX_BYTES = 20 * 1024 * 1024
"""The model's own limit for one picture; the service itself takes 100 MB (provider.md C2)."""
SOURCE_MEDIA_TYPES = ("image/jpeg", "image/png", "image/webp")
"""What the model takes. The service takes GIF, too, which would only fail later (provider.md C3)."""
UPLOAD_TIMEOUT_S = 120.0
PAGE_MAX = 100

_BASE64_READ_BYTES = 768 * 1024
"""A multiple of three, so that the pieces' base64 can be joined."""
_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}")
_FOLDER = re.compile(r"[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*")


class FileService:
    """EvoLink's file service with one key."""

    def __init__(
        self,
        *,
        session: aiohttp.ClientSession,
        files_base: str,
        api_key: SecretStr,
        clock: Clock,
        jitter: Callable[[], float] = random.random,
        connect_timeout_s: float = CONNECT_TIMEOUT_S,
    ) -> None:
        self._clock = clock
        self._transport = Transport(
            session=session,
            base=files_base,
            api_key=api_key,
            clock=clock,
            jitter=jitter,
            connect_timeout_s=connect_timeout_s,
        )

    async def upload(self, path: Path, *, file_name: str, media_type: str, folder: str | None = None) -> Upload:
        """Upload a picture as a stream, and in base64 where that does not get through, as public clients do.

        Choose a unique `file_name`: one of the same name is overwritten, with a delay from caches.
        """
        _check(path, file_name=file_name, media_type=media_type, folder=folder)
        stream = functools.partial(self._stream, path, file_name=file_name, media_type=media_type, folder=folder)
        try:
            return await self._transport.repeat(stream, when=retry.was_refused_for_now)
        except ProviderError as error:
            if not error.passing and error.http_status not in {408, 425}:
                raise
        return await self.upload_base64(path, file_name=file_name, media_type=media_type, folder=folder)

    async def upload_stream(self, path: Path, *, file_name: str, media_type: str, folder: str | None = None) -> Upload:
        """Upload a picture straight from disk."""
        _check(path, file_name=file_name, media_type=media_type, folder=folder)
        stream = functools.partial(self._stream, path, file_name=file_name, media_type=media_type, folder=folder)
        return await self._transport.repeat(stream)

    async def upload_base64(self, path: Path, *, file_name: str, media_type: str, folder: str | None = None) -> Upload:
        """Upload a picture inside a JSON body, which is made piece by piece from disk."""
        _check(path, file_name=file_name, media_type=media_type, folder=folder)
        head = json.dumps(_names(file_name, folder)).removesuffix("}") + f', "base64_data": "data:{media_type};base64,'

        async def attempt() -> Upload:
            n_bytes = path.stat().st_size
            length = len(head) + 4 * -(-n_bytes // 3) + len('"}')
            payload = await self._transport.once(
                "POST",
                "/api/v1/files/upload/base64",
                timeout_s=UPLOAD_TIMEOUT_S,
                headers={"Content-Type": "application/json", "Content-Length": str(length)},
                data=_base64_body(path, head),
            )
            return reading.read_upload(payload, now=self._clock.now())

        return await self._transport.repeat(attempt)

    async def upload_url(self, url: str, *, file_name: str | None = None, folder: str | None = None) -> Upload:
        """Have the service fetch a public http(s) address itself; UploadRefused (40004) if it cannot."""
        if not url.startswith(("http://", "https://")):
            raise InvalidRequest("file_url", "must be an http address")
        _check_names(file_name, folder)
        body = {"file_url": url, **_names(file_name, folder)}

        async def attempt() -> Upload:
            payload = await self._transport.once(
                "POST", "/api/v1/files/upload/url", timeout_s=UPLOAD_TIMEOUT_S, body=body
            )
            return reading.read_upload(payload, now=self._clock.now())

        return await self._transport.repeat(attempt)

    async def quota(self) -> FileQuota:
        """Read how many files the account may keep."""
        return reading.read_quota(await self._transport.read("/api/v1/files/quota"))

    async def list_files(self, *, page: int = 1, page_size: int = 20) -> tuple[StoredFile, ...]:
        """Read one page of the account's files, at most 100 of them."""
        params = {"page": str(page), "pageSize": str(min(page_size, PAGE_MAX))}
        return reading.read_file_list(await self._transport.read("/api/v1/files/list", params=params))

    async def delete(self, file_id: str) -> None:
        """Delete a file; NotFound if it is gone already."""
        if not file_id.strip("."):
            raise InvalidRequest("file_id", "must not be empty")
        await self._transport.read(f"/api/v1/files/{urllib.parse.quote(file_id, safe='')}", method="DELETE")

    async def _stream(self, path: Path, *, file_name: str, media_type: str, folder: str | None) -> Upload:
        with path.open("rb") as file:
            form = aiohttp.FormData()
            for name, value in _names(file_name, folder).items():
                form.add_field(name, value)
            form.add_field("file", file, filename=file_name, content_type=media_type)
            payload = await self._transport.once(
                "POST", "/api/v1/files/upload/stream", timeout_s=UPLOAD_TIMEOUT_S, data=form
            )
        return reading.read_upload(payload, now=self._clock.now())


async def _base64_body(path: Path, head: str) -> AsyncIterator[bytes]:
    yield head.encode()
    with path.open("rb") as file:
        while piece := await asyncio.to_thread(file.read, _BASE64_READ_BYTES):
            yield await asyncio.to_thread(base64.b64encode, piece)
    yield b'"}'


def _names(file_name: str | None, folder: str | None) -> dict[str, str]:
    named = {"file_name": file_name, "upload_path": folder}
    return {name: value for name, value in named.items() if value is not None}


def _check(path: Path, *, file_name: str, media_type: str, folder: str | None) -> None:
    if media_type not in SOURCE_MEDIA_TYPES:
        raise InvalidRequest("media_type", f"must be one of {', '.join(SOURCE_MEDIA_TYPES)}")
    _check_names(file_name, folder)
    n_bytes = path.stat().st_size
    if not 0 < n_bytes <= SOURCE_MAX_BYTES:
        raise InvalidRequest("file", f"has {n_bytes} bytes, 1 to {SOURCE_MAX_BYTES} are taken")


def _check_names(file_name: str | None, folder: str | None) -> None:
    if file_name is not None and not _NAME.fullmatch(file_name):
        raise InvalidRequest("file_name", "letters, digits, dots, underscores and hyphens, at most 200")
    if folder is not None and not _FOLDER.fullmatch(folder):
        raise InvalidRequest("upload_path", "letters, digits, underscores and hyphens between slashes")
