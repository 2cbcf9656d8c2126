"""What the provider's stand-in saw and holds of a scene, and what another program reads in the bot's ledger.

With the real provider there is nothing of the former.
"""

import asyncio
import contextlib
import sqlite3
from collections.abc import Collection
from pathlib import Path

from bot.demo.scenes import Scene
from bot.demo.stage import Stage
from bot.quota.model import MILLIONTHS, Usage
from bot.sandbox.discord import Person
from bot.sandbox.evolink import Task
from bot.sandbox.evolink.records import Source


async def task_of(stage: Stage, scene: Scene) -> Task | None:
    """Return the stand-in's task behind a scene."""
    job = await stage.job_of(scene)
    return stage.provider.tasks.get(job.provider_task_id or "") if stage.provider and job else None


async def read_by_model(stage: Stage, scene: Scene) -> list[Source]:
    """Return the pictures that were fetched for a scene's task, in the task's order."""
    task = await task_of(stage, scene)
    return task.sources if task else []


def hosted(stage: Stage, sha256: str) -> list[bytes]:
    """Return every file of that content which the file service holds."""
    files = stage.provider.files.values() if stage.provider else ()
    return [file.path.read_bytes() for file in files if file.sha256 == sha256]


async def came_of(stage: Stage, scene: Scene, before: Scene, *, n_sources: int = 1) -> bool:
    """Tell whether the first of the pictures that the model read is the one it had made for another scene."""
    read, made = await read_by_model(stage, scene), await task_of(stage, before)
    return len(read) == n_sources and made is not None and read[0].sha256 == made.results[0].sha256


def tasks_of(stage: Stage, prompts: Collection[str]) -> list[Task]:
    """Return every task that was made of one of these prompts, whoever asked."""
    tasks = stage.provider.tasks.values() if stage.provider else ()
    return [task for task in tasks if task.request["prompt"] in prompts]


def billed(tasks: Collection[Task]) -> Usage:
    """Return what the provider charges for these tasks, a picture each."""
    millionths = sum(round((task.credits_used or 0.0) * MILLIONTHS) for task in tasks)
    return Usage(images=len(tasks), credits=millionths)


async def counted(stage: Stage, person: Person) -> Usage:
    """Add up what the ledger holds of a person's jobs, by a connection apart from the bot's own code."""
    return await asyncio.to_thread(_counted, stage.app.ground.folder.database, person.id)


def _counted(database: Path, user_id: int) -> Usage:
    address = f"{database.absolute().as_uri()}?mode=ro"
    with contextlib.closing(sqlite3.connect(address, uri=True)) as connection:
        rows = connection.execute("SELECT images, credits FROM ledger WHERE user_id = ? AND job_id NOT NULL", [user_id])
        held = list(rows)
    return Usage(images=sum(images for images, _ in held), credits=sum(credits for _, credits in held))
