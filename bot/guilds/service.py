"""What administrators change about their server, checked; and how long that is kept once the bot was removed.

Nothing is remembered between two questions: a change by another process holds at once. Who may change something is not
asked here. Every change is in the server's log by the same transaction, and says how it was before and is now.
"""

import logging
from collections.abc import Callable, Collection, Iterable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from bot import background
from bot.clock import Clock
from bot.errors import BadSetting
from bot.guilds import time_zones, words
from bot.guilds.model import MAX_CHANNELS, MAX_JOBS_AT_ONCE, GuildSettings, LogEntry
from bot.jobs.model import Quality, Size
from bot.settings import ReplyToPicture
from bot.store.admin_log import AdminLogStore
from bot.store.guilds import Block, GuildStore

log = logging.getLogger(__name__)

EVERY_S = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a server had set, and what it has set now."""

    before: GuildSettings
    after: GuildSettings


class GuildService:
    """Answers and changes what servers have set. A change that cannot be made raises BadSetting and changes nothing.

    `kept` is how long the settings, rules, blocks and log of a server stay after it has removed the bot.
    """

    def __init__(self, *, store: GuildStore, admin_log: AdminLogStore, clock: Clock, kept: timedelta) -> None:
        self._store = store
        self._admin_log = admin_log
        self._clock = clock
        self._kept = kept

    async def get(self, guild_id: int) -> GuildSettings:
        """Return what a server has set."""
        return await self._store.get(guild_id)

    async def set_time_zone(self, guild_id: int, name: str, *, by_id: int) -> Change:
        """Set the time zone, by its IANA name or its city; raises BadSetting("unknown_time_zone")."""
        zone = await time_zones.find(name)
        if zone is None:
            raise BadSetting("unknown_time_zone", name)
        return await self._set(guild_id, by_id, time_zone=zone)

    async def set_allowed_channels(self, guild_id: int, channel_ids: Collection[int], *, by_id: int) -> Change:
        """Set the only channels in which pictures may be asked for, none meaning all; BadSetting("too_many_channels").

        A channel that was denied and is named now is denied no longer.
        """
        chosen = _channels(channel_ids)

        def changed(settings: GuildSettings) -> GuildSettings:
            denied = tuple(each for each in settings.denied_channels if each not in chosen)
            return replace(settings, allowed_channels=chosen, denied_channels=denied)

        return await self._change(guild_id, by_id, changed)

    async def set_denied_channels(self, guild_id: int, channel_ids: Collection[int], *, by_id: int) -> Change:
        """Set the channels in which no pictures may be asked for; raises BadSetting("too_many_channels")."""
        return await self._set(guild_id, by_id, denied_channels=_channels(channel_ids))

    async def set_highest_quality(self, guild_id: int, quality: Quality, *, by_id: int) -> Change:
        """Set the highest quality of everybody whose roles have none of their own."""
        return await self._set(guild_id, by_id, highest_quality=quality)

    async def set_role_quality(self, guild_id: int, role_id: int, quality: Quality | None, *, by_id: int) -> Change:
        """Set the highest quality of a role; None has it follow the server's."""

        def changed(settings: GuildSettings) -> GuildSettings:
            others = {each: highest for each, highest in settings.role_qualities.items() if each != role_id}
            return replace(settings, role_qualities=others if quality is None else {**others, role_id: quality})

        return await self._change(guild_id, by_id, changed)

    async def set_defaults(
        self, guild_id: int, *, size: Size | None = None, quality: Quality | None = None, by_id: int
    ) -> Change:
        """Set what a request is drawn with that does not say; None leaves it as it is."""
        named = {"default_size": size, "default_quality": quality}
        return await self._set(guild_id, by_id, **{name: value for name, value in named.items() if value is not None})

    async def set_private_allowed(self, guild_id: int, *, allowed: bool, by_id: int) -> Change:
        """Allow results that only the person sees, or not."""
        return await self._set(guild_id, by_id, private_allowed=allowed)

    async def set_search_allowed(self, guild_id: int, *, allowed: bool, by_id: int) -> Change:
        """Allow the searches that a picture may be made with, or not."""
        return await self._set(guild_id, by_id, search_allowed=allowed)

    async def set_jobs_at_once(
        self, guild_id: int, *, of_member: int | None, of_guild: int | None, by_id: int
    ) -> Change:
        """Set how many jobs of one person, and of the server, may go on at once; None for any number.

        Raises BadSetting("bad_number"), and then neither is changed.
        """
        numbers = {"jobs_per_member": _jobs_at_once(of_member), "jobs_per_guild": _jobs_at_once(of_guild)}
        return await self._set(guild_id, by_id, **numbers)

    async def set_reply_mode(self, guild_id: int, mode: ReplyToPicture | None, *, by_id: int) -> Change:
        """Set how replies to pictures are taken; None for the way the operator has set for all."""
        return await self._set(guild_id, by_id, reply_to_picture=mode)

    async def set_log_channel(self, guild_id: int, channel_id: int | None, *, by_id: int) -> Change:
        """Set where a line for each job is written; None for nowhere."""
        return await self._set(guild_id, by_id, log_channel_id=channel_id)

    async def set_words(self, guild_id: int, text: str, *, by_id: int) -> Change:
        """Set the words that no prompt may hold, one a line, none meaning no filter.

        Raises BadSetting: too_many_words, word_too_long, word_blank.
        """
        return await self._set(guild_id, by_id, words=words.parse_words(text))

    async def block(self, guild_id: int, user_id: int, *, by_id: int) -> bool:
        """Block a person in a server; False where they were blocked already."""
        return await self._store.block(guild_id, user_id, by_id=by_id, at=self._clock.now())

    async def unblock(self, guild_id: int, user_id: int, *, by_id: int) -> bool:
        """Unblock a person in a server; False where they were not blocked."""
        return await self._store.unblock(guild_id, user_id, by_id=by_id, at=self._clock.now())

    async def is_blocked(self, guild_id: int, user_id: int) -> bool:
        """Tell whether a person is blocked in a server."""
        return await self._store.is_blocked(guild_id, user_id)

    async def list_blocked(self, guild_id: int) -> list[Block]:
        """List who is blocked in a server, the latest first."""
        return await self._store.list_blocked(guild_id)

    async def log_page(self, guild_id: int, *, before_id: int | None = None, most: int) -> list[LogEntry]:
        """List what was changed by hand in a server, newest first, from the one before `before_id` on."""
        return await self._admin_log.page(guild_id, before_id, most)

    async def present(self, guild_ids: Iterable[int]) -> None:
        """Note which servers have the bot: all of them, those that are unreachable for the moment included."""
        await self._store.note_present(guild_ids, at=self._clock.now())

    async def removed(self, guild_id: int) -> None:
        """Note that a server has removed the bot: what it has set is kept for a while."""
        await self._store.note_removed(guild_id, at=self._clock.now())

    async def back(self, guild_id: int) -> None:
        """Note that a server has the bot (again)."""
        await self._store.note_back(guild_id)

    def running(self) -> AbstractAsyncContextManager[None]:
        """Erase what is kept of servers that removed the bot long ago, at once and every hour, for the block."""
        return background.repeating("erasing of removed servers", self.sweep, pause=lambda: self._clock.sleep(EVERY_S))

    async def sweep(self) -> None:
        """Erase it once; raises StoreError."""
        erased = await self._store.erase_removed(before=self._clock.now() - self._kept)
        if erased:
            log.info("settings of removed servers erased", extra={"guilds": erased})

    async def _set(self, guild_id: int, by_id: int, **values: Any) -> Change:
        return await self._change(guild_id, by_id, lambda settings: replace(settings, **values))

    async def _change(self, guild_id: int, by_id: int, changed: Callable[[GuildSettings], GuildSettings]) -> Change:
        before, after = await self._store.put(guild_id, changed, by_id=by_id, at=self._clock.now())
        return Change(before=before, after=after)


def _channels(channel_ids: Collection[int]) -> tuple[int, ...]:
    chosen = tuple(dict.fromkeys(channel_ids))
    if len(chosen) > MAX_CHANNELS:
        raise BadSetting("too_many_channels", str(len(chosen)))
    return chosen


def _jobs_at_once(most: int | None) -> int | None:
    if most is not None and not 1 <= most <= MAX_JOBS_AT_ONCE:
        raise BadSetting("bad_number", str(most))
    return most
