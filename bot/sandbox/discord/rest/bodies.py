"""Reading the body of a call: JSON, or multipart with `payload_json` and `files[n]` (discord.md 13)."""

import json
import re
from typing import Any

from aiohttp import BodyPartReader, web

from bot.sandbox.discord.composing import Body, Upload
from bot.sandbox.discord.refusals import Known, invalid_form

MAX_REQUEST_BYTES = 25 * 1024 * 1024
_FILE_PART = re.compile(r"files\[(\d+)\]")


async def read_body(request: web.Request, *, takes_body: bool) -> Body:
    """Return what came with a call; refuse what is neither JSON nor multipart, and more than 25 MiB."""
    if (request.content_length or 0) > MAX_REQUEST_BYTES:
        raise Known.BODY_TOO_LARGE.refusal()
    if not takes_body or not request.can_read_body:
        return Body(fields={})
    if request.content_type == "multipart/form-data":
        return await _read_multipart(request)
    raw = await _read_capped(request)
    if not raw:
        return Body(fields={})
    if request.content_type != "application/json":
        message = f'Expected "Content-Type" header to be one of {{\'application/json\'}}. Got "{request.content_type}".'
        raise invalid_form({"_errors": [{"code": "CONTENT_TYPE_INVALID", "message": message}]})
    return Body(fields=_parse(raw))


async def drain(request: web.Request) -> None:
    """Read and drop what is left of a body, so that its sender can read the answer."""
    left = 2 * MAX_REQUEST_BYTES
    async for piece in request.content.iter_any():
        left -= len(piece)
        if left < 0:
            return


async def _read_capped(request: web.Request) -> bytes:
    raw = bytearray()
    async for piece in request.content.iter_any():
        raw += piece
        if len(raw) > MAX_REQUEST_BYTES:
            raise Known.BODY_TOO_LARGE.refusal()
    return bytes(raw)


def _parse(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except (ValueError, UnicodeDecodeError):
        raise Known.NOT_JSON.refusal() from None


async def _read_multipart(request: web.Request) -> Body:
    fields: Any = {}
    uploads: list[Upload] = []
    left = MAX_REQUEST_BYTES
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            raise Known.NOT_JSON.refusal()
        content = await _read_part(part, left)
        left -= len(content)
        name = part.name or ""
        numbered = _FILE_PART.fullmatch(name)
        if name == "payload_json":
            fields = _parse(content)
        elif numbered or name == "file":
            index = int(numbered[1]) if numbered else 0
            uploads.append(Upload(index=index, filename=part.filename or "unknown", content=content))
        else:
            raise invalid_form(
                {name: {"_errors": [{"code": "UNKNOWN_FIELD", "message": "This part is not known here."}]}}
            )
    return Body(fields=fields, uploads=tuple(sorted(uploads, key=lambda upload: upload.index)))


async def _read_part(part: BodyPartReader, left: int) -> bytes:
    content = bytearray()
    while piece := await part.read_chunk(64 * 1024):
        content += piece
        if len(content) > left:
            raise Known.BODY_TOO_LARGE.refusal()
    return bytes(content)
