"""The whole house on loopback: both stand-ins, one server with people, and the real bot, in this process or its own."""

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import Any

from bot import app
from bot.sandbox.discord import Channel, DiscordSandbox, Guild, Message, Permission, Person
from bot.sandbox.evolink import EvoLinkSandbox
from bot.sandbox.evolink import Task as ProviderTask
from bot.settings import FixedSettings
from tests.support.clock import ManualClock
from tests.support.cradle import BotProcess, Cradle

API_KEY = "sk-sandbox-0123456789"
BOT_TOKEN = "sandbox-token-of-the-bot"
PLENTY_A_DAY = 100_000
"""Pictures for each member, where a test is about something else."""


class House:
    """What a test sees of it. Time stands still until `until` moves it."""

    def __init__(
        self,
        clock: ManualClock,
        evolink: EvoLinkSandbox,
        discord: DiscordSandbox,
        data_dir: Path,
        cradle: Cradle | None,
    ) -> None:
        self.clock = clock
        self.evolink = evolink
        self.discord = discord
        self.data_dir = data_dir
        self._cradle = cradle
        self.guild: Guild = discord.add_guild("Paper Harbour")
        self.channel: Channel = self.guild.add_text_channel("pictures")
        self.alice: Person = self.guild.add_member("alice")
        self.bob: Person = self.guild.add_member("bob")

    def values(self, **changes: Any) -> dict[str, Any]:
        """Return the settings that lead a bot here."""
        return {
            "discord_token": BOT_TOKEN,
            "evolink_api_key": API_KEY,
            "evolink_api_base": self.evolink.api_base,
            "evolink_files_base": self.evolink.files_base,
            "discord_api_base": self.discord.api_base,
            "discord_gateway_url": self.discord.gateway_url,
            "data_dir": self.data_dir,
            "default_member_images_per_day": PLENTY_A_DAY,
            **changes,
        }

    @contextlib.asynccontextmanager
    async def bot(self, **changes: Any) -> AsyncGenerator[app.App, None]:
        """Run the real bot in this process, on the same moved time."""
        known = list(self.discord.gateway.sessions)
        async with app.build(FixedSettings.of(**self.values(**changes)), clock=self.clock) as built:
            running = asyncio.create_task(built.run())
            connected = asyncio.create_task(self.discord.gateway.wait_for_another(known))
            await asyncio.wait({running, connected}, return_when=asyncio.FIRST_COMPLETED)
            connected.cancel()
            if running.done():
                await running
            try:
                yield built
            finally:
                await built.stop()
                await running

    @contextlib.asynccontextmanager
    async def bot_process(self, **changes: Any) -> AsyncGenerator[BotProcess, None]:
        """Run the real bot in a process of its own, whose time is moved together with ours."""
        assert self._cradle is not None, "this house was opened without a cradle"
        known = list(self.discord.gateway.sessions)
        settings = {name.upper(): str(value) for name, value in self.values(**changes).items()}
        async with self._cradle.bot(settings, clock=self.clock, sockets=self.data_dir.parent) as process:
            await _connected(self, process, known)
            yield process

    async def until(self, condition: Callable[[], object], *, step_s: float = 0.5, limit_s: float = 3600.0) -> None:
        """Move time, step by step, until the condition holds."""
        await self.clock.run_until(lambda: bool(condition()), step_s=step_s, limit_s=limit_s)

    async def imagine(self, person: Person | None = None, **options: Any) -> Message:
        """Use /imagine and return the message that answers."""
        use = await (person or self.alice).use(
            self.channel, "/imagine", **{"prompt": "a paper lighthouse", "quality": "0.5K", **options}
        )
        return await use.message()

    def moderator(self) -> Person:
        """Return a new member who may manage messages."""
        permissions = Permission.VIEW_CHANNEL | Permission.SEND_MESSAGES | Permission.MANAGE_MESSAGES
        return self.guild.add_member("a moderator", roles=[self.guild.add_role("moderators", permissions=permissions)])

    def stored(self, column: str) -> list[Any]:
        """Return a column of all stored jobs, as another process reads it."""
        with contextlib.closing(sqlite3.connect(self.data_dir / "imagebot.sqlite3")) as database:
            return [row[0] for row in database.execute(f"SELECT {column} FROM jobs ORDER BY created_at")]

    def ledger(self, job_id: str | None = None) -> list[tuple[str, int, int]]:
        """Return (kind, images, millionths of credits) of the rows of the ledger, as another process reads them."""
        which = "job_id = ?" if job_id else "job_id IS NOT ?"
        with contextlib.closing(sqlite3.connect(self.data_dir / "imagebot.sqlite3")) as database:
            found = database.execute(f"SELECT kind, images, credits FROM ledger WHERE {which} ORDER BY id", (job_id,))
            return list(found)

    def meta(self, key: str) -> str | None:
        """Return what is kept under a key of the small facts, as another process reads it."""
        with contextlib.closing(sqlite3.connect(self.data_dir / "imagebot.sqlite3")) as database:
            row = database.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return None if row is None else str(row[0])

    async def change_database(self, sql: str) -> None:
        """Let another program change the database. In a thread: the bot may be within a transaction and must go on."""

        def change() -> None:
            with contextlib.closing(sqlite3.connect(self.data_dir / "imagebot.sqlite3", isolation_level=None)) as other:
                other.execute(sql)

        await asyncio.to_thread(change)

    @contextlib.asynccontextmanager
    async def database_held(self) -> AsyncGenerator[None, None]:
        """Let another program hold the database for the block, so that nothing can be written."""
        path = self.data_dir / "imagebot.sqlite3"
        with contextlib.closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as other:
            await asyncio.to_thread(other.execute, "BEGIN IMMEDIATE")
            yield
            other.execute("ROLLBACK")

    @property
    def tasks(self) -> list[ProviderTask]:
        """List the tasks at the provider, in the order they were created."""
        return list(self.evolink.tasks.values())


@contextlib.asynccontextmanager
async def open_house(data_dir: Path, *, cradle: Cradle | None = None) -> AsyncGenerator[House, None]:
    """Open the stand-ins; on leaving, nothing that no faithful client does may have been seen.

    Bots in processes of their own come from `cradle`.
    """
    clock = ManualClock()
    async with (
        EvoLinkSandbox(clock=clock, api_key=API_KEY) as evolink,
        DiscordSandbox(clock=clock, token=BOT_TOKEN) as discord,
    ):
        discord.limits.enabled = False  # the library would wait for moved time in real time
        house = House(clock, evolink, discord, data_dir, cradle)
        yield house
        assert discord.violations == []
        assert evolink.keys_leaked == []


def title(message: Message) -> str:
    """Return the head of the card."""
    return str(message.embeds[0].get("title", "")) if message.embeds else ""


def words(message: Message) -> str:
    """Return everything the card says."""
    if not message.embeds:
        return message.content
    embed = message.embeds[0]
    fields = [f"{field['name']}: {field['value']}" for field in embed.get("fields", [])]
    return "\n".join([str(embed.get("title", "")), str(embed.get("description", "")), *fields])


async def _connected(house: House, process: BotProcess, known: list[str]) -> None:
    waiting = asyncio.create_task(house.discord.gateway.wait_for_another(known))
    ended = asyncio.create_task(process.wait())
    await asyncio.wait({waiting, ended}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if ended.done():
        raise AssertionError(f"the bot ended with {ended.result()}")
    ended.cancel()
