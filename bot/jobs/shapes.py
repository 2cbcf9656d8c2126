"""Which of the model's shapes is the shape of a picture. Pure."""

from bot.jobs.model import Drawing, Job, Kind, Size

SAME_SHAPE = 0.06
"""Ratios this close look the same; any other shape is left to the model, which follows it (provider.md 9)."""


def nearest(width: int, height: int) -> Size:
    """Return the size of the same shape, or `auto` where the model has none."""
    ratio = width / height

    def distance(size: Size) -> float:
        across, down = (int(part) for part in size.value.split(":"))
        return abs(ratio / (across / down) - 1)

    best = min((size for size in Size if size is not Size.AUTO), key=distance)
    return best if distance(best) <= SAME_SHAPE else Size.AUTO


def size_to_ask_for(job: Job) -> Size:
    """Return the job's own size; an edit that leaves it open keeps the shape of its first source."""
    drawing: Drawing = job.drawing
    if drawing.size is not Size.AUTO or job.kind is not Kind.EDIT or not job.sources:
        return drawing.size
    first = job.sources[0]
    return nearest(first.width, first.height) if first.width and first.height else Size.AUTO
