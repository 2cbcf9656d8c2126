"""What a job is doing, while it is still going on or waits to be collected."""

from datetime import datetime

from bot.jobs import slots
from bot.jobs.model import FailureKind, Job, Status
from bot.ui.texts import late

_NEARLY_DONE_PERCENT = 85
_TAKING_TURNS = "Servers and people take turns, so others may still come before you."

_TITLES = {
    Status.PREPARING: "Getting your pictures ready",
    Status.QUEUED: "Getting ready",
    Status.SUBMITTING: "Handing over to the model",
    Status.RUNNING: "Drawing",
    Status.DELIVERING: "Uploading",
    Status.READY: "Your picture is ready",
    Status.DELIVERED: "Your picture",
    Status.FAILED: "No picture this time",
    Status.CANCELLED: "Cancelled",
    Status.EXPIRED: "Not collected in time",
    Status.LOST: "No picture so far",
}

_WORDS = {
    Status.PREPARING: "Fetching and preparing your pictures.",
    Status.QUEUED: "Your request is saved. It goes to the model as soon as there is a free place.",
    Status.SUBMITTING: "Handing your prompt to the model.",
    Status.DELIVERING: "The picture is here and safe. Uploading it now.",
    Status.READY: "The picture is made and kept for you.",
    Status.DELIVERED: "The picture was delivered.",
    Status.FAILED: "No picture was made.",
    Status.CANCELLED: "The request was cancelled.",
    Status.EXPIRED: "The picture was kept for you, was not collected in time, and has been removed.",
}


def status_title(status: Status, position: int | None = None) -> str:
    """Return two or three words for the head of a card; `position` is the job's place in the line."""
    if status is Status.QUEUED and position is not None:
        return "Waiting in line"
    return _TITLES[status]


def status_words(job: Job, position: int | None, *, waiting_for_provider: bool = False) -> str:
    """Return what the job is doing now; `position` is its place in the line, 1 for the next."""
    if waiting_for_provider:
        return _waiting_words(job)
    if late.is_looked_for(job):
        return late.looking(job)
    if job.status is Status.RUNNING:
        return _drawing_words(job.progress)
    if job.status is not Status.QUEUED or position is None:
        return late.lost(job) if job.status is Status.LOST else _WORDS[job.status]
    if position <= 1:
        return "Waiting for a free place at the model. You are next."
    return f"Waiting for a free place at the model. {_place(position)} {_TAKING_TURNS}"


def _place(position: int) -> str:
    if position > slots.FARTHEST:
        return f"More than {slots.FARTHEST:,} pictures come before yours."
    return f"{'Place' if position <= slots.NEAR else 'About place'} {position:,} in the line."


def _waiting_words(job: Job) -> str:
    if job.failure is not None and job.failure.code == "not_kept":
        if job.failure.kind is FailureKind.SOURCE_GONE:
            return (
                "The bot cannot write to its own disk at the moment. Your request is kept, nothing was spent on it, "
                "and the bot keeps trying."
            )
        return (
            "The picture is made, and the image service keeps it: the bot cannot write to its own disk at the moment. "
            "It keeps trying."
        )
    return "The image service is busy or does not answer at the moment. Your request is kept, and the bot keeps trying."


def _drawing_words(progress: int) -> str:
    if progress <= 0:
        return "The model has your prompt and is about to start."
    if progress < _NEARLY_DONE_PERCENT:
        return "The model is drawing your picture."
    return "Nearly done. The last touches are being made."


def expectation(expected_at: datetime, *, now: datetime) -> str:
    """Return when the picture is expected: a stamp that Discord counts down by itself, as long as it lies ahead."""
    if expected_at <= now:
        return "Ready any moment now."
    return f"Ready <t:{int(expected_at.timestamp())}:R>."


def percent(progress: int) -> str:
    """Return a share of a hundred as it is written."""
    return f"{progress} %"
