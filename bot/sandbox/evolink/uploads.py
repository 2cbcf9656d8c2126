"""What the file service keeps: judging, naming, storing and describing an uploaded picture. No routes."""

import asyncio
import dataclasses
import hashlib
from datetime import datetime, timedelta, timezone
from urllib.parse import quote

from bot.sandbox.evolink import encoding
from bot.sandbox.evolink.envelope import JsonObject
from bot.sandbox.evolink.records import StoredFile
from bot.sandbox.evolink.state import State, random_name

UPLOAD_LIFETIME = timedelta(hours=72)
_SHANGHAI = timezone(timedelta(hours=8))


class FileError(Exception):
    """A refusal of the file service: a code of provider.md 5 and a text."""

    def __init__(self, code: int, msg: str) -> None:
        super().__init__(code, msg)
        self.code = code
        self.msg = msg


def live(state: State) -> list[StoredFile]:
    """List the files that have not expired, oldest first."""
    now = state.clock.now()
    return [stored for stored in state.files.values() if stored.expires_at > now]


async def store(state: State, data: bytes, fields: JsonObject, *, original_name: str) -> StoredFile:
    """Keep a picture for 72 hours; FileError where its content, its name or the quota forbid it."""
    if len(data) > state.knobs.max_upload_bytes:
        raise FileError(40001, "File too large")
    kind = encoding.sniff(data[:16])
    if kind is None:
        raise FileError(40002, "File type not allowed; use JPEG, PNG, GIF or WebP")
    upload_path = text_field(fields, "upload_path").strip("/") or f"images/{kind}"
    name = text_field(fields, "file_name") or random_name(16) + encoding.EXTENSIONS[kind]
    if "/" in name or "\\" in name or ".." in upload_path.split("/"):
        raise FileError(400, "file_name and upload_path must not leave their folder")
    file_id = f"f_{random_name(12)}"
    path = state.folder / file_id
    await asyncio.to_thread(path.write_bytes, data)
    now = state.clock.now()
    stored = StoredFile(
        id=file_id,
        name=name,
        original_name=original_name or name,
        upload_path=upload_path,
        mime_type=encoding.CONTENT_TYPES[kind],
        path=path,
        n_bytes=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        uploaded_at=now,
        expires_at=now + UPLOAD_LIFETIME,
        url=f"{state.results_base}/{state.account_id}/{quote(upload_path)}/{quote(name)}",
        download_url=f"{state.results_base}/api/v1/files/download/{file_id}",
    )
    return _enter(state, stored)


def _enter(state: State, stored: StoredFile) -> StoredFile:
    """Count the file against the quota and make it known, in one step; one of the same address is replaced."""
    kept = live(state)
    replaced = next((file for file in kept if file.url == stored.url), None)
    if replaced is None and len(kept) >= state.knobs.max_files:
        stored.path.unlink()
        raise FileError(40003, "The quota of files is used up")
    if replaced is not None:
        del state.files[replaced.id]
        stored = dataclasses.replace(stored, replaces=dataclasses.replace(replaced, replaces=None))
    state.files[stored.id] = stored
    return stored


def described(stored: StoredFile) -> JsonObject:
    """Make the `data` of a successful upload."""
    return {
        "file_id": stored.id,
        "file_name": stored.name,
        "original_name": stored.original_name,
        "file_size": stored.n_bytes,
        "mime_type": stored.mime_type,
        "upload_path": stored.upload_path,
        "file_url": stored.url,
        "download_url": stored.download_url,
        "upload_time": shanghai_time(stored.uploaded_at),
        "expires_at": shanghai_time(stored.expires_at),
    }


def shanghai_time(at: datetime) -> str:
    """Write an instant as the service does: ISO 8601 with +08:00."""
    return at.astimezone(_SHANGHAI).isoformat(timespec="seconds")


def text_field(fields: JsonObject, name: str, *, required: bool = False) -> str:
    """Return a text from JSON or a form, empty where it is missing; FileError 400 for another type."""
    value: object = fields.get(name, "")
    if not isinstance(value, str):
        raise FileError(400, f"{name} must be a string")
    if required and not value:
        raise FileError(400, f"{name} is required")
    return value
