"""The entrance of requests on a real database, for tests of what stands before and behind it."""

from typing import Any

from bot.app_parts.limits import Quotas, make_guilds, make_quotas
from bot.clock import Clock
from bot.jobs.admission import Admission
from bot.quota.model import BudgetWarning
from bot.settings import FixedSettings
from bot.store.jobs import JobStore
from tests.support.stored_jobs import PLENTY


class Bystander:
    """Stands where the administrators' log and the provider stand, and only notes what it is told."""

    def __init__(self) -> None:
        self.ended: list[str] = []
        self.warnings: list[BudgetWarning] = []
        self.news: list[Any] = []

    def job_ended(self, job: Any) -> None:
        self.ended.append(job.id)

    def budget_warning(self, guild_id: int, warning: BudgetWarning) -> None:
        self.warnings.append(warning)

    async def credits(self) -> Any:
        raise AssertionError("nobody asks for the credits here")


def join_quotas(store: JobStore, clock: Clock, **settings: Any) -> Quotas:
    """Join the real parts on a store's database, with room for everybody where no setting says otherwise."""
    database, folder = store._database, store._folder
    values: dict[str, Any] = {"default_member_images_per_day": PLENTY, **settings}
    told = Bystander()
    provider: Any = told
    fixed = FixedSettings.of(discord_token="token", evolink_api_key="sk-key", **values)
    return make_quotas(
        fixed,
        database=database,
        path=folder / "imagebot.sqlite3",
        store=store,
        guilds=make_guilds(fixed, database=database, clock=clock),
        provider=provider,
        chronicle=told,
        announce=told.news.append,
        clock=clock,
    )


def admission_of(store: JobStore, clock: Clock, **settings: Any) -> Admission:
    """Return the entrance alone."""
    return join_quotas(store, clock, **settings).admission
