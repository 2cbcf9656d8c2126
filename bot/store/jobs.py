"""The job table: each statement by its name. Whoever reads this file knows all that can happen to a stored job."""

import enum
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bot.jobs.model import (
    Drawing,
    Failure,
    FailureKind,
    Job,
    Quality,
    ReplyRoute,
    ResultFile,
    Size,
    Status,
    Thinking,
)
from bot.jobs.transitions import may_move
from bot.store.database import Database, Row

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

_INSERT = """
INSERT INTO jobs (
    id, status, origin_id, user_id, guild_id,
    prompt, size, quality, web_search, image_search, thinking,
    application_id, channel_id, message_id, token, token_expires_at, ephemeral, channel_reachable, upload_limit_bytes,
    created_at, callback_token
) SELECT ?, ?, ?, ?, ?,  ?, ?, ?, ?, ?, ?,  ?, ?, ?, ?, ?, ?, ?, ?,  ?, ?
-- counted in the same statement: of many that come at once, no more get in than there is room for
WHERE (SELECT count(*) FROM jobs WHERE status = 'queued') < ?
ON CONFLICT (origin_id) DO NOTHING
RETURNING id
"""

_MOVE = """
UPDATE jobs SET
      status = CASE
          WHEN cancel_requested_at IS NULL THEN :to
          -- a wish to cancel that came while the task ran: the picture is kept, and shown when it is asked for
          WHEN :to = 'delivering' THEN 'ready'
          -- the provider did not take it after all: nothing was spent, and nothing shall be
          WHEN :to = 'queued' THEN 'cancelled'
          ELSE :to
      END
    , told_at = :told_at
    , token = CASE WHEN :told_at IS NULL THEN token END
    , submitted_at = COALESCE(:submitted_at, submitted_at)
    , finished_at = COALESCE(:finished_at, finished_at, CASE WHEN :to = 'queued' THEN cancel_requested_at END)
    , cancel_requested_at = CASE WHEN :to <> 'queued' THEN cancel_requested_at END
    , provider_task_id = COALESCE(:provider_task_id, provider_task_id)
    , estimated_s = COALESCE(:estimated_s, estimated_s)
    , credits_reserved = COALESCE(:credits_reserved, credits_reserved)
    , credits_used = COALESCE(:credits_used, credits_used)
    , result_path = COALESCE(:result_path, result_path)
    , result_media_type = COALESCE(:result_media_type, result_media_type)
    , result_width = COALESCE(:result_width, result_width)
    , result_height = COALESCE(:result_height, result_height)
    , result_n_bytes = COALESCE(:result_n_bytes, result_n_bytes)
    , result_sha256 = COALESCE(:result_sha256, result_sha256)
    , delivery_note = COALESCE(:delivery_note, delivery_note)
    , failure_kind = :failure_kind
    , failure_code = :failure_code
    , failure_http_status = :failure_http_status
    , failure_message = :failure_message
    , failure_request_id = :failure_request_id
WHERE id = :id AND status = :from
RETURNING *
"""

_CANCEL = """
UPDATE jobs SET
      status = CASE status WHEN 'queued' THEN 'cancelled' ELSE status END
    , finished_at = CASE status WHEN 'queued' THEN :now ELSE finished_at END
    , cancel_requested_at = CASE status WHEN 'queued' THEN NULL ELSE :now END
WHERE id = :id AND status IN ('queued', 'submitting', 'running') AND cancel_requested_at IS NULL
RETURNING *
"""

_RECENT_DURATIONS = """
SELECT (finished_at - submitted_at) / 1000000.0 AS seconds FROM jobs
WHERE status IN ('delivered', 'ready') AND quality = ? AND submitted_at IS NOT NULL
ORDER BY created_at DESC LIMIT ?
"""


def to_stored(instant: datetime) -> int:
    """Turn an aware instant into the table's microseconds."""
    return (instant - _EPOCH) // _MICROSECOND


def from_stored(microseconds: int) -> datetime:
    """Turn the table's microseconds into an aware instant."""
    return _EPOCH + microseconds * _MICROSECOND


class Insertion(enum.Enum):
    """What became of a new job."""

    STORED = enum.auto()
    DOUBLE = enum.auto()
    """Its interaction or message was stored before."""
    FULL = enum.auto()
    """As many jobs as may wait for a slot at the provider wait already."""


class JobStore:
    """Jobs in the database. `folder` is DATA_DIR: results are stored by their path within it."""

    def __init__(self, database: Database, *, folder: Path) -> None:
        self._database = database
        self._folder = folder

    async def insert(self, job: Job, *, max_waiting: int) -> Insertion:
        """Store a new job where fewer than `max_waiting` wait, or say why not."""
        drawing, route = job.drawing, job.route
        rows = await self._database.write(
            _INSERT,
            (
                *(job.id, job.status.value, job.origin_id, job.user_id, job.guild_id),
                *(_whole(drawing.prompt), drawing.size.value, drawing.quality.value),
                *(drawing.web_search, drawing.image_search, drawing.thinking.value),
                *(route.application_id, route.channel_id, route.message_id, route.token),
                *(to_stored(route.token_expires_at), route.ephemeral, route.channel_reachable),
                *(route.upload_limit_bytes, to_stored(job.created_at), job.callback_token),
                max_waiting,
            ),
        )
        if rows:
            return Insertion.STORED
        known = await self._database.read("SELECT 1 FROM jobs WHERE origin_id = ?", (job.origin_id,))
        return Insertion.DOUBLE if known else Insertion.FULL

    async def find(self, job_id: str) -> Job | None:
        """Return the job, or None if there is none of that id."""
        rows = await self._database.read("SELECT * FROM jobs WHERE id = ?", (job_id,))
        return self._job(rows[0]) if rows else None

    async def list_unfinished(self) -> list[Job]:
        """List the jobs whose person has not been shown an end, oldest first."""
        rows = await self._database.read("SELECT * FROM jobs WHERE told_at IS NULL ORDER BY created_at")
        return [self._job(row) for row in rows]

    async def move(self, job: Job, to: Status, **changes: Any) -> Job | None:
        """Take `job` from its status to another, with what is learnt on the way; None if it stands elsewhere by now.

        `changes` are fields of Job. One guarded statement: of two that try, one wins. Raises StoreConflict where
        another job has the same task at the provider.
        """
        if not may_move(job.status, to):
            raise ValueError(f"{job.status} may not become {to}")
        changed = replace(job, status=to, **changes)
        rows = await self._database.write(_MOVE, {**self._written(changed), "from": job.status.value})
        return self._job(rows[0]) if rows else None

    async def cancel(self, job_id: str, *, now: datetime) -> Job | None:
        """Cancel before submission, or note the wish after it; None where there is nothing left to cancel."""
        rows = await self._database.write(_CANCEL, {"id": job_id, "now": to_stored(now)})
        return self._job(rows[0]) if rows else None

    async def set_reply(self, job_id: str, route: ReplyRoute) -> Job | None:
        """Store where the reply stands, once it is known or when it had to move; None where the end was shown already.

        A job that was told has lost its token for good: none is ever written back.
        """
        rows = await self._database.write(
            "UPDATE jobs SET channel_id = ?, message_id = ?, token = ?, ephemeral = ?, channel_reachable = ?"
            " WHERE id = ? AND told_at IS NULL RETURNING *",
            (route.channel_id, route.message_id, route.token, route.ephemeral, route.channel_reachable, job_id),
        )
        return self._job(rows[0]) if rows else None

    async def set_told(self, job_id: str, *, now: datetime) -> None:
        """Note that the person was shown the end; the token has no more use and is erased."""
        await self._database.write("UPDATE jobs SET told_at = ?, token = NULL WHERE id = ?", (to_stored(now), job_id))

    async def erase_dead_tokens(self, *, now: datetime) -> None:
        """Erase the tokens that Discord does not take any more."""
        await self._database.write(
            "UPDATE jobs SET token = NULL WHERE token IS NOT NULL AND token_expires_at <= ?", (to_stored(now),)
        )

    async def recent_durations_s(self, quality: Quality, *, most: int) -> list[float]:
        """List how long the newest pictures of a quality took at the provider, newest first."""
        rows = await self._database.read(_RECENT_DURATIONS, (quality.value, most))
        return [float(row["seconds"]) for row in rows if row["seconds"] is not None]

    def _written(self, job: Job) -> dict[str, Any]:
        result, failure = job.result, job.failure
        return {
            "id": job.id,
            "to": job.status.value,
            "submitted_at": to_stored(job.submitted_at) if job.submitted_at else None,
            "finished_at": to_stored(job.finished_at) if job.finished_at else None,
            "told_at": to_stored(job.told_at) if job.told_at else None,
            "provider_task_id": job.provider_task_id,
            "estimated_s": job.estimated_s,
            "credits_reserved": job.credits_reserved,
            "credits_used": job.credits_used,
            "delivery_note": job.delivery_note,
            "result_path": str(result.path.relative_to(self._folder)) if result else None,
            "result_media_type": result.media_type if result else None,
            "result_width": result.width if result else None,
            "result_height": result.height if result else None,
            "result_n_bytes": result.n_bytes if result else None,
            "result_sha256": result.sha256 if result else None,
            "failure_kind": failure.kind.value if failure else None,
            "failure_code": _whole(failure.code) if failure else None,
            "failure_http_status": failure.http_status if failure else None,
            "failure_message": _whole(failure.message) if failure else None,
            "failure_request_id": _whole(failure.request_id) if failure else None,
        }

    def _job(self, row: Row) -> Job:
        return Job(
            id=row["id"],
            status=Status(row["status"]),
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
            result=self._result(row),
            failure=_failure(row),
            delivery_note=row["delivery_note"],
            callback_token=row["callback_token"],
        )

    def _result(self, row: Row) -> ResultFile | None:
        if row["result_path"] is None:
            return None
        return ResultFile(
            path=self._folder / row["result_path"],
            media_type=row["result_media_type"],
            width=row["result_width"],
            height=row["result_height"],
            n_bytes=row["result_n_bytes"],
            sha256=row["result_sha256"],
        )


def _whole(text: str | None) -> str | None:
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
