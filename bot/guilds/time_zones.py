"""Names of time zones as people write them. The IANA database of this machine decides which there are."""

import asyncio
import functools
import zoneinfo

_OF_A_MACHINE = frozenset({"Factory", "localtime"})
"""Not the name of a place: whatever the machine is set to, or nothing."""


async def find(written: str) -> str | None:
    """Return the zone that is meant, or None: by its name, or by its city where only one zone ends so."""
    by_name, by_city = await asyncio.to_thread(_known)  # reads hundreds of files, once
    name = _plain(written)
    return by_name.get(name) or by_city.get(name)


async def suggest(beginning: str, *, most: int = 25) -> list[str]:
    """List the zones that may be meant: those whose name or city begins so, then those that hold it."""
    by_name, _ = await asyncio.to_thread(_known)
    sought = _plain(beginning)
    begun = [name for plain, name in by_name.items() if any(each.startswith(sought) for each in (plain, _city(plain)))]
    held = [name for plain, name in by_name.items() if sought in plain]
    return list(dict.fromkeys([*begun, *held]))[:most]


@functools.cache
def _known() -> tuple[dict[str, str], dict[str, str]]:
    """Return the zones by name, and by city where that is plain, both as they are compared."""
    names = sorted(zoneinfo.available_timezones() - _OF_A_MACHINE)
    by_name = {_plain(name): name for name in names}
    cities = [_city(plain) for plain in by_name]
    by_city = {_city(plain): name for plain, name in by_name.items() if cities.count(_city(plain)) == 1}
    return by_name, by_city


def _plain(name: str) -> str:
    return "_".join(name.casefold().replace("_", " ").split())


def _city(plain: str) -> str:
    return plain.rsplit("/", 1)[-1]
