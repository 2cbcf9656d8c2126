"""Jobs to be shown, with whatever a test wants to be different."""

import dataclasses
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.jobs.model import Drawing, Job, ReplyRoute, ResultFile, Source, Status

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)

_ROUTE = ReplyRoute(
    application_id=1,
    channel_id=2,
    message_id=3,
    token="a-token-that-nobody-may-see",
    token_expires_at=NOW,
    ephemeral=False,
    channel_reachable=True,
    upload_limit_bytes=10 * 1024 * 1024,
)


def job(prompt: str = "a paper lighthouse", *, status: Status = Status.RUNNING, **changes: Any) -> Job:
    """Return a job; keywords are fields of the job, or of its drawing."""
    drawing_fields = {field.name for field in dataclasses.fields(Drawing)}
    drawing = Drawing(prompt=prompt, **{name: changes.pop(name) for name in drawing_fields & changes.keys()})
    plain = Job(
        id="k3v9q0ab",
        status=status,
        origin_id=1,
        user_id=2,
        guild_id=3,
        drawing=drawing,
        route=_ROUTE,
        created_at=NOW,
        submitted_at=NOW,
    )
    return dataclasses.replace(plain, **changes)


def result(width: int = 2048, height: int = 2048, *, n_bytes: int = 1_300_000) -> ResultFile:
    """Return a picture that was made."""
    return ResultFile(
        path=Path("result.jpg"), media_type="image/jpeg", width=width, height=height, n_bytes=n_bytes, sha256="0" * 64
    )


def source(position: int = 1, name: str = "beach.jpg", **changes: Any) -> Source:
    """Return a picture that was given; keywords are its other fields."""
    return Source(position=position, name=name, **changes)
