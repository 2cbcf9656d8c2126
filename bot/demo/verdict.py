"""What the story proves: for each job, whether what arrived is what the provider made. Pure but for reading files."""

import asyncio
import enum
import hashlib
from dataclasses import dataclass
from pathlib import Path

from bot.demo.scenes import Scene
from bot.demo.stage import Stage
from bot.jobs.model import Job, Status
from bot.sandbox.discord import Violation

_TURNED_AWAY = "refused"
_ENDED = frozenset({Status.DELIVERED, Status.FAILED, Status.CANCELLED, _TURNED_AWAY})


class Identical(enum.StrEnum):
    """How what arrived compares with what the provider made."""

    YES = "yes"
    FITTED = "fitted"
    """Larger than the place accepts, so it was made to fit; the original on the bot's disk is the provider's."""
    NO = "no"


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What the provider made."""

    sha256: str
    n_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table that the demo ends with."""

    job: str
    person: str
    settings: str
    status: str
    """The job's status in the bot's database; `refused` where none was made of the request."""
    discord_calls: int
    seconds: float
    n_bytes: int | None
    """Of what arrived in Discord; None where no picture was to come."""
    sha256: str | None
    file: str | None
    identical: Identical | None


def judge(*, arrived: bytes | None, made: Made | None, kept_sha256: str | None, limit_bytes: int) -> Identical:
    """Compare what arrived with what was made, and where that is too large for the place, with what is kept."""
    if arrived is None or made is None:
        return Identical.NO
    if digest(arrived) == made.sha256:
        return Identical.YES
    was_too_large = made.n_bytes > limit_bytes >= len(arrived)
    return Identical.FITTED if was_too_large and kept_sha256 == made.sha256 else Identical.NO


def digest(content: bytes) -> str:
    """Return the SHA-256 in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


async def row_of(stage: Stage, scene: Scene) -> Row:
    """Sum a scene up."""
    job = await stage.job_of(scene)
    picture = scene.picture
    arrived = picture.read() if picture else None
    kept = await asyncio.to_thread(_digest_of_file, job.result.path) if job and job.result else None
    identical = judge(
        arrived=arrived,
        made=_made(stage, job, kept),
        kept_sha256=kept,
        limit_bytes=scene.upload_limit_bytes,
    )
    return Row(
        job=scene.title,
        person=scene.person.name,
        settings=scene.settings,
        status=_status(job, scene),
        discord_calls=_calls(stage, scene),
        seconds=round(scene.seconds, 1),
        n_bytes=len(arrived) if arrived is not None else None,
        sha256=digest(arrived) if arrived is not None else None,
        file=scene.file_name,
        identical=identical if scene.wants_picture or arrived else None,
    )


def faults_of(rows: list[Row], *, problems: list[str], violations: list[Violation], keys_leaked: int) -> list[str]:
    """List in sentences everything that must not be; empty is success."""
    faults = [*problems]
    faults += [
        f"{row.person}'s picture is not the one the provider made" for row in rows if row.identical is Identical.NO
    ]
    faults += [f"{row.person}'s job has not ended: it is {row.status}" for row in rows if row.status not in _ENDED]
    faults += [f"Discord saw a fault of the bot at {each.where}: {each.what}" for each in violations]
    if keys_leaked:
        faults.append("the provider's key was sent to the host of the results")
    return faults


def _status(job: Job | None, scene: Scene) -> str:
    if job is not None:
        return job.status.value
    return _TURNED_AWAY if scene.turned_away else "unknown"


def _made(stage: Stage, job: Job | None, kept_sha256: str | None) -> Made | None:
    """Ask the stand-in what it made; of the real provider the bot's download is all there is."""
    if job is None:
        return None
    if stage.provider is None:
        return Made(sha256=kept_sha256, n_bytes=job.result.n_bytes) if job.result and kept_sha256 else None
    task = stage.provider.tasks.get(job.provider_task_id or "")
    return Made(sha256=task.results[0].sha256, n_bytes=task.results[0].n_bytes) if task and task.results else None


def _calls(stage: Stage, scene: Scene) -> int:
    """Count the REST calls that were made for the scene: they name one of its interactions, or its message."""
    names = [*(exchange.token for exchange in scene.exchanges), str(scene.message.id)]
    return sum(any(name in call.path for name in names) for call in stage.discord.requests)


def _digest_of_file(path: Path) -> str | None:
    try:
        return digest(path.read_bytes())
    except OSError:
        return None
