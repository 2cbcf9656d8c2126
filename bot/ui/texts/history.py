"""What stands in a person's history, and what is said where one of its buttons was pressed."""

from datetime import datetime

from bot.jobs.model import Job, Status
from bot.ui import markdown
from bot.ui.texts.names import settings_line
from bot.ui.texts.progress import status_words

NEWER_LABEL = "Newer"
OLDER_LABEL = "Older"
FORGET_LABEL = "Yes, remove it"
_PARENT_PROMPT_CHARS = 120


def history_head(*, first: int, last: int, n_entries: int) -> str:
    """Return what stands above a page."""
    if not n_entries:
        return "You have no pictures yet. `/imagine` makes one, and `/edit` changes one that you have."
    return f"Your pictures {first} to {last} of {n_entries:,}, newest first. Only you see this."


def numbered_title(number: int) -> str:
    """Return the head of an entry; its buttons have the same number."""
    return f"Picture {number}"


def numbered_label(number: int, label: str) -> str:
    """Return the label of a button that belongs to an entry."""
    return f"{number} \N{MIDDLE DOT} {label}"


POST_LABEL = "Post here"
EDIT_LABEL = "Edit"
EDIT_BEFORE_LABEL = "Edit the one before"
REMOVE_LABEL = "Remove"


def history_facts(job: Job) -> str:
    """Return when a picture was asked for, and with which settings."""
    at = int(job.created_at.timestamp())
    return f"<t:{at}:f> (<t:{at}:R>)\n{settings_line(job)}"


def history_status(job: Job, *, is_kept: bool) -> str | None:
    """Return what is to be known of an entry; None of one that was delivered and is kept."""
    if job.status is Status.READY:
        return "**Waiting to be collected.**"
    if job.status is Status.EXPIRED:
        return "It was not collected in time and has been removed. It is not counted."
    if job.status is not Status.DELIVERED:
        return status_words(job, None)
    return None if is_kept else "The bot does not keep the picture itself any more."


def history_parent(parent: Job, *, is_own: bool) -> str:
    """Return what an entry was made from."""
    if not is_own:
        return "Edit of another person's picture."
    return f"Edit of: {markdown.quote(' '.join(parent.drawing.prompt.split()), limit=_PARENT_PROMPT_CHARS)}"


def message_link(url: str) -> str:
    """Return the way to the message of an entry."""
    return f"[Go to the message]({url})"


def confirm_forget(prompt: str) -> str:
    """Return the question before a picture is removed."""
    return (
        "Remove this picture from the bot's disk and from your history? It cannot be brought back, and its buttons "
        "stop working. A message that shows it stays: its own button Delete removes that.\n"
        f"{markdown.block_quote(prompt, limit=300)}"
    )


def forgotten() -> str:
    """Return what is said when a picture was removed."""
    return "Removed from the bot's disk and from your history. That costs nothing; what it cost to make stays counted."


def expired(made_at: datetime) -> str:
    """Return what the owner of a picture is told who did not collect it in time."""
    return (
        f"The picture that was made for you on <t:{int(made_at.timestamp())}:D> was kept until now and nobody "
        "collected it, so it has been removed. It is not counted. `/imagine` makes a new one."
    )


def not_posted() -> str:
    """Return the answer where a picture could not be posted again."""
    return "The picture could not be posted here. It is still kept; you find it in `/history`."
