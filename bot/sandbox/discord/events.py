"""What the gateway tells: an event, who may hear of it, and its two faces with and without message content."""

import enum
from dataclasses import dataclass

from bot.sandbox.discord.refusals import Json


class Intent(enum.IntFlag):
    """The groups of events a connection can ask for and the stand-in has."""

    GUILDS = 1 << 0
    GUILD_MEMBERS = 1 << 1
    GUILD_PRESENCES = 1 << 8
    GUILD_MESSAGES = 1 << 9
    DIRECT_MESSAGES = 1 << 12
    MESSAGE_CONTENT = 1 << 15


KNOWN_INTENTS = (1 << 17) - 1 | 1 << 20 | 1 << 21 | 1 << 24 | 1 << 25
PRIVILEGED_INTENTS = Intent.GUILD_MEMBERS | Intent.GUILD_PRESENCES | Intent.MESSAGE_CONTENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One dispatch. `intent` 0 means that everybody hears of it."""

    name: str
    payload: Json
    bare: Json | None = None
    """The same without message content, where that differs (discord.md 5)."""
    intent: int = 0
    guild_id: int | None = None

    def seen_with(self, intents: int) -> Json | None:
        """Return what a connection with these intents receives; None: nothing."""
        if self.intent and not intents & self.intent:
            return None
        return self.payload if self.bare is None or intents & Intent.MESSAGE_CONTENT else self.bare
