"""What is said of a picture that is looked for, that may still come, or that came late."""

from bot.jobs.model import Job, Status

LOOKING_TITLE = "Looking for your picture"


def is_looked_for(job: Job) -> bool:
    """Tell whether it is not known if the model has the prompt at all."""
    return job.status is Status.SUBMITTING and job.failure is not None


def may_not_have_arrived(job: Job) -> bool:
    """Tell whether nothing has said yet that the model has the prompt: it is being handed over, or that is in doubt."""
    return job.status is Status.SUBMITTING


def looking(job: Job) -> str:
    """Return what the bot does while it does not know whether the model has the prompt."""
    if leaves_no_trace(job):
        return (
            "Your prompt was handed to the image service, but its answer was lost on the way, and nothing there tells "
            "what became of it. The bot waits a few minutes for a sign of your picture; no second one is made. "
            "You are told here how it ends; there is nothing you need to do."
        )
    return (
        "Your prompt was handed to the image service, but its answer was lost on the way. The bot is looking there for "
        "your picture; no second one is made. You are told here how it ends; there is nothing you need to do."
    )


def hope(job: Job) -> str | None:
    """Return what is added to a failure whose picture is looked for all the same; None of any other."""
    return may_still_come() if job.status is Status.LOST and not leaves_no_trace(job) else None


def lost(job: Job) -> str:
    """Return how a job stands that was released, in a line."""
    if leaves_no_trace(job):
        return "It is not known whether a picture was made, and nothing leads the bot to one. It is not counted."
    return f"No picture came in time, and it is not counted. {may_still_come()}"


def leaves_no_trace(job: Job) -> bool:
    """Tell whether there may be a picture that nothing leads to."""
    return job.provider_task_id is None and job.failure is not None and job.failure.leaves_no_trace


def may_still_come() -> str:
    """Return that the picture is looked for after its job was given up."""
    return (
        "The bot keeps looking for the picture for a day. If it comes after all, you get it, "
        "and it is counted only if your limits then have room for it."
    )


def came_late(job: Job) -> str | None:
    """Return what has to be said of a picture that came after its job was given up; None of any other."""
    if job.lost_at is None:
        return None
    if job.gift:
        return (
            "This picture came later than the bot waits for one, and by then there was no room in the limits: "
            "it is a gift and is not counted."
        )
    return "This picture came later than the bot waits for one. It was not counted until now; now it is counted once."
