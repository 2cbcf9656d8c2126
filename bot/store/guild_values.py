"""How a server's settings stand in the database: JSON by the names of `GuildSettings`, read leniently.

What is not there is as the program has it; what cannot be used as well, and that is logged. What another version of
this program wrote and this one does not know stays where it is.
"""

import functools
import json
import logging
from dataclasses import fields
from typing import Annotated, Any, get_type_hints
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, TypeAdapter, ValidationError

from bot.guilds.model import MAX_JOBS_AT_ONCE, GuildSettings

log = logging.getLogger(__name__)


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(f"no time zone here: {name!r}") from error
    return name


_JobsAtOnce = Annotated[int, Field(ge=1, le=MAX_JOBS_AT_ONCE)] | None
_NARROWER: dict[str, Any] = {
    "time_zone": Annotated[str, AfterValidator(_known_zone)],
    "jobs_per_member": _JobsAtOnce,
    "jobs_per_guild": _JobsAtOnce,
}
_TYPES = get_type_hints(GuildSettings) | _NARROWER
_VALUES: dict[str, TypeAdapter[Any]] = {each.name: TypeAdapter(_TYPES[each.name]) for each in fields(GuildSettings)}


@functools.lru_cache(maxsize=256)
def read(stored: str, *, guild_id: int) -> GuildSettings:
    """Return what a server has set; it is asked for with each request, and hardly ever changes."""
    known: dict[str, Any] = {}
    for name, value in _as_object(stored, guild_id=guild_id).items():
        if name not in _VALUES:
            continue
        try:
            known[name] = _VALUES[name].validate_python(value)
        except ValidationError:
            log.warning("a setting of a server cannot be used", extra={"guild": guild_id, "setting": name})
    return GuildSettings(**known)


def differences(before: GuildSettings, after: GuildSettings) -> dict[str, tuple[str, str]]:
    """Return what was changed, by name, as JSON before and after."""
    told = {name: (_as_json(name, before), _as_json(name, after)) for name in _VALUES}
    return {name: (old, new) for name, (old, new) in told.items() if old != new}


def merge(stored: str, changed: dict[str, tuple[str, str]], *, guild_id: int) -> str:
    """Return what is to be stored after these changes."""
    values = _as_object(stored, guild_id=guild_id) | {name: json.loads(new) for name, (_, new) in changed.items()}
    return json.dumps(values, ensure_ascii=False)


def _as_object(stored: str, *, guild_id: int) -> dict[str, Any]:
    try:
        return dict(json.loads(stored))
    except (ValueError, TypeError):
        log.warning("the settings of a server cannot be read", extra={"guild": guild_id})
        return {}


def _as_json(name: str, settings: GuildSettings) -> str:
    value = _VALUES[name].dump_python(getattr(settings, name), mode="json")
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
