"""Discord goes away and comes back, at any moment: the bot waits, says so once, and loses nothing."""

import asyncio
import contextlib
import json
import logging
import threading
from collections.abc import AsyncGenerator, Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from bot import app
from bot.connection.identifies import KEY, LIMITS
from bot.connection.line import READY_WITHIN_S
from bot.errors import CannotConnect
from bot.sandbox.discord import DiscordSandbox, Fault
from bot.sandbox.evolink import Failed
from bot.settings import FixedSettings
from tests.support.house import House, title

SERVER_ERROR = Fault.server_error(503)
REFUSED_AT_THE_EDGE = Fault(status=403, body="<html>", content_type="text/html")
"""The library does not repeat it by itself, in real time."""


@contextlib.asynccontextmanager
async def started(house: House, **changes: object) -> AsyncGenerator[tuple[app.App, "asyncio.Task[None]"], None]:
    """Start the bot and wait for nothing."""
    async with app.build(FixedSettings.of(**house.values(**changes)), clock=house.clock) as built:
        running = asyncio.create_task(built.run())
        yield built, running
        await built.stop()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def said(caplog: pytest.LogCaptureFixture, event: str) -> list[str]:
    return [vars(each)["what"] for each in caplog.records if each.getMessage() == event]


def heartbeats() -> int:
    return sum(thread.name.startswith("keep-alive") for thread in threading.enumerate())


AWAY, BACK = "Discord is away: it is tried again", "Discord is back"


@pytest.mark.parametrize(
    "outage",
    [
        SERVER_ERROR,
        Fault.rate_limited(via=False),
        REFUSED_AT_THE_EDGE,
    ],
    ids=["503", "429 of the edge", "403 of the edge"],
)
async def test_an_outage_at_the_start_is_waited_for_with_growing_pauses(
    outage: Fault, house: House, caplog: pytest.LogCaptureFixture
) -> None:
    """Said once, and once when it is over; each pause is twice the last (here by its shorter half, jitter aside)."""
    caplog.set_level(logging.INFO)
    house.discord.faults.outage = outage
    async with started(house) as (built, _):
        await house.until(lambda: len(house.discord.requests) >= 6)
        first, *_, sixth = (request.at for request in house.discord.requests[:6])
        house.discord.faults.outage = None
        await house.until(lambda: built.client.connected)
    assert (sixth - first).total_seconds() >= 0.5 + 1 + 2 + 4 + 8
    assert said(caplog, AWAY) == ["login"]
    assert said(caplog, BACK) == ["login"]


async def test_what_was_left_is_delivered_although_the_gateway_never_opens(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    """REST is enough. No session is begun, so however long it lasts none is used up."""
    async with house.bot():
        message = await house.imagine()
        await house.until(lambda: house.stored("status") == ["running"])
    house.discord.gateway.turned_away = 503
    async with started(house) as (built, _):
        await house.until(lambda: message.attachments and house.discord.gateway.knocks > 8)
        assert not built.client.connected
        assert house.discord.gateway.identifies == 1
        house.discord.gateway.turned_away = None
        await house.until(lambda: built.client.connected)
    assert house.stored("status") == ["delivered"]
    assert said(caplog, AWAY) == ["gateway, shard 0"]


async def test_what_was_left_is_fetched_although_nobody_can_log_in(house: House) -> None:
    """The provider keeps a picture for a day only. It is posted as soon as Discord is back, and nothing stumbles."""
    house.evolink.knobs.duration_s = 30
    async with house.bot():
        message = await house.imagine()
        await house.until(lambda: house.stored("status") == ["running"])
    house.discord.faults.outage = SERVER_ERROR
    async with started(house) as (built, _):
        await house.until(lambda: house.stored("status") == ["delivering"])
        assert list((house.data_dir / "results").iterdir())
        await house.until(lambda: len(house.discord.requests) >= 20, step_s=5)
        house.discord.faults.outage = None
        await house.until(lambda: built.client.connected)
        back_s = house.clock.monotonic()
        await house.until(lambda: message.attachments)
        assert house.clock.monotonic() - back_s <= 2
    assert house.stored("status") == ["delivered"]
    assert len(house.tasks) == 1


async def test_a_bot_that_discord_refuses_sends_nothing_to_the_provider(house: House) -> None:
    """Where the token is wrong, pictures would be paid for that nobody could be shown."""
    async with house.bot(max_concurrent_tasks=1):
        for number in range(2):
            await house.imagine(prompt=f"picture {number}")
        await house.until(lambda: sorted(house.stored("status")) == ["queued", "running"])
    async with started(house, discord_token="another-token") as (_, running):
        with pytest.raises(CannotConnect, match="DISCORD_TOKEN"):
            await running
    house.discord.violations.clear()
    assert sorted(house.stored("status")) == ["queued", "running"]
    assert len(house.tasks) == 1


async def test_a_picture_made_while_discord_is_away_is_kept_and_posted_when_it_is_back(house: House) -> None:
    """The provider's work goes on; nothing is asked for twice."""
    async with house.bot() as built:
        message = await house.imagine()
        house.discord.faults.outage = SERVER_ERROR
        house.discord.gateway.turned_away = 503
        house.discord.gateway.drop_all()
        await house.until(lambda: house.stored("status") == ["delivering"])
        assert list((house.data_dir / "results").iterdir())
        before = house.clock.monotonic()
        await house.until(lambda: house.clock.monotonic() - before > 300)
        assert not built.client.connected
        house.discord.faults.outage = house.discord.gateway.turned_away = None
        await house.until(lambda: message.attachments and built.client.connected)
    assert len(house.tasks) == 1
    assert house.stored("status") == ["delivered"]


@pytest.mark.parametrize("session", ["resumed", "begun anew"])
async def test_what_waits_for_discord_is_posted_as_soon_as_the_gateway_is_back(
    session: str, house: House, caplog: pytest.LogCaptureFixture
) -> None:
    """The next try would come minutes later, so long has Discord been away; a failure is told as soon as a picture."""

    def n_postponed() -> int:
        return sum(each.getMessage() == "delivery postponed" for each in caplog.records)

    house.evolink.knobs.duration_s = 5
    house.evolink.knobs.task.append(Failed(code="content_policy_violation"))
    async with house.bot() as built:
        failing = await house.imagine()
        message = await house.imagine(house.bob)
        await house.until(lambda: len(house.tasks) == 2)
        house.discord.faults.outage = REFUSED_AT_THE_EDGE
        if session == "begun anew":
            house.discord.gateway.turned_away = 503
            house.discord.gateway.drop_all()
        await house.until(lambda: n_postponed() >= 2 * 9, step_s=2)
        house.discord.faults.outage = house.discord.gateway.turned_away = None
        if session == "resumed":
            house.discord.gateway.drop_all()
        knocks = house.discord.gateway.knocks
        await house.until(lambda: house.discord.gateway.knocks > knocks and built.client.connected, limit_s=130)
        await house.until(lambda: message.attachments and "declined" in title(failing), step_s=0.1, limit_s=10)
    assert house.discord.gateway.identifies == (1 if session == "resumed" else 2)


async def test_a_try_that_was_under_way_when_discord_came_back_is_repeated_within_seconds(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    """It fails although Discord is back; that it was the eighth in a row counts no more."""
    house.evolink.knobs.duration_s = 5
    async with house.bot() as built:
        message = await house.imagine()
        await house.until(lambda: len(house.tasks) == 1)
        house.discord.faults.outage = REFUSED_AT_THE_EDGE
        await house.until(lambda: sum(each.getMessage() == "delivery postponed" for each in caplog.records) >= 7)
        house.discord.faults.outage = replace(REFUSED_AT_THE_EDGE, delay_s=20)
        n_requests, knocks = len(house.discord.requests), house.discord.gateway.knocks
        await house.until(lambda: len(house.discord.requests) > n_requests)
        house.discord.faults.outage = None
        house.discord.gateway.drop_all()
        await house.until(
            lambda: house.discord.gateway.knocks > knocks and built.client.connected, step_s=0.1, limit_s=15
        )
        await house.until(lambda: message.attachments, limit_s=60)


BLOWS: dict[str, tuple[Callable[[DiscordSandbox], None], int]] = {
    "op 7": (lambda discord: discord.gateway.ask_to_reconnect(), 1),
    "op 9, to be resumed": (lambda discord: discord.gateway.invalidate(resumable=True), 1),
    "op 9": (lambda discord: discord.gateway.invalidate(), 2),
    "cut": (lambda discord: discord.gateway.drop_all(), 1),
    "closed with 4000": (lambda discord: discord.gateway.close_all(4000), 1),
    "closed with 1000": (lambda discord: discord.gateway.close_all(1000), 1),
    "mangled": (lambda discord: discord.gateway.mangle_all(), 1),
    "session timed out": (lambda discord: discord.gateway.close_all(4009), 1),
}


@pytest.mark.parametrize(("blow", "sessions"), BLOWS.values(), ids=BLOWS.keys())
async def test_a_connection_that_ends_is_taken_up_again(
    blow: Callable[[DiscordSandbox], None], sessions: int, house: House, caplog: pytest.LogCaptureFixture
) -> None:
    """By a resume where Discord allows one, which brings what was missed; nothing is said of it, and nothing leaks."""
    async with house.bot() as built:
        await house.clock.advance(120)
        knocks = house.discord.gateway.knocks
        blow(house.discord)
        await house.until(lambda: house.discord.gateway.knocks > knocks and built.client.connected)
        assert (await house.imagine()).embeds
        await house.until(lambda: heartbeats() == 1)
    assert house.discord.gateway.identifies == sessions
    assert said(caplog, AWAY) == []


async def test_a_gateway_that_never_says_ready_is_dropped_and_tried_anew(house: House) -> None:
    """The watchdog: heartbeats alone are no connection."""
    gateway = house.discord.gateway
    gateway.mute = True
    async with started(house) as (built, _):
        begun = house.clock.monotonic()
        await house.until(lambda: gateway.knocks == 2)
        assert READY_WITHIN_S <= house.clock.monotonic() - begun < READY_WITHIN_S + 10
        gateway.mute = False
        await house.until(lambda: built.client.connected)
    assert gateway.identifies == 1


async def test_an_intent_that_is_refused_is_done_without_where_it_was_only_a_wish(house: House) -> None:
    """The application says it has the intent, the gateway that it has not: it goes on without."""
    application = house.discord.application
    application.message_content_granted = True
    async with started(house) as (built, _):
        await house.discord.journal.wait_for_calls("GET", "/oauth2/applications/@me")
        application.message_content_granted = False
        await house.until(lambda: built.client.connected)
        assert not built.client.intents.message_content
    assert [each.what for each in house.discord.violations] == ["4014 Disallowed intent(s)."]
    house.discord.violations.clear()


FINAL = {
    "revoked": (4004, "DISCORD_TOKEN"),
    "too few shards": (4011, "more shards"),
    "version": (4012, "closed the connection for good (code 4012)"),
    "intent": (4014, "message content intent"),
}


@pytest.mark.parametrize(("code", "word"), FINAL.values(), ids=FINAL.keys())
async def test_what_discord_refuses_for_good_ends_the_bot_with_one_line(code: int, word: str, house: House) -> None:
    """It is not tried again, which could only use up what little is left."""
    async with started(house) as (built, running):
        await house.until(lambda: built.client.connected)
        house.discord.gateway.close_all(code)
        await house.until(running.done)
        with pytest.raises(CannotConnect, match=word.replace("(", r"\(").replace(")", r"\)")):
            await running
    assert house.discord.gateway.knocks == 1


async def test_sessions_are_counted_over_restarts_so_that_a_crash_loop_burns_none(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    """A start that comes after too many waits for the oldest to be an hour ago, and Discord is not asked."""
    async with house.bot():
        pass
    span, most = LIMITS[0]
    begun = [(house.clock.now() - timedelta(seconds=each)).isoformat() for each in range(most)]
    await house.change_database(f"UPDATE meta SET value = '{json.dumps(begun)}' WHERE key = '{KEY}'")
    async with started(house) as (built, _):
        start = house.clock.now()
        await house.until(lambda: built.client.connected, step_s=60, limit_s=4 * 3600)
        waited = house.clock.now() - start
    assert waited >= span - timedelta(seconds=most)
    assert house.discord.gateway.knocks == 2
    assert "sessions at the gateway were begun too often; waiting" in [each.getMessage() for each in caplog.records]


async def test_where_discord_allows_no_more_sessions_today_none_is_begun(house: House) -> None:
    """What Discord itself counts is believed."""
    house.discord.gateway.begins_left = 0
    async with started(house):
        await house.until(lambda: house.discord.requests[-1:] and house.discord.requests[-1].route == "/gateway/bot")
        await house.clock.advance(3600)
        assert house.discord.gateway.knocks == 0
