"""The hosts that the settings name, in their order."""

from datetime import timedelta

from bot.clock import Clock
from bot.hosting.evolink import EvolinkHost
from bot.hosting.model import Host
from bot.hosting.own import HostedFolder, OwnHost
from bot.provider.uploads import FileService
from bot.settings import HostName, Settings


def make_hosts(settings: Settings, *, files: FileService, folder: HostedFolder, clock: Clock) -> tuple[Host, ...]:
    """Build the configured hosts; the settings are known to hold what each of them needs."""
    return tuple(_host(name, settings, files=files, folder=folder, clock=clock) for name in settings.hosting)


def _host(name: HostName, settings: Settings, *, files: FileService, folder: HostedFolder, clock: Clock) -> Host:
    match name:
        case HostName.EVOLINK:
            return EvolinkHost(
                files=files, files_base=settings.evolink_files_base, api_key=settings.evolink_api_key, clock=clock
            )
        case HostName.SELF:
            life = timedelta(hours=settings.hosted_hours)
            return OwnHost(folder=folder, public_base=settings.public_base_url or "", life=life, clock=clock)
        case HostName.S3:
            return _s3(settings, clock)


def _s3(settings: Settings, clock: Clock) -> Host:
    from bot.hosting.s3 import S3Host  # noqa: PLC0415 - the library is an extra

    if settings.s3_bucket is None or settings.s3_access_key is None or settings.s3_secret_key is None:
        raise ValueError("settings without what S3 needs are refused when they are read")
    return S3Host(
        endpoint=settings.s3_endpoint,
        bucket=settings.s3_bucket,
        region=settings.s3_region,
        access_key=settings.s3_access_key,
        secret_key=settings.s3_secret_key,
        public_base=settings.s3_public_base_url,
        life=timedelta(hours=settings.hosted_hours),
        clock=clock,
    )
