"""The stand-in's HTTP faults: whatever a knob puts before create, query and credits (provider.md 6.1, 12)."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from bot.sandbox.evolink import HttpFault, Slow
from tests.support.evolink_caller import KEY, MODEL, Caller, calling


@pytest.fixture
async def caller() -> AsyncIterator[Caller]:
    async with calling() as opened:
        yield opened


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "invalid_request", "invalid_request_error"),
        (401, "unauthorized", "authentication_error"),
        (402, "insufficient_quota", "insufficient_quota"),
        (403, "model_access_denied", "invalid_request_error"),
        (404, "not_found", "not_found_error"),
        (409, "idempotency_conflict", "invalid_request_error"),
        (413, "request_too_large", "request_too_large_error"),
        (429, "rate_limit_exceeded", "rate_limit_error"),
        (500, "internal_error", "api_error"),
        (502, "upstream_error", "upstream_error"),
        (503, "service_unavailable", "service_unavailable_error"),
        (529, "unknown_error", "api_error"),
    ],
)
async def test_a_create_can_meet_every_status(caller: Caller, status: int, code: str, kind: str) -> None:
    """Each status comes with its documented code and type, once; no task is made."""
    caller.knobs.create.append(HttpFault(status=status))
    answer = await caller.create()
    error = answer.body["error"]
    assert (answer.status, error["code"], error["type"]) == (status, code, kind)
    assert "Retry-After" not in answer.headers
    assert not caller.evolink.tasks
    assert (await caller.create()).status == 200


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (401, "unauthorized", "authentication_error"),
        (402, "quota_exceeded", "insufficient_quota"),
        (403, "permission_denied", "invalid_request_error"),
        (404, "task_not_found", "invalid_request_error"),
        (429, "rate_limit_exceeded", "evo_api_error"),
        (500, "internal_error", "api_error"),
        (502, "upstream_error", "upstream_error"),
        (503, "service_unavailable", "service_unavailable_error"),
    ],
)
async def test_a_query_fails_n_times_then_works(caller: Caller, status: int, code: str, kind: str) -> None:
    """The side's own codes, three times; then the task, which knows of nothing."""
    caller.knobs.poll.append(HttpFault(status=status), times=3)
    task_id = await caller.created()
    for _ in range(3):
        answer = await caller.query(task_id)
        assert (answer.status, answer.body["error"]["code"], answer.body["error"]["type"]) == (status, code, kind)
    assert (await caller.query(task_id)).body["status"] == "pending"
    assert caller.evolink.tasks[task_id].reads == 4


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (HttpFault(status=402, code="ACCOUNT_BALANCE_INSUFFICIENT"), {"code": "ACCOUNT_BALANCE_INSUFFICIENT"}),
        (HttpFault(status=500, code=500), {"code": 500}),
        (HttpFault(status=400, code="content_filter", kind="k", message="m"), {"type": "k", "message": "m"}),
        (HttpFault(status=413, param="image_urls"), {"param": "image_urls"}),
        (HttpFault(status=402, extra={"details": {"remaining_credits": 1}}), {"details": {"remaining_credits": 1}}),
    ],
)
async def test_the_envelope_can_hold_anything(caller: Caller, fault: HttpFault, expected: dict[str, Any]) -> None:
    """Code, type, message, param and further members can be set."""
    caller.knobs.create.append(fault)
    error = (await caller.create()).body["error"]
    assert {name: error[name] for name in expected} == expected


@pytest.mark.parametrize("value", [2, "Sun, 22 Nov 2026 09:00:30 GMT"])
async def test_retry_after_comes_as_seconds_or_as_a_date(caller: Caller, value: int | str) -> None:
    """The header is sent as it was set."""
    caller.knobs.create.append(HttpFault(status=429, retry_after=value))
    assert (await caller.create()).headers["Retry-After"] == str(value)


async def test_errors_can_have_the_older_form(caller: Caller) -> None:
    """With the knob, code is the status as an integer, beside a fallback_suggestion."""
    caller.knobs.shape.integer_error_codes = True
    caller.knobs.create.append(HttpFault(status=503))
    error = (await caller.create()).body["error"]
    assert (error["code"], error["fallback_suggestion"]) == (503, "Try again after 30 seconds.")


async def test_errors_can_have_the_newest_form(caller: Caller) -> None:
    """With the knob, the request id stands in the error and, bracketed, at the end of its message."""
    caller.knobs.shape.newest = True
    answer = await caller.query("unknown")
    request_id = answer.headers["X-Request-Id"]
    assert answer.body["error"]["request_id"] == request_id
    assert answer.body["error"]["message"].endswith(f"[{request_id}]")


@pytest.mark.parametrize("status", [200, 502])
async def test_an_answer_can_be_no_json(caller: Caller, status: int) -> None:
    """A page of HTML at any status, for create, query and credits."""
    fault = HttpFault(status=status, body=b"<html>cloud</html>")
    task_id = await caller.created()
    for queue in (caller.knobs.create, caller.knobs.poll, caller.knobs.credits):
        queue.append(fault)
    for answer in (await caller.create(), await caller.query(task_id), await caller.credits()):
        assert (answer.status, answer.body) == (status, b"<html>cloud</html>")
        assert answer.headers["Content-Type"].startswith("text/html")
    assert list(caller.evolink.tasks) == [task_id]


async def test_a_connection_can_be_dropped(caller: Caller) -> None:
    """The client sees a closed connection and no answer."""
    caller.knobs.create.append(HttpFault(drop=True))
    with pytest.raises(aiohttp.ClientError):
        await caller.create()
    assert not caller.evolink.tasks


@pytest.mark.parametrize("fault", [HttpFault(drop=True, after_effect=True), HttpFault(status=502, after_effect=True)])
async def test_a_create_can_take_effect_although_its_answer_is_lost(caller: Caller, fault: HttpFault) -> None:
    """The doubt of a paid POST: one task is made and reserved, and its key replays it."""
    headers = {"Idempotency-Key": "job-000000000001"}
    caller.knobs.create.append(fault)
    try:
        assert (await caller.create(headers=headers)).status == 502
    except aiohttp.ClientError:
        assert fault.drop
    (task_id,) = caller.evolink.tasks
    assert caller.evolink.account.remaining_credits < 1000
    again = await caller.create(headers=headers)
    assert (again.body["id"], again.headers["Idempotency-Replayed"]) == (task_id, "true")


@pytest.mark.parametrize("entry", [Slow(delay_s=20), HttpFault(status=503, delay_s=20)])
async def test_an_answer_can_be_late_by_the_clock(caller: Caller, entry: Slow | HttpFault) -> None:
    """Nothing comes before the clock has moved; then the answer does."""
    caller.knobs.create.append(entry)
    call = asyncio.create_task(caller.create())
    await caller.clock.run_until(lambda: caller.clock.sleepers > 0, step_s=0)
    await caller.clock.advance(19)
    assert not call.done()
    await caller.clock.run_until(call.done)
    assert (await call).status == (200 if isinstance(entry, Slow) else 503)


async def test_a_slow_query_tells_of_the_moment_it_is_answered(caller: Caller) -> None:
    """A late answer is not an old one."""
    task_id = await caller.created()
    caller.knobs.poll.append(Slow(delay_s=3))
    call = asyncio.create_task(caller.query(task_id))
    await caller.clock.run_until(call.done, step_s=0.1)
    assert (await call).body["status"] == "processing"


async def test_a_slow_credits_call_is_answered_all_the_same(caller: Caller) -> None:
    """Late, yet right."""
    caller.knobs.credits.append(Slow(delay_s=3))
    call = asyncio.create_task(caller.credits())
    await caller.clock.run_until(call.done)
    assert (await call).body["success"] is True


async def test_faults_queue_up_and_can_be_forgotten(caller: Caller) -> None:
    """In the order of appending; for ever where times is None; until clear."""
    queue = caller.knobs.create
    queue.append(HttpFault(status=500))
    queue.append(HttpFault(status=503), times=None)
    assert [(await caller.create()).status for _ in range(4)] == [500, 503, 503, 503]
    assert len(queue) == 1
    queue.clear()
    assert (await caller.create()).status == 200


async def test_the_wrong_key_is_told_before_any_fault(caller: Caller) -> None:
    """A 401 does not use up what was meant for a call with the key."""
    caller.knobs.create.append(HttpFault(status=500))
    assert (await caller.post_task({"model": MODEL, "prompt": "a"}, key="sk-other")).status == 401
    assert (await caller.create()).status == 500


@pytest.mark.parametrize("path", ["/v1/credits", "/v1/models", "/v1/tasks/task-unified-1795338000-k3v9q0ab"])
async def test_reads_need_the_key(caller: Caller, path: str) -> None:
    """Every read is 401 without the key; the credits page answers in the older form."""
    answer = await caller.call("GET", caller.evolink.api_base + path, key=None)
    assert answer.status == 401
    assert answer.body["error"]["code"] == (401 if path == "/v1/credits" else "unauthorized")


async def test_the_models_are_a_free_check_of_the_key(caller: Caller) -> None:
    """`{data: [{id}]}` with the models of this key; a fault can be put before it."""
    url = f"{caller.evolink.api_base}/v1/models"
    assert (await caller.call("GET", url)).body == {"data": [{"id": MODEL}]}
    caller.knobs.credits.append(HttpFault(status=503))
    assert (await caller.call("GET", url)).status == 503


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/", 404), ("POST", "/v1/chat/completions", 404), ("PUT", "/v1/credits", 405)],
)
async def test_an_unknown_route_is_an_error_in_the_envelope(
    caller: Caller, method: str, path: str, status: int
) -> None:
    """404 and 405 are JSON as well, and recorded."""
    answer = await caller.call(method, caller.evolink.api_base + path, key=KEY)
    assert (answer.status, answer.body["error"]["type"]) == (status, "invalid_request_error")
    assert caller.evolink.requests[-1].path == path
