"""Whatever the provider sends: only its own kinds of error come out, and every number can be stored and shown."""

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.provider import envelope, reading
from bot.provider.errors import BadAnswer, ProviderError
from bot.provider.models import TaskStatus

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
NAMES = [
    *("id", "status", "progress", "model", "duration", "task_info", "estimated_time", "usage", "billing", "cost"),
    *("credits", "credits_reserved", "credits_used", "reserved_credits", "charged_credits", "results", "result_data"),
    *("error", "code", "message", "type", "url", "image_url", "data", "token", "user", "remaining_credits", "msg"),
    *("file_id", "file_url", "download_url", "expires_at", "file_size", "files", "max_files", "request_id"),
]
EXTREMES = st.sampled_from(
    [1e300, -1e300, 1e308, math.inf, math.nan, 2**63, 10**400, -(2**63), "1e999", "0x10", "\ud800"]
)
DATES = st.sampled_from(
    ["0001-01-01", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "2026-11-22T09:00:00Z"]
)
STATES = st.sampled_from([*TaskStatus, "canceled", "COMPLETED", "?"])
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | EXTREMES | DATES | STATES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES) | st.text(), inner, max_size=8),
    max_leaves=25,
)


def shape(**fields: Any) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {}, optional={name: JSON if value is None else value for name, value in fields.items()}
    )


TASKS = JSON | shape(
    id=JSON | st.just("task-1"),
    status=JSON | STATES,
    progress=None,
    duration=None,
    task_info=JSON | shape(estimated_time=None),
    usage=JSON | shape(credits_reserved=None, credits_used=None, cost=JSON | shape(credits=None)),
    billing=JSON | shape(reserved_credits=None, charged_credits=None),
    results=None,
    result_data=None,
    error=JSON | shape(code=None, message=None, type=None),
)


@given(TASKS)
def test_a_task_that_is_read_can_be_stored_and_shown(payload: object) -> None:
    """Or it is none, which is said by the provider's kind of error."""
    try:
        task = reading.read_task(payload)
    except ProviderError:
        return
    assert task.id.isascii()
    assert task.id.isprintable()
    assert 0 < len(task.id) <= 200
    assert 0 <= task.progress <= 100
    for seconds in (task.estimated_s, task.duration_s):
        assert seconds is None or NOW + timedelta(seconds=seconds) <= NOW + timedelta(days=1)
    for amount in (task.credits_reserved, task.credits_used):
        assert amount is None or (math.isfinite(amount) and 0 <= amount <= 1e9)
    assert len(task.result_urls) <= reading.RESULTS_MAX


@pytest.mark.parametrize(
    "read",
    [
        reading.read_credits,
        reading.read_quota,
        reading.read_file_list,
        lambda payload: reading.read_upload(payload, now=NOW),
    ],
    ids=["credits", "quota", "files", "upload"],
)
@given(payload=JSON | shape(data=None))
def test_the_other_answers_bring_only_the_providers_errors(read: Callable[[object], object], payload: object) -> None:
    """Numbers, dates and shapes at their worst."""
    try:
        read(payload)
    except ProviderError:
        return


@given(st.integers(100, 999), JSON, st.dictionaries(st.sampled_from(["retry-after", "x-request-id"]), st.text()))
def test_a_refusal_is_always_an_error_of_the_providers(status: int, payload: object, headers: dict[str, str]) -> None:
    """Whatever its body and headers hold."""
    assert isinstance(envelope.read_error(status, payload, headers, now=NOW), ProviderError)
    assert isinstance(envelope.read_refusal_at_200(payload, headers, now=NOW), ProviderError)


@pytest.mark.parametrize("name", ["task-\ud800", "task\n1", "task 1", "t" * 201, "\N{OCTOPUS}", "task\x7f", "t\0"])
def test_a_name_that_cannot_be_asked_for_again_is_none(name: str) -> None:
    """It would have to stand in an address, in the database and in a log line."""
    with pytest.raises(BadAnswer):
        reading.read_task({"id": name})


@pytest.mark.parametrize(
    ("stated", "read"), [(45, 45), (-1, 0), (10**12, 86_400), (1e300, 86_400), ("30", 30), (math.inf, None)]
)
def test_an_estimate_stays_within_a_day(stated: object, read: int | None) -> None:
    """A moment that is shown to a person is made of it."""
    assert reading.read_task({"id": "t", "task_info": {"estimated_time": stated}}).estimated_s == read


def test_an_absurd_price_is_no_price() -> None:
    """The next place where one may stand is read instead."""
    task = reading.read_task({"id": "t", "usage": {"credits_used": 1e300}, "billing": {"charged_credits": 6.4}})
    assert task.credits_used == 6.4


def test_no_more_results_and_files_are_looked_at_than_there_can_be() -> None:
    """An answer may hold a hundred thousand; the loop does not stand still for them."""
    task = reading.read_task({"id": "t", "results": ["", *(f"https://r/{number}" for number in range(100_000))]})
    assert task.result_urls == tuple(f"https://r/{number}" for number in range(reading.RESULTS_MAX - 1))
    lines = [{"file_id": str(number)} for number in range(reading.FILES_MAX + 1)]
    assert len(reading.read_file_list({"data": {"files": lines}})) == reading.FILES_MAX
