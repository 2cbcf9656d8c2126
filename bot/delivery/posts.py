"""What is posted, and what became of it: plain data between announcer, ladder and ways. No call is made here."""

import enum
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import discord

from bot.jobs.model import ReplyRoute
from bot.ui import cards, filenames


class Outcome(enum.Enum):
    """What became of one try."""

    POSTED = enum.auto()
    CLOSED = enum.auto()
    """This way leads nowhere, now and later."""
    STUCK = enum.auto()
    """The reply has not been editable for longer than trouble lasts that passes, and surely does not show the post."""
    REMOVED = enum.auto()
    """Somebody deleted the message: nothing is posted again in that channel."""
    OUT_OF_REACH = enum.auto()
    """The channel is gone: no way through it is left."""
    TOO_LARGE = enum.auto()
    BLOCKED = enum.auto()
    """The words were refused by the moderation of the place."""
    UNREADABLE = enum.auto()
    """It may stand in the channel since an earlier try, and that cannot be looked up: it is not posted once more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A file ready to be attached."""

    path: Path
    name: str
    alt_text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """What is to be seen: a card, and the picture if there is one.

    `nonce` names its purpose; by it Discord drops a double of the last few minutes. `since` is the earliest moment at
    which anybody can have sent it.
    """

    card: cards.Card
    nonce: str
    since: datetime
    picture: Picture | None = None
    maybe_there: bool = False
    """A process that is no more may have posted it: it is looked for before anything is done."""
    may_go: Callable[[], Awaitable[bool]] | None = None
    """Asked immediately before each call that posts; where it says no, Dispossessed is raised instead."""

    @property
    def is_pressed(self) -> bool:
        """Whether it answers a press: whoever took that posts it, whoever drives the job."""
        return self.may_go is None

    def files(self) -> list[discord.File]:
        """Open the picture for one try: a discord.File that was sent once uploads nothing the second time."""
        if self.picture is None:
            return []
        return [discord.File(self.picture.path, filename=self.picture.name, description=self.picture.alt_text)]

    def wordless(self) -> "Post":
        """Return the same post without any word of a person's: for a place whose moderation refused it."""
        picture = self.picture and replace(
            self.picture, name=filenames.plain_name(self.picture.path), alt_text=filenames.PLAIN_ALT_TEXT
        )
        return replace(self, card=cards.wordless(self.card), picture=picture)


@dataclass(frozen=True, slots=True)
class Tried:
    """The outcome of one try, and where the post stands if it is a new message."""

    outcome: Outcome
    channel_id: int | None = None
    message_id: int | None = None


@dataclass(frozen=True, slots=True)
class Posted:
    """What became of a post; `route` where more is known now of where it stands than the job knew."""

    outcome: Outcome
    route: ReplyRoute | None = None
