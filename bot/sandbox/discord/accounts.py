"""Accounts: people and bots. A person acts through the desk, which refuses what a client would refuse."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bot.sandbox.discord.exchanges import Exchange, Modal
    from bot.sandbox.discord.messages import Message
    from bot.sandbox.discord.places import Channel
    from bot.sandbox.discord.world import World

File = tuple[str, bytes]
"""A file a person hands over: its name and its bytes."""
DEFAULT_UPLOAD_LIMIT_BYTES = 10 * 1024 * 1024


@dataclass(slots=True, kw_only=True, eq=False)
class Account:
    """Somebody with a name: a person or the bot."""

    id: int
    name: str
    bot: bool = False

    @property
    def mention(self) -> str:
        """Return the text that pings this account."""
        return f"<@{self.id}>"


@dataclass(slots=True, kw_only=True, eq=False)
class Person(Account):
    """A human at a Discord client."""

    world: "World" = field(repr=False)
    locale: str = "en-US"
    upload_limit_bytes: int = DEFAULT_UPLOAD_LIMIT_BYTES
    """What this person's own subscription allows for one file."""
    accepts_direct_messages: bool = True
    installed_app: bool = False
    """Whether the person installed the application for themselves."""

    async def use(self, channel: "Channel", command: str, /, **options: Any) -> "Exchange":
        """Use a slash command, as in `use(channel, "/quota set", amount=3)`; PersonCannot where a client refuses."""
        return self.world.desk.use(self, channel, command, options)

    async def menu(self, target: "Message | Account", command: str, *, channel: "Channel | None" = None) -> "Exchange":
        """Pick an entry from the context menu of a message, or of an account in `channel`."""
        return self.world.desk.menu(self, target, command, channel=channel)

    async def autocomplete(
        self, channel: "Channel", command: str, /, *, focused: str, value: str = "", **options: Any
    ) -> "Exchange":
        """Type `value` into an option; the exchange's `choices()` are the bot's suggestions."""
        return self.world.desk.autocomplete(self, channel, command, options, focused=focused, value=value)

    async def press(self, message: "Message", button: str) -> "Exchange":
        """Press a button by its label or custom_id."""
        return self.world.desk.press(self, message, button)

    async def select(self, message: "Message", menu: str, *values: Any) -> "Exchange":
        """Choose from a select menu, named by its placeholder or custom_id; options by label or value."""
        return self.world.desk.select(self, message, menu, list(values))

    async def submit(self, modal: "Modal", answers: dict[str, Any] | None = None) -> "Exchange":
        """Fill in a modal, its fields named by label or custom_id, and send it. Files: a list of (name, bytes)."""
        return await self.world.desk.submit(self, modal, answers or {})

    async def say(
        self,
        channel: "Channel",
        text: str = "",
        *,
        reply_to: "Message | None" = None,
        ping: bool = True,
        attachments: Sequence[File] = (),
    ) -> "Message":
        """Post a message; `ping` says whether a reply mentions whom it answers."""
        return self.world.desk.say(self, channel, text, reply_to=reply_to, ping=ping, files=attachments)

    async def forward(self, message: "Message", to: "Channel") -> "Message":
        """Forward a message to a channel."""
        return self.world.desk.forward(self, message, to)

    async def delete(self, message: "Message") -> None:
        """Delete a message."""
        self.world.desk.delete(self, message)

    async def direct_messages(self) -> "Channel":
        """Open the direct messages with the bot."""
        return self.world.direct_channel(self)
