"""How long is waited between two tries, and what counts as a ground for another."""

from datetime import UTC, datetime

import pytest

from bot.provider import errors, retry

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("", None),
        ("0", 0),
        ("2", 2),
        (" 2 ", 2),
        ("1.5", 1.5),
        ("120", 120),
        ("9" * 400, 86_400),
        ("-1", None),
        ("+1", None),
        ("1e3", None),
        ("nan", None),
        ("inf", None),
        ("soon", None),
        ("١٢", None),
        ("Sun, 22 Nov 2026 09:00:10 GMT", 10),
        ("Sun, 22 Nov 2026 09:00:10 -0000", 10),
        ("Sun, 22 Nov 2026 10:00:10 +0100", 10),
        ("Sunday, 22-Nov-26 09:00:10 GMT", 10),
        ("Sun, 22 Nov 2026 08:00:00 GMT", 0),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 86_400),
        ("Sun, 99 Nov 2026 09:00:00 GMT", None),
        ("Sun, 22 Nov 2026", None),
        ("2026-11-22T09:00:10Z", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date_and_nonsense_is_ignored(
    header: str | None, seconds: float | None
) -> None:
    """A date in the past means now; nothing means more than a day."""
    assert retry.retry_after_s(header, now=NOW) == seconds


@pytest.mark.parametrize(
    ("attempt", "stated_s", "jitter", "expected"),
    [
        (1, None, 0.0, 0.5),
        (1, None, 1.0, 1.0),
        (2, None, 0.0, 1.0),
        (3, None, 1.0, 4.0),
        (4, None, 0.5, 6.0),
        (9, None, 0.0, 30.0),
        (1, 0.0, 0.0, 0.5),
        (1, 2.0, 0.0, 2.0),
        (1, 2.0, 1.0, 2.2),
        (3, 1.0, 0.0, 2.0),
        (1, 30.0, 1.0, 30.0),
        (1, 3600.0, 0.0, 30.0),
    ],
)
def test_the_wait_doubles_honours_what_was_stated_and_never_exceeds_30_seconds(
    attempt: int, stated_s: float | None, jitter: float, expected: float
) -> None:
    """A stated wait is a lower bound up to the cap; zero does not mean hammering."""
    assert retry.wait_s(attempt, stated_s=stated_s, jitter=jitter) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("error", "harmless", "create"),
    [
        (errors.RateLimited(http_status=429), True, True),
        (errors.ServerFault(http_status=500), True, False),
        (errors.ServerFault(http_status=503), True, False),
        (errors.ServerFault(http_status=503, code="Service_Unavailable"), True, True),
        (errors.ServerFault(http_status=502, code="service_unavailable"), True, False),
        (errors.ServerFault(http_status=503, code="503", error_type="service_unavailable_error"), True, True),
        (errors.ServerFault(http_status=500, code="MODEL_UNAVAILABLE"), True, True),
        (errors.Unreachable("reset", maybe_sent=True), True, False),
        (errors.Unreachable("refused", maybe_sent=False), True, True),
        (errors.OutcomeUnknown(), False, False),
        (errors.BadRequest(http_status=400), False, False),
        (errors.Unauthorized(http_status=401), False, False),
        (errors.PaymentRequired(http_status=402), False, False),
        (errors.AccessDenied(http_status=403), False, False),
        (errors.NotFound(http_status=404), False, False),
        (errors.Conflict(http_status=409), False, False),
        (errors.TooLarge(http_status=413), False, False),
        (errors.BadAnswer(http_status=200), False, False),
        (errors.UploadRefused(code="40003"), False, False),
        (errors.InvalidRequest("prompt", "empty"), False, False),
        (RuntimeError("a defect of ours"), False, False),
    ],
)
def test_only_what_may_pass_is_repeated_and_a_create_only_if_it_was_surely_refused(
    error: Exception, harmless: bool, create: bool
) -> None:
    """The first column is for calls that can do no harm, the second for those that cost money."""
    assert retry.may_pass(error) is harmless
    assert retry.was_refused_for_now(error) is create
