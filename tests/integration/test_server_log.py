"""The log channel of a server, against the stand-in: quiet lines, in order, and never in the way."""

import asyncio
import contextlib
import dataclasses
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import discord
import pytest
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot import errors
from bot.delivery import server_log
from bot.delivery.server_log import ServerLog
from bot.guilds.model import GuildSettings
from bot.jobs.model import Job, Status
from bot.quota.model import MILLIONTHS, BudgetWarning, Period, Rule, Scope, Subject, Unit, Whose, Window
from bot.sandbox.discord import Channel, DiscordSandbox, Fault, Guild, Message, Permission, Person
from tests.support.clock import ManualClock
from tests.support.ui_jobs import NOW, job

SILENT = 1 << 12
SEND = "POST /channels/{channel_id}/messages"


@dataclass(kw_only=True)
class Office:
    """A server, its log, and what its administrators have set."""

    sandbox: DiscordSandbox
    clock: ManualClock
    guild: Guild
    pictures: Channel
    records: Channel
    alice: Person
    settings: dict[int, GuildSettings] = field(default_factory=dict[int, GuildSettings])
    store_is_away: bool = False
    log: ServerLog = field(init=False)

    async def settings_of(self, guild_id: int) -> GuildSettings:
        if self.store_is_away:
            raise errors.StoreError("locked")
        return self.settings.get(guild_id, GuildSettings())

    def set_channel(self, channel_id: int | None, *, guild_id: int | None = None) -> None:
        self.settings[guild_id or self.guild.id] = GuildSettings(log_channel_id=channel_id)

    def ended(self, status: Status = Status.DELIVERED, **changes: Any) -> Job:
        """Return a job of alice's, whose message stands in the channel for pictures."""
        facts = {"status": status, "user_id": self.alice.id, "guild_id": self.guild.id, **changes}
        ended = job(**facts)
        if "route" in changes:
            return ended
        return dataclasses.replace(
            ended, route=dataclasses.replace(ended.route, channel_id=self.pictures.id, message_id=77)
        )

    async def stop(self) -> None:
        stopping = asyncio.create_task(self.log.stop())
        await self.until(stopping.done)
        await stopping

    @property
    def lines(self) -> list[Message]:
        return list(self.records.messages.values())

    async def until(self, condition: Callable[[], object]) -> None:
        await self.clock.run_until(lambda: bool(condition()), step_s=0.1, limit_s=200)


@contextlib.asynccontextmanager
async def _connected(sandbox: DiscordSandbox, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[discord.Client, None]:
    monkeypatch.setattr(Route, "BASE", sandbox.api_base)
    monkeypatch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", yarl.URL(sandbox.gateway_url))
    async with discord.Client(intents=discord.Intents(guilds=True), guild_ready_timeout=0.1) as client:
        running = asyncio.create_task(client.start(sandbox.token))
        await sandbox.gateway.wait_for_connections()
        await client.wait_until_ready()
        yield client
        await client.close()
        await running


@pytest.fixture(name="office")
async def _office(monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Office, None]:
    """A connected client, and a server that has set its log channel."""
    clock = ManualClock()
    async with DiscordSandbox(clock=clock) as sandbox:
        sandbox.limits.enabled = False
        guild = sandbox.add_guild("Paper Harbour")
        pictures, records = guild.add_text_channel("pictures"), guild.add_text_channel("records")
        async with _connected(sandbox, monkeypatch) as client:
            alice = guild.add_member("alice")
            office = Office(sandbox=sandbox, clock=clock, guild=guild, pictures=pictures, records=records, alice=alice)
            office.log = ServerLog(client=client, guilds=office.settings_of, clock=clock)
            office.set_channel(records.id)
            yield office
            await office.stop()
        assert sandbox.violations == []


async def test_a_job_has_one_quiet_line(office: Office) -> None:
    """Who, what, how it ended, its true cost and the way to the message; nobody is pinged and nothing sounds."""
    office.log.job_ended(office.ended(credits_used=6.3867))
    await office.until(lambda: office.lines)
    [line] = office.lines
    url = f"https://discord.com/channels/{office.guild.id}/{office.pictures.id}/77"
    assert line.content == (
        f"<@{office.alice.id}> asked for a picture (automatic shape | 2K). It was delivered and cost 6.3867 credits. "
        f"[Go to the message]({url})"
    )
    assert line.flags & SILENT
    assert line.pinged == []
    assert line.nonce == "log-k3v9q0ab"
    assert line.embeds == []


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (Status.READY, "kept for them"),
        (Status.FAILED, "nothing is counted"),
        (Status.CANCELLED, "cancelled"),
        (Status.EXPIRED, "not collected in time"),
    ],
)
async def test_each_end_is_told(status: Status, words: str, office: Office) -> None:
    """And what is not counted is said to be so."""
    office.log.job_ended(office.ended(status))
    await office.until(lambda: office.lines)
    assert words in office.lines[0].content


async def test_a_job_that_goes_on_has_no_line(office: Office) -> None:
    """Nor has one outside of servers, nor one of a server without a log channel."""
    other = office.sandbox.add_guild("Elsewhere")
    office.log.job_ended(office.ended(Status.RUNNING))
    office.log.job_ended(office.ended(guild_id=None))
    office.log.job_ended(office.ended(guild_id=other.id))
    office.log.notice(office.guild.id, "the last")
    await office.until(lambda: office.lines)
    assert [line.content for line in office.lines] == ["the last"]


async def test_lines_come_in_their_order(office: Office) -> None:
    """However many at once."""
    texts = [str(number) for number in range(20)]
    for text in texts:
        office.log.notice(office.guild.id, text)
    await office.until(lambda: len(office.lines) == len(texts))
    assert [line.content for line in office.lines] == texts


@pytest.mark.parametrize("secret", ["private", "ephemeral", "direct"])
async def test_what_only_one_person_sees_is_not_linked(secret: str, office: Office) -> None:
    """In private, or where it had to be sent to them directly."""
    ended = office.ended()
    route = dataclasses.replace(
        ended.route,
        ephemeral=secret == "ephemeral",
        channel_id=4242 if secret == "direct" else ended.route.channel_id,
    )
    office.log.job_ended(dataclasses.replace(ended, route=route, private=secret == "private"))
    await office.until(lambda: office.lines)
    assert "https://" not in office.lines[0].content


async def test_a_budget_that_runs_low_is_announced(office: Office) -> None:
    """With its numbers."""
    rule = Rule(scope=Scope.GUILD, unit=Unit.CREDITS, period=Period.MONTH, limit=500 * MILLIONTHS)
    subject = Subject(whose=Whose.GUILD, guild_id=office.guild.id)
    window = Window(subject=subject, begins_at=NOW, ends_at=NOW + timedelta(days=8), length=None)
    facts: dict[str, Any] = {"rule": rule, "window": window, "limit": 500 * MILLIONTHS}
    office.log.budget_warning(office.guild.id, BudgetWarning(**facts, percent=80, used=402 * MILLIONTHS))
    office.log.budget_warning(office.guild.id, BudgetWarning(**facts, percent=100, used=500 * MILLIONTHS))
    await office.until(lambda: len(office.lines) == 2)
    early, late = (line.content for line in office.lines)
    assert early.startswith("**80 % of this server's budget is used:** 402 credits of 500 credits a month.")
    assert late.startswith("**This server's budget is used up:** 500 credits of 500 credits a month.")


async def test_a_channel_that_cannot_be_written_is_told_once(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    """And once more when it works again; every line before is left out, none holds up another."""
    caplog.set_level("INFO", logger=server_log.__name__)
    office.records.deny(office.guild.everyone, Permission.SEND_MESSAGES)
    for _ in range(3):
        office.log.notice(office.guild.id, "lost")
    await office.until(lambda: "cannot be written" in caplog.text)
    await office.until(lambda: len(office.sandbox.journal.calls("POST", "/channels/")) == 3)
    office.set_channel(office.pictures.id)
    office.log.notice(office.guild.id, "seen")
    await office.until(lambda: "written again" in caplog.text)
    assert caplog.text.count("cannot be written") == 1
    assert [line.content for line in office.pictures.messages.values()] == ["seen"]


async def test_a_channel_that_is_gone_hurts_nothing(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    """The setting stays until an administrator changes it."""
    office.records.delete()
    office.log.job_ended(office.ended())
    await office.until(lambda: "cannot be written" in caplog.text)


async def test_a_database_that_is_away_hurts_nothing(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    """Lines are written again as soon as it is back."""
    office.store_is_away = True
    office.log.notice(office.guild.id, "lost")
    await office.until(lambda: "cannot be written" in caplog.text)
    office.store_is_away = False
    office.log.notice(office.guild.id, "seen")
    await office.until(lambda: office.lines)
    assert [line.content for line in office.lines] == ["seen"]


async def test_a_line_whose_answer_is_lost_stands_there_once(office: Office) -> None:
    """It is sent once more, and Discord knows it by its nonce."""
    office.sandbox.faults.inject(SEND, Fault.dropped(performed=True))
    office.log.job_ended(office.ended())
    await office.until(lambda: len(office.sandbox.journal.calls("POST", "/channels/")) == 2)
    await office.log.stop()
    assert len(office.lines) == 1


async def test_one_server_that_has_to_wait_keeps_no_other_waiting(office: Office) -> None:
    """Each has a line of its own."""
    other = office.sandbox.add_guild("Elsewhere")
    notes = other.add_text_channel("notes")
    office.set_channel(notes.id, guild_id=other.id)
    office.sandbox.faults.inject(SEND, Fault.slow(60))
    office.log.notice(office.guild.id, "slow")
    await office.until(lambda: office.sandbox.faults.unserved == 0)
    office.log.notice(other.id, "quick")
    await office.until(lambda: notes.messages)
    assert office.lines == []


async def test_what_waits_is_written_before_the_end(office: Office) -> None:
    """And nothing is taken after it."""
    for number in range(5):
        office.log.notice(office.guild.id, str(number))
    await office.log.stop()
    office.log.notice(office.guild.id, "too late")
    await office.log.stop()
    assert len(office.lines) == 5


async def test_the_end_does_not_wait_for_ever(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    """A channel that hangs is left alone after a few seconds."""
    office.sandbox.faults.inject(SEND, Fault.slow(60))
    office.log.notice(office.guild.id, "hangs")
    await office.stop()
    assert "left out at the end" in caplog.text
    assert office.lines == []


async def test_too_many_lines_are_left_out(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    """A thousand jobs at once are not kept in memory for a channel that takes none."""
    caplog.set_level("INFO", logger=server_log.__name__)
    for number in range(server_log.MOST_WAITING + 3):
        office.log.notice(office.guild.id, str(number))
    assert caplog.text.count("left out") == 3
    await office.until(lambda: len(office.lines) == server_log.MOST_WAITING)
