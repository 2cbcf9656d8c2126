"""What a route's handler is given and gives back."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Literal, cast

from bot.sandbox.discord.composing import Body, Composer, Upload
from bot.sandbox.discord.faults import Faults
from bot.sandbox.discord.forms import Check, FormFaults
from bot.sandbox.discord.guilds import Guild
from bot.sandbox.discord.journal import RequestRecord
from bot.sandbox.discord.places import Channel
from bot.sandbox.discord.refusals import Json, Known
from bot.sandbox.discord.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Status and JSON of an answer."""

    status: int = 200
    body: Any = None


NOTHING = Answer(status=204)
UNLIMITED = "unlimited"
WEBHOOK_BUCKET = "webhook token"
"""The bucket of all routes that a token opens; the only ones where a message may be called `@original`."""


@dataclass(slots=True, kw_only=True, eq=False)
class Call:
    """One call, already authorised and counted."""

    world: World
    composer: Composer
    faults: Faults
    record: RequestRecord
    params: dict[str, str]
    body: Body
    complain: Callable[[str], None] = field(repr=False)
    after_answer: Callable[[], None] | None = None
    """What happens once the caller has its answer."""

    @property
    def route(self) -> str:
        """Return method and template, as states of a message keep them."""
        return f"{self.record.method} {self.record.route}"

    @property
    def uploads(self) -> tuple[Upload, ...]:
        """Return the files that came along."""
        return self.body.uploads

    def id_of(self, name: str) -> int:
        """Return an id from the path."""
        return int(self.params[name])

    def wants(self, name: str) -> bool:
        """Tell whether a query switch is on."""
        return self.record.query.get(name, "").lower() in ("1", "true")

    def form(self, schema: Check) -> Json:
        """Return the JSON body, checked."""
        faults = FormFaults()
        schema(self.body.fields, (), faults)
        faults.raise_if_any()
        return cast("Json", self.body.fields)

    def channel(self) -> Channel:
        """Return the channel of the path, which the bot must be able to see."""
        channel = self.world.channels.get(self.id_of("channel_id"))
        if channel is None:
            raise Known.UNKNOWN_CHANNEL.refusal()
        if not channel.seen_by(self.world.bot):
            raise Known.MISSING_ACCESS.refusal()
        return channel

    def guild(self) -> Guild:
        """Return the guild of the path, which the bot must be in."""
        guild = self.world.guilds.get(self.id_of("guild_id"))
        if guild is None:
            raise Known.UNKNOWN_GUILD.refusal()
        if not guild.has_bot:
            raise Known.MISSING_ACCESS.refusal()
        return guild


Handler = Callable[[Call], Awaitable[Answer]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A method, a template and who answers."""

    method: str
    template: str
    handler: Handler
    auth: Literal["bot", "none"] = "bot"
    limited_as: str = ""
    """The bucket that several routes share; empty: a bucket of its own; UNLIMITED: none, and no headers."""
    query: tuple[str, ...] = ()
    takes_body: bool = False
