"""Servers: roles, members, and the bot that comes and goes. State, and what is told of its changes; no message."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from bot.sandbox.discord import integrations
from bot.sandbox.discord.accounts import DEFAULT_UPLOAD_LIMIT_BYTES, Account, Person
from bot.sandbox.discord.permissions import Overwrite, Permission
from bot.sandbox.discord.places import TEXT, Channel

if TYPE_CHECKING:
    from bot.sandbox.discord.world import World

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
    has_bot: bool = False
    available: bool = True
    roles: list[Role] = field(default_factory=list[Role])
    """From the lowest to the highest, @everyone left out."""
    members: dict[int, Member] = field(default_factory=dict[int, Member], repr=False)
    overrides: integrations.Overrides = field(default_factory=integrations.Overrides, repr=False)
    """What the Integrations page says about commands."""

    @property
    def upload_limit_bytes(self) -> int:
        """Return what the boost tier allows for one file (discord.md 2)."""
        return _TIER_UPLOAD_BYTES[self.premium_tier]

    # Channels ----------------------------------------------------------------------------------------------------

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

    # Roles -------------------------------------------------------------------------------------------------------

    @property
    def bot_role(self) -> Role | None:
        """Return the role that came with the bot; None where it is not."""
        return next((each for each in self.roles if each.managed_by == self.world.bot.id), None)

    def add_role(self, name: str, *, permissions: int = 0, below_bot: bool = True) -> Role:
        """Add a role at the bottom, where new ones come; not `below_bot`: at the top, above the bot's own."""
        at = 0 if below_bot else len(self.roles)
        role = Role(id=self.world.mint.next_id(), name=name, permissions=permissions, position=at + 1)
        self.roles.insert(at, role)
        self.world.publish_role("GUILD_ROLE_CREATE", self, role)
        self._renumber()
        return role

    def move_role(self, role: Role, *, above: Role) -> None:
        """Drag a role to right above another; above @everyone is the bottom."""
        self.roles.remove(role)
        self.roles.insert(0 if above is self.everyone else self.roles.index(above) + 1, role)
        self._renumber()

    def change_role(self, role: Role, *, name: str | None = None, permissions: int | None = None) -> None:
        """Rename a role or change what it may do."""
        role.name = role.name if name is None else name
        role.permissions = role.permissions if permissions is None else permissions
        self.world.publish_role("GUILD_ROLE_UPDATE", self, role)

    def remove_role(self, role: Role) -> None:
        """Delete a role; who had it loses it. Of members nothing is told."""
        if role is self.everyone or role.managed_by is not None:
            raise ValueError(f"nobody can delete the role {role.name!r}")
        self.roles.remove(role)
        for member in self.members.values():
            member.roles = [each for each in member.roles if each is not role]
        self.world.publish_role_gone(self, role)
        for channel in self.channels:
            channel.forget(role)

    def _renumber(self) -> None:
        """Number the roles from the bottom and tell of each that has a new place."""
        for position, role in enumerate(self.roles, start=1):
            if role.position != position:
                role.position = position
                self.world.publish_role("GUILD_ROLE_UPDATE", self, role)

    # Members -----------------------------------------------------------------------------------------------------

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

    def remove_member(self, account: Account) -> None:
        """Let a member leave, or throw them out; for the bot there is `remove_bot`."""
        if account is self.owner or account is self.world.bot:
            raise ValueError(f"{account.name} cannot leave like this")
        del self.members[account.id]
        self.world.publish_member_gone(self, account)

    # The bot -----------------------------------------------------------------------------------------------------

    def invite_bot(self) -> None:
        """Let the bot in, with a role of its own at the bottom."""
        if self.has_bot:
            raise ValueError(f"the bot is in {self.name} already")
        bot = self.world.bot
        own = Role(id=self.world.mint.next_id(), name=bot.name, permissions=0, position=1, managed_by=bot.id)
        self.roles.insert(0, own)
        for position, role in enumerate(self.roles, start=1):
            role.position = position
        self.has_bot = True
        self.members[bot.id] = Member(account=bot, joined_at=self.world.clock.now(), roles=[own])
        self.world.publish_guild(self, joined=True)

    def remove_bot(self) -> None:
        """Throw the bot out of the server: its role and what was set for its commands go with it."""
        own = self.bot_role
        self.roles = [each for each in self.roles if each is not own]
        self.members.pop(self.world.bot.id, None)
        self.overrides = integrations.Overrides()
        self.has_bot = False
        self.world.publish_guild_gone(self, removed=True)

    def become_unavailable(self) -> None:
        """Let the server fall into an outage of Discord's, which is no removal."""
        self.available = False
        self.world.publish_guild_gone(self, removed=False)

    def become_available(self) -> None:
        """End an outage."""
        self.available = True
        self.world.publish_guild(self, joined=False)

    def override_command(
        self, command: str | None, target: "Role | Account | Channel | Guild", *, allowed: bool | None
    ) -> None:
        """Allow or deny a command to a role, an account or in a channel, as the Integrations page does.

        The command is "/admin" or the name of a menu, None for all of the application; None for `allowed` takes the
        setting back. `guild.everyone` stands for everybody, the guild itself for all its channels.
        """
        app = self.world.application
        subject_id = app.id if command is None else integrations.command_id(app, self.id, command)
        self.overrides.put(subject_id, _override_key(target), allowed=allowed)
        self.world.publish_overrides(self, subject_id)


def _override_key(target: Role | Account | Channel | Guild) -> integrations.Key:
    if isinstance(target, Role):
        return integrations.Key(integrations.ROLE, target.id)
    if isinstance(target, Account):
        return integrations.Key(integrations.USER, target.id)
    if isinstance(target, Channel):
        return integrations.Key(integrations.CHANNEL, target.id)
    return integrations.Key(integrations.CHANNEL, integrations.all_channels(target.id))
