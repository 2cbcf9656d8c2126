"""Messages and their files: what they hold now, and every state they went through."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from bot.sandbox.discord import bell
from bot.sandbox.discord.component_forms import TEXT_DISPLAY, find_part, media_of, walk
from bot.sandbox.discord.message_forms import EPHEMERAL, LOADING, SUPPRESS_NOTIFICATIONS
from bot.sandbox.discord.refusals import Json

if TYPE_CHECKING:
    from bot.sandbox.discord.accounts import Account
    from bot.sandbox.discord.cdn import Cdn
    from bot.sandbox.discord.exchanges import Exchange
    from bot.sandbox.discord.guilds import Role
    from bot.sandbox.discord.places import Channel

DEFAULT, REPLY, SLASH_COMMAND, CONTEXT_MENU = 0, 19, 20, 23


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file on the stand-in's CDN."""

    cdn: "Cdn" = field(repr=False)
    id: int
    channel_id: int
    filename: str
    content: bytes = field(repr=False)
    content_type: str | None
    description: str | None = None
    title: str | None = None
    width: int | None = None
    height: int | None = None
    spoiler: bool = False
    ephemeral: bool = False

    @property
    def n_bytes(self) -> int:
        """Return how much the file weighs."""
        return len(self.content)

    @property
    def url(self) -> str:
        """Return a signed address that works for a day from now."""
        return self.cdn.url_of(self)

    def read(self) -> bytes:
        """Return exactly the bytes that were uploaded."""
        return self.content


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageState:
    """One state a message was seen in, when, and by which route it came about."""

    content: str
    embeds: tuple[Json, ...]
    components: tuple[Json, ...]
    attachments: tuple[Attachment, ...]
    flags: int
    at: datetime
    route: str

    @property
    def thinking(self) -> bool:
        """Tell whether people saw "is thinking…"."""
        return bool(self.flags & LOADING)

    @property
    def labels(self) -> list[str]:
        """List the labels of the buttons."""
        return [part["label"] for part, _ in walk(list(self.components)) if part.get("label")]


@dataclass(slots=True, kw_only=True, eq=False)
class Message:
    """A message as it stands."""

    id: int
    channel: "Channel"
    author: "Account"
    kind: int
    created_at: datetime
    content: str = ""
    embeds: list[Json] = field(default_factory=list[Json])
    components: list[Json] = field(default_factory=list[Json])
    files: list[Attachment] = field(default_factory=list[Attachment])
    """Every file of the message, those shown through an embed or a component included."""
    flags: int = 0
    tts: bool = False
    mentions: "list[Account]" = field(default_factory=list[Any])
    mention_roles: "list[Role]" = field(default_factory=list[Any])
    mention_everyone: bool = False
    pinged: "list[Account]" = field(default_factory=list[Any])
    """Who was really notified, over all states."""
    reply_to: "Message | None" = None
    forwards: "Message | None" = None
    answers: "Exchange | None" = None
    """The interaction this message belongs to."""
    nonce: str | int | None = None
    edited_at: datetime | None = None
    deleted: bool = False
    states: list[MessageState] = field(default_factory=list[MessageState])
    _bell: bell.Bell = field(default_factory=bell.Bell, repr=False)

    @property
    def ephemeral(self) -> bool:
        """Tell whether only one person sees it."""
        return bool(self.flags & EPHEMERAL)

    @property
    def thinking(self) -> bool:
        """Tell whether it still shows "is thinking…"."""
        return bool(self.flags & LOADING)

    @property
    def attachments(self) -> list[Attachment]:
        """List the files that are not shown through an embed or a component (discord.md 2)."""
        shown = set(_shown_file_ids(self.embeds, self.components))
        return [each for each in self.files if each.id not in shown]

    @property
    def labels(self) -> list[str]:
        """List the labels of the buttons."""
        return [part["label"] for part, _ in walk(self.components) if part.get("label")]

    @property
    def texts(self) -> list[str]:
        """List the text displays of a message of version 2."""
        return [part["content"] for part, _ in walk(self.components) if part["type"] == TEXT_DISPLAY]

    @property
    def silent(self) -> bool:
        """Tell whether it was posted quietly, without push and desktop notifications."""
        return bool(self.flags & SUPPRESS_NOTIFICATIONS)

    def part(self, name: str) -> Json:
        """Return the button or select with that label, placeholder or custom_id; KeyError where there is none."""
        found = find_part([part for part, _ in walk(self.components)], name, ("label", "placeholder", "custom_id"))
        if found is None:
            raise KeyError(name)
        return found

    def record_state(self, *, at: datetime, route: str) -> None:
        """Keep what the message is now and wake whoever waits for it."""
        self.states.append(
            MessageState(
                content=self.content,
                embeds=tuple(self.embeds),
                components=tuple(self.components),
                attachments=tuple(self.attachments),
                flags=self.flags,
                at=at,
                route=route,
            )
        )
        self._bell.ring()

    def mark_deleted(self) -> None:
        """Note that the message is gone and wake whoever waits."""
        self.deleted = True
        self._bell.ring()

    async def wait_until(self, holds: "Callable[[Message], object]", *, timeout: float = bell.PATIENCE_S) -> "Message":
        """Wait until `holds(message)` is true; TimeoutError after `timeout` real seconds."""
        what = f"message {self.id} as wanted; it is now {self.states[-1] if self.states else self!r}"
        await self._bell.wait_until(lambda: holds(self), what=what, timeout=timeout)
        return self


def _shown_file_ids(embeds: list[Json], components: list[Json]) -> list[int]:
    media: list[Json] = [part for part, _ in media_of(components)]
    for embed in embeds:
        media += [cast("Json", embed[name]) for name in ("image", "thumbnail") if embed.get(name)]
        media += [cast("Json", embed[name]) for name in ("footer", "author") if embed.get(name)]
    return [each["sandbox_file_id"] for each in media if each.get("sandbox_file_id")]
