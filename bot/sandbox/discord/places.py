"""Where things happen: channels, threads and direct messages. State and who may do what there."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.sandbox.discord import permissions
from bot.sandbox.discord.accounts import DEFAULT_UPLOAD_LIMIT_BYTES, Account
from bot.sandbox.discord.permissions import Overwrite, Permission

if TYPE_CHECKING:
    from bot.sandbox.discord.guilds import Guild, Role
    from bot.sandbox.discord.messages import Message
    from bot.sandbox.discord.world import World

TEXT, DIRECT, VOICE, CATEGORY, PUBLIC_THREAD = 0, 1, 2, 4, 11
TEXTUAL = (TEXT, DIRECT, PUBLIC_THREAD)


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

    def allow(self, target: "Role | Account", granted: Permission) -> None:
        """Allow a role or an account something in this channel."""
        self._overwrite(target, allow=granted, deny=0)

    def deny(self, target: "Role | Account", refused: Permission) -> None:
        """Deny a role or an account something in this channel."""
        self._overwrite(target, allow=0, deny=refused)

    def _overwrite(self, target: "Role | Account", *, allow: int, deny: int) -> None:
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

    def forget(self, role: "Role") -> None:
        """Drop what is said here about a role that is gone."""
        kept = [each for each in self.overwrites if each.target_id != role.id]
        if len(kept) < len(self.overwrites):
            self.overwrites = kept
            self.world.publish_channel("CHANNEL_UPDATE", self)

    def delete(self) -> None:
        """Remove the channel and everything in it; of its threads nothing is told."""
        for thread in [each for each in self.world.channels.values() if each.parent is self]:
            thread.deleted = True
            del self.world.channels[thread.id]
        self.deleted = True
        self.world.publish_channel("THREAD_DELETE" if self.kind == PUBLIC_THREAD else "CHANNEL_DELETE", self)
        self.world.channels.pop(self.id, None)
