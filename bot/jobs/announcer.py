"""What the jobs tell the world, as a promise that the Discord side keeps. Jobs know nothing of Discord."""

from dataclasses import dataclass
from typing import Protocol

from bot.errors import ImagebotError
from bot.jobs.model import Job, ReplyRoute
from bot.quota.model import BudgetWarning


class DeliveryPostponed(ImagebotError):
    """Nothing could be posted just now, for a reason that passes: ask again later.

    `held_against`: it is one of the refusals that Discord counts against the bot, so ask seldom.
    """

    def __init__(self, reason: str, *, held_against: bool = False) -> None:
        super().__init__(reason)
        self.held_against = held_against


class Dispossessed(ImagebotError):
    """Another process drives the job by now: nothing was posted, and nothing more of it is to be done here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """How a delivery ended: the picture is in a message, or it waits to be collected."""

    delivered: bool
    shown: bool
    """Whether the person sees the picture, or at least that it is kept for them."""
    route: ReplyRoute | None = None
    """Where the picture stands, if that is another place, or better known, than the job's own route says."""
    note: str | None = None
    """What had to be done to the picture to fit; None where it went byte for byte."""


class Announcer(Protocol):
    """Tells the person who asked how their job is doing."""

    def show(self, job: Job, *, turn: int | None = None, waiting_for_provider: bool = False) -> None:
        """Show the job's progress, soon; never waits, never fails. `turn` is the place in the queue."""
        ...

    async def let_go(self, job: Job) -> None:
        """Show nothing more of a job that another process drives by now."""
        ...

    def remind(self, job: Job) -> None:
        """Show what has to be said of a job before its reply cannot be edited any more; never waits, never fails."""
        ...

    async def open_anyhow(self, job: Job) -> ReplyRoute | None:
        """Show a job whose first answer is not known to have arrived, and return where; None where no way is open."""
        ...

    async def deliver(self, job: Job) -> Delivery:
        """Put the result before the person; raises DeliveryPostponed or Dispossessed.

        After it no progress of the job is shown.
        """
        ...

    async def close(self, job: Job) -> bool:
        """Show how a job ended, where a delivery has not shown it; raises DeliveryPostponed or Dispossessed.

        False where a picture waits and its person cannot be told of it now.
        """
        ...


class Chronicle(Protocol):
    """Tells the administrators of a server what happens, where they want to know; never waits, never fails."""

    def job_ended(self, job: Job) -> None:
        """Tell how a job ended, and what it cost."""
        ...

    def budget_warning(self, guild_id: int, warning: BudgetWarning) -> None:
        """Tell that a share of the server's budget is used."""
        ...
