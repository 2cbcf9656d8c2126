"""The moment in which a request is let in: what its server has set and has used is read, and its place is held.

All of it runs within the one transaction that stores the job, so that of many requests, of several processes as well,
none is let in on what another has used meanwhile. What to decide is handed in; nothing is decided here.
"""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bot.guilds.model import GuildSettings
from bot.quota.model import Asking, Rule, Running, Usage, Window
from bot.store import guilds, ledger, rules
from bot.store.jobs import Within


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerFacts:
    """What a server has set; outside of servers what holds where nobody has set anything."""

    settings: GuildSettings = field(default_factory=GuildSettings)
    rules: tuple[Rule, ...] = ()
    is_blocked: bool = False
    """Whether the person who asks is blocked there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be looked up, and what then decides; `decide` refuses by raising."""

    windows: Sequence[Window]
    decide: Callable[[Mapping[Window, Usage], Running], None]


def reservation(job_id: str, asking: Asking, *, plan: Callable[[ServerFacts], Plan], at: datetime) -> Within:
    """Return what `JobStore.insert` runs before it stores the job. `plan` may refuse by raising, too."""

    def reserve(connection: sqlite3.Connection) -> None:
        planned = plan(_facts(connection, asking))
        used = ledger.sums(connection, planned.windows, now=at)
        running = ledger.running(connection, user_id=asking.user_id, guild_id=asking.guild_id)
        planned.decide(used, running)
        ledger.reserve(connection, job_id=job_id, asking=asking, at=at)

    return reserve


def second_reservation(
    job_id: str,
    role_ids: frozenset[int],
    *,
    plan: Callable[[Asking, ServerFacts], Plan],
    refused: type[Exception],
    at: datetime,
) -> Within:
    """Return what holds a place once more for a job that was released, as of now, or makes a gift of it.

    It is a gift where `plan` decides by raising `refused`. What already goes on is not looked at: nothing runs for it.
    """

    def reserve(connection: sqlite3.Connection) -> None:
        asking = ledger.find_asked(connection, job_id=job_id, role_ids=role_ids)
        gift = False
        if asking is not None:
            planned = plan(asking, _facts(connection, asking))
            try:
                planned.decide(ledger.sums(connection, planned.windows, now=at), Running())
                ledger.reserve(connection, job_id=job_id, asking=asking, at=at)
            except refused:
                gift = True
        connection.execute("UPDATE jobs SET gift = ? WHERE id = ?", (gift, job_id))

    return reserve


def _facts(connection: sqlite3.Connection, asking: Asking) -> ServerFacts:
    if asking.guild_id is None:
        return ServerFacts()
    settings, is_blocked = guilds.read_facts(connection, asking.guild_id, user_id=asking.user_id)
    return ServerFacts(settings=settings, rules=rules.read_rules(connection, asking.guild_id), is_blocked=is_blocked)
