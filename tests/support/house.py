"""The whole house on loopback: both stand-ins, one server with people, and the real bot, in this process or its own."""

import asyncio
import contextlib
import os
import signal
import sqlite3
import sys
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import Any

from bot import app
from bot.sandbox.discord import Channel, DiscordSandbox, Guild, Message, Permission, Person
from bot.sandbox.evolink import EvoLinkSandbox
from bot.sandbox.evolink import Task as ProviderTask
from bot.settings import FixedSettings
from tests.support.clock import ManualClock

API_KEY = "sk-sandbox-0123456789"
BOT_TOKEN = "sandbox-token-of-the-bot"
PLENTY_A_DAY = 100_000
"""Pictures for each member, where a test is about something else."""


class House:
    """What a test sees of it. Time stands still until `until` moves it."""

    def __init__(self, clock: ManualClock, evolink: EvoLinkSandbox, discord: DiscordSandbox, data_dir: Path) -> None:
        self.clock = clock
        self.evolink = evolink
        self.discord = discord
        self.data_dir = data_dir
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
    async def bot_process(self, **changes: Any) -> AsyncGenerator["BotProcess", None]:
        """Run the real bot in a process of its own, whose time is moved together with ours."""
        async with BotProcess.started(self, changes) as process:
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
async def open_house(data_dir: Path) -> AsyncGenerator[House, None]:
    """Open the stand-ins; on leaving, nothing that no faithful client does may have been seen."""
    clock = ManualClock()
    async with (
        EvoLinkSandbox(clock=clock, api_key=API_KEY) as evolink,
        DiscordSandbox(clock=clock, token=BOT_TOKEN) as discord,
    ):
        discord.limits.enabled = False  # the library would wait for moved time in real time
        house = House(clock, evolink, discord, data_dir)
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


class BotProcess:
    """`imagebot run` with moved time, as a process that can be killed."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    @classmethod
    @contextlib.asynccontextmanager
    async def started(cls, house: House, changes: dict[str, Any]) -> AsyncGenerator["BotProcess", None]:
        """Start it, wait until it is connected, and see that it is gone afterwards."""
        values = {name.upper(): str(value) for name, value in house.values(**changes).items()}
        socket_path = house.data_dir.parent / f"time-{len(house.clock.on_advance)}.sock"
        control = _TimeControl()
        server = await asyncio.start_unix_server(control.serve, socket_path)
        known = list(house.discord.gateway.sessions)
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.support.run_bot",
            str(socket_path),
            house.clock.now().isoformat(),
            env={**os.environ, **values},
        )
        house.clock.on_advance.append(control.advance)
        try:
            await _connected(house, process, known)
            yield cls(process)
        finally:
            house.clock.on_advance.remove(control.advance)
            if process.returncode is None:
                process.send_signal(signal.SIGTERM)
            await process.wait()
            control.close()
            server.close()
            await server.wait_closed()
            socket_path.unlink(missing_ok=True)

    async def kill(self) -> None:
        """Kill it as a power cut would."""
        self.process.kill()
        await self.process.wait()

    async def terminate(self) -> int:
        """Ask it to stop, and return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return await self.process.wait()


async def _connected(house: House, process: asyncio.subprocess.Process, known: list[str]) -> None:
    waiting = asyncio.create_task(house.discord.gateway.wait_for_another(known))
    ended = asyncio.create_task(process.wait())
    await asyncio.wait({waiting, ended}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if ended.done():
        raise AssertionError(f"the bot ended with {ended.result()}")
    ended.cancel()


class _TimeControl:
    """Tells the other process how far time moves, and waits until it has moved there."""

    def __init__(self) -> None:
        self._writer: asyncio.StreamWriter | None = None
        self._reader: asyncio.StreamReader | None = None

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def advance(self, seconds: float) -> None:
        if self._writer is None or self._reader is None or self._writer.is_closing():
            return
        with contextlib.suppress(ConnectionError):
            self._writer.write(f"{seconds}\n".encode())
            await self._writer.drain()
            await self._reader.readline()

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
