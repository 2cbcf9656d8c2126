"""Creating a task: what is sent, what is made of each answer, and when it is sent again."""

import asyncio
import socket

import pytest

from bot.jobs.model import Quality, Size, Thinking
from bot.provider import errors
from bot.provider.models import GenerationRequest, Task, TaskStatus
from bot.provider.retry import ATTEMPTS
from tests.support.clock import ManualClock
from tests.support.provider import KEY, InstantClock, envelope, evolink_at
from tests.support.scripted_server import Answer, Cut, Hang, Reset, ScriptedServer, serve

IDEMPOTENCY_KEY = "job-0123456789abcdef"
TASK_ID = "task-unified-1795338000-k3v9q0ab"
CREATED = {"id": TASK_ID, "status": "pending", "progress": 0}
PLAIN = GenerationRequest(prompt="a paper lighthouse")


async def create(server: ScriptedServer, request: GenerationRequest = PLAIN, clock: ManualClock | None = None) -> Task:
    async with evolink_at(server.base, clock or InstantClock()) as evolink:
        return await evolink.create(request, idempotency_key=IDEMPOTENCY_KEY)


async def test_a_create_sends_the_key_the_idempotency_key_and_only_the_fields_that_mean_something() -> None:
    """A plain request has four fields; the rest is left to the provider's defaults."""
    async with serve(Answer(body=CREATED)) as server:
        task = await create(server)
    sent = server.seen[0]
    assert (sent.method, sent.path) == ("POST", "/v1/images/generations")
    assert sent.headers["Authorization"] == f"Bearer {KEY}"
    assert sent.headers["Idempotency-Key"] == IDEMPOTENCY_KEY
    assert sent.headers["Content-Type"] == "application/json"
    assert sent.headers["User-Agent"].startswith("imagebot/")
    assert sent.json == {
        "model": "gemini-3.1-flash-image-preview",
        "prompt": "a paper lighthouse",
        "size": "auto",
        "quality": "2K",
    }
    assert (task.id, task.status) == (TASK_ID, TaskStatus.PENDING)


async def test_a_create_sends_all_seven_fields_when_all_are_asked_for() -> None:
    """The names and values are those of provider.md 1.1 and 1.2."""
    request = GenerationRequest(
        prompt="p",
        size=Size.CINEMA,
        quality=Quality.FOUR_K,
        image_urls=("https://files.example.org/a.png", "https://files.example.org/b.JPG?x=1"),
        web_search=True,
        thinking=Thinking.HIGH,
        callback_url="https://bot.example.org/hook/1",
    )
    async with serve(Answer(body=CREATED)) as server:
        await create(server, request)
    assert server.seen[0].json == {
        "model": "gemini-3.1-flash-image-preview",
        "prompt": "p",
        "size": "21:9",
        "quality": "4K",
        "image_urls": ["https://files.example.org/a.png", "https://files.example.org/b.JPG?x=1"],
        "model_params": {"web_search": True, "image_search": False, "thinking_level": "high"},
        "callback_url": "https://bot.example.org/hook/1",
    }


async def test_white_space_around_a_pasted_key_is_not_sent() -> None:
    """It would give a 401 (provider.md 1)."""
    async with (
        serve(Answer(body=CREATED)) as server,
        evolink_at(server.base, InstantClock(), key=f" {KEY}\n") as evolink,
    ):
        await evolink.create(PLAIN, idempotency_key=IDEMPOTENCY_KEY)
    assert server.seen[0].headers["Authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (GenerationRequest(prompt=""), "prompt"),
        (GenerationRequest(prompt="p", image_urls=("data:image/png;base64,AAAA",)), "image_urls"),
        (GenerationRequest(prompt="p", callback_url="https://10.0.0.1/x"), "callback_url"),
    ],
)
async def test_what_breaks_a_rule_is_refused_before_any_call(request_: GenerationRequest, field: str) -> None:
    """The server sees nothing, and the error names the field."""
    async with serve(Answer(body=CREATED)) as server:
        with pytest.raises(errors.InvalidRequest) as refused:
            await create(server, request_)
    assert refused.value.field == field
    assert server.seen == []


@pytest.mark.parametrize("key", ["short", "x" * 97, "with space 0123456789", "umlaut-ä-0123456789"])
async def test_an_idempotency_key_of_the_wrong_form_is_refused_before_any_call(key: str) -> None:
    """16 to 96 of the allowed characters (provider.md 1)."""
    async with serve(Answer(body=CREATED)) as server, evolink_at(server.base, InstantClock()) as evolink:
        with pytest.raises(errors.InvalidRequest) as refused:
            await evolink.create(PLAIN, idempotency_key=key)
    assert refused.value.field == "idempotency_key"
    assert server.seen == []


REFUSALS = [
    (400, envelope("invalid_request", "invalid_request_error", param="size"), errors.BadRequest),
    (400, envelope("invalid_parameter"), errors.BadRequest),
    (400, envelope("content_policy_violation"), errors.BadRequest),
    (400, envelope("content_filter"), errors.BadRequest),
    (400, envelope("sensitive_content"), errors.BadRequest),
    (400, envelope("moderation_blocked"), errors.BadRequest),
    (400, envelope("no_available_channel"), errors.BadRequest),
    (401, envelope("unauthorized", "authentication_error"), errors.Unauthorized),
    (401, envelope("KEY_DISABLED"), errors.Unauthorized),
    (403, envelope("KEY_EXPIRED"), errors.Unauthorized),
    (402, envelope("insufficient_quota", "insufficient_quota"), errors.PaymentRequired),
    (402, envelope("quota_exceeded", "insufficient_quota"), errors.PaymentRequired),
    (402, envelope("ACCOUNT_BALANCE_INSUFFICIENT"), errors.PaymentRequired),
    (403, envelope("insufficient_user_quota"), errors.PaymentRequired),
    (403, envelope("quota_not_enough"), errors.PaymentRequired),
    (403, envelope("insufficient_token_quota"), errors.PaymentRequired),
    (403, envelope("KEY_QUOTA_EXHAUSTED"), errors.PaymentRequired),
    (429, envelope("token_daily_quota_exceeded"), errors.PaymentRequired),
    (403, envelope("model_access_denied", "invalid_request_error"), errors.AccessDenied),
    (403, envelope("KEY_MODEL_NOT_ALLOWED"), errors.AccessDenied),
    (400, envelope("user_disabled"), errors.AccessDenied),
    (404, envelope(404, "not_found_error", param="model"), errors.NotFound),
    (409, envelope("idempotency_conflict"), errors.Conflict),
    (413, envelope(413, "request_too_large_error", param="image_urls"), errors.TooLarge),
    (418, envelope("teapot"), errors.BadRequest),
    (307, None, errors.BadAnswer),
]


@pytest.mark.parametrize(("status", "body", "kind"), REFUSALS)
async def test_a_refused_create_is_told_by_its_class_and_not_sent_again(
    status: int, body: object, kind: type[errors.ProviderError]
) -> None:
    """Every row of provider.md 6.1 that is a plain no."""
    headers = {"Location": "http://127.0.0.1:9/elsewhere"} if status == 307 else {}
    async with serve(Answer(status=status, body=body, headers=headers)) as server:
        with pytest.raises(errors.ProviderError) as refused:
            await create(server)
    assert type(refused.value) is kind
    assert refused.value.http_status == status
    assert len(server.seen) == 1


@pytest.mark.parametrize(
    "answer",
    [
        Answer(status=500, body=envelope("internal_error", "api_error")),
        Answer(status=502, body=envelope(502, "upstream_error")),
        Answer(status=503, body=b"<html>bad gateway</html>"),
        Answer(status=504, body=b""),
        Answer(status=408, body=b""),
        Answer(status=409, body=envelope("PAID_OUTCOME_UNKNOWN")),
        Answer(body=b"<html>all is well</html>"),
        Answer(body=b""),
        Answer(body={"status": "pending"}),
        Answer(body={"id": "   "}),
        Answer(body=["surprise"]),
        Answer(body=b" " * (1024 * 1024 + 1)),
        Answer(body=b"[" * 100_000),
        Reset(),
        Cut(),
    ],
    ids=lambda answer: repr(answer)[:60],
)
async def test_a_create_that_may_have_been_accepted_is_in_doubt_and_never_sent_again(
    answer: Answer | Reset | Cut,
) -> None:
    """It may be charged already (provider.md 6.3), so one request is all the server sees."""
    async with serve(answer, Answer(body=CREATED)) as server:
        with pytest.raises(errors.OutcomeUnknown):
            await create(server)
    assert len(server.seen) == 1


async def test_a_create_without_an_answer_is_in_doubt_after_120_seconds() -> None:
    """The limit is that of first-party clients, and time is the clock's."""
    clock = ManualClock()
    async with serve(Hang()) as server:
        asked = asyncio.create_task(create(server, clock=clock))
        await clock.run_until(lambda: bool(server.seen), step_s=0.01)
        await clock.advance(119)
        assert not asked.done()
        await clock.advance(1.5)
        with pytest.raises(errors.OutcomeUnknown):
            await asked
        server.released.set()
    assert len(server.seen) == 1


@pytest.mark.parametrize(
    "refusal",
    [
        Answer(status=429, body=envelope("rate_limit_exceeded", "rate_limit_error")),
        Answer(status=429, body=b"slow down"),
        Cut(status=429),
        Answer(status=503, body=envelope("service_unavailable", message="no available channel for model")),
        Answer(status=503, body=envelope(503, "service_unavailable_error")),
        Answer(status=503, body=envelope("NO_AVAILABLE_CHANNEL")),
        Answer(status=500, body=envelope("channel_selection_failed")),
        Answer(status=502, body=envelope("model_unavailable")),
    ],
    ids=lambda answer: repr(answer)[:70],
)
async def test_a_create_that_was_surely_not_accepted_is_sent_again_under_the_same_key(refusal: Answer | Cut) -> None:
    """Refused for now is the only ground to repeat a create."""
    async with serve(refusal, refusal, Answer(body=CREATED)) as server:
        task = await create(server)
    assert task.id == TASK_ID
    assert [sent.headers["Idempotency-Key"] for sent in server.seen] == [IDEMPOTENCY_KEY] * 3
    assert len({sent.body for sent in server.seen}) == 1


async def test_a_create_is_given_up_after_four_refusals_and_says_what_the_last_one_said() -> None:
    """The waits double from half a second; the error carries the stated wait for those who try again later."""
    clock = InstantClock()
    async with serve(Answer(status=429, headers={"Retry-After": "2"})) as server:
        with pytest.raises(errors.RateLimited) as refused:
            await create(server, clock=clock)
    assert len(server.seen) == ATTEMPTS
    assert refused.value.retry_after_s == 2
    assert clock.waited_s == [2, 2, 2]


async def test_a_create_with_nobody_listening_is_tried_again_and_nothing_is_in_doubt() -> None:
    """Without a connection nothing can have been accepted."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        base = f"http://127.0.0.1:{closed.getsockname()[1]}"
        clock = InstantClock()
        async with evolink_at(base, clock) as evolink:
            with pytest.raises(errors.Unreachable) as unreachable:
                await evolink.create(PLAIN, idempotency_key=IDEMPOTENCY_KEY)
    assert not unreachable.value.maybe_sent
    assert clock.waited_s == [0.5, 1, 2]
