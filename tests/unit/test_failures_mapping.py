"""From an error of the provider or the net to what is stored with a job."""

import pytest

from bot.errors import DownloadFailed, NotAPicture
from bot.jobs import failures
from bot.jobs.model import Failure, FailureKind
from bot.provider import errors
from bot.provider.models import Task, TaskError, TaskStatus

FACTS = {"http_status": 418, "code": "a_code", "request_id": "req-1"}


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (errors.BadRequest("No.", **FACTS), FailureKind.PROVIDER_REFUSED),
        (errors.Unauthorized("No.", **FACTS), FailureKind.PROVIDER_REFUSED),
        (errors.PaymentRequired("No.", **FACTS), FailureKind.PROVIDER_REFUSED),
        (errors.AccessDenied("No.", **FACTS), FailureKind.PROVIDER_REFUSED),
        (errors.NotFound("No.", **FACTS), FailureKind.PROVIDER_REFUSED),
        (errors.Conflict("No.", **FACTS), FailureKind.PROVIDER_REFUSED),
        (errors.TooLarge("No.", **FACTS), FailureKind.PROVIDER_REFUSED),
        (errors.RateLimited("No.", **FACTS), FailureKind.PROVIDER_REFUSED),
        (errors.ServerFault("No.", **FACTS), FailureKind.UNREACHABLE),
        (errors.BadAnswer("No.", **FACTS), FailureKind.UNREACHABLE),
        (errors.OutcomeUnknown("No.", **FACTS), FailureKind.OUTCOME_UNKNOWN),
    ],
)
def test_a_task_that_was_not_created_keeps_the_providers_own_facts(
    error: errors.ProviderError, kind: FailureKind
) -> None:
    """Who is to blame decides the kind; code, status, words and request id go along."""
    assert failures.of_create(error) == Failure(
        kind=kind, code="a_code", http_status=418, message="No.", request_id="req-1"
    )


LINK = "https://storage.example/x.png?X-Goog-Signature=SECRET1&Policy=SECRET2"


@pytest.mark.parametrize("what", [f"cannot read {LINK}", "with key sk-otherSECRET5", "https://me:SECRET@host/"])
def test_what_looks_like_a_secret_in_the_providers_words_is_not_stored(what: str) -> None:
    """A signed link opens a private picture for whoever reads the database, a key opens more."""
    refused = failures.of_create(errors.BadRequest(what, code=what, request_id=what))
    failed = failures.of_task(
        Task(id="t", status=TaskStatus.FAILED, error=TaskError(code="image_processing_error", message=what))
    )
    assert "SECRET" not in repr((refused, failed))
    assert "***" in refused.message


def test_words_without_end_are_cut() -> None:
    """They are shown and stored; nobody reads a quarter of a megabyte."""
    task = Task(id="t", status=TaskStatus.FAILED, error=TaskError(code="c" * 5000, message="m" * 5000))
    failure = failures.of_task(task)
    assert (len(failure.code or ""), len(failure.message)) == (100, 2000)


def test_every_error_of_the_provider_has_a_kind() -> None:
    """No subclass is forgotten in the table above, bar the three that are made without facts."""
    named = {
        errors.BadRequest,
        errors.Unauthorized,
        errors.PaymentRequired,
        errors.AccessDenied,
        errors.NotFound,
        errors.Conflict,
        errors.TooLarge,
        errors.RateLimited,
        errors.ServerFault,
        errors.BadAnswer,
        errors.OutcomeUnknown,
    }
    special = {errors.InvalidRequest, errors.Unreachable, errors.UploadRefused}
    assert set(errors.ProviderError.__subclasses__()) == named | special


def test_no_answer_is_unreachable_and_a_broken_rule_is_a_refusal() -> None:
    """Both cost nothing, and say different things to the person."""
    assert failures.of_create(errors.Unreachable("refused", maybe_sent=False)).kind is FailureKind.UNREACHABLE
    broken = failures.of_create(errors.InvalidRequest("prompt", "must not be empty"))
    assert (broken.kind, broken.code) == (FailureKind.PROVIDER_REFUSED, "invalid_request")


def task(status: TaskStatus, error: TaskError | None) -> Task:
    return Task(id="task-1", status=status, error=error)


@pytest.mark.parametrize(
    ("ended", "code", "message"),
    [
        (
            task(TaskStatus.FAILED, TaskError(code="content_policy_violation", message="A\nB")),
            "content_policy_violation",
            "A\nB",
        ),
        (task(TaskStatus.FAILED, None), "unknown_error", ""),
        (task(TaskStatus.CANCELLED, None), "request_cancelled", ""),
        (
            task(TaskStatus.CANCELLED, TaskError(code="request_cancelled", message="Stopped")),
            "request_cancelled",
            "Stopped",
        ),
    ],
)
def test_a_task_that_ended_without_a_picture_says_why(ended: Task, code: str, message: str) -> None:
    """The two readings of a cancelled task come out alike (provider.md 3.1); a missing reason has a name, too."""
    assert failures.of_task(ended) == Failure(kind=FailureKind.TASK_FAILED, code=code, message=message)


@pytest.mark.parametrize(
    "error",
    [
        NotAPicture("cut_off", "ends in the middle of https://results.example/signed"),
        DownloadFailed("gone", passing=False, status=403, detail="https://results.example/signed"),
    ],
)
def test_a_spoilt_result_is_told_by_its_reason_alone(error: NotAPicture | DownloadFailed) -> None:
    """Details are for the log: they may hold an address."""
    assert failures.of_result(error) == Failure(kind=FailureKind.BAD_RESULT, code=error.reason, message="")
