"""What a server's Integrations page says about who may use which command where. Pure; it knows ids only.

Discord's order (its change log on command permissions): first the channel, then the person, each as the command has it
and else as the application has it; the command's word on a person is the last, the application's leads on to the
command's default permissions. Administrators are never asked.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from bot.sandbox.discord.application import SLASH, Application
from bot.sandbox.discord.refusals import Json

ROLE, USER, CHANNEL = 1, 2, 3
MAX_OVERRIDES = 100


class Key(NamedTuple):
    """To whom or where one setting applies."""

    kind: int
    id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Who asks where: threads ask as their channel."""

    user_id: int
    role_ids: frozenset[int]
    channel_id: int
    guild_id: int


@dataclass(slots=True, kw_only=True)
class Overrides:
    """The settings of one guild, by command id; the application's own id stands for all commands."""

    by_subject: dict[int, dict[Key, bool]] = field(default_factory=dict[int, dict[Key, bool]])

    def put(self, subject_id: int, key: Key, *, allowed: bool | None) -> None:
        """Set one setting, or take it back with None."""
        held = self.by_subject.setdefault(subject_id, {})
        held.pop(key, None)
        if allowed is not None:
            if len(held) == MAX_OVERRIDES:
                raise ValueError(f"a command takes {MAX_OVERRIDES} overrides")
            held[key] = allowed
        if not held:
            del self.by_subject[subject_id]

    def forget(self, command_ids: Iterable[int]) -> None:
        """Drop what was set for commands that are gone."""
        for each in command_ids:
            self.by_subject.pop(each, None)

    def decide(self, asked: Asked, *, command_id: int, application_id: int) -> bool | None:
        """Return whether somebody may use a command somewhere; None: the command's default permissions say."""
        of_command = self.by_subject.get(command_id, {})
        of_application = self.by_subject.get(application_id, {})
        places = [_in_channel(each, asked) for each in (of_command, of_application)]
        if next((each for each in places if each is not None), True) is False:
            return False
        granted = _to_person(of_command, asked)
        if granted is not None:
            return granted
        return False if _to_person(of_application, asked) is False else None

    def written(self, subject_id: int, *, application_id: int, guild_id: int) -> Json:
        """Write the settings of one command as Discord tells them."""
        held = self.by_subject.get(subject_id, {})
        return {
            "id": str(subject_id),
            "application_id": str(application_id),
            "guild_id": str(guild_id),
            "permissions": [
                {"id": str(key.id), "type": key.kind, "permission": allowed} for key, allowed in held.items()
            ],
        }


def all_channels(guild_id: int) -> int:
    """Return the id that stands for all channels of a guild."""
    return guild_id - 1


def command_id(app: Application, guild_id: int, command: str) -> int:
    """Return the id of a command by its name; "/name" is a slash command, all else a menu."""
    name, slash = command.removeprefix("/"), command.startswith("/")
    for scope in (guild_id, None):
        for each in app.commands_in(scope):
            if each["name"] == name and (each["type"] == SLASH) == slash:
                return int(each["id"])
    raise ValueError(f"there is no command {command!r} to set anything for")


def _in_channel(held: dict[Key, bool], asked: Asked) -> bool | None:
    here = held.get(Key(CHANNEL, asked.channel_id))
    return held.get(Key(CHANNEL, all_channels(asked.guild_id))) if here is None else here


def _to_person(held: dict[Key, bool], asked: Asked) -> bool | None:
    own = held.get(Key(USER, asked.user_id))
    if own is not None:
        return own
    roles = [allowed for key, allowed in held.items() if key.kind == ROLE and key.id in asked.role_ids]
    return any(roles) if roles else held.get(Key(ROLE, asked.guild_id))
