"""The job table: each statement by its name. Whoever reads this file knows all that can happen to a stored job.

A job that goes on has an owner: the process that drives it. Only the owner moves it, with three exceptions: what waits
to be collected or to come late may be taken on by any process, which then is its owner; a cancel may come through any
process; and a task that was created is noted by whoever learns of it.
"""

import enum
import json
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, TypeAlias

from bot.clock import Clock
from bot.errors import QueueFull, TooManyWaiting
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
    created_at, callback_token, role_ids, owner
) VALUES (
    :id, :status, :kind, :parent_id, :private, :origin_id, :user_id, :guild_id,
    :prompt, :size, :quality, :web_search, :image_search, :thinking,
    :application_id, :channel_id, :message_id, :token, :token_expires_at, :ephemeral, :channel_reachable,
    :upload_limit_bytes, :created_at, :callback_token, :role_ids, :owner
)
"""

ENTRANCE = """
SELECT EXISTS (SELECT 1 FROM jobs WHERE origin_id = :origin_id) AS is_double,
       (SELECT count(*) FROM jobs WHERE status IN ('preparing', 'queued')) AS n_waiting,
       (SELECT count(*) FROM jobs WHERE status IN ('preparing', 'queued') AND user_id = :user_id) AS n_own_waiting
"""
"""Asked before each new job is taken. What waits is counted by its index."""

_PUT_SOURCE = """
INSERT OR REPLACE INTO sources (
    job_id, position, name, url, result_of, path, media_type, width, height, n_bytes, sha256, changes,
    hosted_url, hosted_until
) VALUES (
    :job_id, :position, :name, :url, :result_of, :path, :media_type, :width, :height, :n_bytes, :sha256, :changes,
    :hosted_url, :hosted_until
)
"""

_SOURCES_OF = """
SELECT * FROM sources WHERE job_id IN (SELECT value FROM json_each(?)) ORDER BY job_id, position
"""

_OTHER_OWNERS = "SELECT DISTINCT owner FROM jobs WHERE told_at IS NULL AND owner IS NOT ?"

_TAKE_OVER = """
UPDATE jobs SET owner = :me
WHERE told_at IS NULL AND (owner IS NULL OR owner IN (SELECT value FROM json_each(:dead)))
RETURNING *
"""

# Another process that took a wish to cancel has closed the card: of that the caller has to know.
_SHOWS_PROGRESS = """
SELECT 1 FROM jobs WHERE id = :id AND owner IS :me AND told_at IS NULL
  AND status IN ('preparing', 'queued', 'submitting', 'running') AND (cancel_requested_at IS NULL OR :knows_of_cancel)
"""

_DISPOSSESSED = "SELECT id FROM jobs WHERE id IN (SELECT value FROM json_each(:ids)) AND owner IS NOT :me"

_WAKE = "UPDATE jobs SET woken_at = :now WHERE id = :id AND told_at IS NULL AND owner IS NOT :me"

_CALLED = "SELECT 1 FROM jobs WHERE owner = ? AND woken_at IS NOT NULL LIMIT 1"

_TAKE_CALLED = "UPDATE jobs SET woken_at = NULL WHERE owner = ? AND woken_at IS NOT NULL RETURNING id"

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
          WHEN cancel_requested_at IS NULL OR status = 'ready' OR collected_at IS NOT NULL THEN :to
          -- a wish to cancel that came while the task ran: the picture is kept, and shown when it is asked for
          WHEN :to = 'delivering' THEN 'ready'
          -- the provider did not take it after all: nothing was spent, and nothing shall be
          WHEN :to = 'queued' THEN 'cancelled'
          ELSE :to
      END
      -- what was lost and is given up has nothing new to say: whoever was told meanwhile has been told
    , told_at = CASE WHEN status = 'lost' AND :to = 'failed' THEN told_at ELSE :told_at END
    , token = CASE WHEN :told_at IS NULL THEN token END
    , submitted_at = COALESCE(:submitted_at, submitted_at)
    , finished_at = COALESCE(:finished_at, finished_at, CASE WHEN :to = 'queued' THEN cancel_requested_at END)
    , cancel_requested_at = CASE WHEN :to <> 'queued' THEN cancel_requested_at END
    , lost_at = COALESCE(:lost_at, lost_at)
    , look_at = :look_at
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
    , owner = CASE WHEN status IN ('ready', 'lost') THEN :me ELSE owner END
WHERE id = :id AND status = :from
  AND (owner IS :me OR status IN ('ready', 'lost') OR (status = 'submitting' AND :to = 'running'))
RETURNING *
"""

_CANCEL = """
UPDATE jobs SET
      status = CASE WHEN status IN ('preparing', 'queued') THEN 'cancelled' ELSE status END
    , finished_at = CASE WHEN status IN ('preparing', 'queued') THEN :now ELSE finished_at END
    , cancel_requested_at = CASE WHEN status IN ('preparing', 'queued') THEN NULL ELSE :now END
    , owner = CASE WHEN status IN ('preparing', 'queued') THEN :me ELSE owner END  -- who ended it tells the person
WHERE id = :id AND status IN ('preparing', 'queued', 'submitting', 'running') AND cancel_requested_at IS NULL
RETURNING *
"""

# What was private once stays its owner's, also where it is collected in another message.
_COLLECT = """
UPDATE jobs SET
      collected_at = :now
    , private = private OR ephemeral
    , application_id = :application_id
    , channel_id = :channel_id
    , message_id = :message_id
    , token = :token
    , token_expires_at = :token_expires_at
    , ephemeral = :ephemeral
    , channel_reachable = :channel_reachable
    , upload_limit_bytes = :upload_limit_bytes
WHERE id = :id
"""

_RECENT_DURATIONS = """
SELECT (finished_at - submitted_at) / 1000000.0 AS seconds FROM jobs
WHERE status IN ('delivered', 'ready') AND quality = ? AND submitted_at IS NOT NULL
ORDER BY created_at DESC LIMIT ?
"""


Within: TypeAlias = Callable[[sqlite3.Connection], None]
"""What else is decided and written in the transaction that stores a job."""


class Insertion(enum.Enum):
    """What became of a new job."""

    STORED = enum.auto()
    DOUBLE = enum.auto()
    """Its interaction or message was stored before."""


class JobStore:
    """Jobs in the database. `folder` is DATA_DIR: results are stored by their path within it.

    `owner` names the process in whose name jobs are stored and moved; None for one that is alone and has no name.
    """

    def __init__(self, database: Database, *, folder: Path, clock: Clock, owner: str | None = None) -> None:
        self._database = database
        self._folder = folder
        self._clock = clock
        self._owner = owner

    async def insert(self, job: Job, *, max_waiting: int, reservation: Within | None = None) -> Insertion:
        """Store a new job with its sources, unless it is there already.

        Raises QueueFull where `max_waiting` wait, and TooManyWaiting where its person has as many places in the line as
        are still free: nobody takes more than half of it, and who has none finds one until it is full. One transaction
        decides: of many that come at once, no more get in than there is room for. `reservation` runs within it and may
        refuse by raising, too; then nothing is stored.
        """

        def insert_all(connection: sqlite3.Connection) -> Insertion:
            asked = {"origin_id": job.origin_id, "user_id": job.user_id}
            [entrance] = connection.execute(ENTRANCE, asked).fetchall()
            if entrance["is_double"]:
                return Insertion.DOUBLE
            if (n_free := max_waiting - entrance["n_waiting"]) <= 0:
                raise QueueFull(waiting=max_waiting, limit=max_waiting)
            if (n_own := entrance["n_own_waiting"]) >= n_free:
                raise TooManyWaiting(own=n_own)
            if reservation is not None:
                reservation(connection)
            connection.execute(_INSERT, {**job_rows.inserted(job), "owner": self._owner}).fetchall()
            sources = [job_rows.source_columns(job.id, source, folder=self._folder) for source in job.sources]
            if sources:
                connection.executemany(_PUT_SOURCE, sources)
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

    async def list_other_owners(self) -> set[str | None]:
        """List who else owns jobs whose person has not been shown an end; None stands for nobody."""
        return {row["owner"] for row in await self._database.read(_OTHER_OWNERS, (self._owner,))}

    async def take_over(self, dead: Iterable[str]) -> list[Job]:
        """Become the owner of all unfinished jobs of owners who are dead, and of nobody's; return them, oldest first.

        One transaction: of two processes that try, each job goes to one.
        """
        columns = {"me": self._owner, "dead": json.dumps(list(dead))}

        def take(connection: sqlite3.Connection) -> tuple[list[Row], list[Row]]:
            taken = connection.execute(_TAKE_OVER, columns).fetchall()
            ids = json.dumps([row["id"] for row in taken])
            return taken, connection.execute(_SOURCES_OF, (ids,)).fetchall()

        rows, source_rows = await self._database.transact(take)  # whole: what is taken and not driven, nobody drives
        sources: dict[str, list[Source]] = defaultdict(list)
        for row in source_rows:
            sources[row["job_id"]].append(job_rows.read_source(row, folder=self._folder))
        oldest_first = sorted(rows, key=lambda row: row["created_at"])
        return [self._job(row, tuple(sources[row["id"]])) for row in oldest_first]

    async def find_owned(self, job_id: str) -> Job | None:
        """Return a job of this process as it is stored now, or None where another has taken it over."""
        rows = await self._database.read("SELECT * FROM jobs WHERE id = ? AND owner IS ?", (job_id, self._owner))
        return self._job(rows[0], await self._sources(job_id)) if rows else None

    async def is_owned(self, job_id: str) -> bool:
        """Tell whether this process still drives a job."""
        return bool(await self._database.read("SELECT 1 FROM jobs WHERE id = ? AND owner IS ?", (job_id, self._owner)))

    async def shows_progress(self, job: Job) -> bool:
        """Tell whether this process may show progress of a job: it goes on, and no other drives it or shut its card."""
        columns = {"id": job.id, "me": self._owner, "knows_of_cancel": job.cancel_requested_at is not None}
        return bool(await self._database.read(_SHOWS_PROGRESS, columns))

    async def list_dispossessed(self, job_ids: Iterable[str]) -> list[str]:
        """List those of the jobs that other processes have taken over."""
        columns = {"ids": json.dumps(list(job_ids)), "me": self._owner}
        return [row["id"] for row in await self._database.read(_DISPOSSESSED, columns)]

    async def wake(self, job_id: str) -> None:
        """Have another process that owns the job look at its task soon."""
        columns = {"id": job_id, "me": self._owner, "now": to_stored(self._clock.now())}
        await self._database.write(_WAKE, columns)

    async def take_wakes(self) -> list[str]:
        """Return, once, the jobs of this process that others were asked to wake."""
        if not await self._database.read(_CALLED, (self._owner,)):
            return []
        return [row["id"] for row in await self._database.write(_TAKE_CALLED, (self._owner,))]

    async def note_task(self, job_id: str, task_id: str) -> None:
        """Note which task is a job's where none is known, whoever drives the job and wherever it stands."""
        await self._database.write(
            "UPDATE jobs SET provider_task_id = ? WHERE id = ? AND provider_task_id IS NULL", (task_id, job_id)
        )

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

    async def move(self, job: Job, to: Status, *, also: Within | None = None, **changes: Any) -> Job | None:
        """Take `job` from its status to another, with what is learnt on the way; None if it stands elsewhere by now,
        or another process drives it: what was learnt of a task is stored all the same.

        `changes` are fields of Job. One guarded statement: of two that try, one wins, and the ledger follows it in the
        same transaction; `also` runs within it after the move, and undoes it by raising. Raises StoreConflict where
        another job has the same task at the provider.
        """
        if not may_move(job.status, to):
            raise ValueError(f"{job.status} may not become {to}")
        changed = replace(job, status=to, **changes)
        columns = {**job_rows.moved(changed, folder=self._folder), "from": job.status.value, "me": self._owner}
        row = await self._change(_MOVE, columns, also=also)
        if row is None or row["owner"] != self._owner:
            return None
        return self._job(row, job.sources)

    async def collect(self, job: Job, route: ReplyRoute) -> Job | None:
        """Take a picture that waits to its delivery in the message whose button was pressed; None as `move`.

        From here on it goes on like any job: no end is noted, and who dies over it leaves it to the next.
        """
        now = self._clock.now()
        columns = {**job_rows.route_columns(route), "id": job.id, "now": to_stored(now)}

        def take(connection: sqlite3.Connection) -> None:
            connection.execute(_COLLECT, columns)

        moved = await self.move(job, Status.DELIVERING, also=take, told_at=None)
        if moved is None:
            return None
        return replace(moved, route=route, collected_at=now, private=moved.private or moved.route.ephemeral)

    async def cancel(self, job_id: str, *, now: datetime) -> Job | None:
        """Cancel before submission, or note the wish after it; None where there is nothing left to cancel."""
        row = await self._change(_CANCEL, {"id": job_id, "now": to_stored(now), "me": self._owner})
        return self._job(row, await self._sources(job_id)) if row else None

    async def _change(self, sql: str, columns: dict[str, Any], *, also: Within | None = None) -> Row | None:
        """Change a job's status, and with it what the ledger says of the job; None where the guard did not hold."""

        def change(connection: sqlite3.Connection) -> Row | None:
            rows = connection.execute(sql, columns).fetchall()
            if not rows:
                return None
            status, credits_used = Status(rows[0]["status"]), rows[0]["credits_used"]
            ledger.follow(
                connection, job_id=rows[0]["id"], status=status, credits_used=credits_used, at=self._clock.now()
            )
            if also is not None:
                also(connection)
            return rows[0]

        return await self._database.transact(change)

    async def set_reply(self, job_id: str, route: ReplyRoute) -> Job | None:
        """Store where the reply stands, once it is known or when it had to move.

        None where the end was shown already, or another process drives the job. A job that was told has lost its token
        for good: none is ever written back.
        """
        rows = await self._database.write(
            "UPDATE jobs SET channel_id = ?, message_id = ?, token = ?, ephemeral = ?, channel_reachable = ?"
            " WHERE id = ? AND told_at IS NULL AND owner IS ? RETURNING *",
            (
                *(route.channel_id, route.message_id, route.token, route.ephemeral, route.channel_reachable),
                *(job_id, self._owner),
            ),
        )
        return self._job(rows[0], await self._sources(job_id)) if rows else None

    async def set_told(self, job: Job, *, now: datetime) -> bool:
        """Note that the person was shown the end as it stands in `job`; the token has no more use and is erased.

        False where another process drives the job, which tells them itself, or where it has come to another status
        meanwhile: they have come for their picture, or the picture came late.
        """
        told = await self._database.write(
            "UPDATE jobs SET told_at = ?, token = NULL WHERE id = ? AND owner IS ? AND status = ? RETURNING id",
            (to_stored(now), job.id, self._owner, job.status.value),
        )
        return bool(told)

    async def erase_dead_secrets(self, *, now: datetime) -> None:
        """Erase tokens that Discord takes no more, links that have expired, and what was seen or collected long ago."""
        dead = (to_stored(now),)
        await self._database.write(
            "UPDATE jobs SET token = NULL WHERE token_expires_at <= ? AND token IS NOT NULL", dead
        )
        await self._database.write("UPDATE jobs SET result_url = NULL WHERE result_url_until <= ?", dead)
        await self._database.write(_ERASE_LINKS_OF_ENDED)
        await self._database.write("DELETE FROM seen_pictures WHERE kept_until <= ?", dead)
        await self._database.write("DELETE FROM tray WHERE kept_until <= ?", dead)

    async def recent_durations_s(self, quality: Quality, *, most: int) -> list[float]:
        """List how long the newest pictures of a quality took at the provider, newest first."""
        rows = await self._database.read(_RECENT_DURATIONS, (quality.value, most))
        return [float(row["seconds"]) for row in rows if row["seconds"] is not None]

    async def _sources(self, job_id: str) -> tuple[Source, ...]:
        rows = await self._database.read("SELECT * FROM sources WHERE job_id = ? ORDER BY position", (job_id,))
        return tuple(job_rows.read_source(row, folder=self._folder) for row in rows)

    def _job(self, row: Row, sources: tuple[Source, ...]) -> Job:
        return job_rows.read_job(row, folder=self._folder, sources=sources)
