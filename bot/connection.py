"""What it means when a place cannot be reached, or Discord does not let the bot in: one clear line each."""

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
WHERE_TO_LOOK = "look at the network, and at DISCORD_API_BASE and DISCORD_GATEWAY_URL if they are set"
MAX_TEXT_CHARS = 300


@contextmanager
def explained() -> Generator[None, None, None]:
    """Turn what discord.py raises while it connects into CannotConnect with a line for the operator."""
    try:
        yield
    except discord.LoginFailure as error:
        raise CannotConnect(LOGIN_REFUSED) from error
    except discord.PrivilegedIntentsRequired as error:
        raise CannotConnect(INTENT_REFUSED) from error
    except discord.ConnectionClosed as error:
        line = LOGIN_REFUSED if error.code == 4004 else f"Discord closed the connection for good (code {error.code})"
        raise CannotConnect(line) from error
    except discord.HTTPException as error:
        said = f": {characters.plain_line(error.text)[:MAX_TEXT_CHARS]}" if error.text else ""
        raise CannotConnect(f"Discord answers HTTP {error.status} (code {error.code}){said}") from error
    except (aiohttp.ClientError, discord.GatewayNotFound, OSError) as error:
        raise CannotConnect(f"Discord cannot be reached: {reason(error)}; {WHERE_TO_LOOK}") from error


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
        case _:
            words = "the connection broke off"
    return words
