"""The service of quotas, joined from its pieces by the settings: the same for the bot and for the command line."""

from bot.clock import Clock
from bot.jobs.model import Quality
from bot.quota.budget import BudgetWatch
from bot.quota.operator import operator_rules
from bot.quota.service import QuotaService
from bot.settings import StorageSettings
from bot.store.budget import BudgetStore
from bot.store.database import Database
from bot.store.ledger import LedgerStore
from bot.store.rules import RuleStore


def make_quota_service(settings: StorageSettings, *, database: Database, clock: Clock) -> QuotaService:
    """Return what knows every limit: those in the database, and the operator's own in the settings."""
    rules, ledger = RuleStore(database), LedgerStore(database)
    return QuotaService(
        rules=rules,
        ledger=ledger,
        budget=BudgetWatch(
            rules=rules,
            ledger=ledger,
            store=BudgetStore(database),
            clock=clock,
            cheapest=min(settings.price_table[quality] for quality in Quality),
        ),
        clock=clock,
        operator=operator_rules(settings),
        default_images_per_day=settings.default_member_images_per_day,
        prices=settings.price_table,
    )
