"""How `imagebot quota` changes limits, and what it says of it: what was before, and what is now."""

import argparse
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import tzinfo

from bot.cli import loop
from bot.cli import quota_words as words
from bot.cli.output import complain, tell
from bot.clock import Clock, SystemClock
from bot.errors import BadSetting, ImagebotError, StoreError
from bot.files import DataFolder
from bot.quota import parsing
from bot.quota.making import make_quota_service
from bot.quota.model import ByHand, Rule, Scope, Subject, Unit, Whose
from bot.quota.operator import operator_rules
from bot.quota.service import QuotaService
from bot.quota.standing import Standing
from bot.settings import StorageSettings
from bot.store import beside
from bot.store.guilds import GuildStore
from bot.ui.texts import admin_amounts, amounts

EXIT_FAULT = 1
EXIT_USAGE = 2
OPERATOR = 0
"""By whom it stands in the ledger and in a server's log."""


class NothingDone(ImagebotError):
    """There was nothing to do; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What the actions need."""

    quotas: QuotaService
    settings: StorageSettings
    options: argparse.Namespace
    zone: tzinfo

    @property
    def server(self) -> int:
        server: int = self.options.server
        return server


def main(settings: StorageSettings, options: argparse.Namespace, *, clock: Clock | None = None) -> int:
    """Do what the options say, and return the exit code."""
    try:
        loop.run(_act(settings, options, clock=clock or SystemClock()))
    except BadSetting as error:
        complain(f"{words.fault(error)}; nothing was changed")
        return EXIT_USAGE
    except NothingDone as error:
        complain(str(error))
        return EXIT_FAULT
    except StoreError as error:
        complain(f"the database in DATA_DIR cannot be used: {error}")
        return EXIT_FAULT
    return 0


async def _act(settings: StorageSettings, options: argparse.Namespace, *, clock: Clock) -> None:
    async with _desk(settings, options, clock=clock) as desk:
        await _ACTIONS[options.action](desk)


@asynccontextmanager
async def _desk(settings: StorageSettings, options: argparse.Namespace, *, clock: Clock) -> AsyncGenerator[Desk, None]:
    database = await beside.open_for_changes(DataFolder(settings.data_dir).database)
    try:
        quotas = make_quota_service(settings, database=database, clock=clock)
        zone = (await GuildStore(database).get(options.server)).zone
        yield Desk(quotas=quotas, settings=settings, options=options, zone=zone)
    finally:
        await database.close()


async def _list(desk: Desk) -> None:
    rules = await desk.quotas.list_rules(desk.server)
    for rule in rules:
        tell(f"{words.for_whom(rule)}: {amounts.rule(rule)}")
    if not any(rule.scope is Scope.DEFAULT for rule in rules):
        n_images = desk.settings.default_member_images_per_day
        tell(f"every other member: {amounts.amount(Unit.IMAGES, n_images)} a day (DEFAULT_MEMBER_IMAGES_PER_DAY)")
    for rule in operator_rules(desk.settings):
        if rule.scope in words.OF_OPERATOR:
            tell(f"{words.for_whom(rule)}: {amounts.rule(rule)}")


async def _set(desk: Desk) -> None:
    options = desk.options
    scope, subject_id = _target(options)
    limit = parsing.parse_limit(options.limit, options.unit)
    rule = Rule(
        scope=scope,
        subject_id=subject_id,
        unit=options.unit,
        period=options.per,
        limit=limit,
        rolling=options.rolling,
    )
    change = await desk.quotas.set_rule(desk.server, rule, by_id=OPERATOR)
    before = amounts.rule(change.before) if change.before else "none"
    tell(f"{words.for_whom(rule)}: {amounts.rule(rule)}; before: {before}")


async def _remove(desk: Desk) -> None:
    options = desk.options
    scope, subject_id = _target(options)
    removed = await desk.quotas.remove_rules(
        desk.server, scope, subject_id, unit=options.unit, period=options.per, by_id=OPERATOR
    )
    if not removed:
        raise NothingDone("there is no such limit in this server; nothing was changed")
    for rule in removed:
        tell(f"{words.for_whom(rule)}: removed: {amounts.rule(rule)}")


async def _grant(desk: Desk) -> None:
    options = desk.options
    unit = Unit.CREDITS if options.images is None else Unit.IMAGES
    amount = parsing.parse_amount(options.credits if options.images is None else options.images, unit)
    given = ByHand(
        guild_id=desk.server,
        user_id=options.user,
        images=amount if unit is Unit.IMAGES else 0,
        credits=amount if unit is Unit.CREDITS else 0,
        by_id=OPERATOR,
        why=options.why,
    )
    change = await desk.quotas.grant(given, zone=desk.zone)
    tell(f"member {options.user}: granted {amounts.amount(unit, amount)}")
    _tell_standings(change.before, change.after)


async def _reset(desk: Desk) -> None:
    options = desk.options
    whose, subject_id, whom = Whose.GUILD, None, "the whole server"
    if options.user is not None:
        whose, subject_id, whom = Whose.MEMBER, options.user, f"member {options.user}"
    elif options.channel is not None:
        whose, subject_id, whom = Whose.CHANNEL, options.channel, f"channel {options.channel}"
    subject = Subject(whose=whose, guild_id=desk.server, id=subject_id)
    change = await desk.quotas.reset(subject, by_id=OPERATOR, why=options.why, zone=desk.zone)
    tell(f"{whom}: what was used until now counts no more")
    if whose is Whose.GUILD:
        tell(
            "  the operator's own limits go on counting it: they are changed in the settings (SERVER_CREDITS_PER_MONTH)"
        )
    if gone := admin_amounts.grants_gone(change.before):
        tell(f"  what was granted before counts no more, either: {gone}; imagebot quota grant gives it again")
    _tell_standings(change.before, change.after)


async def _adjust(desk: Desk) -> None:
    options = desk.options
    images, millionths = _signed(options.images, Unit.IMAGES), _signed(options.credits, Unit.CREDITS)
    if not images and not millionths:
        raise BadSetting("amount_zero", options.images)
    difference = ByHand(
        guild_id=desk.server,
        user_id=options.user,
        images=images,
        credits=millionths,
        by_id=OPERATOR,
        why=options.why,
    )
    change = await desk.quotas.adjust(difference, zone=desk.zone)
    parts = [
        words.difference(unit, number) for unit, number in ((Unit.IMAGES, images), (Unit.CREDITS, millionths)) if number
    ]
    tell(f"member {options.user}: {' and '.join(parts)}")
    _tell_standings(change.before, change.after)


_ACTIONS: dict[str, Callable[[Desk], Awaitable[None]]] = {
    "list": _list,
    "set": _set,
    "remove": _remove,
    "grant": _grant,
    "reset": _reset,
    "adjust": _adjust,
}


def _target(options: argparse.Namespace) -> tuple[Scope, int | None]:
    """Return for whom a limit is; the command line lets exactly one of them through."""
    for scope, subject_id in ((Scope.USER, options.user), (Scope.ROLE, options.role), (Scope.CHANNEL, options.channel)):
        if subject_id is not None:
            return scope, subject_id
    return (Scope.GUILD if options.ceiling else Scope.DEFAULT), None


def _signed(written: str, unit: Unit) -> int:
    """Read a number that may be below nothing."""
    text = written.strip()
    if text in {"0", "-0"}:
        return 0
    return -parsing.parse_amount(text[1:], unit) if text.startswith("-") else parsing.parse_amount(text, unit)


def _tell_standings(before: Sequence[Standing], after: Sequence[Standing]) -> None:
    """Say how each limit stood and stands that was changed."""
    changed = [
        (old, new) for old, new in zip(before, after, strict=True) if (old.used, old.limit) != (new.used, new.limit)
    ]
    for old, new in changed:
        tell(f"  {amounts.rule(new.rule)} ({words.for_whom(new.rule)}): {words.state(new)}; before: {words.state(old)}")
    if not changed:
        tell("  no limit stands otherwise now (those of roles are not looked at here: only Discord knows who has them)")
