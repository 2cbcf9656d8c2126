"""What is said where a job leaves its usual way: cancelled, kept for collection, or asked for too early or too late."""

from bot.jobs.model import Failure, FailureKind, Job, Status
from bot.ui.texts import late
from bot.ui.texts.answers import still_working
from bot.ui.texts.failures import failure
from bot.ui.texts.history import expired


def ready(job: Job) -> str:
    """Return what stands on the card of a picture that waits to be collected."""
    counted = late.came_late(job) or "It is counted once."
    return (
        f"Your picture is made and kept for you. {counted} "
        "It could not be put here by itself: press the button to see it."
    )


def ready_after_cancel() -> str:
    """Return what stands on the card of a picture that was cancelled too late, and waits to be collected."""
    return (
        "This was cancelled while it was being made, and the model could not be stopped any more. "
        "The picture is kept for you, and it is counted once. Press the button to see it."
    )


LATER_TITLE = "Press the button for your picture"


def shown_on_request() -> str:
    """Return what stands on a card that may soon not be edited any more: it stays true however the job goes on."""
    return (
        "It takes longer than the 15 minutes for which Discord lets this reply be changed. "
        "It is kept for you when it is done: press the button whenever you like to see it, or how it stands."
    )


def cannot_be_shown() -> str:
    """Return what stands on the card of a picture that is too large for Discord and cannot be made smaller."""
    return (
        "Your picture is made, but it is too large for Discord and could not be made smaller. "
        "The original is kept: ask whoever runs this bot for it, and name the job's id below."
    )


MOVED_TITLE = "Answered elsewhere"


def moved() -> str:
    """Return what stands on a card whose end had to be told in another message."""
    return (
        "Discord did not let this message be changed when the request ended. What became of it stands in a new "
        "message, here or in the direct messages of whoever asked. Nothing more comes here; nothing counts twice."
    )


UNKNOWN_TITLE = "Not known any more"


def unknown_job() -> str:
    """Return what stands on a card whose job is not known any more; whether it was paid for is not known either."""
    return (
        "The bot knows nothing of this request any more, as happens where an older copy of its database was put back. "
        "No picture comes here, and it costs you nothing more. To have one, ask again with `/imagine` or `/edit`; "
        "if you miss a picture, ask whoever runs this bot."
    )


def words_withheld() -> str:
    """Return what stands on a card in a place whose moderation refuses the prompt."""
    return "The moderation of this place does not let the bot repeat the prompt here. It changes nothing else."


def kept_for_now() -> str:
    """Return the answer to a press that could not bring the picture just now."""
    return (
        "The picture cannot be put here at the moment. It is kept for you: press the button again in a minute. "
        "If nothing comes then either, ask whoever runs this bot for it."
    )


def still_trying() -> str:
    """Return the answer to a press whose picture Discord does not take yet, while the bot goes on trying."""
    return (
        "Discord does not take the picture at the moment. The bot keeps trying and shows it as soon as it can, here or "
        "in a new message; you need not press again, and it costs nothing more."
    )


def cancelled_before() -> str:
    """Return what a Cancel did that came before the model had the prompt."""
    return (
        "Cancelled before anything was sent to the model. It cost you nothing and is not counted. "
        "`/imagine` starts a new picture whenever you like."
    )


def cancelled_after(job: Job) -> str:
    """Return what a Cancel can still do once the prompt is on its way to the model: close the card, no more."""
    if late.may_not_have_arrived(job):
        return (
            "This card is closed. It is not known whether the model got your prompt, so nothing could be called back. "
            "A picture that is found after all has to be paid for, counts for you and is kept; if none is found, "
            "nothing is counted. Press the button in a few minutes to see how it ended."
        )
    return (
        "This card is closed, but the model had your prompt already and cannot be stopped. "
        "The picture it makes has to be paid for, and counts for you when it arrives; if none comes, nothing counts. "
        "Press the button in a minute or so to see it after all."
    )


def cancel_unshown(job: Job) -> str:
    """Return the answer to a Cancel whose card Discord does not let be closed just now."""
    if late.may_not_have_arrived(job):
        why = (
            "It is not known whether the model got your prompt, so nothing could be called back: "
            "a picture that is found after all"
        )
    else:
        why = "The model had your prompt already and cannot be stopped: the picture it makes"
    return (
        f"Your cancel is noted, but Discord does not let the bot change this message at the moment. {why} counts for "
        "you and is kept, and this message gets a button for it as soon as it can be changed."
    )


def too_late_to_cancel() -> str:
    """Return the answer to a Cancel that came when there was nothing left to cancel."""
    return "It is too late to cancel: this request has already ended, or its picture is just being put here."


def not_deleted() -> str:
    """Return the answer to a Delete that Discord did not allow."""
    return "Discord does not let the bot delete this message. You, or who may manage messages here, can delete it."


def not_ready(job: Job) -> str:
    """Return the answer to a person who wants to collect what is not there to be collected, and was not delivered."""
    if job.status in {Status.FAILED, Status.LOST}:
        told = failure(job.failure or Failure(kind=FailureKind.INTERNAL), job_id=job.id)
        return f"**{told.title}**\n{' '.join(filter(None, [told.sentence, late.hope(job)]))}"
    if job.status is Status.CANCELLED:
        return cancelled_before()
    if job.status is Status.EXPIRED:
        return expired(job.finished_at or job.created_at)
    if job.status is Status.DELIVERING:
        return "This picture is made and just on its way to you. That costs nothing more."
    if late.may_not_have_arrived(job):
        return _in_doubt()
    return still_working()


def _in_doubt() -> str:
    return (
        "It is not known yet whether the model got your prompt, so nobody can say whether a picture comes. The bot "
        "waits for a sign of one; if none is found, nothing is counted for you. "
        "Press the button again in a few minutes; that costs nothing."
    )


def delivered_at(link: str, *, is_direct: bool) -> str:
    """Return the answer to a person who wants to collect what stands in a message they can go to."""
    where = "was sent to your direct messages" if is_direct else "has been put into a message"
    return f"This picture {where} already: {link}. {_AGAIN}"


def delivered_privately() -> str:
    """Return the answer to a person who wants to collect what they were shown where nobody can go to any more."""
    return f"You were shown this picture already, in a message that only you could see. {_AGAIN}"


_AGAIN = "That costs nothing more; `/history` shows it again while it is kept."
