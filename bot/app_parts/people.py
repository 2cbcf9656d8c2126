"""The Discord side: the client, and what takes and answers all that people do."""

from collections.abc import Callable

import yarl

from bot.app_parts.ground import Ground
from bot.app_parts.limits import Quotas
from bot.app_parts.pictures import Pictures, picture_folders
from bot.app_parts.work import Work
from bot.client import ImageBot
from bot.connection.gateway import Gateway
from bot.connection.identifies import Identifies
from bot.delivery.announcer import DiscordAnnouncer
from bot.delivery.fitting import Fitter
from bot.delivery.ladder import Ladder
from bot.delivery.ways import Ways
from bot.guilds.replies import ReplyManners
from bot.guilds.service import GuildService
from bot.images.chart import Charts
from bot.images.worker import ImageWorkers
from bot.intake import (
    Administration,
    AdminRights,
    EditForms,
    History,
    Intake,
    Menus,
    Messages,
    Presence,
    QualityOffers,
    QuotaCard,
    Replies,
    ResultPresses,
    SettingsPanel,
)
from bot.jobs.admission import Terms
from bot.jobs.library import Library
from bot.jobs.seen import SeenPictures
from bot.jobs.tray import Tray
from bot.net.hosts import DISCORD_CONTENT, AllowedHosts
from bot.quota.reports import Reports
from bot.store.history import HistoryStore
from bot.store.ledger import LedgerStore
from bot.store.meta import MetaStore
from bot.store.offers import OfferStore
from bot.store.retention import RetentionStore
from bot.store.seen import SeenStore
from bot.store.tray import TrayStore
from bot.ui.texts import reports as texts_of_reports


def make_client(ground: Ground, *, on_ready: Callable[[], None]) -> ImageBot:
    """Return the client with its way to the gateway; `on_ready` is called whenever Discord is heard (again)."""
    settings = ground.settings
    client = ImageBot(
        message_content=settings.message_content_intent,
        direct_use=settings.direct_images_per_day > 0,
    )
    client.gateway = Gateway(
        client,
        identifies=Identifies(meta=MetaStore(ground.database), clock=ground.clock),
        address=yarl.URL(settings.discord_gateway_url) if settings.discord_gateway_url else None,
        go_without_content=client.go_without_message_content,
        on_ready=on_ready,
        clock=ground.clock,
    )
    return client


def make_announcer(ground: Ground, client: ImageBot, workers: ImageWorkers) -> DiscordAnnouncer:
    """Return what tells people how their jobs are doing."""
    return DiscordAnnouncer(
        client=client,
        ladder=Ladder(ways=Ways(client, logged_in=lambda: client.logged_in), clock=ground.clock),
        fitter=Fitter(workers=workers, scratch=ground.owners.scratch),
        still_mine=ground.store.is_owned,
        shows_progress=ground.store.shows_progress,
        clock=ground.clock,
    )


def join_people(
    client: ImageBot,
    ground: Ground,
    *,
    work: Work,
    quotas: Quotas,
    guilds: GuildService,
    pictures: Pictures,
    announcer: DiscordAnnouncer,
) -> None:
    """Give the client what takes commands, buttons, forms and messages."""
    clock, settings = ground.clock, ground.settings
    tray = Tray(
        store=TrayStore(ground.database, folder=ground.folder.root),
        sources=pictures.sources,
        storage=work.storage,
        retention=work.retention,
        clock=clock,
    )
    client.claims = work.claims
    client.intake = Intake(jobs=work.jobs, tray=tray, guilds=guilds, announcer=announcer, clock=clock)
    client.presence = Presence(guilds=guilds)
    client.offers = QualityOffers(guilds=guilds, prices=settings.price_table, clock=clock)
    client.quota_card = QuotaCard(
        quotas=quotas.quota, guilds=guilds, spending=quotas.spending, terms=Terms.of(settings)
    )
    client.result_presses = ResultPresses(
        intake=client.intake,
        jobs=work.jobs,
        announcer=announcer,
        offers=client.offers,
        clock=clock,
        model=settings.evolink_model,
    )
    _join_administration(client, ground, quotas=quotas, guilds=guilds)
    _join_messages(client, ground, work=work, tray=tray, guilds=guilds)
    _join_history(client, ground, work=work, workers=pictures.workers, announcer=announcer)


def _join_administration(client: ImageBot, ground: Ground, *, quotas: Quotas, guilds: GuildService) -> None:
    """Give the client what serves the administrators of servers."""
    rights = AdminRights(ground.clock)
    client.administration = Administration.of(
        quotas=quotas.quota,
        guilds=guilds,
        warn_of_budget=quotas.admission.warn_of_budget,
        reports=Reports(usage=quotas.usage, ledger=LedgerStore(ground.database), clock=ground.clock),
        charts=Charts(clock=ground.clock, words=texts_of_reports.CHART),
        scratch=ground.owners.scratch,
        rights=rights,
    )
    client.settings_panel = SettingsPanel(
        guilds=guilds, rights=rights, clock=ground.clock, usual_replies=ground.settings.reply_to_picture
    )


def _join_messages(client: ImageBot, ground: Ground, *, work: Work, tray: Tray, guilds: GuildService) -> None:
    """Give the client what takes people's messages: replies, menus, and the form that comes back."""
    messages = Messages(
        jobs=work.jobs,
        seen=SeenPictures(store=SeenStore(ground.database), clock=ground.clock),
        allowed=AllowedHosts(DISCORD_CONTENT, loopback=ground.settings.loopback_discord),
    )
    manners = ReplyManners(
        offers=OfferStore(ground.database), guilds=guilds, clock=ground.clock, usual=ground.settings.reply_to_picture
    )
    client.replies = Replies(
        client=client, intake=client.intake, messages=messages, manners=manners, claims=client.claims
    )
    client.menus = Menus(messages=messages, tray=tray, offers=client.offers)
    client.edit_forms = EditForms(intake=client.intake, jobs=work.jobs, read_message=messages.pictures_at)


def _join_history(
    client: ImageBot, ground: Ground, *, work: Work, workers: ImageWorkers, announcer: DiscordAnnouncer
) -> None:
    """Give the client what shows people their pictures again, and removes them."""
    root = ground.folder.root
    client.history = History(
        library=Library(
            clock=ground.clock,
            history=HistoryStore(ground.database, folder=root),
            sizes=RetentionStore(ground.database, folder=root),
            jobs=ground.store,
            retention=work.retention,
            workers=workers,
            folders=picture_folders(ground.folder),
        ),
        announcer=announcer,
        presses=client.result_presses,
        clock=ground.clock,
    )
