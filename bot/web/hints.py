"""Reads from a callback's body which task it is about. Nothing else of it is looked at, nothing of it is believed."""

import json

import aiohttp
from aiohttp import web

from bot.clock import Clock
from bot.net import deadline

READ_S = 5.0
"""The provider waits 10 s for an answer (provider.md 7)."""


async def find_task_id(request: web.Request, *, clock: Clock) -> str | None:
    """Return what a body names as the task's id; None where it is slow, too long, or names none."""
    try:
        async with deadline(clock, READ_S):
            body: object = json.loads(await request.read())
    except (TimeoutError, ValueError, RecursionError, web.HTTPException, aiohttp.ClientError, OSError):
        return None
    named = body.get("id") if isinstance(body, dict) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    return named if isinstance(named, str) else None
