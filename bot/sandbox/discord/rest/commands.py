"""Routes of application commands, global and of one guild (discord.md 7)."""

from bot.sandbox.discord import forms
from bot.sandbox.discord.application import SLASH
from bot.sandbox.discord.command_forms import COMMAND_FIELDS, check_command, check_commands
from bot.sandbox.discord.refusals import Json, Known
from bot.sandbox.discord.rest.calls import NOTHING, Answer, Call, Route

_PATCHED = forms.mapping(forms.anything, keys=COMMAND_FIELDS)
_GLOBAL = "/applications/{application_id}/commands"
_OF_GUILD = "/applications/{application_id}/guilds/{guild_id}/commands"
_OPTIONAL = {"name_localizations": None, "description_localizations": None, "default_member_permissions": None}


def routes() -> list[Route]:
    """List the routes of this family, each for both scopes."""
    found: list[Route] = []
    permissions = _OF_GUILD + "/permissions"
    found.append(Route(method="GET", template=permissions, handler=_all_permissions))
    found.append(Route(method="GET", template=_OF_GUILD + "/{command_id}/permissions", handler=_permissions))
    for base in (_GLOBAL, _OF_GUILD):
        one = base + "/{command_id}"
        found += [
            Route(method="GET", template=base, handler=_list, query=("with_localizations",)),
            Route(method="PUT", template=base, handler=_overwrite, takes_body=True),
            Route(method="POST", template=base, handler=_create, takes_body=True),
            Route(method="GET", template=one, handler=_get),
            Route(method="PATCH", template=one, handler=_change, takes_body=True),
            Route(method="DELETE", template=one, handler=_delete),
        ]
    return found


def _scope(call: Call) -> int | None:
    if call.id_of("application_id") != call.world.application.id:
        raise Known.WRONG_APPLICATION.refusal()
    return call.guild().id if "guild_id" in call.params else None


def _commands(call: Call) -> dict[int, Json]:
    return call.world.application.commands.setdefault(_scope(call), {})


def _one(call: Call) -> Json:
    found = _commands(call).get(call.id_of("command_id"))
    if found is None:
        raise Known.UNKNOWN_COMMAND.refusal()
    return found


def _registered(call: Call, asked: Json, *, command_id: int) -> Json:
    guild_id = _scope(call)
    kind = asked.get("type") or SLASH
    command: Json = {
        **_OPTIONAL,
        **asked,
        "id": str(command_id),
        "application_id": str(call.world.application.id),
        "version": str(call.world.mint.next_id()),
        "type": kind,
        "description": asked.get("description") or "",
        "nsfw": bool(asked.get("nsfw")),
        "dm_permission": asked.get("dm_permission") is not False,
        "contexts": asked.get("contexts"),
        "integration_types": asked.get("integration_types") or ([0, 1] if guild_id is None else [0]),
    }
    if kind == SLASH:
        command["options"] = asked.get("options") or []
    if asked.get("default_member_permissions") is not None:
        command["default_member_permissions"] = str(asked["default_member_permissions"])
    return command if guild_id is None else {**command, "guild_id": str(guild_id)}


def _same(commands: dict[int, Json], asked: Json) -> int | None:
    key = (asked.get("type") or SLASH, asked["name"])
    return next((each for each, known in commands.items() if (known["type"], known["name"]) == key), None)


async def _list(call: Call) -> Answer:
    return Answer(body=list(_commands(call).values()))


async def _overwrite(call: Call) -> Answer:
    known = _commands(call)
    asked = check_commands(call.body.fields)
    kept: dict[int, Json] = {}
    for each in asked:
        command_id = _same(known, each) or call.world.mint.next_id()
        kept[command_id] = _registered(call, each, command_id=command_id)
    _forget_overrides(call, set(known) - set(kept))
    known.clear()
    known.update(kept)
    return Answer(body=list(kept.values()))


async def _create(call: Call) -> Answer:
    known = _commands(call)
    asked = check_command(call.body.fields)
    old = _same(known, asked)
    others = [each for each_id, each in known.items() if each_id != old]
    check_commands([_asked(each) for each in others] + [asked])
    command_id = old or call.world.mint.next_id()
    known[command_id] = _registered(call, asked, command_id=command_id)
    return Answer(status=200 if old else 201, body=known[command_id])


_GIVEN_BY_US = ("id", "application_id", "version", "guild_id")


def _asked(command: Json) -> Json:
    return {name: value for name, value in command.items() if name not in _GIVEN_BY_US}


async def _get(call: Call) -> Answer:
    return Answer(body=_one(call))


async def _change(call: Call) -> Answer:
    old = _one(call)
    asked = check_command({**_asked(old), **call.form(_PATCHED)})
    command_id = int(old["id"])
    if asked["name"] != old["name"]:
        _forget_overrides(call, {command_id})
    _commands(call)[command_id] = _registered(call, asked, command_id=command_id)
    return Answer(body=_commands(call)[command_id])


async def _delete(call: Call) -> Answer:
    command = _one(call)
    _forget_overrides(call, {int(command["id"])})
    del _commands(call)[int(command["id"])]
    return NOTHING


def _forget_overrides(call: Call, command_ids: set[int]) -> None:
    """Drop what servers had set for commands that are deleted or renamed."""
    for guild in call.world.guilds.values():
        guild.overrides.forget(command_ids)


def _written_overrides(call: Call, subject_id: int) -> Json:
    guild = call.guild()
    return guild.overrides.written(subject_id, application_id=call.world.application.id, guild_id=guild.id)


async def _all_permissions(call: Call) -> Answer:
    _scope(call)
    return Answer(body=[_written_overrides(call, each) for each in call.guild().overrides.by_subject])


async def _permissions(call: Call) -> Answer:
    """Answer what is set for one command, or with the application's own id for all; 10066 where nothing is."""
    _scope(call)
    subject_id = call.id_of("command_id")
    if subject_id not in call.guild().overrides.by_subject:
        raise Known.UNKNOWN_COMMAND_PERMISSIONS.refusal()
    return Answer(body=_written_overrides(call, subject_id))
