"""Reading tasks and the balance over real sockets: repeated with patience, never trusted, and the key stays home."""

import asyncio
import logging
import traceback

import aiohttp
import pytest
from pydantic import SecretStr

from bot.provider import errors
from bot.provider.api import EvoLink
from bot.provider.models import GenerationRequest, TaskStatus
from bot.provider.retry import ATTEMPTS
from tests.support.clock import ManualClock
from tests.support.provider import KEY, InstantClock, envelope, evolink_at
from tests.support.scripted_server import Answer, Cut, Hang, Reset, serve

TASK_ID = "task-unified-1795338000-k3v9q0ab"
DONE = {"id": TASK_ID, "status": "completed", "progress": 100, "results": ["http://127.0.0.1/x.jpg"]}


async def test_a_task_is_read_with_the_key_at_its_own_address() -> None:
    """GET /v1/tasks/{id} (provider.md 3)."""
    async with serve(Answer(body=DONE)) as server, evolink_at(server.base + "/", InstantClock()) as evolink:
        task = await evolink.get(TASK_ID)
    assert (task.status, task.result_urls) == (TaskStatus.COMPLETED, ("http://127.0.0.1/x.jpg",))
    assert (server.seen[0].method, server.seen[0].path) == ("GET", f"/v1/tasks/{TASK_ID}")
    assert server.seen[0].headers["Authorization"] == f"Bearer {KEY}"


async def test_a_strange_id_stays_inside_its_part_of_the_address() -> None:
    """An id comes from the other side and is not trusted to be one."""
    async with serve(Answer(body={"id": "../credits?x"})) as server, evolink_at(server.base, InstantClock()) as evolink:
        await evolink.get("../credits?x")
    assert server.seen[0].path == "/v1/tasks/..%2Fcredits%3Fx"


@pytest.mark.parametrize("task_id", ["", ".", ".."])
async def test_an_id_that_would_lead_elsewhere_is_refused_before_any_call(task_id: str) -> None:
    """An empty or dotted segment names another address."""
    async with serve(Answer(body=DONE)) as server, evolink_at(server.base, InstantClock()) as evolink:
        with pytest.raises(errors.InvalidRequest):
            await evolink.get(task_id)
    assert server.seen == []


@pytest.mark.parametrize(
    "trouble",
    [
        Answer(status=429, body=envelope("rate_limit_exceeded", "evo_api_error")),
        Answer(status=500, body=envelope("internal_error", "api_error")),
        Answer(status=502, body=b"<html>"),
        Answer(status=503, body=b""),
        Answer(status=504, body=b""),
        Answer(status=500, body=b"x" * (1024 * 1024 + 1)),
        Reset(),
        Cut(),
        Cut(status=502),
    ],
    ids=lambda answer: repr(answer)[:60],
)
async def test_a_read_is_repeated_through_passing_trouble(trouble: Answer | Reset | Cut) -> None:
    """A failing poll is not a failing task (provider.md 10)."""
    answers = (trouble, trouble, trouble, Answer(body=DONE))
    async with serve(*answers) as server, evolink_at(server.base, InstantClock()) as evolink:
        task = await evolink.get(TASK_ID)
    assert task.status is TaskStatus.COMPLETED
    assert len(server.seen) >= ATTEMPTS  # aiohttp itself repeats a GET whose kept connection was thrown away


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, envelope("invalid_task_id", "invalid_request_error", param="task_id"), errors.BadRequest),
        (401, envelope("unauthorized", "authentication_error"), errors.Unauthorized),
        (402, envelope("quota_exceeded", "insufficient_quota"), errors.PaymentRequired),
        (403, envelope("permission_denied", "invalid_request_error"), errors.AccessDenied),
        (404, envelope("task_not_found", "invalid_request_error"), errors.NotFound),
        (413, b"", errors.TooLarge),
        (302, b"", errors.BadAnswer),
        (304, b"", errors.BadAnswer),
        (200, b"not json", errors.BadAnswer),
        (200, {"status": "completed"}, errors.BadAnswer),
        (200, {"id": "task-unified-1795338000-another0", "status": "completed"}, errors.BadAnswer),
        (200, b'"' + b"x" * (256 * 1024 - 1) + b'"', errors.BadAnswer),
        (200, {"success": False, "code": 401, "msg": "who?"}, errors.Unauthorized),
    ],
)
async def test_a_read_that_cannot_get_better_is_not_repeated(
    status: int, body: object, kind: type[errors.ProviderError]
) -> None:
    """Every row of provider.md 6.1 for queries, and answers that are none."""
    async with serve(Answer(status=status, body=body)) as server, evolink_at(server.base, InstantClock()) as evolink:
        with pytest.raises(errors.ProviderError) as refused:
            await evolink.get(TASK_ID)
    assert type(refused.value) is kind
    assert len(server.seen) == 1


async def test_an_answer_of_many_values_is_read_too() -> None:
    """Just below the limit; it is taken apart in a thread."""
    body = {**DONE, "more": ["x"] * 50_000}
    async with serve(Answer(body=body)) as server, evolink_at(server.base, InstantClock()) as evolink:
        assert (await evolink.get(TASK_ID)).status is TaskStatus.COMPLETED


async def test_a_read_gives_up_after_four_tries_with_growing_waits() -> None:
    """The caller polls again anyway."""
    clock = InstantClock()
    async with serve(Answer(status=500, body=b"")) as server, evolink_at(server.base, clock) as evolink:
        with pytest.raises(errors.ServerFault) as fault:
            await evolink.get(TASK_ID)
    assert fault.value.http_status == 500
    assert len(server.seen) == ATTEMPTS
    assert clock.waited_s == [0.5, 1, 2]


@pytest.mark.parametrize(
    ("header", "waited_s"),
    [("3", 3), ("3600", 30), ("Sun, 22 Nov 2026 09:00:07 GMT", 7), ("yesterday", 0.5), ("-4", 0.5)],
)
async def test_a_read_waits_as_long_as_the_provider_says_but_never_over_30_seconds(
    header: str, waited_s: float
) -> None:
    """Seconds or a date; the test's clock stands at 09:00 (provider.md 6.3)."""
    clock = InstantClock()
    limited = Answer(status=429, headers={"retry-after": header})
    async with serve(limited, Answer(body=DONE)) as server, evolink_at(server.base, clock) as evolink:
        await evolink.get(TASK_ID)
    assert clock.waited_s == [waited_s]


async def test_a_read_without_an_answer_is_given_up_after_15_seconds_and_repeated() -> None:
    """The limit is that of first-party clients, and time is the clock's."""
    clock = ManualClock()
    async with serve(Hang(), Answer(body=DONE)) as server, evolink_at(server.base, clock) as evolink:
        reading = asyncio.create_task(evolink.get(TASK_ID))
        await clock.run_until(lambda: len(server.seen) == 1, step_s=0.01)
        await clock.advance(14)
        assert len(server.seen) == 1
        await clock.run_until(reading.done)
        server.released.set()
        assert reading.result().status is TaskStatus.COMPLETED
    assert len(server.seen) == 2


async def test_the_balance_is_read() -> None:
    """GET /v1/credits (provider.md 3.3)."""
    body = {"success": True, "data": {"token": {"remaining_credits": 5}, "user": {"remaining_credits": 9}}}
    async with serve(Answer(body=body)) as server, evolink_at(server.base, InstantClock()) as evolink:
        balance = await evolink.credits()
    assert (server.seen[0].path, balance.spendable) == ("/v1/credits", 5)


async def test_an_error_carries_every_fact_that_the_answer_holds() -> None:
    """Code, type, message, field, request id and the stated wait (provider.md 6.1)."""
    body = envelope("Rate_Limit_Exceeded", "evo_api_error", "Slow down. [request id: 2026-abc]", param="model")
    answer = Answer(status=429, body=body, headers={"Retry-After": "9"})
    async with serve(answer) as server, evolink_at(server.base, InstantClock()) as evolink:
        with pytest.raises(errors.RateLimited) as refused:
            await evolink.get(TASK_ID)
    error = refused.value
    assert (error.http_status, error.code, error.error_type) == (429, "Rate_Limit_Exceeded", "evo_api_error")
    assert error.code_is("rate_limit_exceeded")
    assert not error.code_is("other")
    assert (error.message, error.request_id) == ("Slow down.", "2026-abc")
    assert (error.param, error.retry_after_s) == ("model", 9)
    assert str(error) == "RateLimited 429 Rate_Limit_Exceeded Slow down. (request 2026-abc)"


@pytest.mark.parametrize(
    ("body", "headers", "code", "message", "request_id"),
    [
        ({"error": {"code": 404, "message": "m", "fallback_suggestion": "f"}}, {}, "404", "m", None),
        ({"error": "plain"}, {}, None, "plain", None),
        ({"error": {"message": "m", "request_id": "r1"}, "request_id": "r2"}, {"X-Request-Id": "r3"}, None, "m", "r1"),
        ({"error": {"message": "m"}, "request_id": "r2"}, {"X-Request-Id": "r3"}, None, "m", "r2"),
        ({"error": {"message": "m (request id: r4)"}}, {"x-request-id": "r3"}, None, "m", "r3"),
        ({"error": None, "message": "m"}, {"X-Oneapi-Request-Id": "r5"}, None, "m", "r5"),
        ({"success": False, "code": 404, "msg": "m"}, {}, "404", "m", None),
        (["m"], {}, None, "", None),
        (b"<html>not found</html>", {}, None, "", None),
        (b"", {}, None, "", None),
        ({"error": {"code": True, "message": {"deep": 1}}}, {}, None, "", None),
        ({"error": {"message": "x" * 5000}}, {}, None, "x" * 2000, None),
    ],
)
async def test_error_bodies_are_read_in_all_their_shapes(
    body: object, headers: dict[str, str], code: str | None, message: str, request_id: str | None
) -> None:
    """An integer code, no envelope, no JSON: the class goes by the status, the facts by what can be found (C5)."""
    answer = Answer(status=404, body=body, headers=headers)
    async with serve(answer) as server, evolink_at(server.base, InstantClock()) as evolink:
        with pytest.raises(errors.NotFound) as refused:
            await evolink.get(TASK_ID)
    assert (refused.value.code, refused.value.message, refused.value.request_id) == (code, message, request_id)


@pytest.mark.parametrize("status", [200, 400, 401, 429, 500])
async def test_a_key_that_the_provider_echoes_is_in_no_error_and_no_log(
    status: int, caplog: pytest.LogCaptureFixture
) -> None:
    """Some gateways quote the request; an error's words end up in logs and in messages."""
    caplog.set_level(logging.DEBUG)
    body = envelope(f"bad {KEY}", f"t {KEY}", f"Bearer {KEY} is wrong", param=KEY, request_id=KEY)
    echo = Answer(status=status, body=body, headers={"X-Request-Id": KEY})
    async with serve(echo) as server, evolink_at(server.base, InstantClock()) as evolink:
        for call in (
            evolink.get(TASK_ID),
            evolink.create(GenerationRequest(prompt="p"), idempotency_key="job-0123456789abcdef"),
        ):
            with pytest.raises(errors.ProviderError) as refused:
                await call
            assert KEY not in "".join(traceback.format_exception(refused.value))
            assert KEY not in repr(vars(refused.value))
    assert KEY not in caplog.text
    assert not any(KEY in repr(vars(record)) for record in caplog.records)


async def test_a_key_that_comes_back_inside_a_task_is_not_handed_on() -> None:
    """A task's failure is shown to people."""
    failed = {"id": TASK_ID, "status": "failed", "error": {"code": "service_error", "message": f"key {KEY}"}}
    async with serve(Answer(body=failed)) as server, evolink_at(server.base, InstantClock()) as evolink:
        task = await evolink.get(TASK_ID)
    assert task.error is not None
    assert task.error.message == "key [key]"


async def test_a_redirect_is_not_followed_so_that_the_key_goes_nowhere_else() -> None:
    """The other host hears nothing at all."""
    async with serve(Answer(body=DONE)) as elsewhere:
        redirect = Answer(status=302, headers={"Location": elsewhere.base + "/v1/tasks/x"})
        async with serve(redirect) as server, evolink_at(server.base, InstantClock()) as evolink:
            with pytest.raises(errors.BadAnswer):
                await evolink.get(TASK_ID)
        assert elsewhere.seen == []


async def test_a_connection_that_does_not_come_about_in_time_is_told_from_a_lost_one() -> None:
    """Nothing was sent, so a create may be tried again; the library's own limit is one second in tests."""
    async with serve(Hang()) as server, aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=1)) as session:
        evolink = EvoLink(
            session=session,
            api_base=server.base,
            api_key=SecretStr(KEY),
            model="m",
            clock=InstantClock(),
            jitter=lambda: 0.0,
            connect_timeout_s=0.01,
        )
        holder = asyncio.create_task(session.get(server.base))
        await server.asked.wait()
        with pytest.raises(errors.Unreachable) as unreachable:
            await evolink.create(GenerationRequest(prompt="p"), idempotency_key="job-0123456789abcdef")
        server.released.set()
        (await holder).close()
    assert not unreachable.value.maybe_sent
    assert len(server.seen) == 1
