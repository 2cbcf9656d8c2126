"""What a gateway client identified as. It outlives its connection, so that what was missed can be told again."""

from collections import deque
from dataclasses import dataclass, field

from bot.sandbox.discord.connections import Connection
from bot.sandbox.discord.events import Event
from bot.sandbox.discord.ids import shard_of
from bot.sandbox.discord.refusals import Json

DISPATCH = 0
MAX_REPLAYED = 2000
"""So many dispatches are kept for a client that resumes."""


@dataclass(slots=True, eq=False, kw_only=True)
class Session:
    """What a client identified as; it outlives its connection until it is invalid."""

    id: str
    intents: int
    shard: tuple[int, int]
    connection: Connection | None = None
    seq: int = 0
    """The number of the last dispatch."""
    sent: deque[tuple[int, str, Json]] = field(default_factory=lambda: deque(maxlen=MAX_REPLAYED))

    def dispatch(self, name: str, payload: Json) -> None:
        """Tell the client, now or when it resumes."""
        self.seq += 1
        self.sent.append((self.seq, name, payload))
        if self.connection is not None:
            self.connection.send(DISPATCH, payload, seq=self.seq, name=name)

    def can_replay(self, *, after: int) -> bool:
        """Tell whether everything a client missed is still known."""
        return after >= self.seq - len(self.sent)

    def replay(self, *, after: int) -> None:
        """Tell again what the client missed."""
        for number, name, payload in self.sent:
            if number > after and self.connection is not None:
                self.connection.send(DISPATCH, payload, seq=number, name=name)

    def hears(self, event: Event) -> bool:
        """Tell whether this shard serves the event's guild; what has none goes to shard 0."""
        number, of = self.shard
        return (0 if event.guild_id is None else shard_of(event.guild_id, of)) == number
