"""What a gateway client identified as. It outlives its connection, so that what was missed can be told again."""

from dataclasses import dataclass, field

from bot.sandbox.discord.connections import Connection
from bot.sandbox.discord.events import Event
from bot.sandbox.discord.ids import shard_of
from bot.sandbox.discord.refusals import Json

DISPATCH = 0


@dataclass(slots=True, eq=False, kw_only=True)
class Session:
    """What a client identified as; it outlives its connection until it is invalid."""

    id: str
    intents: int
    shard: tuple[int, int]
    connection: Connection | None = None
    sent: list[tuple[int, str, Json]] = field(default_factory=list[tuple[int, str, Json]])

    @property
    def seq(self) -> int:
        """Return the number of the last dispatch."""
        return self.sent[-1][0] if self.sent else 0

    def dispatch(self, name: str, payload: Json) -> None:
        """Tell the client, now or when it resumes."""
        number = self.seq + 1
        self.sent.append((number, name, payload))
        if self.connection is not None:
            self.connection.send(DISPATCH, payload, seq=number, name=name)

    def replay(self, *, after: int) -> None:
        """Tell again what the client missed."""
        for number, name, payload in self.sent:
            if number > after and self.connection is not None:
                self.connection.send(DISPATCH, payload, seq=number, name=name)

    def hears(self, event: Event) -> bool:
        """Tell whether this shard serves the event's guild; what has none goes to shard 0."""
        number, of = self.shard
        return (0 if event.guild_id is None else shard_of(event.guild_id, of)) == number
