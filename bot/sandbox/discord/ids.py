"""Snowflakes: ids that carry the moment they were made. Nothing else lives here."""

from datetime import UTC, datetime, timedelta

from bot.clock import Clock

EPOCH = datetime(2015, 1, 1, tzinfo=UTC)
_SHIFT = 22


class SnowflakeMint:
    """Makes ids that grow, whatever the clock does."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last = 0

    def next_id(self) -> int:
        """Return an id of this moment, greater than every one before it."""
        elapsed_ms = (self._clock.now() - EPOCH) // timedelta(milliseconds=1)
        self._last = max(self._last + 1, elapsed_ms << _SHIFT)
        return self._last


def shard_of(guild_id: int, shards: int) -> int:
    """Return which of `shards` connections serves a guild (discord.md 9)."""
    return (guild_id >> _SHIFT) % shards
