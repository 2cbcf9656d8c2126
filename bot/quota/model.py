"""The words of a quota, as plain data: rules, whose usage they look at, and what the ledger says of it.

A leaf: it knows nothing of Discord, the database or what a server has set besides.
"""

import enum
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

MILLIONTHS = 1_000_000
"""Credits are counted in whole millionths, so that sums are exact."""
MAX_IMAGES = 1_000_000_000
MAX_CREDITS = 1_000_000_000 * MILLIONTHS
"""The highest limits that can be set; beyond them one means `unlimited`."""
MAX_RULES_OF_GUILD = 250
MAX_WHY_CHARS = 200
"""Of a note in the ledger."""


def in_millionths(written: float) -> int:
    """Return credits as whole millionths, rounded from the decimal that the provider wrote; the half goes to even.

    Raises ValueError where they are not finite.
    """
    amount = Decimal(repr(written))
    if not amount.is_finite():
        raise ValueError("is no amount of credits")
    return int((amount * MILLIONTHS).to_integral_value())


class Unit(enum.StrEnum):
    """What a rule counts."""

    IMAGES = "images"
    CREDITS = "credits"
    """In whole millionths."""


class Period(enum.StrEnum):
    """How long a rule looks back; by the calendar, or rolling over 1 h, 24 h, 7 days, 30 days."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    """By the calendar the ISO week, which begins on Monday."""
    MONTH = "month"


class Scope(enum.StrEnum):
    """For whom a rule was set. Of the first three the nearest replaces the farther ones; the others always hold."""

    USER = "user"
    ROLE = "role"
    DEFAULT = "default"
    """Every member for whom there is no nearer rule."""
    CHANNEL = "channel"
    """A ceiling for all members together in one channel, its threads included."""
    GUILD = "guild"
    """A ceiling for a whole server: its budget."""
    OPERATOR_USER = "operator_user"
    """The operator's, for one person over all servers."""
    OPERATOR_GUILD = "operator_guild"
    """The operator's ceiling for one server, which no administrator can pass."""
    OPERATOR_TOTAL = "operator_total"
    """The operator's, for everything."""
    OPERATOR_DIRECT = "operator_direct"
    """The operator's, for one person outside of servers that have the bot: direct messages and user installs."""


OF_MEMBER = frozenset({Scope.USER, Scope.ROLE, Scope.DEFAULT})
"""What is set for members themselves, and what grants raise; the others are ceilings."""
OF_OPERATOR = frozenset({Scope.OPERATOR_USER, Scope.OPERATOR_GUILD, Scope.OPERATOR_TOTAL, Scope.OPERATOR_DIRECT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """At most `limit` in each window. A scope's subject has at most one rule of a unit and a period."""

    scope: Scope
    subject_id: int | None = None
    """The user, role or channel it was set for."""
    unit: Unit
    period: Period
    limit: int | None
    """Images, or millionths of credits; 0 blocks, None is unlimited."""
    rolling: bool = False


class Whose(enum.StrEnum):
    """Whose usage is summed."""

    MEMBER = "member"
    """A person in one server; or, where `guild_id` is None, outside of all servers that have the bot."""
    USER = "user"
    """A person, everywhere."""
    CHANNEL = "channel"
    GUILD = "guild"
    OPERATOR_GUILD = "operator_guild"
    """A server, as the operator's ceiling looks at it: no reset makes it forget what was used."""
    TOTAL = "total"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Somebody or something whose usage is summed."""

    whose: Whose
    guild_id: int | None = None
    """Of MEMBER, CHANNEL, GUILD and OPERATOR_GUILD."""
    id: int | None = None
    """The person or the channel."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A stretch of time up to now in which the usage of a subject counts."""

    subject: Subject
    begins_at: datetime
    """UTC. What was counted at this instant or later is inside."""
    ends_at: datetime | None
    """When the next one begins, by the calendar; None for a rolling window."""
    length: timedelta | None
    """Of a rolling window, else None."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What the ledger holds of a window: what was used, and by how much grants raise its limits."""

    images: int = 0
    credits: int = 0
    granted_images: int = 0
    granted_credits: int = 0

    def used(self, unit: Unit) -> int:
        """Return what was used, in images or millionths of credits."""
        return self.images if unit is Unit.IMAGES else self.credits

    def granted(self, unit: Unit) -> int:
        """Return what was granted, in images or millionths of credits."""
        return self.granted_images if unit is Unit.IMAGES else self.granted_credits


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetWarning:
    """A share of a server's budget is used, and the server was not told of it yet."""

    rule: Rule
    window: Window
    percent: int
    """80 or 100."""
    used: int
    limit: int
    """Images or millionths of credits, as the rule's unit says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """A request, as quotas look at it."""

    user_id: int
    guild_id: int | None
    """The server that has the bot; None for direct messages and user installs."""
    channel_id: int
    """Of a thread, the channel it belongs to."""
    role_ids: frozenset[int] = frozenset()
    images: int = 1
    credits: int
    """The estimated price, in millionths."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """How many jobs go on at this moment."""

    of_member: int = 0
    """Of the person in this server."""
    in_guild: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ByHand:
    """What somebody grants a member, or corrects of what they used, by the difference."""

    guild_id: int | None
    user_id: int
    channel_id: int | None = None
    """Of a correction that is to count in a channel, too."""
    images: int = 0
    credits: int = 0
    """In millionths."""
    by_id: int
    """0 is the operator."""
    why: str = ""


class EntryKind(enum.StrEnum):
    """What a row of the ledger says."""

    RESERVE = "reserve"
    COMMIT = "commit"
    RELEASE = "release"
    SETTLE = "settle"
    GRANT = "grant"
    """Raises the limits of a member in the windows that contain its instant; it is no usage."""
    ADJUST = "adjust"
    """A correction of usage, by hand."""
    RESET = "reset"
    """A marker before which no window of its subject begins; it is no usage. One that lies ahead is not looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A row of the ledger. It is never changed and never removed."""

    kind: EntryKind
    job_id: str | None = None
    user_id: int | None
    guild_id: int | None
    channel_id: int | None
    images: int = 0
    credits: int = 0
    """In millionths."""
    counted_at: datetime
    """The instant of the job's reservation, by which windows sum."""
    at: datetime
    """When this row was written."""
    by_id: int | None = None
    """Who did it, where it was not the job itself."""
    why: str = ""
