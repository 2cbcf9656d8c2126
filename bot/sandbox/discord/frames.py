"""What clients say at the gateway, read strictly, and why a connection is refused. No connection and no session."""

import json
from typing import Any, cast

from bot.sandbox.discord import wire
from bot.sandbox.discord.forms import anything, integer, nullable, record, text
from bot.sandbox.discord.guilds import Guild
from bot.sandbox.discord.refusals import Json

MAX_PAYLOAD_BYTES = 4096
IDENTIFY = record(
    {"token": text(low=1), "properties": anything, "intents": integer(low=0)},
    compress=nullable(anything),
    large_threshold=nullable(integer(low=50, high=250)),
    shard=nullable(anything),
    presence=nullable(anything),
    capabilities=nullable(anything),
)


class Refused(Exception):
    """The connection is closed with a code."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


def members_chunk(guild: Guild, asked: Json) -> Json:
    """Answer op 8."""
    user_ids: Any = asked.get("user_ids") or []
    listed = cast("list[Any]", user_ids) if isinstance(user_ids, list) else [user_ids]
    wanted = {int(each) for each in listed}
    prefix = str(asked.get("query") or "").lower()
    found = [
        member
        for member in guild.members.values()
        if (not wanted or member.account.id in wanted) and member.account.name.lower().startswith(prefix)
    ]
    chunk: Json = {
        "guild_id": str(guild.id),
        "members": [wire.member(each) for each in found[: asked.get("limit") or None]],
        "chunk_index": 0,
        "chunk_count": 1,
        "not_found": [str(each) for each in wanted - set(guild.members)],
    }
    if asked.get("presences"):
        chunk["presences"] = []
    return chunk if asked.get("nonce") is None else {**chunk, "nonce": asked["nonce"]}


def parsed(raw: str | bytes) -> Json:
    """Read one frame."""
    size = len(raw.encode() if isinstance(raw, str) else raw)
    if size > MAX_PAYLOAD_BYTES:
        raise Refused(4002, "The payload is larger than 4096 bytes.")
    try:
        payload = json.loads(raw)
    except (ValueError, UnicodeDecodeError):
        raise Refused(4002, "Error while decoding payload.") from None
    if not isinstance(payload, dict):
        raise Refused(4002, "Error while decoding payload.")
    return cast("Json", payload)


def shard(fields: Json) -> tuple[int, int]:
    """Return which shard of how many a client says to be."""
    match fields.get("shard") or [0, 1]:
        case [int(number), int(of)] if 0 <= number < of:
            return number, of
        case _:
            raise Refused(4010, "Invalid shard.")
