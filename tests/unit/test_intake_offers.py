"""What is offered where the store is slow or broken: in time, and rather too much than nothing."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bot import errors
from bot.guilds.model import GuildSettings
from bot.intake.offers import PATIENCE_S, QualityOffers
from bot.jobs.model import Asker, Quality
from bot.settings import DEFAULT_PRICES
from tests.support.clock import ManualClock

GUILD, ROLE = 22, 41
HERE = Asker(user_id=11, guild_id=GUILD, channel_id=33, role_ids=frozenset({ROLE}))
SMALL = GuildSettings(highest_quality=Quality.ONE_K)


class Servers:
    """Answers what a server has set, in its own way."""

    def __init__(self, answer: Callable[[], Awaitable[GuildSettings]]) -> None:
        self._answer = answer

    async def get(self, guild_id: int) -> GuildSettings:
        assert guild_id == GUILD
        return await self._answer()


def offers(answer: Callable[[], Awaitable[GuildSettings]], clock: ManualClock) -> QualityOffers:
    servers: Any = Servers(answer)
    return QualityOffers(guilds=servers, prices=DEFAULT_PRICES, clock=clock)


async def small() -> GuildSettings:
    return SMALL


async def broken() -> GuildSettings:
    raise errors.StoreError("locked")


async def test_what_a_server_allows_is_offered_with_its_prices() -> None:
    """And what is usual there, never more than that."""
    offered = await offers(small, ManualClock()).qualities(HERE)
    assert offered.prices == {Quality.HALF_K: DEFAULT_PRICES["0.5K"], Quality.ONE_K: DEFAULT_PRICES["1K"]}
    assert offered.usual is Quality.ONE_K


async def test_outside_of_servers_nobody_is_asked() -> None:
    """There everything is offered."""
    offered = await offers(broken, ManualClock()).qualities(Asker(user_id=11, guild_id=None, channel_id=33))
    assert tuple(offered.prices) == tuple(Quality)


async def test_where_the_store_fails_everything_is_offered(caplog: pytest.LogCaptureFixture) -> None:
    """And the fault is logged."""
    with caplog.at_level(logging.WARNING):
        offered = await offers(broken, ManualClock()).qualities(HERE)
        await asyncio.sleep(0)
    assert tuple(offered.prices) == tuple(Quality)
    assert "settings of a server not read" in caplog.text


@pytest.mark.parametrize("late", [small, broken])
async def test_where_the_store_does_not_answer_everything_is_offered_in_time(
    late: Callable[[], Awaitable[GuildSettings]], caplog: pytest.LogCaptureFixture
) -> None:
    """Discord waits for 3 seconds; what comes later disturbs nothing, be it an answer or a fault."""
    clock, released = ManualClock(), asyncio.Event()

    async def slow() -> GuildSettings:
        await released.wait()
        return await late()

    offering = asyncio.create_task(offers(slow, clock).qualities(HERE))
    await clock.run_until(offering.done, step_s=0.1, limit_s=3)
    assert clock.monotonic() <= PATIENCE_S + 0.2
    assert tuple(offering.result().prices) == tuple(Quality)
    released.set()
    with caplog.at_level(logging.WARNING):
        await asyncio.sleep(0.01)
    assert ("settings of a server not read" in caplog.text) == (late is broken)
