"""One thing a person did, and everything the bot answered to it: the life of an interaction token (discord.md 1)."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from bot.sandbox.discord import bell
from bot.sandbox.discord.refusals import Json

if TYPE_CHECKING:
    from bot.sandbox.discord.accounts import Person
    from bot.sandbox.discord.messages import Message
    from bot.sandbox.discord.places import Channel

COMMAND, COMPONENT, AUTOCOMPLETE, MODAL_SUBMIT = 2, 3, 4, 5
REPLY_NOW, REPLY_LATER, UPDATE_LATER, UPDATE_NOW, SUGGEST, SHOW_MODAL = 4, 5, 6, 7, 8, 9
ANSWER_WITHIN = timedelta(seconds=3)
TOKEN_LIFETIME = timedelta(minutes=15)
USER_INSTALL_FOLLOWUPS = 5


class NoAnswer(Exception):
    """The person read "The application did not respond"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """The bot's first answer."""

    kind: int
    after_ms: float
    ephemeral: bool = False
    message: "Message | None" = None
    modal: "Modal | None" = None
    choices: tuple[Json, ...] = ()

    @property
    def deferred(self) -> bool:
        """Tell whether the answer only said that one will come."""
        return self.kind in (REPLY_LATER, UPDATE_LATER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Modal:
    """A form that the bot opened for one person."""

    exchange: "Exchange" = field(repr=False)
    custom_id: str
    title: str
    components: tuple[Json, ...]


@dataclass(slots=True, kw_only=True, eq=False)
class Exchange:
    """An interaction: who did what where, and what came back."""

    id: int
    token: str = field(repr=False)
    kind: int
    person: "Person"
    channel: "Channel"
    created_at: datetime
    created_monotonic: float
    upload_limit_bytes: int
    data: Json
    owners: dict[str, str]
    """Who installed the application: "0" a guild, "1" the person."""
    source: "Message | None" = None
    """The message whose button was pressed."""
    target: "Message | None" = None
    """The message whose context menu was used."""
    opened_by: "Exchange | None" = None
    """The interaction whose modal was submitted."""
    response: Response | None = None
    answered_with: int | None = None
    original: "Message | None" = None
    followups: "list[Message]" = field(default_factory=list[Any])
    n_followups: int = 0
    failed: bool = False
    changes: bell.Bell = field(default_factory=bell.Bell, repr=False)

    @property
    def command_name(self) -> str:
        """Return the command's name; empty where none was used."""
        return self.data.get("name", "")

    @property
    def only_user_installed(self) -> bool:
        """Tell whether nothing but the person's own installation brought the application here."""
        return set(self.owners) == {"1"}

    def reachable_messages(self) -> "list[Message]":
        """List what the token can reach."""
        originals = [self.original] if self.original else []
        return [each for each in (*originals, *self.followups) if not each.deleted]

    def fail(self) -> None:
        """Show the person that the application did not respond."""
        self.failed = True
        self.changes.ring()

    async def answered(self, *, timeout: float = bell.PATIENCE_S) -> Response:
        """Wait for the first answer; NoAnswer when the application did not respond in time."""
        await self._until(lambda: self.response, "an answer", timeout=timeout)
        assert self.response is not None  # noqa: S101 - `_until` saw it
        return self.response

    async def message(self, *, timeout: float = bell.PATIENCE_S) -> "Message":
        """Wait for the first message that answers, or the one whose button was pressed and then updated."""
        await self._until(lambda: self.original or self.followups, "a message", timeout=timeout)
        return self.original or self.followups[0]

    async def followup(self, index: int = 0, *, timeout: float = bell.PATIENCE_S) -> "Message":
        """Wait for a follow-up message."""
        await self._until(lambda: len(self.followups) > index, f"follow-up {index}", timeout=timeout)
        return self.followups[index]

    async def modal(self, *, timeout: float = bell.PATIENCE_S) -> Modal:
        """Wait for the first answer, which must be a modal."""
        response = await self.answered(timeout=timeout)
        if response.modal is None:
            raise AssertionError(f"the bot answered with type {response.kind}, not with a modal")
        return response.modal

    async def choices(self, *, timeout: float = bell.PATIENCE_S) -> list[Json]:
        """Wait for suggestions to what is being typed."""
        return list((await self.answered(timeout=timeout)).choices)

    async def _until(self, holds: Any, what: str, *, timeout: float) -> None:
        await self.changes.wait_until(lambda: holds() or self.failed, what=what, timeout=timeout)
        if not holds():
            raise NoAnswer("The application did not respond")
