"""The real discord.py led to the stand-in of Discord. No bot of ours here."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import discord
import pytest
import yarl

from bot.sandbox.discord import DiscordSandbox


@contextlib.asynccontextmanager
async def logged_in(
    client: discord.Client, sandbox: DiscordSandbox, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[None]:
    """Log a client in, which must register a command, and keep it running until it is ready and beyond."""
    monkeypatch.setattr(discord.http.Route, "BASE", sandbox.api_base)
    monkeypatch.setattr(discord.gateway.DiscordWebSocket, "DEFAULT_GATEWAY", yarl.URL(sandbox.gateway_url))
    async with client:
        running = asyncio.create_task(client.start(sandbox.token))
        await sandbox.wait_for_bot()
        await client.wait_until_ready()
        yield
        await client.close()
        await running
