"""When it is tried again, and what never is. Pure."""

import math

import aiohttp
import discord

from bot.connection import words

FIRST_S, LONGEST_S = 1.0, 120.0
LONGEST_ASKED_S = 3600.0
FINAL_CODES = frozenset({4004, 4010, 4011, 4012, 4013, 4014})
"""With these the gateway says that the same will be refused again (discord.md 11): token, shards, version, intents."""
TROUBLE = (
    OSError,
    aiohttp.ClientError,
    discord.HTTPException,
    discord.GatewayNotFound,
    discord.ConnectionClosed,
    discord.LoginFailure,
    *words.UNREADABLE,
)
"""All that may come of a try to reach Discord, passing or not."""


def pause_s(failures: int, *, jitter: float) -> float:
    """Return how long to wait after so many failures in a row; `jitter` is between 0 and 1.

    It doubles up to two minutes and is drawn between its half and its whole, so that those who lost Discord together do
    not come back together.
    """
    if failures <= 0:
        return 0.0
    whole = LONGEST_S if failures > math.log2(LONGEST_S / FIRST_S) + 1 else FIRST_S * 2 ** (failures - 1)
    return whole * (0.5 + jitter / 2)


def asked_pause_s(error: Exception) -> float:
    """Return how long Discord asks to be left alone (Retry-After), at most an hour; 0 where it asks nothing."""
    if not isinstance(error, discord.HTTPException):
        return 0.0
    asked = error.response.headers.get("Retry-After", "")
    try:
        seconds = float(asked)
    except ValueError:
        return 0.0
    return min(seconds, LONGEST_ASKED_S) if seconds > 0 else 0.0  # not a number is not above 0


def passes(error: Exception) -> bool:
    """Tell whether the same try may succeed later."""
    match error:
        case discord.LoginFailure():
            return False
        case discord.ConnectionClosed():
            return error.code not in FINAL_CODES
        case discord.HTTPException():
            # What has no code of Discord's comes from the edge before it, which refuses for a while only.
            at_the_edge = error.status == 403 and error.code == 0
            return error.status >= 500 or error.status in {408, 429} or at_the_edge
        case _:
            return True
