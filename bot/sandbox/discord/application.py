"""The application: its bot account, its flags and its commands, as Discord's developer portal would hold them."""

from dataclasses import dataclass, field

from bot.sandbox.discord.accounts import Account
from bot.sandbox.discord.events import PRIVILEGED_INTENTS, Intent
from bot.sandbox.discord.refusals import Json

FLAG_PRESENCE, FLAG_MEMBERS, FLAG_MESSAGE_CONTENT = 1 << 13, 1 << 15, 1 << 19
SLASH, USER_MENU, MESSAGE_MENU = 1, 2, 3


@dataclass(slots=True, kw_only=True, eq=False)
class Application:
    """What the portal knows of the application. The first three fields may be switched at any time."""

    message_content_granted: bool = False
    members_granted: bool = False
    presences_granted: bool = False
    id: int
    name: str
    token: str = field(repr=False)
    bot: Account
    owner: Account
    commands: dict[int | None, dict[int, Json]] = field(default_factory=dict[int | None, dict[int, Json]])
    """Registered commands by guild id (None: everywhere), then by command id."""

    @property
    def flags(self) -> int:
        """Return the public flags; the limited variants are those of an application below the review threshold."""
        flags = FLAG_MESSAGE_CONTENT if self.message_content_granted else 0
        flags |= FLAG_MEMBERS if self.members_granted else 0
        return flags | (FLAG_PRESENCE if self.presences_granted else 0)

    @property
    def granted_intents(self) -> int:
        """Return which intents a connection may ask for."""
        granted = ((1 << 32) - 1) & ~int(PRIVILEGED_INTENTS)
        granted |= Intent.MESSAGE_CONTENT if self.message_content_granted else 0
        granted |= Intent.GUILD_MEMBERS if self.members_granted else 0
        return granted | (Intent.GUILD_PRESENCES if self.presences_granted else 0)

    def commands_in(self, guild_id: int | None) -> list[Json]:
        """List the commands of one scope."""
        return list(self.commands.get(guild_id, {}).values())
