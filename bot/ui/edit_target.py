"""What a press of Edit is about, as it stands in the ids of buttons and forms: a picture of ours, or a message.

`j<job>` or `m<channel>-<message>`: all that is needed to find the pictures again, so that nothing is kept in memory.
"""

import re
from dataclasses import dataclass

PATTERN = r"(?:j[a-z0-9]{1,40}|m[0-9]{1,20}-[0-9]{1,20})"
"""For the templates of ids that hold a target."""

_MESSAGE = re.compile(r"m(?P<channel_id>[0-9]{1,20})-(?P<message_id>[0-9]{1,20})")
_JOB = re.compile(r"j(?P<job_id>[a-z0-9]{1,40})")


@dataclass(frozen=True, slots=True)
class JobTarget:
    """The result of a job."""

    job_id: str

    def __str__(self) -> str:
        return f"j{self.job_id}"


@dataclass(frozen=True, slots=True)
class MessageTarget:
    """The pictures of a message."""

    channel_id: int
    message_id: int

    def __str__(self) -> str:
        return f"m{self.channel_id}-{self.message_id}"


EditTarget = JobTarget | MessageTarget


def find(text: str) -> EditTarget | None:
    """Read a target as `str` writes it; None where it is none."""
    if job := _JOB.fullmatch(text):
        return JobTarget(job["job_id"])
    if message := _MESSAGE.fullmatch(text):
        return MessageTarget(int(message["channel_id"]), int(message["message_id"]))
    return None
