"""What administrators change about their server: checked, told, logged; and forgotten long after the bot has gone."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.errors import BadSetting
from bot.guilds import time_zones
from bot.guilds.model import MAX_CHANNELS, MAX_WORDS, GuildSettings
from bot.guilds.replies import Reaction, ReplyManners
from bot.guilds.service import Change, GuildService
from bot.jobs.model import Quality, Size
from bot.settings import ReplyToPicture
from bot.store.admin_log import AdminLogStore
from bot.store.database import Database
from bot.store.guilds import GuildStore
from bot.store.offers import OfferStore
from tests.support.clock import START, ManualClock

GUILD, OTHER = 1000, 1001
ADMIN, MEMBER = 7, 8
KEPT = timedelta(days=30)

Doing = Callable[[GuildService], Awaitable[Change]]


@pytest.fixture(name="clock")
def _clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(name="database")
async def _database(tmp_path: Path) -> AsyncGenerator[Database, None]:
    database = await Database.open(tmp_path / "imagebot.sqlite3")
    try:
        yield database
    finally:
        await database.close()


@pytest.fixture(name="service")
def _service(database: Database, clock: ManualClock) -> GuildService:
    return service_on(database, clock)


def service_on(database: Database, clock: ManualClock) -> GuildService:
    return GuildService(store=GuildStore(database), admin_log=AdminLogStore(database), clock=clock, kept=KEPT)


CHANGES: list[tuple[Doing, dict[str, Any]]] = [
    (lambda it: it.set_time_zone(GUILD, "Asia/Kathmandu", by_id=ADMIN), {"time_zone": "Asia/Kathmandu"}),
    (lambda it: it.set_allowed_channels(GUILD, [3, 1, 3], by_id=ADMIN), {"allowed_channels": (3, 1)}),
    (lambda it: it.set_denied_channels(GUILD, {5}, by_id=ADMIN), {"denied_channels": (5,)}),
    (lambda it: it.set_highest_quality(GUILD, Quality.ONE_K, by_id=ADMIN), {"highest_quality": Quality.ONE_K}),
    (
        lambda it: it.set_role_quality(GUILD, 9, Quality.HALF_K, by_id=ADMIN),
        {"role_qualities": {9: Quality.HALF_K}},
    ),
    (lambda it: it.set_defaults(GUILD, size=Size.PHONE, by_id=ADMIN), {"default_size": Size.PHONE}),
    (
        lambda it: it.set_defaults(GUILD, size=Size.BANNER, quality=Quality.ONE_K, by_id=ADMIN),
        {"default_size": Size.BANNER, "default_quality": Quality.ONE_K},
    ),
    (lambda it: it.set_private_allowed(GUILD, allowed=False, by_id=ADMIN), {"private_allowed": False}),
    (lambda it: it.set_search_allowed(GUILD, allowed=False, by_id=ADMIN), {"search_allowed": False}),
    (lambda it: it.set_jobs_at_once(GUILD, of_member=1, of_guild=None, by_id=ADMIN), {"jobs_per_member": 1}),
    (
        lambda it: it.set_jobs_at_once(GUILD, of_member=2, of_guild=1000, by_id=ADMIN),
        {"jobs_per_member": 2, "jobs_per_guild": 1000},
    ),
    (
        lambda it: it.set_reply_mode(GUILD, ReplyToPicture.OFF, by_id=ADMIN),
        {"reply_to_picture": ReplyToPicture.OFF},
    ),
    (lambda it: it.set_log_channel(GUILD, 77, by_id=ADMIN), {"log_channel_id": 77}),
    (lambda it: it.set_words(GUILD, "one\ntwo\nONE", by_id=ADMIN), {"words": ("one", "two")}),
]

BACK: list[tuple[Doing, Doing]] = [
    (
        lambda it: it.set_role_quality(GUILD, 9, Quality.HALF_K, by_id=ADMIN),
        lambda it: it.set_role_quality(GUILD, 9, None, by_id=ADMIN),
    ),
    (
        lambda it: it.set_jobs_at_once(GUILD, of_member=4, of_guild=5, by_id=ADMIN),
        lambda it: it.set_jobs_at_once(GUILD, of_member=None, of_guild=None, by_id=ADMIN),
    ),
    (
        lambda it: it.set_reply_mode(GUILD, ReplyToPicture.OFF, by_id=ADMIN),
        lambda it: it.set_reply_mode(GUILD, None, by_id=ADMIN),
    ),
    (lambda it: it.set_log_channel(GUILD, 5, by_id=ADMIN), lambda it: it.set_log_channel(GUILD, None, by_id=ADMIN)),
    (lambda it: it.set_words(GUILD, "one", by_id=ADMIN), lambda it: it.set_words(GUILD, " \n", by_id=ADMIN)),
    (
        lambda it: it.set_allowed_channels(GUILD, [1], by_id=ADMIN),
        lambda it: it.set_allowed_channels(GUILD, [], by_id=ADMIN),
    ),
]

REFUSED: list[tuple[Doing, str, str]] = [
    (lambda it: it.set_time_zone(GUILD, "Atlantis/Capital", by_id=ADMIN), "unknown_time_zone", "Atlantis/Capital"),
    (lambda it: it.set_time_zone(GUILD, "", by_id=ADMIN), "unknown_time_zone", ""),
    (lambda it: it.set_time_zone(GUILD, "../etc/passwd", by_id=ADMIN), "unknown_time_zone", "../etc/passwd"),
    (lambda it: it.set_jobs_at_once(GUILD, of_member=0, of_guild=4, by_id=ADMIN), "bad_number", "0"),
    (lambda it: it.set_jobs_at_once(GUILD, of_member=-1, of_guild=4, by_id=ADMIN), "bad_number", "-1"),
    (lambda it: it.set_jobs_at_once(GUILD, of_member=4, of_guild=1001, by_id=ADMIN), "bad_number", "1001"),
    (lambda it: it.set_jobs_at_once(GUILD, of_member=4, of_guild=10**12, by_id=ADMIN), "bad_number", "1000000000000"),
    (
        lambda it: it.set_allowed_channels(GUILD, range(MAX_CHANNELS + 1), by_id=ADMIN),
        "too_many_channels",
        str(MAX_CHANNELS + 1),
    ),
    (
        lambda it: it.set_denied_channels(GUILD, range(MAX_CHANNELS + 1), by_id=ADMIN),
        "too_many_channels",
        str(MAX_CHANNELS + 1),
    ),
    (
        lambda it: it.set_words(GUILD, "\n".join(map(str, range(MAX_WORDS + 1))), by_id=ADMIN),
        "too_many_words",
        str(MAX_WORDS + 1),
    ),
    (lambda it: it.set_words(GUILD, "x" * 101, by_id=ADMIN), "word_too_long", "x" * 101),
    (lambda it: it.set_words(GUILD, "\u200b", by_id=ADMIN), "word_blank", "\u200b"),
]


@pytest.mark.parametrize(("doing", "values"), CHANGES)
async def test_a_change_is_told_logged_and_holds(doing: Doing, values: dict[str, Any], service: GuildService) -> None:
    """In this server only."""
    change = await doing(service)
    assert change == Change(before=GuildSettings(), after=GuildSettings(**values))
    assert await service.get(GUILD) == change.after
    assert await service.get(OTHER) == GuildSettings()
    logged = await service.log_page(GUILD, most=10)
    assert [each.subject for each in reversed(logged)] == list(values)
    assert {(each.by_id, each.at) for each in logged} == {(ADMIN, START)}


@pytest.mark.parametrize(("doing", "undoing"), BACK)
async def test_what_was_set_can_be_taken_back(doing: Doing, undoing: Doing, service: GuildService) -> None:
    """To what holds where nobody has set anything."""
    done = await doing(service)
    assert await undoing(service) == Change(before=done.after, after=GuildSettings())


@pytest.mark.parametrize(("doing", "what", "given"), REFUSED)
async def test_what_cannot_be_set_changes_nothing(doing: Doing, what: str, given: str, service: GuildService) -> None:
    """And the refusal has what was written."""
    with pytest.raises(BadSetting) as refused:
        await doing(service)
    assert (refused.value.what, refused.value.given) == (what, given)
    assert await service.get(GUILD) == GuildSettings()
    assert await service.log_page(GUILD, most=10) == []


async def test_a_role_has_its_own_quality_beside_others(service: GuildService) -> None:
    """One that is set again is replaced."""
    await service.set_role_quality(GUILD, 1, Quality.HALF_K, by_id=ADMIN)
    await service.set_role_quality(GUILD, 2, Quality.FOUR_K, by_id=ADMIN)
    change = await service.set_role_quality(GUILD, 1, Quality.TWO_K, by_id=ADMIN)
    assert change.after.role_qualities == {1: Quality.TWO_K, 2: Quality.FOUR_K}


async def test_a_channel_that_is_allowed_now_is_denied_no_longer(service: GuildService) -> None:
    """Else it would stay denied, against the last word; a channel that is denied may still be in the other list, so
    that taking it back does not open the whole server."""
    await service.set_denied_channels(GUILD, [1, 2], by_id=ADMIN)
    change = await service.set_allowed_channels(GUILD, [2, 3], by_id=ADMIN)
    assert (change.after.allowed_channels, change.after.denied_channels) == ((2, 3), (1,))
    change = await service.set_denied_channels(GUILD, [2, 3], by_id=ADMIN)
    assert (change.after.allowed_channels, change.after.denied_channels) == ((2, 3), (2, 3))


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        ("europe/berlin", "Europe/Berlin"),
        (" EUROPE/BERLIN ", "Europe/Berlin"),
        ("berlin", "Europe/Berlin"),
        ("America/New York", "America/New_York"),
        ("new york", "America/New_York"),
        ("utc", "UTC"),
        ("etc/gmt-14", "Etc/GMT-14"),
        ("Singapore", "Singapore"),
        ("port-au-prince", "America/Port-au-Prince"),
        ("eastern", None),  # of the United States, or of Canada?
        ("localtime", None),
        ("Factory", None),
        ("Europe", None),
        ("Europe/", None),
        ("", None),
        (" ", None),
        ("+02:00", None),
        ("\x00", None),
        ("Europe/Berlin\n", "Europe/Berlin"),
        ("x" * 4000, None),
    ],
)
async def test_a_time_zone_is_found_as_people_write_it(written: str, found: str | None) -> None:
    """By its name in any case, or by a city that there is only once."""
    assert await time_zones.find(written) == found


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("berl", ["Europe/Berlin"]),
        ("new y", ["America/New_York"]),
        ("europe/ber", ["Europe/Berlin"]),
        ("york", ["America/New_York"]),
        ("nowhere at all", []),
    ],
)
async def test_time_zones_are_suggested_while_one_types(typed: str, first: list[str]) -> None:
    """Those that begin so come first."""
    assert await time_zones.suggest(typed) == first


async def test_no_more_time_zones_are_suggested_than_discord_shows() -> None:
    """Each of them can be set."""
    suggested = await time_zones.suggest("")
    assert len(suggested) == len(set(suggested)) == 25
    assert [await time_zones.find(each) for each in suggested] == suggested


async def test_members_are_blocked_and_unblocked(service: GuildService) -> None:
    """Whether it changed anything is told."""
    assert await service.block(GUILD, MEMBER, by_id=ADMIN)
    assert not await service.block(GUILD, MEMBER, by_id=ADMIN)
    assert [each.user_id for each in await service.list_blocked(GUILD)] == [MEMBER]
    assert await service.is_blocked(GUILD, MEMBER)
    assert not await service.is_blocked(GUILD, ADMIN)
    assert not await service.is_blocked(OTHER, MEMBER)
    assert await service.unblock(GUILD, MEMBER, by_id=ADMIN)
    assert not await service.unblock(GUILD, MEMBER, by_id=ADMIN)


async def test_the_log_is_read_in_pages(service: GuildService) -> None:
    """Newest first, none twice and none left out."""
    for number in range(1, 6):
        await service.set_log_channel(GUILD, number, by_id=ADMIN)
    first = await service.log_page(GUILD, most=2)
    second = await service.log_page(GUILD, before_id=first[-1].id, most=2)
    assert [each.after for each in [*first, *second]] == ["5", "4", "3", "2"]


async def test_a_change_by_another_process_holds_at_once(
    service: GuildService, tmp_path: Path, clock: ManualClock
) -> None:
    """Nothing is remembered."""
    assert (await service.get(GUILD)).private_allowed
    database = await Database.open(tmp_path / "imagebot.sqlite3")
    try:
        await service_on(database, clock).set_private_allowed(GUILD, allowed=False, by_id=ADMIN)
    finally:
        await database.close()
    assert not (await service.get(GUILD)).private_allowed


async def test_a_server_that_removed_the_bot_is_forgotten_after_a_time(
    service: GuildService, clock: ManualClock
) -> None:
    """Not before, and not one that came back."""
    for guild_id in (GUILD, OTHER):
        await service.set_words(guild_id, "word", by_id=ADMIN)
        await service.removed(guild_id)
    await service.back(OTHER)
    async with service.running():
        await swept(clock)
        await clock.advance(KEPT.total_seconds() - 1)
        await swept(clock)
        assert (await service.get(GUILD)).words == ("word",)
        await clock.advance(3600)
        await swept(clock)
        assert (await service.get(GUILD)).words == ()
    assert (await service.get(OTHER)).words == ("word",)


async def test_a_server_that_left_while_the_bot_was_away_is_forgotten_too(
    service: GuildService, clock: ManualClock
) -> None:
    """Its time begins when the bot sees that it is gone."""
    await service.set_words(GUILD, "word", by_id=ADMIN)
    await clock.advance(100 * KEPT.total_seconds())
    await service.present([OTHER])
    await service.sweep()
    assert (await service.get(GUILD)).words == ("word",)
    await clock.advance(KEPT.total_seconds())
    await service.sweep()
    assert (await service.get(GUILD)).words == ()


async def swept(clock: ManualClock) -> None:
    """Wait until the sweep is over and waits for the next hour; no time passes."""
    await clock.run_until(lambda: clock.sleepers == 1, step_s=0)


@pytest.mark.parametrize("usual", list(ReplyToPicture))
@pytest.mark.parametrize("own", [None, *ReplyToPicture])
async def test_replies_are_taken_as_the_server_wants_it(
    usual: ReplyToPicture, own: ReplyToPicture | None, service: GuildService, database: Database, clock: ManualClock
) -> None:
    """Or as the operator has set it for all, where the server has not."""
    manners = ReplyManners(offers=OfferStore(database), guilds=service, clock=clock, usual=usual)
    await service.set_reply_mode(GUILD, own, by_id=ADMIN)
    assert await manners.mode_of(GUILD) is (own or usual)
    assert await manners.mode_of(OTHER) is usual
    expected = {
        ReplyToPicture.INSTANT: Reaction.EDIT,
        ReplyToPicture.ASK: Reaction.ASK,
        ReplyToPicture.MENTION: Reaction.NOTHING,
        ReplyToPicture.OFF: Reaction.NOTHING,
    }
    assert await manners.reaction(GUILD, explicit=False) is expected[own or usual]
