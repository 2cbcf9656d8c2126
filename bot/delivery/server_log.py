"""The lines in a server's log channel: quiet, in their order, and never in the way of a job.

Each server has a short line of its own and one task while there is something in it, so that a channel in which Discord
makes the bot wait keeps no other server's waiting.
"""

import asyncio
import logging
import secrets
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import aiohttp
import discord

from bot.clock import Clock
from bot.guilds.model import GuildSettings
from bot.jobs.model import Job, Status
from bot.quota.model import BudgetWarning
from bot.ui.texts import server_log

log = logging.getLogger(__name__)

MOST_WAITING = 200
"""Of one server; what comes while as many wait is left out, and the bot's own log says so."""
STOP_WITHIN_S = 5.0

_ENDED = frozenset({Status.DELIVERED, Status.READY, Status.FAILED, Status.CANCELLED, Status.EXPIRED, Status.LOST})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    text: str
    nonce: str
    """So that a line that is sent twice, because Discord's answer was lost, stands there once."""


class ServerLog:
    """Writes to the log channels that servers have set. Nothing here waits for Discord, and nothing fails.

    `guilds` returns what a server has set. `stop` is to be called before the client is closed.
    """

    def __init__(
        self, *, client: discord.Client, guilds: Callable[[int], Awaitable[GuildSettings]], clock: Clock
    ) -> None:
        self._client = client
        self._guilds = guilds
        self._clock = clock
        self._waiting: dict[int, deque[_Line]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._out_of_order: set[int] = set()
        self._stopped = False

    def job_ended(self, job: Job) -> None:
        """Write the line of a job that has ended, or whose picture is kept to be collected."""
        if job.guild_id is not None and job.status in _ENDED:
            line = server_log.job_line(job, url=self._url(job, job.guild_id))
            self._put(job.guild_id, _Line(text=line, nonce=_nonce(job)))

    def budget_warning(self, guild_id: int, warning: BudgetWarning) -> None:
        """Write that a share of the server's budget is used."""
        self.notice(guild_id, server_log.budget_warning(warning))

    def notice(self, guild_id: int, text: str) -> None:
        """Write something else that a server's administrators are to know."""
        self._put(guild_id, _Line(text=text, nonce=f"log-{secrets.token_hex(8)}"))

    async def stop(self) -> None:
        """Write what waits, for a few seconds at most, and take nothing more."""
        self._stopped = True
        if not self._tasks:
            return
        patience = asyncio.create_task(self._clock.sleep(STOP_WITHIN_S), name="patience of the server log")
        written = asyncio.create_task(asyncio.wait(self._tasks), name="rest of the server log")
        await asyncio.wait({patience, written}, return_when=asyncio.FIRST_COMPLETED)
        left: list[asyncio.Task[Any]] = [patience, written, *self._tasks]
        if self._tasks:
            log.warning("lines of server logs left out at the end", extra={"guilds": sorted(self._waiting)})
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    def _put(self, guild_id: int, line: _Line) -> None:
        if self._stopped:
            return
        waiting = self._waiting.get(guild_id)
        if waiting is None:
            self._waiting[guild_id] = deque([line])
            task = asyncio.create_task(self._write_all(guild_id), name=f"log of server {guild_id}")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        elif len(waiting) < MOST_WAITING:
            waiting.append(line)
        else:
            log.info("line of a server log left out", extra={"guild": guild_id, "nonce": line.nonce})

    async def _write_all(self, guild_id: int) -> None:
        waiting = self._waiting[guild_id]
        while waiting:
            try:
                await self._write(guild_id, waiting[0])
            except Exception as error:  # noqa: BLE001 - whatever it is, a line in a log must hurt nothing
                self._note_fault(guild_id, error)
            waiting.popleft()
        del self._waiting[guild_id]

    async def _write(self, guild_id: int, line: _Line) -> None:
        channel_id = (await self._guilds(guild_id)).log_channel_id
        if channel_id is None:
            self._out_of_order.discard(guild_id)
            return
        channel = self._client.get_partial_messageable(channel_id, guild_id=guild_id)
        try:
            await _send(channel, line)
        except (aiohttp.ClientError, OSError):  # a connection that broke: the nonce keeps it from standing there twice
            await _send(channel, line)
        if guild_id in self._out_of_order:
            self._out_of_order.discard(guild_id)
            log.info("server log can be written again", extra={"guild": guild_id})

    def _note_fault(self, guild_id: int, error: Exception) -> None:
        """Say it once until it works again: a channel that is gone stays so for every job."""
        if guild_id not in self._out_of_order:
            self._out_of_order.add(guild_id)
            log.warning("server log cannot be written", extra={"guild": guild_id, "error": repr(error)})

    def _url(self, job: Job, guild_id: int) -> str | None:
        """Return the address of the message, where others can see it: not in private, not in a direct message."""
        route, guild = job.route, self._client.get_guild(guild_id)
        if job.private or route.ephemeral or route.message_id is None:
            return None
        if guild is not None and guild.get_channel_or_thread(route.channel_id) is None:
            return None
        return f"https://discord.com/channels/{guild_id}/{route.channel_id}/{route.message_id}"


def _nonce(job: Job) -> str:
    """Return what drops a line that is sent twice; a job that was lost has a second line when it comes late."""
    return f"log-{job.id}-late" if job.lost_at and job.status is not Status.LOST else f"log-{job.id}"


async def _send(channel: discord.PartialMessageable, line: _Line) -> None:
    await channel.send(
        line.text,
        silent=True,
        suppress_embeds=True,
        allowed_mentions=discord.AllowedMentions.none(),
        nonce=line.nonce,
    )
