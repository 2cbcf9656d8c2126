"""What stands in the database while nothing is spent, and how it goes on. Pure.

The credits that the provider tells are not all there is to an account: its key may have a quota of its own, or a cap
for each day. Credits that suffice therefore only put a stop on trial: jobs are let in, and what the provider says to
the first one ends the stop, or lets it hold on for twice as long as before, to the next day of UTC at most.
"""

import json
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Self

READ_CREDITS_EVERY = timedelta(minutes=10)
_MOST_DOUBLINGS = 8
"""More than a day, which is the longest anyhow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TotalStop:
    """The operator's own total is used up."""

    until: datetime
    """When it begins anew."""

    @classmethod
    def read(cls, text: str) -> Self:
        """Read what `text` returned."""
        return cls(until=datetime.fromisoformat(json.loads(text)["until"]))

    @property
    def text(self) -> str:
        """Return it as it is stored: equal ones alike."""
        return json.dumps({"until": self.until.isoformat()})

    def holds(self, now: datetime) -> bool:
        """Tell whether it goes on."""
        return now < self.until


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountStop:
    """The provider's account is empty, or it says so."""

    account: str
    """Whichever of the operator's accounts it is; a stop of another one is as one on trial."""
    look_at: datetime
    """When the credits are read next."""
    n_failed: int = 0
    """How often they sufficed, and the provider said no all the same."""
    on_trial: bool = False

    @classmethod
    def begun(cls, *, account: str, now: datetime) -> Self:
        """Return a new one."""
        return cls(account=account, look_at=now + READ_CREDITS_EVERY)

    @classmethod
    def read(cls, text: str) -> Self:
        """Read what `text` returned."""
        facts = json.loads(text)
        look_at = datetime.fromisoformat(facts.pop("look_at"))
        return cls(look_at=look_at, **facts)

    @property
    def text(self) -> str:
        """Return it as it is stored: equal ones alike."""
        return json.dumps({**asdict(self), "look_at": self.look_at.isoformat()})

    def lets_in(self, account: str) -> bool:
        """Tell whether jobs of an account are let in, to see what the provider says."""
        return self.on_trial or self.account != account

    def is_due(self, now: datetime) -> bool:
        """Tell whether the credits are to be read; also where the clock was set back since."""
        return now >= self.look_at or self.look_at > now + _wait(self.n_failed)

    def looked(self, now: datetime) -> Self:
        """Return it as it stands while the credits are read, and after they did not suffice."""
        return replace(self, look_at=now + READ_CREDITS_EVERY)

    def tried(self) -> Self:
        """Return it on trial: the credits suffice."""
        return replace(self, on_trial=True)

    def failed(self, *, account: str, now: datetime) -> Self:
        """Return it as it holds on: the provider has said no to a job that was let in."""
        if self.account != account:
            return self.begun(account=account, now=now)
        n_failed = self.n_failed + 1
        look_at = min(now + _wait(n_failed), _next_day(now))
        return replace(self, look_at=look_at, n_failed=n_failed, on_trial=False)


def _wait(n_failed: int) -> timedelta:
    return READ_CREDITS_EVERY * 2 ** min(n_failed, _MOST_DOUBLINGS)


def _next_day(now: datetime) -> datetime:
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return today + timedelta(days=1)
