"""What it means when a place cannot be reached, or Discord does not let the bot in: one clear line each."""

import json
import zlib
from collections.abc import Generator
from contextlib import contextmanager

import aiohttp
import discord

from bot.errors import CannotConnect
from bot.ui import characters

LOGIN_REFUSED = (
    "Discord does not accept DISCORD_TOKEN; copy it again from the developer portal (page Bot, button Reset Token)"
)
INTENT_REFUSED = (
    "Discord refuses the message content intent; switch it on in the developer portal (page Bot), or set "
    "MESSAGE_CONTENT_INTENT=auto"
)
MORE_SHARDS_WANTED = "Discord asks this bot for more shards than it has; start it again, it asks how many at each start"
WHERE_TO_LOOK = "look at the network, and at DISCORD_API_BASE and DISCORD_GATEWAY_URL if they are set"
MAX_TEXT_CHARS = 300
UNREADABLE = (zlib.error, json.JSONDecodeError)
"""What comes of bytes of the gateway that were mangled on the way."""


@contextmanager
def explained() -> Generator[None, None, None]:
    """Turn what discord.py raises while it connects into CannotConnect with a line for the operator."""
    try:
        yield
    except (discord.DiscordException, aiohttp.ClientError, OSError) as error:
        raise CannotConnect(line(error)) from error


def line(error: Exception) -> str:
    """Say in one line for the operator what `error` means, and what to do where something can be done."""
    match error:
        case discord.LoginFailure():
            words = LOGIN_REFUSED
        case discord.ConnectionClosed():
            words = _closed(error.code)
        case discord.HTTPException():
            words = _answered(error)
        case _:
            words = f"Discord cannot be reached: {reason(error)}; {WHERE_TO_LOOK}"
    return words


def _closed(code: int) -> str:
    known = {4004: LOGIN_REFUSED, 4011: MORE_SHARDS_WANTED, 4014: INTENT_REFUSED}
    return known.get(code, f"Discord closed the connection for good (code {code})")


def _answered(error: discord.HTTPException) -> str:
    if error.status == 401:
        return LOGIN_REFUSED
    said = f": {characters.plain_line(error.text)[:MAX_TEXT_CHARS]}" if error.text else ""
    return f"Discord answers HTTP {error.status} (code {error.code}){said}"


def reason(error: Exception) -> str:
    """Say in words what kept a connection from standing."""
    match error:
        case aiohttp.ClientConnectorDNSError():
            words = f"the name {error.host} is not known"
        case aiohttp.ClientSSLError():
            words = f"{error.host} cannot be trusted: its certificate or its encryption is not accepted"
        case aiohttp.ClientConnectorError():
            words = f"nobody answers at {error.host}, port {error.port}"
        case aiohttp.ClientResponseError():
            words = f"it answers HTTP {error.status} where a connection was to begin"
        case discord.GatewayNotFound():
            words = "it names no gateway"
        case TimeoutError():
            words = "no answer came in time"
        case zlib.error() | json.JSONDecodeError():
            words = "what it sent cannot be read"
        case _:
            words = "the connection broke off"
    return words
