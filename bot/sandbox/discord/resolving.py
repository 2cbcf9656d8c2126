"""The things a person's choice points to, as they go along in `resolved`."""

from typing import TYPE_CHECKING, Any

from bot.sandbox.discord import wire, wire_messages
from bot.sandbox.discord.accounts import Account, File, Person
from bot.sandbox.discord.guilds import Role
from bot.sandbox.discord.messages import Attachment, Message
from bot.sandbox.discord.places import Channel
from bot.sandbox.discord.refusals import Json

if TYPE_CHECKING:
    from bot.sandbox.discord.world import World


class PersonCannot(Exception):
    """A Discord client would not let a person do that."""


class Resolved:
    """Collects what is pointed to, for one interaction."""

    def __init__(self, world: "World", person: Person, channel: Channel) -> None:
        self.fields: Json = {}
        self._world = world
        self._person = person
        self._channel = channel

    def _put(self, kind: str, thing_id: int, fields: Json) -> str:
        self.fields.setdefault(kind, {})[str(thing_id)] = fields
        return str(thing_id)

    def find(self, kind: str, thing_id: int) -> Account | Role | Channel | None:
        """Return what a default value of a select stands for."""
        guild = self._channel.guild
        if kind == "user":
            return self._world.accounts.get(thing_id)
        if kind == "channel":
            return self._world.channels.get(thing_id)
        return next((each for each in guild.roles if each.id == thing_id), None) if guild else None

    def add_user(self, value: Any) -> str:
        """Point to an account."""
        if not isinstance(value, Account):
            raise PersonCannot(f"{value!r} is no account")
        guild = self._channel.guild
        if guild and value.id in guild.members:
            allowed = str(self._channel.permissions_of(value))
            fields = {**wire.member(guild.members[value.id], with_user=False), "permissions": allowed}
            self._put("members", value.id, fields)
        return self._put("users", value.id, wire.user(value))

    def add_role(self, value: Any) -> str:
        """Point to a role of this guild."""
        guild = self._channel.guild
        if not isinstance(value, Role) or guild is None or value not in (guild.everyone, *guild.roles):
            raise PersonCannot(f"{value!r} is no role of this guild")
        return self._put("roles", value.id, wire.role(value))

    def add_mentionable(self, value: Any) -> str:
        """Point to an account or a role."""
        return self.add_role(value) if isinstance(value, Role) else self.add_user(value)

    def add_channel(self, value: Any, kinds: list[int]) -> str:
        """Point to a channel of this guild that the person sees, of one of `kinds` where there are any."""
        if not isinstance(value, Channel) or value.guild is not self._channel.guild or not value.seen_by(self._person):
            raise PersonCannot(f"{value!r} is no channel here")
        if kinds and value.kind not in kinds:
            raise PersonCannot(f"a channel of type {value.kind} cannot be chosen here")
        names = ("id", "name", "type", "parent_id", "thread_metadata", "guild_id", "flags", "nsfw", "position")
        whole = wire.channel(value)
        fields = {name: whole[name] for name in names if name in whole}
        fields["permissions"] = str(value.permissions_of(self._person))
        fields["app_permissions"] = str(value.permissions_of(self._world.bot))
        return self._put("channels", value.id, fields)

    def add_file(self, value: Any) -> str:
        """Hand over a file: a pair of name and bytes."""
        kept = self._upload(value)
        return self._put("attachments", kept.id, wire_messages.attachment(kept))

    def _upload(self, value: File) -> Attachment:
        match value:
            case (str(name), bytes(content)):
                pass
            case _:
                raise PersonCannot(f"{value!r} is no file: give a pair of name and bytes")
        limit = max(self._person.upload_limit_bytes, self._channel.upload_limit_bytes)
        if len(content) > limit:
            raise PersonCannot(f"{name} is too powerful: {len(content)} of {limit} bytes")
        return self._world.cdn.store(
            file_id=self._world.mint.next_id(),
            channel_id=self._channel.id,
            filename=name,
            content=content,
            ephemeral=True,
        )

    def add_message(self, message: Message) -> str:
        """Point to a message: the one kind of message that is readable without the intent (discord.md 5)."""
        self.add_user(message.author)
        return self._put("messages", message.id, wire_messages.message(message, bot=self._world.bot, content=True))
