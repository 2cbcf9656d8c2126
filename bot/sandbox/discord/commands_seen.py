"""Which commands a person's client offers, and where (discord.md 7)."""

from typing import TYPE_CHECKING

from bot.sandbox.discord import integrations
from bot.sandbox.discord.permissions import ALL
from bot.sandbox.discord.refusals import Json
from bot.sandbox.discord.resolving import PersonCannot

if TYPE_CHECKING:
    from bot.sandbox.discord.accounts import Person
    from bot.sandbox.discord.application import Application
    from bot.sandbox.discord.places import Channel

_IN_GUILD, _WITH_BOT, _ELSEWHERE = 0, 1, 2


def find_command(app: "Application", person: "Person", channel: "Channel", *, kind: int, name: str) -> Json:
    """Return the command a client would offer; a guild's own goes before a global one of the same name."""
    guild_id = channel.guild.id if channel.guild else None
    scopes = [*([app.commands_in(guild_id)] if guild_id else []), app.commands_in(None)]
    named = [each for scope in scopes for each in scope if each["type"] == kind and each["name"] == name]
    if not named:
        raise PersonCannot(f"there is no command {name!r} of type {kind} here")
    reasons = [_why_not(app, each, person, channel) for each in named]
    for each, reason in zip(named, reasons, strict=True):
        if reason is None:
            return each
    raise PersonCannot(f"{name!r} is not offered: {reasons[0]}")


def _why_not(app: "Application", command: Json, person: "Person", channel: "Channel") -> str | None:
    context = _IN_GUILD if channel.guild else (_WITH_BOT if app.bot in channel.recipients else _ELSEWHERE)
    if context not in _contexts(command):
        return "its contexts leave this place out"
    if not _installed(app, command, person, channel):
        return "the application is not installed here for it"
    if command["nsfw"] and channel.guild and not channel.nsfw:
        return "it is age-restricted and the channel is not"
    return _why_forbidden(app, command, person, channel)


def _why_forbidden(app: "Application", command: Json, person: "Person", channel: "Channel") -> str | None:
    """Return what the server has against a person's use: its Integrations page, else the default permissions."""
    held = channel.permissions_of(person)
    if channel.guild is None or held == ALL:
        return None
    asked = integrations.Asked(
        user_id=person.id,
        role_ids=frozenset(each.id for each in channel.guild.members[person.id].roles),
        channel_id=(channel.parent or channel).id,
        guild_id=channel.guild.id,
    )
    granted = channel.guild.overrides.decide(asked, command_id=int(command["id"]), application_id=app.id)
    if granted is not None:
        return None if granted else "the server's Integrations page forbids it"
    needed = command["default_member_permissions"]
    if needed is None or (int(needed) and held & int(needed) == int(needed)):
        return None
    return f"it needs the permissions {needed}"


def _contexts(command: Json) -> list[int]:
    if command["contexts"] is not None:
        return command["contexts"]
    return [_IN_GUILD, _WITH_BOT, _ELSEWHERE] if command["dm_permission"] else [_IN_GUILD]


def _installed(app: "Application", command: Json, person: "Person", channel: "Channel") -> bool:
    kinds = command["integration_types"]
    here = channel.guild.has_bot if channel.guild else app.bot in channel.recipients
    return (0 in kinds and here) or (1 in kinds and person.installed_app)
