"""Who may have a picture: what servers have set, the quotas, and whether money may be spent."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from bot.client import ImageBot
from bot.clock import Clock
from bot.delivery.server_log import ServerLog
from bot.guilds.service import GuildService
from bot.jobs.admission import Admission, Terms
from bot.jobs.announcer import Chronicle
from bot.jobs.model import Quality
from bot.provider.api import EvoLink
from bot.quota.making import make_quota_service
from bot.quota.operator import operator_rules
from bot.quota.service import QuotaService
from bot.quota.spending import News, SpendingStop
from bot.quota.totals import Totals
from bot.settings import Settings
from bot.store.admin_log import AdminLogStore
from bot.store.database import Database
from bot.store.guilds import GuildStore
from bot.store.jobs import JobStore
from bot.store.ledger import LedgerStore
from bot.store.meta import MetaStore
from bot.store.usage import UsageStore
from bot.ui.texts import server_log as texts_of_log


@dataclass(frozen=True, slots=True, kw_only=True)
class Quotas:
    """What decides who may have a picture."""

    quota: QuotaService
    spending: SpendingStop
    admission: Admission
    usage: UsageStore


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
