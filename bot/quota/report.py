"""What was used, as plain data: the numbers of a table, a picture or a page, and why requests were refused.

A leaf: it knows nothing of the database, Discord or the words in which numbers are told.
"""

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from bot.errors import LimitReached, NotAllowedHere, Refusal
from bot.quota.model import OF_MEMBER, OF_OPERATOR, Scope

MAX_DAYS = 366
"""The longest stretch that is reported on."""
MOST_NAMED = 10
"""So many people, and so many servers, are named in a report."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A day of a server's calendar as it lies in time; daylight saving makes some shorter or longer."""

    day: date
    begins_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DayUsage:
    """What the ledger counts on one day."""

    day: date
    images: int
    credits: int
    """In millionths."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberUsage:
    """What the ledger counts for one person."""

    user_id: int
    name: str = ""
    """As people know them; blank where nobody has looked it up."""
    images: int
    credits: int
    """In millionths."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GuildUsage:
    """What the ledger counts in one server."""

    guild_id: int | None
    """None: in direct messages and where people brought the bot along."""
    images: int
    credits: int
    """In millionths."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalCount:
    """How often requests were refused for one reason."""

    reason: str
    """A word of `reason_of`."""
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageReport:
    """What was used in a stretch of whole days, of which the last one may still go on. All of it is one moment's look.

    Pictures in the making are in it at their estimated price, as they are in every limit.
    """

    title: str
    """The server's name, or what else is reported on."""
    zone: str
    """By whose calendar the days are."""
    days: tuple[DayUsage, ...]
    """Each day once, oldest first, those without use as well."""
    top: tuple[MemberUsage, ...]
    """Who made most pictures, most first; `MOST_NAMED` at most."""
    members: int
    """How many used anything at all."""
    refusals: tuple[RefusalCount, ...]
    """Most first."""
    servers: tuple[GuildUsage, ...] = ()
    """Where most was used, most first, `MOST_NAMED` at most; of a report on all servers only."""

    @property
    def images(self) -> int:
        return sum(day.images for day in self.days)

    @property
    def credits(self) -> int:
        """In millionths."""
        return sum(day.credits for day in self.days)

    @property
    def refused(self) -> int:
        return sum(refusal.count for refusal in self.refusals)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartWords:
    """Whatever a chart says that is no number and no name. In `{…}` stands what the chart fills in."""

    title: str
    """Where a server's name cannot be drawn."""
    summary: str
    """Under the title: `{days}`, `{zone}`, `{images}`, `{credits}`."""
    per_day: str
    images: str
    credits: str
    top: str
    refusals: str
    no_usage: str
    no_members: str
    no_refusals: str
    others: str
    """The reasons that are too many to be drawn one by one: `{count}`."""
    reasons: dict[str, str]
    """What each word of `reason_of` means."""


def with_names(report: UsageReport, names: Mapping[int, str]) -> UsageReport:
    """Return the report with people's names where they are known."""
    named = (dataclasses.replace(each, name=names.get(each.user_id, each.name)) for each in report.top)
    return dataclasses.replace(report, top=tuple(named))


_INNER_CAPITAL = re.compile(r"(?<!^)(?=[A-Z])")


def reason_of(error: Refusal) -> str:
    """Return the stable word under which a refusal is counted: made of its class, of some of what it is about, too."""
    match error:
        case LimitReached():
            return f"limit_of_{_whose_limit(Scope(error.scope))}"
        case NotAllowedHere():
            return f"not_allowed_{error.what}"
        case _:
            return _INNER_CAPITAL.sub("_", type(error).__name__).lower()


def _whose_limit(scope: Scope) -> str:
    if scope in OF_MEMBER:
        return "member"
    return "operator" if scope in OF_OPERATOR else "server" if scope is Scope.GUILD else "channel"
