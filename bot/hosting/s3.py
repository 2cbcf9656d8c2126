"""Any S3-compatible bucket as a host. Imported only where it is configured: the library is the extra `imagebot[s3]`."""

import asyncio
import re
from datetime import timedelta

import obstore
from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError
from obstore.store import S3Store
from pydantic import SecretStr

from bot.clock import Clock
from bot.errors import HostFault
from bot.hosting.model import Asset, Hosted, HostFailed, Room, fingerprint
from bot.net import is_loopback_url, user_agent
from bot.settings import HostName

FOLDER = "imagebot"
"""Where in the bucket copies lie, so that a lifecycle rule can be set for them alone."""

_UPLOADS_AT_ONCE = 4
"""Each holds its picture, up to 20 MB, in memory while it is signed and sent in one piece."""
_REQUEST_TIMEOUT = timedelta(seconds=60)
_RETRIES = 3
_CODE = re.compile(r"<Code>(\w+)</Code>")
_REFUSED = (PermissionDeniedError, UnauthenticatedError, FileNotFoundError)  # the last: no such bucket


class S3Host:
    """Objects of a bucket, handed out by presigned URLs, or by public ones where the bucket has a public address."""

    name = HostName.S3
    expires_by_itself = False

    def __init__(
        self,
        *,
        endpoint: str | None,
        bucket: str,
        region: str,
        access_key: SecretStr,
        secret_key: SecretStr,
        public_base: str | None,
        life: timedelta,
        clock: Clock,
    ) -> None:
        self.account = fingerprint(endpoint or region, bucket, public_base or "")
        self.life = life
        self._public_base = public_base
        self._clock = clock
        self._turns = asyncio.Semaphore(_UPLOADS_AT_ONCE)
        self._store = S3Store(
            bucket,
            endpoint=endpoint or f"https://s3.{region}.amazonaws.com",
            region=region,
            access_key_id=access_key.get_secret_value(),
            secret_access_key=secret_key.get_secret_value(),
            disable_bulk_delete=True,  # not every S3-compatible server knows it
            client_options={
                "allow_http": is_loopback_url(endpoint or ""),
                "timeout": _REQUEST_TIMEOUT,
                "user_agent": user_agent(),
            },
            retry_config={"max_retries": _RETRIES, "retry_timeout": 2 * _REQUEST_TIMEOUT},
        )

    def remote_id(self, name: str) -> str | None:
        return f"{FOLDER}/{name}"

    async def put(self, asset: Asset, *, name: str) -> Hosted:
        """Put the picture into the bucket in one piece: nothing half sent is left there."""
        key = f"{FOLDER}/{name}"
        expires_at = self._clock.now() + self.life
        try:
            async with self._turns:
                await obstore.put_async(
                    self._store, key, asset.path, attributes={"Content-Type": asset.media_type}, use_multipart=False
                )
            url = await self._url(key)
        except (BaseError, FileNotFoundError) as error:
            raise HostFailed(_fault(error)) from None  # the library's words may hold the key's name and more
        return Hosted(url=url, expires_at=expires_at, host=self.name, remote_id=key)

    async def room(self) -> Room:
        """A bucket has no limit that could be read."""
        return Room()

    async def remove(self, remote_id: str) -> bool:
        """Delete an object; S3 does not tell whether there was one."""
        try:
            await obstore.delete_async(self._store, remote_id)
        except FileNotFoundError:
            return False
        except BaseError as error:
            raise HostFailed(_fault(error)) from None
        return True

    async def _url(self, key: str) -> str:
        if self._public_base is not None:
            return f"{self._public_base}/{key}"
        return await obstore.sign_async(self._store, "GET", key, self.life)


def _fault(error: Exception) -> HostFault:
    refused = isinstance(error, _REFUSED)
    code = _CODE.search(str(error))
    detail = code.group(1) if code else type(error).__name__
    return HostFault(
        host=HostName.S3, reason="refused" if refused else "unreachable", passing=not refused, detail=detail
    )
