"""Where things happen: guilds, their roles and members, channels and threads. State and who may do what there."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from bot.sandbox.discord import permissions
from bot.sandbox.discord.accounts import DEFAULT_UPLOAD_LIMIT_BYTES, Account, Person
from bot.sandbox.discord.permissions import Overwrite, Permission

if TYPE_CHECKING:
    from bot.sandbox.discord.messages import Message
    from bot.sandbox.discord.world import World

TEXT, DIRECT, VOICE, CATEGORY, PUBLIC_THREAD = 0, 1, 2, 4, 11
TEXTUAL = (TEXT, DIRECT, PUBLIC_THREAD)
_TIER_UPLOAD_BYTES = {0: DEFAULT_UPLOAD_LIMIT_BYTES, 1: DEFAULT_UPLOAD_LIMIT_BYTES, 2: 50 * 1024**2, 3: 100 * 1024**2}


@dataclass(slots=True, kw_only=True, eq=False)
class Role:
    """A role of a guild."""

    id: int
    name: str
    permissions: int
    position: int
    managed_by: int | None = None
    """The id of the bot whose own role this is."""


@dataclass(slots=True, kw_only=True, eq=False)
class Member:
    """An account inside one guild."""

    account: Account
    joined_at: datetime
    roles: list[Role]


@dataclass(slots=True, kw_only=True, eq=False)
class Channel:
    """A text channel, a thread or direct messages."""

    world: "World" = field(repr=False)
    id: int
    kind: int
    name: str
    guild: "Guild | None" = None
    parent: "Channel | None" = None
    nsfw_itself: bool = False
    position: int = 0
    overwrites: list[Overwrite] = field(default_factory=list[Overwrite])
    recipients: list[Account] = field(default_factory=list[Account])
    messages: "dict[int, Message]" = field(default_factory=dict[int, "Message"], repr=False)
    archived: bool = False
    locked: bool = False
    deleted: bool = False

    @property
    def nsfw(self) -> bool:
        """Tell whether the place is age-restricted; a thread takes it over from its channel."""
        return self.parent.nsfw if self.parent else self.nsfw_itself

    @property
    def upload_limit_bytes(self) -> int:
        """Return what one file may weigh here, for who has no subscription of their own."""
        return self.guild.upload_limit_bytes if self.guild else DEFAULT_UPLOAD_LIMIT_BYTES

    def permissions_of(self, account: Account) -> int:
        """Return what an account may do here."""
        if self.guild is None:
            return permissions.MEMBER if account in self.recipients else 0
        member = self.guild.members.get(account.id)
        if member is None:
            return 0
        source = self.parent or self
        base = permissions.base_permissions(
            everyone=self.guild.everyone.permissions,
            roles=[role.permissions for role in member.roles],
            owner=self.guild.owner is account,
        )
        return permissions.in_channel(
            base,
            everyone_id=self.guild.id,
            role_ids={role.id for role in member.roles},
            user_id=account.id,
            overwrites=source.overwrites,
        )

    def allows(self, account: Account, permission: Permission) -> bool:
        """Tell whether an account has a permission here."""
        return bool(self.permissions_of(account) & permission)

    def seen_by(self, account: Account) -> bool:
        """Tell whether an account can see the place at all."""
        return self.allows(account, Permission.VIEW_CHANNEL)

    def allow(self, target: Role | Account, granted: Permission) -> None:
        """Allow a role or an account something in this channel."""
        self._overwrite(target, allow=granted, deny=0)

    def deny(self, target: Role | Account, refused: Permission) -> None:
        """Deny a role or an account something in this channel."""
        self._overwrite(target, allow=0, deny=refused)

    def _overwrite(self, target: Role | Account, *, allow: int, deny: int) -> None:
        old = next((each for each in self.overwrites if each.target_id == target.id), None)
        if old:
            self.overwrites.remove(old)
            allow, deny = (old.allow & ~deny) | allow, (old.deny & ~allow) | deny
        is_member = isinstance(target, Account)
        self.overwrites.append(Overwrite(target_id=target.id, is_member=is_member, allow=allow, deny=deny))
        self.world.publish_channel("CHANNEL_UPDATE", self)

    def add_thread(self, name: str) -> "Channel":
        """Open a public thread here."""
        thread = Channel(
            world=self.world,
            id=self.world.mint.next_id(),
            kind=PUBLIC_THREAD,
            name=name,
            guild=self.guild,
            parent=self,
        )
        self.world.channels[thread.id] = thread
        self.world.publish_channel("THREAD_CREATE", thread)
        return thread

    def archive(self, *, locked: bool = False) -> None:
        """Archive the thread; locked, nobody but a moderator can wake it."""
        self.archived, self.locked = True, locked
        self.world.publish_channel("THREAD_UPDATE", self)

    def unarchive(self) -> None:
        """Wake the thread, as any new message does."""
        self.archived = self.locked = False
        self.world.publish_channel("THREAD_UPDATE", self)

    def delete(self) -> None:
        """Remove the channel and everything in it."""
        self.deleted = True
        self.world.publish_channel("THREAD_DELETE" if self.kind == PUBLIC_THREAD else "CHANNEL_DELETE", self)
        self.world.channels.pop(self.id, None)


@dataclass(slots=True, kw_only=True, eq=False)
class Guild:
    """A server."""

    world: "World" = field(repr=False)
    id: int
    name: str
    owner: Account
    everyone: Role
    created_at: datetime
    premium_tier: int = 0
    locale: str = "en-US"
    has_bot: bool = True
    roles: list[Role] = field(default_factory=list[Role])
    members: dict[int, Member] = field(default_factory=dict[int, Member], repr=False)

    @property
    def upload_limit_bytes(self) -> int:
        """Return what the boost tier allows for one file (discord.md 2)."""
        return _TIER_UPLOAD_BYTES[self.premium_tier]

    @property
    def channels(self) -> list[Channel]:
        """List the channels, threads left out."""
        return [each for each in self.world.channels.values() if each.guild is self and each.parent is None]

    @property
    def threads(self) -> list[Channel]:
        """List the threads that are not archived."""
        return [
            each for each in self.world.channels.values() if each.guild is self and each.parent and not each.archived
        ]

    def add_text_channel(self, name: str, *, nsfw: bool = False, hidden_from_bot: bool = False) -> Channel:
        """Add a text channel; hidden from the bot, people there can still use its commands."""
        channel = Channel(
            world=self.world,
            id=self.world.mint.next_id(),
            kind=TEXT,
            name=name,
            guild=self,
            nsfw_itself=nsfw,
            position=len(self.channels),
        )
        if hidden_from_bot:
            bot = self.world.application.bot
            channel.overwrites.append(Overwrite(target_id=bot.id, is_member=True, deny=Permission.VIEW_CHANNEL))
        self.world.channels[channel.id] = channel
        self.world.publish_channel("CHANNEL_CREATE", channel)
        return channel

    def add_role(self, name: str, *, permissions: int = 0) -> Role:
        """Add a role above the others."""
        role = Role(id=self.world.mint.next_id(), name=name, permissions=permissions, position=len(self.roles))
        self.roles.append(role)
        self.world.publish_role("GUILD_ROLE_CREATE", self, role)
        return role

    def add_member(
        self,
        name: str,
        *,
        roles: Sequence[Role] = (),
        locale: str = "en-US",
        upload_limit: int = DEFAULT_UPLOAD_LIMIT_BYTES,
    ) -> Person:
        """Let a new person join."""
        person = self.world.add_person(name, locale=locale, upload_limit_bytes=upload_limit)
        self.admit(person, roles=roles)
        return person

    def admit(self, account: Account, *, roles: Sequence[Role] = ()) -> Member:
        """Let a known account join."""
        member = Member(account=account, joined_at=self.world.clock.now(), roles=list(roles))
        self.members[account.id] = member
        self.world.publish_member("GUILD_MEMBER_ADD", self, member)
        return member

    def change_roles(self, account: Account, roles: Sequence[Role]) -> None:
        """Give a member exactly these roles."""
        member = self.members[account.id]
        member.roles = list(roles)
        self.world.publish_member("GUILD_MEMBER_UPDATE", self, member)

    def remove_bot(self) -> None:
        """Throw the bot out of the server."""
        self.world.remove_bot_from(self)
