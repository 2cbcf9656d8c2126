"""A create call whose outcome is unknown, from the provider's error to the sentence."""

import pytest

from bot.jobs import failures
from bot.jobs.model import NO_TRACE, Failure, FailureKind, Status
from bot.provider import errors
from bot.ui import cards, texts
from tests.support.ui_jobs import NOW, job

DOUBTS = [
    (500, "internal_error"),
    (502, "upstream_error"),
    (504, None),
    (409, "paid_outcome_unknown"),
    (200, None),
    (None, None),
]


@pytest.mark.parametrize(("status", "code"), DOUBTS)
def test_a_doubt_says_what_is_known_and_that_it_may_be_charged(status: int | None, code: str | None) -> None:
    """Never that it cost nothing; the provider's own words are there, and the sentence fits the code."""
    error = errors.OutcomeUnknown("the service says so", http_status=status, code=code)
    told = texts.failure(failures.of_create(error), job_id="0123")
    assert "may still charge" in told.sentence
    assert "cost you nothing" not in told.sentence.lower()
    assert "the service says so" in told.sentence


def test_different_doubts_are_told_differently() -> None:
    """A server's fault, a broken gateway and an answer that cannot be read are not one sentence."""
    told = {
        texts.failure(
            failures.of_create(errors.OutcomeUnknown("", http_status=status, code=code)), job_id="0123"
        ).sentence
        for status, code in DOUBTS[:4]
    }
    assert len(told) >= 3


@pytest.mark.parametrize("status", [None, 409, 502])
def test_where_nothing_can_be_looked_for_nothing_is_promised(status: int | None) -> None:
    """The person reads that waiting is of no use, and what it may have cost."""
    failure = Failure(kind=FailureKind.OUTCOME_UNKNOWN, code=NO_TRACE, http_status=status)
    told = texts.failure(failure, job_id="0123")
    assert "may still charge" in told.sentence
    assert "do not wait for it" in told.sentence
    assert "has looked for" not in told.sentence
    lost = job(status=Status.LOST, failure=failure)
    assert texts.hope(lost) is None
    assert "looking" not in texts.status_words(lost, None)
    assert "keeps looking" not in texts.not_ready(lost)


@pytest.mark.parametrize("code", [None, NO_TRACE], ids=["may be found", "no trace"])
def test_a_cancel_in_doubt_claims_nothing_of_the_model(code: str | None) -> None:
    """Neither the closed card nor its button says that the model has the prompt, or that a picture is safe."""
    failure = Failure(kind=FailureKind.OUTCOME_UNKNOWN, code=code)
    in_doubt = job(status=Status.SUBMITTING, failure=failure, cancel_requested_at=NOW)
    told = [
        str(cards.cancelled_card(in_doubt).embed.description),
        texts.cancel_unshown(in_doubt),
        texts.not_ready(in_doubt),
    ]
    for each in told:
        assert "whether the model got your prompt" in each
        assert "had your prompt" not in each
        assert "is not lost" not in each
        assert "being made" not in each
