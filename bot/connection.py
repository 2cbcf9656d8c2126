"""What it means when Discord cannot be reached or does not let the bot in: one clear line each."""

from collections.abc import Generator
from contextlib import contextmanager

import aiohttp
import discord

from bot.errors import CannotConnect

LOGIN_REFUSED = (
    "Discord does not accept DISCORD_TOKEN; copy it again from the developer portal (page Bot, button Reset Token)"
)
INTENT_REFUSED = (
    "Discord refuses the message content intent; switch it on in the developer portal (page Bot), or set "
    "MESSAGE_CONTENT_INTENT=auto"
)


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
        raise CannotConnect(f"Discord answers HTTP {error.status} (code {error.code}): {error.text}") from error
    except (aiohttp.ClientError, discord.GatewayNotFound, TimeoutError) as error:
        raise CannotConnect(f"Discord cannot be reached: {error!r}") from error
