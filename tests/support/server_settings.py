"""What servers have set, as another process reads it from the database or writes it there."""

import asyncio
import contextlib
import json
import sqlite3
from typing import Any

from bot.guilds.model import GuildSettings
from bot.store import guild_values
from tests.support.house import House


def settings_of(house: House) -> GuildSettings:
    """Return what the house's server has set."""
    with contextlib.closing(sqlite3.connect(house.data_dir / "imagebot.sqlite3")) as database:
        row = database.execute("SELECT settings FROM guilds WHERE guild_id = ?", (house.guild.id,)).fetchone()
    return guild_values.read(row[0] if row else "{}", guild_id=house.guild.id)


async def set_settings(house: House, **values: Any) -> None:
    """Let the house's server have set these and nothing else, by the names of `GuildSettings`, as JSON has them.

    In a thread: the bot in this process may be within a transaction, which has to go on.
    """
    await asyncio.to_thread(_put, house, json.dumps(values))


def _put(house: House, settings: str) -> None:
    with contextlib.closing(sqlite3.connect(house.data_dir / "imagebot.sqlite3")) as database, database:
        database.execute(
            "INSERT INTO guilds (guild_id, settings) VALUES (?, ?) "
            "ON CONFLICT (guild_id) DO UPDATE SET settings = excluded.settings",
            (house.guild.id, settings),
        )
