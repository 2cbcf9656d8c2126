"""Interactions as the bot receives them (discord.md 13)."""

from typing import TYPE_CHECKING

from bot.sandbox.discord import exchanges, places, wire, wire_messages
from bot.sandbox.discord.accounts import Person
from bot.sandbox.discord.exchanges import Exchange
from bot.sandbox.discord.permissions import MEMBER, Permission
from bot.sandbox.discord.places import Channel
from bot.sandbox.discord.refusals import Json
from bot.sandbox.discord.resolving import PersonCannot, Resolved

if TYPE_CHECKING:
    from bot.sandbox.discord.world import World

IN_GUILD, WITH_BOT, ELSEWHERE = 0, 1, 2
_IN_PRIVATE = Permission.ATTACH_FILES | Permission.EMBED_LINKS | Permission.MENTION_EVERYONE
"""What Discord says an application may do in direct messages; its bot's own add USE_EXTERNAL_EMOJIS."""


def command_data(
    command: Json, *, options: list[Json] | None, resolved: Resolved | None, target_id: int | None = None
) -> Json:
    """Write what was asked with a command; what is still being typed comes with ids only, without `resolved`."""
    data: Json = {"id": command["id"], "name": command["name"], "type": command["type"]}
    if options:
        data["options"] = options
    if resolved is not None and resolved.fields:
        data["resolved"] = resolved.fields
    if target_id is not None:
        data["target_id"] = str(target_id)
    return data if "guild_id" not in command else {**data, "guild_id": command["guild_id"]}


def context_of(channel: Channel, world: "World") -> int:
    """Return where an interaction happens: a guild, the bot's own direct messages, or other people's."""
    if channel.guild is not None:
        return IN_GUILD
    return WITH_BOT if world.bot in channel.recipients else ELSEWHERE


def owners(
    world: "World", person: Person, channel: Channel, command: Json | None, earlier: Exchange | None
) -> dict[str, str]:
    """Return who installed the application for this interaction; a component's are those of its message."""
    if earlier is not None:
        return earlier.owners
    kinds: list[int] = command["integration_types"] if command else [0, 1]
    found: dict[str, str] = {}
    if channel.guild is not None and channel.guild.has_bot and 0 in kinds:
        found["0"] = str(channel.guild.id)
    if context_of(channel, world) == WITH_BOT and 0 in kinds:
        found["0"] = "0"
    if person.installed_app and 1 in kinds:
        found["1"] = str(person.id)
    if not found:
        raise PersonCannot("the application is installed neither here nor for this person")
    return found


def _app_permissions(world: "World", channel: Channel) -> int:
    """Return what the application may do in a place, whether or not its bot is a member there."""
    if channel.guild is None:
        return _IN_PRIVATE | (Permission.USE_EXTERNAL_EMOJIS if world.bot in channel.recipients else 0)
    if channel.guild.has_bot:
        return channel.permissions_of(world.bot)
    return MEMBER & ~int(Permission.VIEW_CHANNEL)


def interaction(world: "World", exchange: Exchange) -> Json:
    """Write a whole interaction."""
    channel, person = exchange.channel, exchange.person
    fields: Json = {
        "id": str(exchange.id),
        "application_id": str(world.application.id),
        "type": exchange.kind,
        "token": exchange.token,
        "version": 1,
        "data": exchange.data,
        "channel": wire.channel(channel),
        "channel_id": str(channel.id),
        "locale": person.locale,
        "app_permissions": str(_app_permissions(world, channel)),
        "entitlements": [],
        "entitlement_sku_ids": [],
        "authorizing_integration_owners": exchange.owners,
        "context": context_of(channel, world),
        "attachment_size_limit": exchange.upload_limit_bytes,
    }
    if channel.guild is not None:
        fields |= _guild_fields(channel, person)
    else:
        fields["user"] = wire.user(person)
    if exchange.source is not None and exchange.kind in (exchanges.COMPONENT, exchanges.MODAL_SUBMIT):
        fields["message"] = wire_messages.message(exchange.source, bot=world.bot)
    if channel.kind == places.PUBLIC_THREAD:
        fields["channel"]["permissions"] = str(channel.permissions_of(person))
    return fields


def _guild_fields(channel: Channel, person: Person) -> Json:
    guild = channel.guild
    assert guild is not None  # noqa: S101 - asked before
    member = wire.member(guild.members[person.id])
    member["permissions"] = str(channel.permissions_of(person))
    return {
        "guild_id": str(guild.id),
        "guild": {"id": str(guild.id), "locale": guild.locale, "features": []},
        "guild_locale": guild.locale,
        "member": member,
    }
