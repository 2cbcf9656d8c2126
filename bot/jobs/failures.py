"""From an error of the provider or the net to the facts that are stored with a job. Pure."""

from bot.errors import DownloadFailed, NotAPicture
from bot.jobs.model import Failure, FailureKind
from bot.provider import errors, models


def of_create(error: errors.ProviderError) -> Failure:
    """Say why a task was not created."""
    kind = FailureKind.PROVIDER_REFUSED
    if isinstance(error, errors.OutcomeUnknown):
        kind = FailureKind.OUTCOME_UNKNOWN
    elif isinstance(error, errors.Unreachable | errors.ServerFault | errors.BadAnswer):
        kind = FailureKind.UNREACHABLE
    return Failure(
        kind=kind,
        code=error.code,
        http_status=error.http_status,
        message=error.message,
        request_id=error.request_id,
    )


def of_task(task: models.Task) -> Failure:
    """Say why a task that ended has no picture."""
    error = task.error
    code = (error.code if error else "") or "unknown_error"
    return Failure(
        kind=FailureKind.TASK_FAILED,
        code="request_cancelled" if task.status is models.TaskStatus.CANCELLED else code,
        message=error.message if error else "",
    )


def of_result(error: NotAPicture | DownloadFailed) -> Failure:
    """Say what is wrong with what came down."""
    return Failure(kind=FailureKind.BAD_RESULT, code=error.reason, message="")
