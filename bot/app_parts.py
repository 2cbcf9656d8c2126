"""The parts of the house, each joined from its own pieces; `app` knows their order."""

import hashlib
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import aiohttp
from aiohttp.web import Application

from bot.client import ImageBot
from bot.clock import Clock
from bot.delivery.server_log import ServerLog
from bot.files import DataFolder, ProcessLock, enter, let_others_in
from bot.guilds.replies import ReplyManners
from bot.guilds.service import GuildService
from bot.hosting import Hosting
from bot.hosting.choosing import make_hosts
from bot.hosting.inspection import Inspector
from bot.hosting.own import HostedFolder
from bot.hosting.tidying import Tidying
from bot.images.chart import Charts
from bot.images.worker import ImageWorkers
from bot.intake import Administration, AdminRights, EditForms, Menus, Messages, Replies
from bot.jobs.admission import Admission, Terms
from bot.jobs.announcer import Chronicle
from bot.jobs.model import Quality
from bot.jobs.owners import Owners
from bot.jobs.results import ResultKeeper
from bot.jobs.retention import Keeping, PictureFolders, Retention
from bot.jobs.runner import JobRunner
from bot.jobs.seen import SeenPictures
from bot.jobs.service import JobService
from bot.jobs.sources import SourceKeeper
from bot.jobs.tray import Tray
from bot.net import Downloader, make_session
from bot.net.hosts import DISCORD_CONTENT, AllowedHosts
from bot.provider.api import EvoLink
from bot.provider.uploads import FileService
from bot.quota.making import make_quota_service
from bot.quota.operator import operator_rules
from bot.quota.reports import Reports
from bot.quota.service import QuotaService
from bot.quota.spending import News, SpendingStop
from bot.quota.totals import Totals
from bot.settings import Settings
from bot.store.admin_log import AdminLogStore
from bot.store.assets import AssetStore
from bot.store.database import Database
from bot.store.guilds import GuildStore
from bot.store.jobs import JobStore
from bot.store.ledger import LedgerStore
from bot.store.meta import MetaStore
from bot.store.offers import OfferStore
from bot.store.opening import open_patiently
from bot.store.retention import RetentionStore
from bot.store.seen import SeenStore
from bot.store.usage import UsageStore
from bot.ui.texts import reports as texts_of_reports
from bot.ui.texts import server_log as texts_of_log
from bot.web import pictures, waiting
from bot.web import server as web


@dataclass(frozen=True, slots=True, kw_only=True)
class Quotas:
    """What decides who may have a picture."""

    quota: QuotaService
    spending: SpendingStop
    admission: Admission
    usage: UsageStore


async def enter_folder(stack: AsyncExitStack, folder: DataFolder, *, clock: Clock) -> tuple[Database, Owners]:
    """Open DATA_DIR for this process, beside others of the same schema version if there are any.

    Raises FolderInUse, StoreError or OSError.
    """
    lock = ProcessLock(folder.lock)
    alone = await enter(lock, clock=clock)
    stack.callback(lock.release)
    if alone:
        folder.clear()
    owners = Owners(folder)
    owners.take()
    stack.callback(owners.release)  # the last word is spoken, and the database closed, when the others take over
    database = await open_patiently(folder.database, alone=alone, clock=clock)
    stack.push_async_callback(database.close)
    await let_others_in(lock, clock=clock)
    return database, owners


def make_guilds(settings: Settings, *, database: Database, clock: Clock) -> GuildService:
    """Return what knows what servers have set."""
    return GuildService(
        store=GuildStore(database),
        admin_log=AdminLogStore(database),
        clock=clock,
        kept=timedelta(days=settings.removed_server_kept_days),
    )


def make_quotas(
    settings: Settings,
    *,
    database: Database,
    path: Path,
    store: JobStore,
    guilds: GuildService,
    provider: EvoLink,
    chronicle: Chronicle,
    announce: Callable[[News], None],
    clock: Clock,
) -> Quotas:
    """Join what decides who may have a picture."""
    quota = make_quota_service(settings, database=database, clock=clock)
    totals = Totals(
        operator=operator_rules(settings),
        ledger=LedgerStore(database),
        cheapest=min(settings.price_table[quality] for quality in Quality),
        clock=clock,
    )

    async def read_credits() -> float | None:
        return (await provider.credits()).spendable

    spending = SpendingStop(
        meta=MetaStore(database),
        clock=clock,
        announce=announce,
        read_credits=read_credits,
        enough=max(settings.price_table.values()),
        account=hashlib.sha256(settings.evolink_api_key.get_secret_value().encode()).hexdigest()[:16],
        total_used_up_until=totals.used_up_until,
    )
    usage = UsageStore(database, path=path)
    admission = Admission(
        terms=Terms.of(settings),
        jobs=store,
        quota=quota,
        guilds=guilds,
        spending=spending,
        usage=usage,
        chronicle=chronicle,
    )
    return Quotas(quota=quota, spending=spending, admission=admission, usage=usage)


def teller_of_spending(client: ImageBot, server_log: ServerLog) -> Callable[[News], None]:
    """Return what tells every server with a log channel whether money may be spent."""

    def announce(news: News) -> None:
        for guild in client.guilds:
            server_log.notice(guild.id, texts_of_log.spending(news))

    return announce


def make_administration(
    *, quotas: Quotas, guilds: GuildService, database: Database, scratch: Path, rights: AdminRights, clock: Clock
) -> Administration:
    """Return what serves the administrators of servers."""
    return Administration.of(
        quotas=quotas.quota,
        guilds=guilds,
        warn_of_budget=quotas.admission.warn_of_budget,
        reports=Reports(usage=quotas.usage, ledger=LedgerStore(database), clock=clock),
        charts=Charts(clock=clock, words=texts_of_reports.CHART),
        scratch=scratch,
        rights=rights,
    )


def make_retention(
    settings: Settings, *, database: Database, store: JobStore, runner: JobRunner, folder: DataFolder, clock: Clock
) -> Retention:
    """Return what keeps pictures on disk, and for how long."""
    return Retention(
        store=RetentionStore(database, folder=folder.root),
        jobs=store,
        runner=runner,
        folders=picture_folders(folder),
        keeping=Keeping(
            time=timedelta(days=settings.result_retention_days), max_bytes=int(settings.result_max_gb * 1_000_000_000)
        ),
        clock=clock,
    )


def picture_folders(folder: DataFolder) -> PictureFolders:
    """Return where pictures stand."""
    return PictureFolders(results=folder.results, sources=folder.sources, thumbnails=folder.thumbnails)


async def make_results(stack: AsyncExitStack, settings: Settings, clock: Clock, folder: DataFolder) -> ResultKeeper:
    """Return what brings results to disk."""
    session = await stack.enter_async_context(make_session(allow_loopback=settings.loopback_provider))
    return ResultKeeper(folder=folder.results, downloader=Downloader(session=session, clock=clock))


async def make_hosting(
    stack: AsyncExitStack,
    *,
    settings: Settings,
    session: aiohttp.ClientSession,
    database: Database,
    store: JobStore,
    folder: HostedFolder,
    clock: Clock,
) -> Hosting:
    """Return what puts sources where the provider can read them."""
    files = FileService(
        session=session, files_base=settings.evolink_files_base, api_key=settings.evolink_api_key, clock=clock
    )
    hosts = make_hosts(settings, files=files, folder=folder, clock=clock)
    assets = AssetStore(database)
    await stack.enter_async_context(Tidying(hosts=hosts, assets=assets, folder=folder, clock=clock).running())
    looking = await stack.enter_async_context(make_session(allow_loopback=settings.loopback_hosting))
    inspector = Inspector(session=looking, clock=clock)
    return Hosting(hosts=hosts, assets=assets, inspector=inspector, in_use=store.is_source_needed, clock=clock)


async def make_sources(
    stack: AsyncExitStack,
    *,
    settings: Settings,
    folder: DataFolder,
    workers: ImageWorkers,
    hosting: Hosting,
    store: JobStore,
    clock: Clock,
) -> SourceKeeper:
    """Return what brings the pictures of people to disk and behind addresses."""
    session = await stack.enter_async_context(make_session(allow_loopback=settings.loopback_discord))
    return SourceKeeper(
        folder=folder.sources,
        downloader=Downloader(session=session, clock=clock),
        allowed=AllowedHosts(DISCORD_CONTENT, loopback=settings.loopback_discord),
        workers=workers,
        hosting=hosting,
        store=store,
        clock=clock,
    )


def join_messages(
    client: ImageBot,
    *,
    settings: Settings,
    database: Database,
    jobs: JobService,
    tray: Tray,
    guilds: GuildService,
    clock: Clock,
) -> None:
    """Give the client what takes people's messages: replies, menus, and the form that comes back."""
    messages = Messages(
        jobs=jobs,
        seen=SeenPictures(store=SeenStore(database), clock=clock),
        allowed=AllowedHosts(DISCORD_CONTENT, loopback=settings.loopback_discord),
    )
    manners = ReplyManners(offers=OfferStore(database), guilds=guilds, clock=clock, usual=settings.reply_to_picture)
    client.replies = Replies(
        client=client, intake=client.intake, messages=messages, manners=manners, claims=client.claims
    )
    client.menus = Menus(messages=messages, tray=tray, offers=client.offers)
    client.edit_forms = EditForms(intake=client.intake, jobs=jobs, read_message=messages.pictures_at)


async def serve_web(
    stack: AsyncExitStack,
    *,
    settings: Settings,
    jobs: JobService,
    client: ImageBot,
    hosted: HostedFolder,
    owners: Owners,
    clock: Clock,
) -> None:
    """Serve the web side for the block, where the settings ask for it; beside another process once that lets go."""
    if not settings.serves_web:
        return

    def application() -> Application:
        app = web.application(jobs=jobs, is_healthy=lambda: client.connected, clock=clock)
        app.add_routes(pictures.routes(hosted, clock=clock))
        return app

    port = web.DEFAULT_PORT if settings.web_port is None else settings.web_port
    await stack.enter_async_context(
        waiting.serving(
            application, host=settings.web_host, port=port, may_wait=lambda: bool(owners.others()), clock=clock
        )
    )
