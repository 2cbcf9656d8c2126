"""The stand-in's create call, by raw requests (provider.md 1, 2, 6.1, 12)."""

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.sandbox.evolink import Knobs
from tests.support.evolink_caller import MODEL, Caller, calling

VALID = {"model": MODEL, "prompt": "a paper lighthouse"}
PNG_URL = "https://files.example.org/ref/one.png"


@pytest.fixture
async def caller() -> AsyncIterator[Caller]:
    async with calling() as opened:
        yield opened


async def test_an_accepted_task_is_answered_as_documented(caller: Caller) -> None:
    """The 200 has every member of provider.md 2, with the documented types and first values."""
    answer = await caller.post_task(VALID)
    task_id = answer.body.pop("id")
    assert answer.status == 200
    assert re.fullmatch(r"task-unified-\d{10}-[a-z0-9]{8}", task_id)
    assert answer.body == {
        "created": 1795338000,
        "model": MODEL,
        "object": "image.generation.task",
        "progress": 0,
        "status": "pending",
        "task_info": {"can_cancel": True, "estimated_time": 6},
        "type": "image",
        "usage": {"billing_rule": "per_call", "credits_reserved": 6.3867, "user_group": "default"},
    }
    assert task_id.split("-")[2] == "1795338000"


async def test_every_answer_carries_a_request_id(caller: Caller) -> None:
    """Successes and errors have both id headers, each time another."""
    answers = [await caller.post_task(VALID), await caller.post_task({}), await caller.query("task-unified-1")]
    ids = {answer.headers["X-Request-Id"] for answer in answers}
    assert len(ids) == 3
    assert all(answer.headers["X-Request-Id"] == answer.headers["X-Oneapi-Request-Id"] for answer in answers)


@pytest.mark.parametrize(
    ("quality", "n_sources", "price"),
    [("0.5K", 0, 2.8398), ("1K", 0, 4.2578), ("2K", 1, 6.4222), (None, 0, 6.3867), ("4K", 14, 10.0771)],
)
async def test_the_reservation_is_the_price_of_the_quality_and_of_each_source(
    caller: Caller, quality: str | None, n_sources: int, price: float
) -> None:
    """credits_reserved = image + 0.0355 for each reference; it leaves the balance at once."""
    body: dict[str, Any] = {**VALID, "image_urls": [f"{caller.evolink.results_base}/none.png"] * n_sources}
    answer = await caller.post_task(body | ({} if quality is None else {"quality": quality}))
    assert answer.body["usage"]["credits_reserved"] == price
    assert (await caller.credits()).body["data"]["user"]["remaining_credits"] == round(1000 - price, 4)


@pytest.mark.parametrize(
    "size",
    ["auto", "1:1", "1:4", "4:1", "1:8", "8:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9"],
)
async def test_every_documented_size_is_taken(caller: Caller, size: str) -> None:
    """All 15 sizes are accepted."""
    assert (await caller.create(size=size)).status == 200


@pytest.mark.parametrize(
    "extra",
    [
        {"model_params": {}},
        {"model_params": {"web_search": True, "image_search": False, "thinking_level": "high"}},
        {"model_params": {"thinking_level": "min"}},
        {"image_urls": []},
        {"prompt": "x" * 2000},
        {"prompt": "🦉" * 2000},
        {"callback_url": "https://bot.example.org/hooks/evolink/3f9c"},
        {"callback_url": "https://8.8.8.8/hook"},
        {"callback_url": "https://bot.example.org/" + "x" * 2024},
    ],
    ids=lambda extra: str(extra)[:50],
)
async def test_what_the_documents_allow_is_taken(caller: Caller, extra: dict[str, Any]) -> None:
    """Optional fields within their rules are accepted; a prompt is counted in characters, not bytes."""
    assert (await caller.create(**extra)).status == 200


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "sk-test-key",
        "Bearer",
        "Bearer sk-other",
        "Basic sk-test-key",
        "Bearer  sk-test-key",
        "bearer sk-test-key",
    ],
)
async def test_a_call_without_the_right_key_is_unauthorized(caller: Caller, header: str | None) -> None:
    """No key, a wrong one, or stray white space around it: 401 with the documented code and type; no task is made."""
    headers = {} if header is None else {"Authorization": header}
    answer = await caller.post_task(VALID, headers=headers, key=None)
    assert answer.status == 401
    assert answer.body["error"]["code"] == "unauthorized"
    assert answer.body["error"]["type"] == "authentication_error"
    assert not caller.evolink.tasks


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"model": None}, "model"),
        ({"model": 7}, "model"),
        ({"model": ""}, "model"),
        ({"prompt": None}, "prompt"),
        ({"prompt": ""}, "prompt"),
        ({"prompt": " \n"}, "prompt"),
        ({"prompt": ["a"]}, "prompt"),
        ({"prompt": "x" * 2001}, "prompt"),
        ({"size": "16:10"}, "size"),
        ({"size": "1024x1024"}, "size"),
        ({"size": 1}, "size"),
        ({"quality": "2k"}, "quality"),
        ({"quality": "512"}, "quality"),
        ({"quality": 2}, "quality"),
        ({"image_urls": PNG_URL}, "image_urls"),
        ({"image_urls": {"url": PNG_URL}}, "image_urls"),
        ({"image_urls": [PNG_URL] * 15}, "image_urls"),
        ({"image_urls": [7]}, "image_urls"),
        ({"image_urls": ["data:image/png;base64,iVBORw0KGgo="]}, "image_urls"),
        ({"image_urls": ["iVBORw0KGgo="]}, "image_urls"),
        ({"image_urls": ["ftp://files.example.org/one.png"]}, "image_urls"),
        ({"image_urls": ["https:///one.png"]}, "image_urls"),
        ({"image_urls": ["https://files.example.org/a b.png"]}, "image_urls"),
        ({"image_urls": ["https://[::1/one.png"]}, "image_urls"),
        ({"image_urls": [PNG_URL, ""]}, "image_urls"),
        ({"model_params": []}, "model_params"),
        ({"model_params": {"web_search": "true"}}, "model_params.web_search"),
        ({"model_params": {"image_search": 1}}, "model_params.image_search"),
        ({"model_params": {"thinking_level": "low"}}, "model_params.thinking_level"),
        ({"model_params": {"thinking_level": "medium"}}, "model_params.thinking_level"),
        ({"model_params": {"seed": 1}}, "model_params.seed"),
        ({"callback_url": 7}, "callback_url"),
        ({"callback_url": ""}, "callback_url"),
        ({"callback_url": "bot.example.org/hook"}, "callback_url"),
        ({"callback_url": "http://bot.example.org/hook"}, "callback_url"),
        ({"callback_url": "https://bot.example.org/" + "x" * 2025}, "callback_url"),
        ({"callback_url": "https://127.0.0.1/hook"}, "callback_url"),
        ({"callback_url": "http://127.0.0.1:8080/hook"}, "callback_url"),
        ({"callback_url": "https://10.1.2.3/hook"}, "callback_url"),
        ({"callback_url": "https://172.16.0.1/hook"}, "callback_url"),
        ({"callback_url": "https://192.168.1.1/hook"}, "callback_url"),
        ({"callback_url": "https://169.254.169.254/hook"}, "callback_url"),
        ({"callback_url": "https://0.0.0.0/hook"}, "callback_url"),
        ({"callback_url": "https://[::1]/hook"}, "callback_url"),
        ({"callback_url": "https://[fd00::1]/hook"}, "callback_url"),
        ({"callback_url": "https://[::ffff:10.0.0.1]/hook"}, "callback_url"),
        ({"callback_url": "https://2130706433/hook"}, "callback_url"),
        ({"callback_url": "https://0x7f.1/hook"}, "callback_url"),
        ({"callback_url": "https://localhost/hook"}, "callback_url"),
        ({"callback_url": "https://bot.internal/hook"}, "callback_url"),
        ({"n": 1}, "n"),
        ({"seed": 7}, "seed"),
        ({"negative_prompt": "x"}, "negative_prompt"),
    ],
    ids=lambda value: str(value)[:60],
)
async def test_a_body_against_the_rules_is_an_invalid_request(
    caller: Caller, change: dict[str, Any], param: str
) -> None:
    """400 invalid_request that names the field; a None in the table leaves the field out. Nothing is reserved."""
    body = {name: value for name, value in (VALID | change).items() if value is not None}
    answer = await caller.post_task(body)
    error = answer.body["error"]
    assert (answer.status, error["code"], error["type"]) == (400, "invalid_request", "invalid_request_error")
    assert error["param"] == param
    assert error["message"]
    assert not caller.evolink.tasks
    assert caller.evolink.account.remaining_credits == 1000


@pytest.mark.parametrize(
    ("raw", "content_type"),
    [
        (b"", "application/json"),
        (b"{", "application/json"),
        (b"[1]", "application/json"),
        (b"[" * 100_000, "application/json"),
        (b'"text"', "application/json"),
        (b"\xff\xfe", "application/json"),
        (b'{"model":"gemini-3.1-flash-image-preview","prompt":"a"}', "text/plain"),
    ],
)
async def test_a_body_that_is_no_json_object_is_an_invalid_request(
    caller: Caller, raw: bytes, content_type: str
) -> None:
    """Broken JSON, JSON that is no object, and another content type are refused."""
    url = f"{caller.evolink.api_base}/v1/images/generations"
    answer = await caller.call("POST", url, data=raw, headers={"Content-Type": content_type})
    assert (answer.status, answer.body["error"]["code"]) == (400, "invalid_request")


async def test_a_body_of_megabytes_is_too_large(caller: Caller) -> None:
    """A create body beyond a megabyte answers 413 in the envelope."""
    answer = await caller.post_task(VALID | {"prompt": "x" * 1_030_000})
    assert (answer.status, answer.body["error"]["type"]) == (413, "request_too_large_error")


async def test_another_model_is_access_denied(caller: Caller) -> None:
    """A model that the key may not use answers 403 until the knob allows it."""
    other = VALID | {"model": "gemini-3.1-flash-image"}
    answer = await caller.post_task(other)
    error = answer.body["error"]
    assert (answer.status, error["code"], error["type"]) == (403, "model_access_denied", "invalid_request_error")
    caller.knobs.models.add("gemini-3.1-flash-image")
    assert (await caller.post_task(other)).body["model"] == "gemini-3.1-flash-image"


async def test_a_longer_prompt_passes_where_the_knob_lifts_the_limit(caller: Caller) -> None:
    """Without a character limit, as a gateway that counts tokens might, 5,000 characters pass."""
    caller.knobs.prompt_max_chars = None
    assert (await caller.create(prompt="x" * 5000)).status == 200


async def test_an_empty_account_is_refused(caller: Caller) -> None:
    """Where the credits do not reach: 402 insufficient_quota, and the balance stays."""
    caller.evolink.account.remaining_credits = 6.0
    answer = await caller.post_task(VALID)
    error = answer.body["error"]
    assert (answer.status, error["code"], error["type"]) == (402, "insufficient_quota", "insufficient_quota")
    assert caller.evolink.account.remaining_credits == 6.0


async def test_too_many_unfinished_tasks_are_rate_limited(caller: Caller) -> None:
    """With the knob at two, the third create waits for an end."""
    caller.knobs.max_unfinished_tasks = 2
    first, _, third = [await caller.create() for _ in range(3)]
    assert (third.status, third.body["error"]["code"]) == (429, "rate_limit_exceeded")
    assert third.body["error"]["type"] == "rate_limit_error"
    await caller.clock.advance(6)
    await caller.evolink.finished(first.body["id"])
    assert (await caller.create()).status == 200


@pytest.mark.parametrize("key", ["x" * 15, "x" * 97, "a key with spaces", "schlüssel-schlüssel", "key/with/slashes-1"])
async def test_an_idempotency_key_against_its_rules_is_refused(caller: Caller, key: str) -> None:
    """16 to 96 letters, digits, dots, underscores, hyphens; else 400."""
    answer = await caller.post_task(VALID, headers={"Idempotency-Key": key})
    assert (answer.status, answer.body["error"]["param"]) == (400, "Idempotency-Key")


@pytest.mark.parametrize("key", ["x" * 16, "x" * 96, "Job.1_of-2026-11-22"])
async def test_a_repeated_create_with_the_same_key_is_replayed(caller: Caller, key: str) -> None:
    """Same key and body: the same answer with Idempotency-Replayed, one task, one reservation."""
    first = await caller.post_task(VALID, headers={"Idempotency-Key": key})
    await caller.clock.advance(2)
    second = await caller.post_task(dict(reversed(VALID.items())), headers={"Idempotency-Key": key})
    assert second.body == first.body
    assert "Idempotency-Replayed" not in first.headers
    assert second.headers["Idempotency-Replayed"] == "true"
    assert [task.idempotency_key for task in caller.evolink.tasks.values()] == [key]
    assert caller.evolink.account.remaining_credits == round(1000 - 6.3867, 4)


async def test_a_key_used_with_another_body_conflicts(caller: Caller) -> None:
    """Same key, other body: 409 idempotency_conflict; no second task."""
    headers = {"Idempotency-Key": "k" * 20}
    await caller.post_task(VALID, headers=headers)
    answer = await caller.post_task(VALID | {"size": "1:1"}, headers=headers)
    assert (answer.status, answer.body["error"]["code"]) == (409, "idempotency_conflict")
    assert len(caller.evolink.tasks) == 1


async def test_a_refused_create_does_not_use_up_its_key(caller: Caller) -> None:
    """A key whose first call was refused makes a task the second time."""
    headers = {"Idempotency-Key": "k" * 20}
    await caller.post_task(VALID | {"size": "wrong"}, headers=headers)
    answer = await caller.post_task(VALID, headers=headers)
    assert (answer.status, answer.headers.get("Idempotency-Replayed")) == (200, None)


@pytest.mark.parametrize(
    ("url", "status"),
    [
        ("http://127.0.0.1:8080/hook", 200),
        ("http://localhost:8080/hook", 200),
        ("https://[::1]:8443/hook", 200),
        ("ftp://127.0.0.1/hook", 400),
        ("http://bot.example.org/hook", 400),
        ("https://10.0.0.1/hook", 400),
    ],
)
async def test_loopback_callbacks_are_allowed_only_behind_the_switch(url: str, status: int) -> None:
    """The switch lets loopback in, by http too, and nothing else."""
    async with calling(Knobs(loopback_callbacks=True)) as caller:
        caller.knobs.callback.times = 0
        assert (await caller.create(callback_url=url)).status == status


async def test_the_stand_in_remembers_what_was_sent(caller: Caller) -> None:
    """Requests and tasks can be looked at: body, headers, path, time."""
    await caller.post_task(VALID, headers={"User-Agent": "imagebot-test/1"})
    (task,) = caller.evolink.tasks.values()
    (seen,) = caller.evolink.requests
    assert task.request == VALID
    assert task.headers["user-agent"] == "imagebot-test/1"
    assert (seen.service, seen.method, seen.path) == ("api", "POST", "/v1/images/generations")
    assert seen.at == caller.clock.now()
    assert b"lighthouse" in seen.body
