"""Between the tables' columns and the words of a job. Pure, but for knowing where DATA_DIR is."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.jobs.model import (
    Drawing,
    Failure,
    FailureKind,
    Job,
    Kind,
    Quality,
    ReplyRoute,
    ResultFile,
    Size,
    Source,
    Status,
    Thinking,
)
from bot.store.database import Row
from bot.store.instants import from_stored, to_stored


def inserted(job: Job) -> dict[str, Any]:
    """Return the columns of a new job."""
    drawing = job.drawing
    return {
        "id": job.id,
        "status": job.status.value,
        "kind": job.kind.value,
        "parent_id": job.parent_id,
        "private": job.private,
        "origin_id": job.origin_id,
        "user_id": job.user_id,
        "guild_id": job.guild_id,
        "prompt": whole(drawing.prompt),
        "size": drawing.size.value,
        "quality": drawing.quality.value,
        "web_search": drawing.web_search,
        "image_search": drawing.image_search,
        "thinking": drawing.thinking.value,
        **route_columns(job.route),
        "created_at": to_stored(job.created_at),
        "callback_token": job.callback_token,
        "role_ids": json.dumps(sorted(job.role_ids)),
    }


def route_columns(route: ReplyRoute) -> dict[str, Any]:
    """Return the columns of where a reply stands and how it is reached."""
    return {
        "application_id": route.application_id,
        "channel_id": route.channel_id,
        "message_id": route.message_id,
        "token": route.token,
        "token_expires_at": to_stored(route.token_expires_at),
        "ephemeral": route.ephemeral,
        "channel_reachable": route.channel_reachable,
        "upload_limit_bytes": route.upload_limit_bytes,
    }


def moved(job: Job, *, folder: Path) -> dict[str, Any]:
    """Return the columns that a job may change while it goes its way."""
    result, failure = job.result, job.failure
    return {
        "id": job.id,
        "to": job.status.value,
        "submitted_at": _microseconds(job.submitted_at),
        "finished_at": _microseconds(job.finished_at),
        "told_at": _microseconds(job.told_at),
        "provider_task_id": job.provider_task_id,
        "estimated_s": job.estimated_s,
        "credits_reserved": job.credits_reserved,
        "credits_used": job.credits_used,
        "delivery_note": job.delivery_note,
        "lost_at": _microseconds(job.lost_at),
        "look_at": _microseconds(job.look_at),
        "result_url": job.result_url,
        "result_url_until": _microseconds(job.result_url_until),
        "result_path": str(result.path.relative_to(folder)) if result else None,
        "result_media_type": result.media_type if result else None,
        "result_width": result.width if result else None,
        "result_height": result.height if result else None,
        "result_n_bytes": result.n_bytes if result else None,
        "result_sha256": result.sha256 if result else None,
        "failure_kind": failure.kind.value if failure else None,
        "failure_code": whole(failure.code) if failure else None,
        "failure_http_status": failure.http_status if failure else None,
        "failure_message": whole(failure.message) if failure else None,
        "failure_request_id": whole(failure.request_id) if failure else None,
    }


def read_job(row: Row, *, folder: Path, sources: tuple[Source, ...]) -> Job:
    """Return the job of a row."""
    return Job(
        id=row["id"],
        status=Status(row["status"]),
        kind=Kind(row["kind"]),
        parent_id=row["parent_id"],
        private=bool(row["private"]),
        sources=sources,
        origin_id=row["origin_id"],
        user_id=row["user_id"],
        guild_id=row["guild_id"],
        drawing=_drawing(row),
        route=_route(row),
        created_at=from_stored(row["created_at"]),
        submitted_at=_instant(row["submitted_at"]),
        finished_at=_instant(row["finished_at"]),
        cancel_requested_at=_instant(row["cancel_requested_at"]),
        told_at=_instant(row["told_at"]),
        provider_task_id=row["provider_task_id"],
        estimated_s=row["estimated_s"],
        credits_reserved=row["credits_reserved"],
        credits_used=row["credits_used"],
        result=_result(row, folder),
        result_url=row["result_url"],
        result_url_until=_instant(row["result_url_until"]),
        failure=_failure(row),
        delivery_note=row["delivery_note"],
        files_gone_at=_instant(row["files_gone_at"]),
        forgotten_at=_instant(row["forgotten_at"]),
        callback_token=row["callback_token"],
        role_ids=frozenset(json.loads(row["role_ids"])),
        hinted_task_id=row["hinted_task_id"],
        lost_at=_instant(row["lost_at"]),
        look_at=_instant(row["look_at"]),
        collected_at=_instant(row["collected_at"]),
        gift=bool(row["gift"]),
    )


def source_columns(job_id: str, source: Source, *, folder: Path) -> dict[str, Any]:
    """Return the columns of a source."""
    return {
        "job_id": job_id,
        "position": source.position,
        "name": whole(source.name),
        "url": source.url,
        "result_of": source.result_of,
        "path": str(source.path.relative_to(folder)) if source.path else None,
        "media_type": source.media_type,
        "width": source.width,
        "height": source.height,
        "n_bytes": source.n_bytes,
        "sha256": source.sha256,
        "changes": "+".join(source.changes),
        "hosted_url": source.hosted_url,
        "hosted_until": _microseconds(source.hosted_until),
    }


def read_source(row: Row, *, folder: Path) -> Source:
    """Return the source of a row."""
    return Source(
        position=row["position"],
        name=row["name"],
        url=row["url"],
        result_of=row["result_of"],
        path=folder / row["path"] if row["path"] else None,
        media_type=row["media_type"],
        width=row["width"],
        height=row["height"],
        n_bytes=row["n_bytes"],
        sha256=row["sha256"],
        changes=tuple(filter(None, row["changes"].split("+"))),
        hosted_url=row["hosted_url"],
        hosted_until=_instant(row["hosted_until"]),
    )


def _result(row: Row, folder: Path) -> ResultFile | None:
    if row["result_path"] is None:
        return None
    return ResultFile(
        path=folder / row["result_path"],
        media_type=row["result_media_type"],
        width=row["result_width"],
        height=row["result_height"],
        n_bytes=row["result_n_bytes"],
        sha256=row["result_sha256"],
    )


def _microseconds(instant: datetime | None) -> int | None:
    return None if instant is None else to_stored(instant)


def whole(text: str | None) -> str | None:
    """Replace halves of characters: JSON can bring them, and the database cannot hold them."""
    return None if text is None else text.encode(errors="replace").decode()


def _instant(microseconds: int | None) -> datetime | None:
    return None if microseconds is None else from_stored(microseconds)


def _drawing(row: Row) -> Drawing:
    return Drawing(
        prompt=row["prompt"],
        size=Size(row["size"]),
        quality=Quality(row["quality"]),
        web_search=bool(row["web_search"]),
        image_search=bool(row["image_search"]),
        thinking=Thinking(row["thinking"]),
    )


def _route(row: Row) -> ReplyRoute:
    return ReplyRoute(
        application_id=row["application_id"],
        channel_id=row["channel_id"],
        message_id=row["message_id"],
        token=row["token"],
        token_expires_at=from_stored(row["token_expires_at"]),
        ephemeral=bool(row["ephemeral"]),
        channel_reachable=bool(row["channel_reachable"]),
        upload_limit_bytes=row["upload_limit_bytes"],
    )


def _failure(row: Row) -> Failure | None:
    if row["failure_kind"] is None:
        return None
    return Failure(
        kind=FailureKind(row["failure_kind"]),
        code=row["failure_code"],
        http_status=row["failure_http_status"],
        message=row["failure_message"] or "",
        request_id=row["failure_request_id"],
    )
