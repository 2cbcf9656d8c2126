"""The stand-in's tasks from creation to their end, by raw requests (provider.md 3, 6.2, 9, 12)."""

import hashlib
import io
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from PIL import Image

from bot.sandbox.evolink import Cancelled, Completed, Failed, Outcome, Stuck, outcomes
from tests.support.evolink_caller import MODEL, Caller, Elsewhere, calling, elsewhere, picture


@pytest.fixture
async def caller() -> AsyncIterator[Caller]:
    async with calling() as opened:
        yield opened


@pytest.fixture
async def place() -> AsyncIterator[Elsewhere]:
    async with elsewhere() as opened:
        yield opened


async def test_no_task_ends_while_ends_are_held(caller: Caller) -> None:
    """It goes on being drawn however late it is, and ends at once when nobody holds it any more."""
    caller.knobs.task.append(Failed(code="service_error", duration_s=10))
    with caller.evolink.ends_held():
        task_id = await caller.created()
        await caller.clock.advance(60)
        body = (await caller.query(task_id)).body
        assert (body["status"], body["progress"]) == ("processing", 99)
    task = await caller.evolink.finished(task_id)
    assert task.final_status == "failed"


async def test_a_task_goes_from_pending_over_processing_to_completed(caller: Caller) -> None:
    """The status moves with the clock, the progress rises, the query's body follows provider.md 3.1."""
    caller.knobs.duration_s = 10
    task_id = await caller.created()
    seen: list[tuple[str, int]] = []
    for _ in range(4):
        body = (await caller.query(task_id)).body
        seen.append((body["status"], body["progress"]))
        await caller.clock.advance(3)
    assert seen == [("pending", 0), ("processing", 30), ("processing", 60), ("processing", 90)]
    assert set(body) == {"created", "id", "model", "object", "progress", "status", "task_info", "type"}
    assert body["task_info"] == {"can_cancel": True}
    await caller.evolink.finished(task_id)
    body = (await caller.query(task_id)).body
    assert (body["status"], body["progress"], body["task_info"]) == ("completed", 100, {"can_cancel": False})


async def test_a_completed_task_has_the_full_form_of_a_real_run(caller: Caller) -> None:
    """Duration, result_data, results and usage are there; the link has the seen form."""
    body = await caller.completed(prompt="x" * 112, quality="2K")
    (url,) = body["results"]
    assert body["result_data"] == [{"url": url}]
    assert body["duration"] == 6
    assert (body["object"], body["type"], body["model"]) == ("image.generation.task", "image", MODEL)
    account, images, year, month, day, name = url.removeprefix(caller.evolink.results_base + "/").split("/")
    assert (len(account), images, year, month, day) == (18, "images", "2026", "11", "22")
    assert (len(name), name[32:]) == (36, ".jpg")
    assert body["usage"] == {
        "credits_used": 6.3876,
        "image_cached_input_tokens": 0,
        "image_input_tokens": 0,
        "image_output_tokens": 1680,
        "text_cached_input_tokens": 0,
        "text_input_tokens": 28,
        "total_tokens": 1708,
    }


@pytest.mark.parametrize(
    ("task_id", "status", "code", "param"),
    [
        ("unknown", 400, "invalid_task_id", "task_id"),
        ("task-unifie-1795338000-k3v9q0ab", 400, "invalid_task_id", "task_id"),
        ("task-unified-1795338000-k3v9q0ab", 404, "task_not_found", None),
    ],
)
async def test_an_id_that_names_no_task_is_refused(
    caller: Caller, task_id: str, status: int, code: str, param: str | None
) -> None:
    """400 without the prefix, 404 for an unknown id."""
    answer = await caller.query(task_id)
    error = answer.body["error"]
    assert (answer.status, error["code"], error["type"]) == (status, code, "invalid_request_error")
    assert error.get("param") == param


async def test_a_query_needs_the_key(caller: Caller) -> None:
    """Without a key, or with a wrong one: 401, and the read is not counted."""
    task_id = await caller.created()
    for key in (None, "sk-other"):
        answer = await caller.query(task_id, key=key)
        assert (answer.status, answer.body["error"]["type"]) == (401, "authentication_error")
    assert caller.evolink.tasks[task_id].reads == 0


async def test_reads_of_a_task_are_counted_with_their_instants(caller: Caller) -> None:
    """Each query is noted, so that a test can see whether a client polls too fast."""
    task_id = await caller.created()
    for _ in range(3):
        await caller.query(task_id)
        await caller.clock.advance(1)
    task = caller.evolink.tasks[task_id]
    assert task.reads == 3
    assert [(at - task.created_at).total_seconds() for at in task.read_at] == [0, 1, 2]


async def test_cancelling_has_no_endpoint(caller: Caller) -> None:
    """DELETE of a task is not there, and changes nothing."""
    task_id = await caller.created()
    answer = await caller.call("DELETE", f"{caller.evolink.api_base}/v1/tasks/{task_id}")
    assert answer.status == 405
    assert answer.body["error"]["type"] == "invalid_request_error"
    assert (await caller.query(task_id)).body["status"] == "pending"


@pytest.mark.parametrize(
    ("fields", "pixels"),
    [
        ({"size": "1:1"}, (512, 512)),
        ({"size": "21:9"}, (792, 336)),
        ({"size": "1:8"}, (192, 1536)),
        ({"size": "8:1", "quality": "1K"}, (3072, 384)),
        ({"size": "2:3", "quality": "1K"}, (848, 1264)),
        ({"size": "auto"}, (512, 512)),
        ({}, (512, 512)),
        ({"quality": "4K", "size": "16:9"}, (5504, 3072)),
    ],
)
async def test_the_picture_is_a_jpeg_of_the_tables_size(
    caller: Caller, fields: dict[str, Any], pixels: tuple[int, int]
) -> None:
    """The result URL gives a real JPEG, typed so, in exactly the pixels of provider.md 9; no key is needed."""
    body = await caller.completed(**fields)
    answer = await caller.download(body["results"][0])
    assert (answer.status, answer.headers["Content-Type"]) == (200, "image/jpeg")
    with Image.open(io.BytesIO(answer.body)) as image:
        image.load()
        assert (image.format, image.size) == ("JPEG", pixels)
    (result,) = caller.evolink.tasks[body["id"]].results
    assert (result.width, result.height) == pixels
    assert (result.n_bytes, result.sha256) == (len(answer.body), hashlib.sha256(answer.body).hexdigest())
    assert result.read_bytes() == answer.body


@pytest.mark.parametrize("prompt", ["\ud800", "\u202e\u200b.", "`" * 2000, "🦉" * 500, "مرحبا", "@everyone <@1>\x00"])
async def test_any_prompt_can_be_drawn(caller: Caller, prompt: str) -> None:
    """Half surrogates, invisible marks, back-ticks, emoji, right-to-left text: a picture comes of it."""
    assert (await caller.done(prompt=prompt)).final_status == "completed"


async def test_a_default_picture_has_the_bytes_of_a_real_one(caller: Caller) -> None:
    """A 2K picture is between 0.5 and 3 MB."""
    task = await caller.done(quality="2K")
    assert 500_000 < task.results[0].n_bytes < 3_000_000


async def test_auto_follows_the_first_source(caller: Caller, place: Elsewhere) -> None:
    """With `auto` the shape nearest to the first source is drawn."""
    wide = place.serve("/wide.png", picture(size=(1920, 1080)))
    tall = place.serve("/tall.jpg", picture("JPEG", size=(300, 450)))
    first_wide = await caller.done(image_urls=[wide, tall])
    first_tall = await caller.done(image_urls=[tall, wide])
    assert (first_wide.results[0].width, first_wide.results[0].height) == (688, 384)
    assert (first_tall.results[0].width, first_tall.results[0].height) == (424, 632)


async def test_sources_are_really_fetched_and_change_the_picture(caller: Caller, place: Elsewhere) -> None:
    """Every address is fetched, redirects followed; what came is recorded in order; the bytes differ from none."""
    png, webp = picture(), picture("WEBP")
    place.serve("/real/two.webp", webp)
    place.pages["/two.webp"] = lambda: web.Response(status=302, headers={"Location": "/real/two.webp"})
    urls = [place.serve("/one.png", png), place.base + "/two.webp?sig=1"]
    task = await caller.done(image_urls=urls, size="1:1")
    assert task.final_status == "completed"
    assert [source.url for source in task.sources] == urls
    assert [source.sha256 for source in task.sources] == [hashlib.sha256(data).hexdigest() for data in (png, webp)]
    body = (await caller.query(task.id)).body
    assert body["usage"]["image_input_tokens"] == 2240
    assert task.results[0].sha256 != (await caller.done(size="1:1")).results[0].sha256


@pytest.mark.parametrize(
    ("path", "body", "reason"),
    [
        ("/missing.png", None, "HTTP 404"),
        ("/page.png", b"<html>log in</html>", "not a readable"),
        ("/cut.png", picture()[:60], "not a readable"),
        ("/animated.png", picture("GIF"), "not a readable"),
        ("/bitmap.jpg", picture("BMP"), "not a readable"),
        ("/empty.png", b"", "not a readable"),
        ("/picture.gif", picture(), "must end in"),
        ("/picture", picture(), "must end in"),
        ("/attachment?name=one.png", picture(), "must end in"),
        ("/huge.png", bytes(20_000_001), "larger than"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_a_source_that_cannot_be_used_fails_the_task(
    caller: Caller, place: Elsewhere, path: str, body: bytes | None, reason: str
) -> None:
    """The accepted task fails with image_processing_error, saying which picture and why; nothing is charged."""
    if body is not None:
        place.pages[path.partition("?")[0]] = lambda: web.Response(body=io.BytesIO(body))
    good = place.serve("/good.png", picture())
    task = await caller.done(image_urls=[good, place.base + path])
    answer = await caller.query(task.id)
    error = answer.body["error"]
    assert (answer.status, answer.body["status"], error["code"]) == (200, "failed", "image_processing_error")
    assert "image 2" in error["message"]
    assert reason in error["message"]
    assert caller.evolink.account.remaining_credits == 1000


async def test_a_source_at_a_dead_address_fails_the_task(caller: Caller) -> None:
    """A host that does not answer is an image_processing_error."""
    task = await caller.done(image_urls=["http://127.0.0.1:1/one.png"])
    assert task.error is not None
    assert "could not be reached" in task.error["message"]


async def test_a_source_that_never_comes_fails_the_task(caller: Caller, place: Elsewhere) -> None:
    """After 30 s by the clock the download is given up."""
    place.hanging.add("/slow.png")
    task_id = await caller.created(image_urls=[place.base + "/slow.png"])
    task = caller.evolink.tasks[task_id]
    await caller.clock.run_until(task.finished.is_set)
    assert 30 <= (caller.clock.now() - task.created_at).total_seconds() < 35
    assert task.error is not None
    assert "took too long" in task.error["message"]


async def test_a_source_that_redirects_for_ever_fails_the_task(caller: Caller, place: Elsewhere) -> None:
    """After five redirects the download is given up."""

    def never() -> web.StreamResponse:
        raise web.HTTPFound("/loop.png")

    place.pages["/loop.png"] = never
    task = await caller.done(image_urls=[place.base + "/loop.png"])
    assert task.error is not None
    assert task.error["code"] == "image_processing_error"


async def test_credits_are_reserved_then_settled_or_given_back(caller: Caller) -> None:
    """The balance goes down by the reservation, then by the true cost; a failed task costs nothing."""
    caller.evolink.account.remaining_credits = 100
    caller.knobs.task.append(Completed(credits_used=7.5))
    caller.knobs.task.append(Failed(code="service_error"))
    first, second = await caller.created(), await caller.created()
    figures = (await caller.credits()).body
    assert figures["data"]["token"] == {"remaining_credits": 94.3204, "used_credits": 0.0, "unlimited_credits": False}
    await caller.clock.advance(6)
    for task_id in (first, second):
        await caller.evolink.finished(task_id)
    figures = (await caller.credits()).body
    assert figures == {
        "success": True,
        "message": "",
        "data": {
            "token": {"remaining_credits": 92.5, "used_credits": 7.5, "unlimited_credits": False},
            "user": {"remaining_credits": 92.5, "used_credits": 7.5},
        },
    }


async def test_searches_and_thinking_are_billed_at_the_end(caller: Caller) -> None:
    """Two searches and much thinking cost more than was reserved."""
    params = {"web_search": True, "image_search": True, "thinking_level": "high"}
    task = await caller.done(model_params=params, prompt="four")
    assert task.credits_reserved == 2.8398
    assert task.credits_used == pytest.approx(2.8398 + 2 * 0.8871 + 0.6 * 0.1901 + 0.0317 / 1000, abs=1e-4)


@pytest.mark.parametrize("code", outcomes.TASK_ERROR_MESSAGES)
async def test_every_documented_failure_can_be_had(caller: Caller, code: str) -> None:
    """HTTP 200, status failed, an error of code, two-line message and type; no results; the money is back."""
    caller.knobs.task.append(Failed(code=code))
    body = await caller.completed()
    assert (body["status"], body["progress"], body["task_info"]) == ("failed", 0, {"can_cancel": False})
    assert (body["error"]["code"], body["error"]["type"]) == (code, "task_error")
    assert "\n" in body["error"]["message"]
    assert "results" not in body
    assert caller.evolink.account.remaining_credits == 1000


async def test_a_failure_can_come_in_the_documented_example_s_form(caller: Caller) -> None:
    """Without created, task_info, type and error.type; the message can be set."""
    caller.knobs.task.append(Failed(code="service_error", message="Line\nbreak", documented_body=True))
    body = await caller.completed()
    assert set(body) == {"id", "model", "object", "progress", "status", "error"}
    assert body["error"] == {"code": "service_error", "message": "Line\nbreak"}


@pytest.mark.parametrize(
    ("failed", "error"),
    [
        (Failed(code=500, message="m"), {"code": 500, "message": "m", "type": "task_error"}),
        (Failed(code="new_code"), {"code": "new_code", "message": "The task failed.", "type": "task_error"}),
        (Failed(code="x", message="m", with_type=False), {"code": "x", "message": "m"}),
    ],
)
async def test_a_failure_can_have_other_forms(caller: Caller, failed: Failed, error: dict[str, Any]) -> None:
    """Integer codes, unknown codes, no type."""
    caller.knobs.task.append(failed)
    assert (await caller.completed())["error"] == error


@pytest.mark.parametrize(
    ("outcome", "status", "code"),
    [(Cancelled(), "cancelled", None), (Cancelled(reading="failed_code"), "failed", "request_cancelled")],
)
async def test_a_cancelled_task_comes_in_both_readings(
    caller: Caller, outcome: Outcome, status: str, code: str | None
) -> None:
    """As a status of its own, or as a failure with request_cancelled; the money is back."""
    caller.knobs.task.append(outcome)
    body = await caller.completed()
    assert body["status"] == status
    assert body.get("error", {}).get("code") == code
    assert caller.evolink.account.remaining_credits == 1000


async def test_a_stuck_task_never_ends(caller: Caller) -> None:
    """After a day it is still processing, at the progress the knob names."""
    caller.knobs.task.append(Stuck(progress=40))
    task_id = await caller.created()
    await caller.clock.advance(86_400)
    body = (await caller.query(task_id)).body
    assert (body["status"], body["progress"]) == ("processing", 40)


@pytest.mark.parametrize(
    ("outcome", "n_results", "n_data"),
    [
        (outcomes.EMPTY_RESULTS, 0, None),
        (outcomes.ABSENT_RESULTS, None, None),
        (outcomes.ONLY_RESULT_DATA, None, 1),
        (outcomes.TWO_RESULTS, 2, 2),
        (outcomes.DOCUMENTED_SUBSET, 1, None),
    ],
)
async def test_results_can_be_listed_in_other_numbers(
    caller: Caller, outcome: Outcome, n_results: int | None, n_data: int | None
) -> None:
    """Empty, absent, two, or only in result_data; None in the table means that the member is missing."""
    caller.knobs.task.append(outcome)
    body = await caller.completed()
    assert body["status"] == "completed"
    assert (None if "results" not in body else len(body["results"])) == n_results
    assert (None if "result_data" not in body else len(body["result_data"])) == n_data


@pytest.mark.parametrize(("form", "member"), [("objects", "url"), ("image_url_objects", "image_url")])
async def test_results_can_be_objects(caller: Caller, form: Any, member: str) -> None:
    """`{url}` or `{image_url}` in place of strings, each leading to the picture."""
    caller.knobs.default_outcome = Completed(results=form)
    body = await caller.completed()
    (entry,) = body["results"]
    assert (await caller.download(entry[member])).status == 200


async def test_the_shape_of_healthy_answers_can_deviate(caller: Caller) -> None:
    """First state processing/1, an unknown billing rule, then neither usage nor task_info."""
    shape = caller.knobs.shape
    shape.starts_processing = True
    shape.billing_rule = "per_1k_tokens"
    first = await caller.create()
    assert (first.body["status"], first.body["progress"]) == ("processing", 1)
    assert first.body["usage"]["billing_rule"] == "per_1k_tokens"
    assert (await caller.query(first.body["id"])).body["status"] == "processing"
    shape.usage = shape.task_info = False
    assert not {"usage", "task_info"} & set((await caller.create()).body)
    assert not {"usage", "task_info", "duration"} & set(await caller.completed())


async def test_the_newest_members_can_be_had(caller: Caller) -> None:
    """With the knob: request_id, billing and usage.cost, before and after the end, and the refund of a failure."""
    caller.knobs.shape.newest = True
    caller.knobs.task.append(Completed(credits_used=6.8))
    task_id = await caller.created()
    assert (await caller.query(task_id)).body["billing"]["charge_status"] == "reserved"
    await caller.clock.advance(6)
    await caller.evolink.finished(task_id)
    answer = await caller.query(task_id)
    assert answer.body["request_id"] == answer.headers["X-Request-Id"]
    assert answer.body["usage"]["cost"] == {"credits": 6.8, "usd": 0.1, "cny": 0.7}
    assert answer.body["billing"]["charge_status"] == "charged"
    caller.knobs.task.append(Failed(code="service_error"))
    body = await caller.completed()
    assert (body["billing"]["charge_status"], body["billing"]["refunded_credits"]) == ("released", 2.8398)
    assert body["error"]["suggestion"].startswith("Try again")


async def test_durations_can_depend_on_the_request_and_on_the_outcome(caller: Caller) -> None:
    """A function of the body, an outcome's own duration, an estimate that lies."""
    caller.knobs.duration_s = lambda body: 3.0 if body["quality"] == "0.5K" else 30.0
    assert (await caller.create()).body["task_info"]["estimated_time"] == 3
    assert (await caller.create(quality="1K")).body["task_info"]["estimated_time"] == 30
    caller.knobs.task.append(Stuck(duration_s=7.2))
    assert (await caller.create()).body["task_info"]["estimated_time"] == 8
    caller.knobs.estimated_time_s = 45
    assert (await caller.create()).body["task_info"]["estimated_time"] == 45


async def test_an_instant_task_is_processing_until_it_is_drawn(caller: Caller) -> None:
    """With a duration of zero the task ends as soon as the picture is there."""
    caller.knobs.duration_s = 0
    task = await caller.evolink.finished(await caller.created())
    assert task.final_status == "completed"
