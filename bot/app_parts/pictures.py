"""Pictures on their way: those people give, until the provider can read them; those it makes, until on disk."""

from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta

import aiohttp

from bot.app_parts.ground import Ground
from bot.files import DataFolder
from bot.hosting import Hosting
from bot.hosting.choosing import make_hosts
from bot.hosting.inspection import Inspector
from bot.hosting.own import HostedFolder
from bot.hosting.tidying import Tidying
from bot.images.worker import ImageWorkers
from bot.jobs.results import ResultKeeper
from bot.jobs.retention import Keeping, PictureFolders, Retention
from bot.jobs.runner import JobRunner
from bot.jobs.sources import SourceKeeper
from bot.net import Downloader, make_session
from bot.net.hosts import DISCORD_CONTENT, AllowedHosts
from bot.provider.uploads import FileService
from bot.store.assets import AssetStore
from bot.store.retention import RetentionStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Pictures:
    """What handles pictures."""

    workers: ImageWorkers
    hosted: HostedFolder
    sources: SourceKeeper
    results: ResultKeeper


async def make_pictures(stack: AsyncExitStack, ground: Ground, *, session: aiohttp.ClientSession) -> Pictures:
    """Join what handles pictures, for the block; `session` is for the provider's own addresses."""
    workers = await stack.enter_async_context(ImageWorkers(clock=ground.clock))
    hosted = HostedFolder(ground.folder.hosted, assets=AssetStore(ground.database), clock=ground.clock)
    hosting = await _make_hosting(stack, ground, session=session, hosted=hosted)
    return Pictures(
        workers=workers,
        hosted=hosted,
        sources=await _make_sources(stack, ground, workers=workers, hosting=hosting),
        results=await _make_results(stack, ground),
    )


def make_retention(ground: Ground, *, runner: JobRunner) -> Retention:
    """Return what keeps pictures on disk, and for how long."""
    settings = ground.settings
    return Retention(
        store=RetentionStore(ground.database, folder=ground.folder.root),
        jobs=ground.store,
        runner=runner,
        folders=picture_folders(ground.folder),
        keeping=Keeping(
            time=timedelta(days=settings.result_retention_days), max_bytes=int(settings.result_max_gb * 1_000_000_000)
        ),
        clock=ground.clock,
    )


def picture_folders(folder: DataFolder) -> PictureFolders:
    """Return where pictures stand."""
    return PictureFolders(results=folder.results, sources=folder.sources, thumbnails=folder.thumbnails)


async def _make_hosting(
    stack: AsyncExitStack, ground: Ground, *, session: aiohttp.ClientSession, hosted: HostedFolder
) -> Hosting:
    """Return what puts sources where the provider can read them."""
    settings, clock = ground.settings, ground.clock
    files = FileService(
        session=session, files_base=settings.evolink_files_base, api_key=settings.evolink_api_key, clock=clock
    )
    hosts = make_hosts(settings, files=files, folder=hosted, clock=clock)
    assets = AssetStore(ground.database)
    await stack.enter_async_context(Tidying(hosts=hosts, assets=assets, folder=hosted, clock=clock).running())
    looking = await stack.enter_async_context(make_session(allow_loopback=settings.loopback_hosting))
    inspector = Inspector(session=looking, clock=clock)
    return Hosting(hosts=hosts, assets=assets, inspector=inspector, in_use=ground.store.is_source_needed, clock=clock)


async def _make_sources(
    stack: AsyncExitStack, ground: Ground, *, workers: ImageWorkers, hosting: Hosting
) -> SourceKeeper:
    """Return what brings the pictures of people to disk and behind addresses."""
    loopback = ground.settings.loopback_discord
    session = await stack.enter_async_context(make_session(allow_loopback=loopback))
    return SourceKeeper(
        folder=ground.folder.sources,
        downloader=Downloader(session=session, clock=ground.clock),
        allowed=AllowedHosts(DISCORD_CONTENT, loopback=loopback),
        workers=workers,
        hosting=hosting,
        store=ground.store,
        clock=ground.clock,
    )


async def _make_results(stack: AsyncExitStack, ground: Ground) -> ResultKeeper:
    """Return what brings results to disk."""
    session = await stack.enter_async_context(make_session(allow_loopback=ground.settings.loopback_provider))
    return ResultKeeper(folder=ground.folder.results, downloader=Downloader(session=session, clock=ground.clock))
