"""What the provider's stand-in saw and holds of a scene. With the real provider there is none of it."""

from bot.demo.stage import Scene, Stage
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
