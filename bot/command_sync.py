"""Tells Discord which commands there are, only when they have changed.

A global overwrite reaches people slowly and new names are counted (discord.md 7), so what was last told is remembered
by its hash, for each place. A guild that was the development guild once is cleared, or its people would see all twice.
"""

import contextlib
import hashlib
import json
import logging
from typing import Any

import discord
from discord.http import Route

from bot.client import ImageBot
from bot.store.meta import MetaStore

log = logging.getLogger(__name__)

_KEY = "synced_commands"


async def sync_commands(client: ImageBot, *, meta: MetaStore, dev_guild_id: int | None) -> None:
    """Bring Discord's commands up to date, for all guilds or the development guild; raises discord.HTTPException."""
    payload = [command.to_dict(client.tree) for command in client.tree.get_commands()]
    whose = f"{Route.BASE} {client.application_id}"
    told: dict[str, dict[str, str]] = json.loads(await meta.find(_KEY) or "{}")
    mine = dict(told.get(whose, {}))
    place = str(dev_guild_id or "global")
    for left_over in mine.keys() - {place, "global"}:
        with contextlib.suppress(discord.Forbidden, discord.NotFound):  # the bot has left that guild
            await _overwrite(client, left_over, [])
        del mine[left_over]
    if mine.get(place) != (now := _hash(payload)):
        await _overwrite(client, place, payload)
        mine[place] = now
        log.info("commands synced", extra={"place": place, "commands": len(payload)})
    if mine != told.get(whose):
        await meta.put(_KEY, json.dumps({**told, whose: mine}))


def _hash(payload: list[Any]) -> str:
    written = json.dumps([discord.__version__, payload], sort_keys=True)
    return hashlib.sha256(written.encode()).hexdigest()


async def _overwrite(client: ImageBot, place: str, payload: list[Any]) -> None:
    application_id = client.application_id or 0
    if place == "global":
        await client.http.bulk_upsert_global_commands(application_id, payload=payload)
    else:
        await client.http.bulk_upsert_guild_commands(application_id, int(place), payload=payload)
