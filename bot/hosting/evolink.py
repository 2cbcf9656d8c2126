"""The default host: EvoLink's own file service, which needs nothing but the key (provider.md 5)."""

import logging
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from pydantic import SecretStr

from bot.clock import Clock
from bot.errors import HostFault
from bot.hosting.model import Asset, Hosted, HostFailed, Room, fingerprint
from bot.provider.errors import NotFound, ProviderError
from bot.provider.models import FileQuota
from bot.provider.uploads import FileService
from bot.settings import HostName

log = logging.getLogger(__name__)

LIFE = timedelta(hours=72)
QUOTA_HOLDS = timedelta(minutes=10)
"""In between we count for ourselves; whoever else uses the account is noticed after that."""
FEW_FILES = 50
"""Below this many the operator is warned, once."""

_QUOTA_USED_UP = "40003"


class EvolinkHost:
    """Files at the file service, for 72 hours; the number of them is limited for each account."""

    name = HostName.EVOLINK
    life = LIFE
    expires_by_itself = True

    def __init__(self, *, files: FileService, files_base: str, api_key: SecretStr, clock: Clock) -> None:
        self.account = fingerprint(files_base, api_key.get_secret_value())
        self._files = files
        self._clock = clock
        self._left: int | None = None
        self._read_at: datetime | None = None
        self._warned = False

    def remote_id(self, name: str) -> str | None:  # noqa: ARG002 - the service alone knows
        return None

    async def put(self, asset: Asset, *, name: str) -> Hosted:
        """Upload under a name of its own: one of the same name would be overwritten, with a delay from caches."""
        await self._require_room()
        try:
            upload = await self._files.upload(asset.path, file_name=name, media_type=asset.media_type)
        except ProviderError as error:
            if error.code_is(_QUOTA_USED_UP):
                self._know(0)
            raise HostFailed(_fault(error)) from error
        if self._left is not None:
            self._know(max(0, self._left - 1))
        return Hosted(
            url=_with_extension(upload.file_url, name=name),
            expires_at=upload.expires_at,
            host=self.name,
            remote_id=upload.file_id,
        )

    async def room(self) -> Room:
        """Read the quota of files."""
        try:
            quota = await self._files.quota()
        except ProviderError as error:
            raise HostFailed(_fault(error)) from error
        self._read_at = self._clock.now()
        self._know(_left(quota))
        return Room(used=quota.used, maximum=quota.maximum, left=self._left)

    async def remove(self, remote_id: str) -> bool:
        """Delete a file. No docs page promises that this works: NotFound may mean the file or the whole service."""
        try:
            await self._files.delete(remote_id)
        except NotFound:
            return False
        except ProviderError as error:
            raise HostFailed(_fault(error)) from error
        if self._left is not None:
            self._know(self._left + 1)
        return True

    async def _require_room(self) -> None:
        """HostFailed (full) where the quota says so for certain; an upload into a full account is time wasted."""
        if self._read_at is None or self._clock.now() - self._read_at >= QUOTA_HOLDS:
            try:
                await self.room()
            except HostFailed as failed:  # the upload itself will tell
                log.info("file quota not readable", extra={"why": str(failed.fault)})
                self._left = None
        if self._left == 0:
            raise HostFailed(HostFault(host=self.name, reason="full", passing=False, detail="quota"))

    def _know(self, left: int | None) -> None:
        self._left = left
        few = left is not None and left < FEW_FILES
        if few and not self._warned:
            log.warning("the account may keep only a few more files", extra={"host": self.name, "left": left})
        self._warned = few


def _left(quota: FileQuota) -> int | None:
    """Return how many files there is room for: the best of numbers that may contradict each other (provider.md C4)."""
    counted = None if quota.used is None or quota.maximum is None else max(0, quota.maximum - quota.used)
    return max((number for number in (quota.remaining, counted) if number is not None), default=None)


def _with_extension(url: str, *, name: str) -> str:
    """Make a URL end as the picture's type does: the service's download links, its second best, have no extension."""
    if urlsplit(url).path.lower().endswith(f".{name.rpartition('.')[2]}"):
        return url
    return f"{url}{'&' if urlsplit(url).query else '?'}name={name}"


def _fault(error: ProviderError) -> HostFault:
    reason = "full" if error.code_is(_QUOTA_USED_UP) else "unreachable" if error.passing else "refused"
    detail = " ".join(filter(None, (type(error).__name__, str(error.http_status or ""), error.code)))
    return HostFault(host=HostName.EVOLINK, reason=reason, passing=error.passing, detail=detail)
