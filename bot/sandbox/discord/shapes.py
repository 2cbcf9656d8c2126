"""Reaching into JSON without losing its types. Nothing else lives here."""

from typing import cast

from bot.sandbox.discord.refusals import Json


def child(fields: Json, name: str) -> Json:
    """Return the object under a name; empty where there is none."""
    return cast("Json", fields.get(name) or {})


def children(fields: Json, name: str) -> list[Json]:
    """Return the list of objects under a name; empty where there is none."""
    return cast("list[Json]", fields.get(name) or [])
