"""Everything that exists in the stand-in, and the telling of it to the gateway. No HTTP and no sockets here."""

import base64
from collections.abc import Callable
from typing import TYPE_CHECKING

from bot.clock import Clock
from bot.sandbox.discord import permissions, wire, wire_messages
from bot.sandbox.discord.accounts import DEFAULT_UPLOAD_LIMIT_BYTES, Account, Person
from bot.sandbox.discord.application import Application
from bot.sandbox.discord.events import Event, Intent
from bot.sandbox.discord.exchanges import Exchange
from bot.sandbox.discord.guilds import Guild, Member, Role
from bot.sandbox.discord.ids import SnowflakeMint
from bot.sandbox.discord.messages import Message
from bot.sandbox.discord.places import DIRECT, Channel
from bot.sandbox.discord.refusals import Json

if TYPE_CHECKING:
    from bot.sandbox.discord.cdn import Cdn
    from bot.sandbox.discord.desk import Desk


def _token_of(user_id: int) -> str:
    """Make a token of the shape some libraries insist on: the bot's id in base64 comes first."""
    first = base64.b64encode(str(user_id).encode()).decode().rstrip("=")
    return f"{first}.sandbox.token"


class World:
    """Guilds, people, messages and interactions, and one application among them."""

    desk: "Desk"
    cdn: "Cdn"

    def __init__(self, *, clock: Clock, token: str | None, publish: Callable[[Event], None]) -> None:
        self.clock = clock
        self.mint = SnowflakeMint(clock)
        self.guilds: dict[int, Guild] = {}
        self.channels: dict[int, Channel] = {}
        self.accounts: dict[int, Account] = {}
        self.exchanges: dict[int, Exchange] = {}
        self.exchange_by_token: dict[str, Exchange] = {}
        self._publish = publish
        application_id = self.mint.next_id()
        bot = Account(id=application_id, name="sandbox-bot", bot=True)
        self.accounts[bot.id] = bot
        owner = self.add_person("operator")
        self.application = Application(
            id=application_id, name="sandbox-bot", token=token or _token_of(application_id), bot=bot, owner=owner
        )

    @property
    def bot(self) -> Account:
        """Return the bot's account."""
        return self.application.bot

    def add_person(
        self, name: str, *, locale: str = "en-US", upload_limit_bytes: int = DEFAULT_UPLOAD_LIMIT_BYTES
    ) -> Person:
        """Make a person who is in no guild yet."""
        person = Person(
            world=self, id=self.mint.next_id(), name=name, locale=locale, upload_limit_bytes=upload_limit_bytes
        )
        self.accounts[person.id] = person
        return person

    def add_guild(self, name: str, *, premium_tier: int, locale: str, has_bot: bool) -> Guild:
        """Make a guild, with the bot in it unless told otherwise, and tell the gateway."""
        guild_id = self.mint.next_id()
        everyone = Role(id=guild_id, name="@everyone", permissions=permissions.MEMBER, position=0)
        guild = Guild(
            world=self,
            id=guild_id,
            name=name,
            owner=self.application.owner,
            everyone=everyone,
            created_at=self.clock.now(),
            premium_tier=premium_tier,
            locale=locale,
        )
        guild.members[self.application.owner.id] = Member(
            account=self.application.owner, joined_at=self.clock.now(), roles=[]
        )
        self.guilds[guild.id] = guild
        if has_bot:
            guild.invite_bot()
        return guild

    @property
    def bot_guilds(self) -> list[Guild]:
        """List the guilds the bot is in."""
        return [guild for guild in self.guilds.values() if guild.has_bot]

    def direct_channel(self, person: Account) -> Channel:
        """Return the direct messages between the bot and a person, opened where they were not."""
        for channel in self.channels.values():
            if channel.kind == DIRECT and person in channel.recipients and self.bot in channel.recipients:
                return channel
        channel = Channel(world=self, id=self.mint.next_id(), kind=DIRECT, name="", recipients=[person, self.bot])
        self.channels[channel.id] = channel
        return channel

    def private_channel(self, *people: Account) -> Channel:
        """Open a place between people that the bot has no part in."""
        channel = Channel(world=self, id=self.mint.next_id(), kind=DIRECT, name="", recipients=list(people))
        self.channels[channel.id] = channel
        return channel

    # What the gateway is told ------------------------------------------------------------------------------------

    def publish_guild(self, guild: Guild, *, joined: bool) -> None:
        """Tell of a guild the bot has joined, or of one that is back after an outage."""
        payload = wire.guild_create(guild, bot=self.bot, all_members=False, joined=joined)
        self._publish(Event(name="GUILD_CREATE", payload=payload, intent=Intent.GUILDS, guild_id=guild.id))

    def publish_guild_gone(self, guild: Guild, *, removed: bool) -> None:
        """Tell of a guild the bot was removed from, or of one in an outage."""
        payload: Json = {"id": str(guild.id)} if removed else {"id": str(guild.id), "unavailable": True}
        self._publish(Event(name="GUILD_DELETE", payload=payload, intent=Intent.GUILDS, guild_id=guild.id))

    def publish_overrides(self, guild: Guild, subject_id: int) -> None:
        """Tell what was set for a command on the Integrations page."""
        payload = guild.overrides.written(subject_id, application_id=self.application.id, guild_id=guild.id)
        self._publish(Event(name="APPLICATION_COMMAND_PERMISSIONS_UPDATE", payload=payload, guild_id=guild.id))

    def publish_channel(self, name: str, channel: Channel) -> None:
        """Tell of a channel or thread that came, changed or went."""
        guild = channel.guild
        if guild is None or not guild.has_bot:
            return
        payload = wire.channel(channel)
        self._publish(Event(name=name, payload=payload, intent=Intent.GUILDS, guild_id=guild.id))

    def publish_role(self, name: str, guild: Guild, role: Role) -> None:
        """Tell of a role."""
        if guild.has_bot:
            payload = {"guild_id": str(guild.id), "role": wire.role(role)}
            self._publish(Event(name=name, payload=payload, intent=Intent.GUILDS, guild_id=guild.id))

    def publish_role_gone(self, guild: Guild, role: Role) -> None:
        """Tell of a role that was deleted."""
        if guild.has_bot:
            payload = {"guild_id": str(guild.id), "role_id": str(role.id)}
            self._publish(Event(name="GUILD_ROLE_DELETE", payload=payload, intent=Intent.GUILDS, guild_id=guild.id))

    def publish_member_gone(self, guild: Guild, account: Account) -> None:
        """Tell of a member who left."""
        if guild.has_bot:
            payload = {"guild_id": str(guild.id), "user": wire.user(account)}
            event = Event(name="GUILD_MEMBER_REMOVE", payload=payload, intent=Intent.GUILD_MEMBERS, guild_id=guild.id)
            self._publish(event)

    def publish_member(self, name: str, guild: Guild, member: Member) -> None:
        """Tell of a member."""
        if guild.has_bot:
            payload = {**wire.member(member), "guild_id": str(guild.id)}
            self._publish(Event(name=name, payload=payload, intent=Intent.GUILD_MEMBERS, guild_id=guild.id))

    def publish_message(self, name: str, message: Message) -> None:
        """Tell of a message, where the bot sees its channel and it is not private to one person."""
        channel = message.channel
        if message.ephemeral or not channel.seen_by(self.bot):
            return
        payload = wire_messages.message_event(message, bot=self.bot, content=True)
        bare = wire_messages.message_event(message, bot=self.bot, content=False)
        self._publish_in(channel, name, payload, bare)

    def publish_message_gone(self, message: Message) -> None:
        """Tell that a message was deleted."""
        channel = message.channel
        if message.ephemeral or not channel.seen_by(self.bot):
            return
        payload: Json = {"id": str(message.id), "channel_id": str(channel.id)}
        if channel.guild:
            payload["guild_id"] = str(channel.guild.id)
        self._publish_in(channel, "MESSAGE_DELETE", payload, None)

    def _publish_in(self, channel: Channel, name: str, payload: Json, bare: Json | None) -> None:
        guild = channel.guild
        intent = Intent.GUILD_MESSAGES if guild else Intent.DIRECT_MESSAGES
        guild_id = guild.id if guild else None
        self._publish(Event(name=name, payload=payload, bare=bare, intent=intent, guild_id=guild_id))

    def publish_interaction(self, payload: Json, guild: Guild | None) -> None:
        """Hand an interaction to the bot; one from a guild it is not in goes to the first connection."""
        guild_id = guild.id if guild and guild.has_bot else None
        self._publish(Event(name="INTERACTION_CREATE", payload=payload, guild_id=guild_id))

    # Messages ----------------------------------------------------------------------------------------------------

    def post(self, message: Message, *, route: str) -> Message:
        """Put a message into its channel."""
        if message.channel.archived:
            message.channel.unarchive()
        message.channel.messages[message.id] = message
        message.record_state(at=self.clock.now(), route=route)
        self.publish_message("MESSAGE_CREATE", message)
        return message

    def change(self, message: Message, *, route: str) -> None:
        """Tell of a message that was changed."""
        message.record_state(at=self.clock.now(), route=route)
        self.publish_message("MESSAGE_UPDATE", message)

    def remove(self, message: Message) -> None:
        """Take a message away."""
        message.channel.messages.pop(message.id, None)
        message.mark_deleted()
        self.publish_message_gone(message)
