"""What a job is doing, while it is still going on or waits to be collected."""

from datetime import datetime

from bot.jobs.model import Job, Status

_NEARLY_DONE_PERCENT = 85

_TITLES = {
    Status.QUEUED: "Getting ready",
    Status.SUBMITTING: "Handing over to the model",
    Status.RUNNING: "Drawing",
    Status.DELIVERING: "Uploading",
    Status.READY: "Your picture is ready",
    Status.DELIVERED: "Your picture",
    Status.FAILED: "No picture this time",
    Status.CANCELLED: "Cancelled",
}

_WORDS = {
    Status.QUEUED: "Your request is saved. It goes to the model as soon as there is a free place.",
    Status.SUBMITTING: "Handing your prompt to the model.",
    Status.DELIVERING: "The picture is here and safe. Uploading it now.",
    Status.READY: "The picture is made and kept for you.",
    Status.DELIVERED: "The picture was delivered.",
    Status.FAILED: "No picture was made.",
    Status.CANCELLED: "The request was cancelled.",
}


def status_title(status: Status, position: int | None = None) -> str:
    """Return two or three words for the head of a card; `position` is the job's place in the line."""
    if status is Status.QUEUED and position is not None:
        return "Waiting in line"
    return _TITLES[status]


def status_words(job: Job, position: int | None) -> str:
    """Return what the job is doing now; `position` is its place in the line, 1 for the next."""
    if job.status is Status.RUNNING:
        return _drawing_words(job.progress)
    if job.status is not Status.QUEUED or position is None:
        return _WORDS[job.status]
    if position <= 1:
        return "Waiting for a free place at the model. You are next."
    return f"Waiting for a free place at the model. Place {position:,} in the line."


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


def ready() -> str:
    """Return what stands on the card of a picture that waits to be collected."""
    return (
        "Your picture is made and kept for you, and it is counted once. "
        "It could not be put here by itself: press the button to see it."
    )


def cancelled_before() -> str:
    """Return what a Cancel did that came before the model had the prompt."""
    return (
        "Cancelled before anything was sent to the model. It cost you nothing and is not counted. "
        "`/imagine` starts a new picture whenever you like."
    )


def cancelled_after() -> str:
    """Return what a Cancel can still do once the model has the prompt: close the card, no more."""
    return (
        "This card is closed, but the model had your prompt already and cannot be stopped. "
        "The picture is still being made, has to be paid for, and counts for you when it arrives; "
        "if none comes, it is not counted. Press the button in a minute or so to see it after all."
    )
