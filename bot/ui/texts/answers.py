"""Private answers: why a request was not taken, and what to do instead."""

import functools
import math

from bot import errors
from bot.ui.texts import quotas, replies, settings
from bot.ui.texts.sources import megabytes, named


@functools.singledispatch
def refusal(error: errors.Refusal) -> str:
    """Return the sentence for a refused request; a class without words of its own gets these."""
    del error
    return "That could not be done. Nothing was spent and nothing was lost; please try again."


@refusal.register
def _(error: errors.EmptyPrompt) -> str:
    del error
    return (
        "The prompt holds nothing that can be seen, so there is nothing to draw. Nothing was spent. "
        "Describe the picture in a few words and send the command again."
    )


@refusal.register
def _(error: errors.PromptTooLong) -> str:
    return (
        f"The prompt has {error.length:,} characters and the model reads at most {error.limit:,}. Nothing was spent. "
        f"Shorten it by at least {error.length - error.limit:,} and send the command again."
    )


@refusal.register
def _(error: errors.DoubleRequest) -> str:
    del error
    return "This request has been taken already and is drawn only once, so nothing more was spent. Look for its card."


@refusal.register
def _(error: errors.QueueFull) -> str:
    return (
        f"The waiting line is full: {error.waiting:,} of {error.limit:,} places are taken. Nothing was spent. "
        "Please try again in a few minutes."
    )


@refusal.register
def _(error: errors.TooManyWaiting) -> str:
    yours = "1 picture" if error.own == 1 else f"{error.own:,} pictures"
    return (
        f"You have {yours} waiting already, and the places that are left in the line are kept free for others. "
        f"Nothing was spent; please ask again when {'it is' if error.own == 1 else 'some of them are'} drawn."
    )


@refusal.register
def _(error: errors.NotYours) -> str:
    del error
    return not_yours()


@refusal.register
def _(error: errors.UnknownJob) -> str:
    del error
    return unknown_button()


@refusal.register
def _(error: errors.PressedTwice) -> str:
    del error
    return (
        "The button was pressed twice in a moment, so the second press was taken for a slip and nothing more was "
        "spent. If you want one more, press it again."
    )


@refusal.register
def _(error: errors.ResultGone) -> str:
    del error
    return (
        "The bot does not keep this picture any more, so it cannot work with it. Nothing was spent. "
        "Save the picture from here and give it to `/edit`."
    )


@refusal.register
def _(error: errors.SourceGone) -> str:
    return (
        f"A picture this was made from, {named(error.name)}, is not kept any more. Nothing was spent. "
        "Give the picture to `/edit` or `/imagine` once more."
    )


@refusal.register
def _(error: errors.NotAPictureFile) -> str:
    return (
        f"The file {named(error.name)} is not a picture. Nothing was spent. "
        "Give JPEG, PNG, WebP, GIF, HEIC, AVIF, BMP or TIFF files."
    )


@refusal.register
def _(error: errors.SourceTooLarge) -> str:
    return (
        f"The file {named(error.name)} has {megabytes(error.n_bytes)} and the bot takes pictures of at most "
        f"{megabytes(error.limit_bytes)}. Nothing was spent. Save it smaller and try again."
    )


@refusal.register
def _(error: errors.TooManySources) -> str:
    return (
        f"That is {error.count:,} pictures and the model takes at most {error.limit:,} at a time. Nothing was spent. "
        f"Leave out {error.count - error.limit:,} and try again."
    )


@refusal.register
def _(error: errors.NoPicture) -> str:
    del error
    return replies.no_picture()


@refusal.register
def _(error: errors.PictureUnreadable) -> str:
    del error
    return replies.picture_unreadable()


@refusal.register
def _(error: errors.TrayEmpty) -> str:
    del error
    return (
        "You have collected no pictures, or more than 24 hours ago. Nothing was spent. "
        "Press and hold a message with a picture (or right-click it) and choose Apps → Use as reference."
    )


@refusal.register
def _(error: errors.MessageGone) -> str:
    del error
    return replies.message_gone()


@refusal.register
def _(error: errors.NotEndedYet) -> str:
    del error
    return (
        "This picture is still being made, or waits for you to collect it, so this cannot be done yet. "
        "Nothing was spent and nothing was lost; `/history` shows how far it is."
    )


@refusal.register
def _(error: errors.TraysFull) -> str:
    del error
    return (
        "People have collected so many pictures that the bot has no room left for more of them. Nothing was spent. "
        "They go when they are used or cleared, or after 24 hours: clear yours in `/references`, give your pictures "
        "to `/edit` directly, or try again later."
    )


@refusal.register
def _(error: errors.TooManyCollected) -> str:
    minutes = math.ceil(error.wait_s / 60)
    when = "a minute" if minutes <= 1 else f"{minutes} minutes"
    return (
        f"You may collect {error.limit} pictures within ten minutes, those you have cleared included, "
        f"so these were not taken. Nothing was spent. Try again in {when}."
    )


@refusal.register
def _(error: errors.StorageFull) -> str:
    del error
    return (
        "The bot has no room left for another picture: too many wait to be collected. Nothing was spent. "
        "Collect yours in `/history`, or tell whoever runs this bot."
    )


@refusal.register
def _(error: errors.StorageUnusable) -> str:
    what = "has no room left on its disk" if error.is_full else "cannot write to its disk"
    return (
        f"The bot {what} at the moment and could not keep a picture, so it took no request and nothing was spent. "
        "Please try again later; whoever runs this bot has to put it right."
    )


@refusal.register
def _(error: errors.ShuttingDown) -> str:
    del error
    return restarting()


@refusal.register
def _(error: errors.StoreUnavailable) -> str:
    del error
    return (
        "The bot cannot use its database at the moment; nothing was spent. "
        "Please try again in a minute; if it stays like this, tell whoever runs this bot."
    )


refusal.register(errors.LimitReached, quotas.limit_reached)
refusal.register(errors.TooManyAtOnce, quotas.too_many_at_once)
refusal.register(errors.QualityNotAllowed, quotas.quality_not_allowed)
refusal.register(errors.NotAllowedHere, quotas.not_allowed_here)
refusal.register(errors.Blocked, quotas.blocked)
refusal.register(errors.WordNotAllowed, quotas.word_not_allowed)
refusal.register(errors.SpendingStopped, quotas.spending_stopped)
refusal.register(errors.BadSetting, settings.bad_setting)


def not_yours() -> str:
    """Return the answer to a person who pressed a button of somebody else's picture."""
    return "This button belongs to the person who asked for the picture. `/imagine` makes your own."


def unknown_button() -> str:
    """Return the answer to a button whose job is not known any more."""
    return "The bot does not know this picture any more, so the button does nothing now. `/imagine` starts a new one."


def restarting() -> str:
    """Return the answer to a request that comes while the bot is about to stop."""
    return (
        "The bot is restarting and takes no new requests for a moment. Nothing was spent. Please try again in a minute."
    )


def still_working() -> str:
    """Return the answer to a person who wants to collect a picture that is not there yet."""
    return "The picture is still being made and is not lost. Press the button again in a minute; that costs nothing."


def internal_error(job_id: str | None = None) -> str:
    """Return the sentence for a fault of our own; the log is searched by the job's id."""
    where = f" and mention job `{job_id}`" if job_id else ""
    return (
        "Something went wrong inside the bot. It is not your fault, costs you nothing and is not counted. "
        f"Please try again; if it happens twice, tell whoever runs this bot{where}."
    )
