"""What is said about replies to pictures, and about messages the bot may not read."""

DO_REPLY_LABEL = "Yes, edit it"


def confirm_reply(count: int) -> str:
    """Return the question to a person whose reply pinged the bot; `count` pictures would be used."""
    what = "Is this picture" if count == 1 else f"Are these {count} pictures"
    return (
        f"{what} to be edited as you wrote? It counts as one picture of yours; nothing happens until you press. "
        "Name the bot in your reply to skip this question."
    )


def unread_reply() -> str:
    """Return the answer to a reply whose words Discord hides from the bot."""
    return (
        "The bot sees that you replied to this picture, but Discord does not show it what you wrote. "
        "Press Edit to say it there, or name the bot in your reply (@). If you did not mean the bot, ignore this."
    )


def wordless_reply() -> str:
    """Return the answer to a reply that says nothing but the bot's name."""
    return "What shall be changed? Press Edit and say it there. Nothing was spent."


def picture_unreadable() -> str:
    """Return why a picture in somebody's message cannot be edited by a reply, and what works."""
    return (
        "Discord does not let the bot look into that message, so its picture cannot be edited this way. "
        "Nothing was spent. Press and hold the message (or right-click it) and choose Apps → Edit image: "
        "that shows it to the bot. "
        "`/edit` takes any picture, too."
    )


def no_picture() -> str:
    """Return the answer where a picture is needed and there is none."""
    return (
        "There is no picture to work with. Nothing was spent. "
        "Reply to a message that shows one, attach one to your reply, or give one to `/edit`."
    )


def message_gone() -> str:
    """Return the answer where the message that was meant cannot be found."""
    return "The message with the picture was deleted, or the bot cannot see it any more. Nothing was spent."
