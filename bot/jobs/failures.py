"""From an error of the provider or the net to the facts that are stored with a job. Pure.

What the provider says may quote a signed link or somebody's key: neither is stored.
"""

from bot.errors import DownloadFailed, NotAPicture
from bot.jobs.model import Failure, FailureKind
from bot.log import without_keys_and_queries
from bot.provider import errors, models

MESSAGE_MAX_CHARS = 2000
CODE_MAX_CHARS = 100


def of_create(error: errors.ProviderError) -> Failure:
    """Say why a task was not created."""
    kind = FailureKind.PROVIDER_REFUSED
    if isinstance(error, errors.OutcomeUnknown):
        kind = FailureKind.OUTCOME_UNKNOWN
    elif isinstance(error, errors.Unreachable | errors.ServerFault | errors.BadAnswer):
        kind = FailureKind.UNREACHABLE
    return Failure(
        kind=kind,
        code=_words(error.code, most=CODE_MAX_CHARS) if error.code else None,
        http_status=error.http_status,
        message=_words(error.message, most=MESSAGE_MAX_CHARS),
        request_id=_words(error.request_id, most=CODE_MAX_CHARS) if error.request_id else None,
    )


def of_task(task: models.Task) -> Failure:
    """Say why a task that ended has no picture."""
    error = task.error
    code = (error.code if error else "") or "unknown_error"
    return Failure(
        kind=FailureKind.TASK_FAILED,
        code="request_cancelled" if task.status is models.TaskStatus.CANCELLED else _words(code, most=CODE_MAX_CHARS),
        message=_words(error.message, most=MESSAGE_MAX_CHARS) if error else "",
    )


def of_result(error: NotAPicture | DownloadFailed) -> Failure:
    """Say what is wrong with what came down."""
    return Failure(kind=FailureKind.BAD_RESULT, code=error.reason, message="")


def _words(text: str, *, most: int) -> str:
    return without_keys_and_queries(text)[:most]
