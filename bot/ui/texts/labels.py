"""The short words on buttons, heads of fields and feet of cards."""

import re

from bot.jobs.model import Job
from bot.ui.texts.names import settings_line

CANCEL_LABEL = "Cancel"
COLLECT_LABEL = "Show the picture"

SIZE_LABEL = "Size"
QUALITY_LABEL = "Quality"
PIXELS_LABEL = "Pixels"
DURATION_LABEL = "Time it took"
EXTRAS_LABEL = "Extras"
SOURCES_LABEL = "Made from"
ORIGINAL_LABEL = "Original file"
REMARK_LABEL = "Please note"

_NOT_OF_AN_ID = re.compile(r"[^A-Za-z0-9._:-]")
_MAX_REQUEST_ID_CHARS = 100


def made_by(job_id: str) -> str:
    """Return the foot of a finished picture."""
    return f"AI-generated picture | job {job_id}"


def reference(job: Job) -> str:
    """Return the foot of a card that somebody may want to ask the operator about."""
    parts = [settings_line(job), f"job {job.id}"]
    if job.failure and job.failure.request_id:
        request_id = _NOT_OF_AN_ID.sub("", job.failure.request_id)[:_MAX_REQUEST_ID_CHARS]
        parts.append(f"image service's request {request_id}")
    return " | ".join(parts)
