"""The job table: each statement by its name. Whoever reads this file knows all that can happen to a stored job."""

import enum
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, TypeAlias

import aiosqlite

from bot.clock import Clock
from bot.jobs.model import Job, Quality, ReplyRoute, Source, Status
from bot.jobs.transitions import may_move
from bot.store import job_rows, ledger
from bot.store.database import Database, Row
from bot.store.instants import to_stored

_INSERT = """
INSERT INTO jobs (
    id, status, kind, parent_id, private, origin_id, user_id, guild_id,
    prompt, size, quality, web_search, image_search, thinking,
    application_id, channel_id, message_id, token, token_expires_at, ephemeral, channel_reachable, upload_limit_bytes,
    created_at, callback_token
) VALUES (
    :id, :status, :kind, :parent_id, :private, :origin_id, :user_id, :guild_id,
    :prompt, :size, :quality, :web_search, :image_search, :thinking,
    :application_id, :channel_id, :message_id, :token, :token_expires_at, :ephemeral, :channel_reachable,
    :upload_limit_bytes, :created_at, :callback_token
)
"""

_ENTRANCE = """
SELECT EXISTS (SELECT 1 FROM jobs WHERE origin_id = ?) AS is_double,
       (SELECT count(*) FROM jobs WHERE status IN ('preparing', 'queued')) AS n_waiting
"""

_PUT_SOURCE = """
INSERT OR REPLACE INTO sources (
    job_id, position, name, url, result_of, path, media_type, width, height, n_bytes, sha256, changes,
    hosted_url, hosted_until
) VALUES (
    :job_id, :position, :name, :url, :result_of, :path, :media_type, :width, :height, :n_bytes, :sha256, :changes,
    :hosted_url, :hosted_until
)
"""

_SOURCES_OF_UNFINISHED = """
SELECT sources.* FROM sources JOIN jobs ON jobs.id = sources.job_id
WHERE jobs.told_at IS NULL ORDER BY sources.job_id, sources.position
"""

_SOURCE_NEEDED = """
SELECT 1 FROM sources JOIN jobs ON jobs.id = sources.job_id WHERE sources.sha256 = ?1 AND jobs.told_at IS NULL
UNION ALL
SELECT 1 FROM tray WHERE sha256 = ?1
LIMIT 1
"""

_BY_MESSAGE = """
SELECT * FROM jobs WHERE message_id = ? OR id = (SELECT job_id FROM showings WHERE message_id = ?)
ORDER BY created_at DESC LIMIT 1
"""

_ERASE_LINKS_OF_ENDED = """
UPDATE sources SET url = NULL, hosted_url = NULL
WHERE (url IS NOT NULL OR hosted_url IS NOT NULL) AND job_id IN (SELECT id FROM jobs WHERE told_at IS NOT NULL)
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
    , result_url = COALESCE(:result_url, result_url)
    , result_url_until = COALESCE(:result_url_until, result_url_until)
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
      status = CASE WHEN status IN ('preparing', 'queued') THEN 'cancelled' ELSE status END
    , finished_at = CASE WHEN status IN ('preparing', 'queued') THEN :now ELSE finished_at END
    , cancel_requested_at = CASE WHEN status IN ('preparing', 'queued') THEN NULL ELSE :now END
WHERE id = :id AND status IN ('preparing', 'queued', 'submitting', 'running') AND cancel_requested_at IS NULL
RETURNING *
"""

_RECENT_DURATIONS = """
SELECT (finished_at - submitted_at) / 1000000.0 AS seconds FROM jobs
WHERE status IN ('delivered', 'ready') AND quality = ? AND submitted_at IS NOT NULL
ORDER BY created_at DESC LIMIT ?
"""


Within: TypeAlias = Callable[[aiosqlite.Connection], Awaitable[None]]
"""What else is decided and written in the transaction that stores a job."""


class Insertion(enum.Enum):
    """What became of a new job."""

    STORED = enum.auto()
    DOUBLE = enum.auto()
    """Its interaction or message was stored before."""
    FULL = enum.auto()
    """As many jobs as may wait for a slot at the provider wait already."""


class JobStore:
    """Jobs in the database. `folder` is DATA_DIR: results are stored by their path within it."""

    def __init__(self, database: Database, *, folder: Path, clock: Clock) -> None:
        self._database = database
        self._folder = folder
        self._clock = clock

    async def insert(self, job: Job, *, max_waiting: int, reservation: Within | None = None) -> Insertion:
        """Store a new job with its sources where fewer than `max_waiting` wait, or say why not.

        One transaction decides: of many that come at once, no more get in than there is room for. `reservation` runs
        within it and may refuse by raising; then nothing is stored.
        """

        async def insert_all(connection: aiosqlite.Connection) -> Insertion:
            [entrance] = await connection.execute_fetchall(_ENTRANCE, (job.origin_id,))
            if entrance["is_double"]:
                return Insertion.DOUBLE
            if entrance["n_waiting"] >= max_waiting:
                return Insertion.FULL
            if reservation is not None:
                await reservation(connection)
            await connection.execute_fetchall(_INSERT, job_rows.inserted(job))
            sources = [job_rows.source_columns(job.id, source, folder=self._folder) for source in job.sources]
            if sources:
                await connection.executemany(_PUT_SOURCE, sources)
            return Insertion.STORED

        return await self._database.transact(insert_all)

    async def find(self, job_id: str) -> Job | None:
        """Return the job, or None if there is none of that id."""
        rows = await self._database.read("SELECT * FROM jobs WHERE id = ?", (job_id,))
        return self._job(rows[0], await self._sources(job_id)) if rows else None

    async def find_by_message(self, message_id: int) -> Job | None:
        """Return the newest job whose picture a message shows, as its reply or shown again; None if there is none."""
        rows = await self._database.read(_BY_MESSAGE, (message_id, message_id))
        return self._job(rows[0], await self._sources(rows[0]["id"])) if rows else None

    async def note_showing(self, job_id: str, *, message_id: int, guild_id: int) -> None:
        """Note that an owner has shown a picture again in a guild, for all to see."""
        await self._database.write(
            "INSERT OR REPLACE INTO showings (message_id, job_id, guild_id) VALUES (?, ?, ?)",
            (message_id, job_id, guild_id),
        )

    async def is_shown_in(self, job_id: str, guild_id: int) -> bool:
        """Tell whether the owner has shown the picture again in that guild."""
        rows = await self._database.read(
            "SELECT 1 FROM showings WHERE job_id = ? AND guild_id = ? LIMIT 1", (job_id, guild_id)
        )
        return bool(rows)

    async def list_unfinished(self) -> list[Job]:
        """List the jobs whose person has not been shown an end, oldest first."""
        sources: dict[str, list[Source]] = defaultdict(list)
        for row in await self._database.read(_SOURCES_OF_UNFINISHED):
            sources[row["job_id"]].append(job_rows.read_source(row, folder=self._folder))
        rows = await self._database.read("SELECT * FROM jobs WHERE told_at IS NULL ORDER BY created_at")
        return [self._job(row, tuple(sources[row["id"]])) for row in rows]

    async def put_source(self, job_id: str, source: Source) -> None:
        """Store what is known of a source now."""
        await self._database.write(_PUT_SOURCE, job_rows.source_columns(job_id, source, folder=self._folder))

    async def erase_links(self, job_id: str) -> None:
        """Erase the addresses of a job's sources, which may be signed, when nobody needs them any more."""
        await self._database.write("UPDATE sources SET url = NULL, hosted_url = NULL WHERE job_id = ?", (job_id,))

    async def is_source_needed(self, sha256: str) -> bool:
        """Tell whether a job that has not ended uses the prepared picture of this content, or it lies in a tray."""
        rows = await self._database.read(_SOURCE_NEEDED, (sha256,))
        return bool(rows)

    async def move(self, job: Job, to: Status, **changes: Any) -> Job | None:
        """Take `job` from its status to another, with what is learnt on the way; None if it stands elsewhere by now.

        `changes` are fields of Job. One guarded statement: of two that try, one wins, and the ledger follows it in the
        same transaction. Raises StoreConflict where another job has the same task at the provider.
        """
        if not may_move(job.status, to):
            raise ValueError(f"{job.status} may not become {to}")
        changed = replace(job, status=to, **changes)
        columns = {**job_rows.moved(changed, folder=self._folder), "from": job.status.value}
        row = await self._change(_MOVE, columns)
        return self._job(row, job.sources) if row else None

    async def cancel(self, job_id: str, *, now: datetime) -> Job | None:
        """Cancel before submission, or note the wish after it; None where there is nothing left to cancel."""
        row = await self._change(_CANCEL, {"id": job_id, "now": to_stored(now)})
        return self._job(row, await self._sources(job_id)) if row else None

    async def _change(self, sql: str, columns: dict[str, Any]) -> Row | None:
        """Change a job's status, and with it what the ledger says of the job; None where the guard did not hold."""

        async def change(connection: aiosqlite.Connection) -> Row | None:
            rows = list(await connection.execute_fetchall(sql, columns))
            if not rows:
                return None
            status, credits_used = Status(rows[0]["status"]), rows[0]["credits_used"]
            await ledger.follow(
                connection, job_id=rows[0]["id"], status=status, credits_used=credits_used, at=self._clock.now()
            )
            return rows[0]

        return await self._database.transact(change)

    async def set_reply(self, job_id: str, route: ReplyRoute) -> Job | None:
        """Store where the reply stands, once it is known or when it had to move; None where the end was shown already.

        A job that was told has lost its token for good: none is ever written back.
        """
        rows = await self._database.write(
            "UPDATE jobs SET channel_id = ?, message_id = ?, token = ?, ephemeral = ?, channel_reachable = ?"
            " WHERE id = ? AND told_at IS NULL RETURNING *",
            (route.channel_id, route.message_id, route.token, route.ephemeral, route.channel_reachable, job_id),
        )
        return self._job(rows[0], await self._sources(job_id)) if rows else None

    async def set_told(self, job_id: str, *, now: datetime) -> None:
        """Note that the person was shown the end; the token has no more use and is erased."""
        await self._database.write("UPDATE jobs SET told_at = ?, token = NULL WHERE id = ?", (to_stored(now), job_id))

    async def erase_dead_secrets(self, *, now: datetime) -> None:
        """Erase the tokens that Discord does not take any more, and the provider's links that have expired."""
        dead = (to_stored(now),)
        await self._database.write(
            "UPDATE jobs SET token = NULL WHERE token_expires_at <= ? AND token IS NOT NULL", dead
        )
        await self._database.write("UPDATE jobs SET result_url = NULL WHERE result_url_until <= ?", dead)
        await self._database.write(_ERASE_LINKS_OF_ENDED)

    async def recent_durations_s(self, quality: Quality, *, most: int) -> list[float]:
        """List how long the newest pictures of a quality took at the provider, newest first."""
        rows = await self._database.read(_RECENT_DURATIONS, (quality.value, most))
        return [float(row["seconds"]) for row in rows if row["seconds"] is not None]

    async def _sources(self, job_id: str) -> tuple[Source, ...]:
        rows = await self._database.read("SELECT * FROM sources WHERE job_id = ? ORDER BY position", (job_id,))
        return tuple(job_rows.read_source(row, folder=self._folder) for row in rows)

    def _job(self, row: Row, sources: tuple[Source, ...]) -> Job:
        return job_rows.read_job(row, folder=self._folder, sources=sources)
