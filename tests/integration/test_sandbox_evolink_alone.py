"""The stand-in as a whole: its undocumented neighbours, its start and end, and its own command."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator

import aiohttp
import pytest

from bot.clock import SystemClock
from bot.sandbox.evolink import EvoLinkSandbox, Failed, HttpFault, Slow, Stuck
from tests.support.clock import ManualClock
from tests.support.evolink_caller import KEY, Caller, calling


@pytest.fixture
async def caller() -> AsyncIterator[Caller]:
    async with calling() as opened:
        yield opened


async def test_the_undocumented_neighbours_are_not_there_by_default(caller: Caller) -> None:
    """Task list and batch answer 404 until the knob is turned."""
    for method, path in (("GET", "/v1/tasks"), ("POST", "/v1/tasks/batch")):
        assert (await caller.call(method, caller.evolink.api_base + path, json={"task_ids": []})).status == 404


async def test_tasks_can_be_listed_newest_first(caller: Caller) -> None:
    """Filters and pages, each row with the members that first-party code reads."""
    caller.knobs.undocumented = True
    caller.knobs.task.append(Failed())
    failed, completed = await caller.done(), await caller.done()
    pending = await caller.created()
    url = f"{caller.evolink.api_base}/v1/tasks"
    body = (await caller.call("GET", url)).body
    assert [row["id"] for row in body["data"]] == [pending, completed.id, failed.id]
    assert (body["total"], body["page"], body["page_size"]) == (3, 1, 20)
    assert body["data"][1] == {
        "id": completed.id,
        "model": "gemini-3.1-flash-image-preview",
        "type": "image",
        "status": "completed",
        "progress": 100,
        "created_at": int(completed.created_at.timestamp()),
        "duration": 6,
        "has_results": True,
        "result_count": 1,
        "has_error": False,
        "credits_used": completed.credits_used,
    }
    filtered = (await caller.call("GET", f"{url}?status=failed&type=image&model=gemini-3.1-flash-image-preview")).body
    assert [row["id"] for row in filtered["data"]] == [failed.id]
    second = (await caller.call("GET", f"{url}?page=2&page_size=2")).body
    assert [row["id"] for row in second["data"]] == [failed.id]
    assert (await caller.call("GET", f"{url}?page=0")).body["error"]["param"] == "page"


async def test_a_batch_leaves_out_what_it_does_not_know(caller: Caller) -> None:
    """The known tasks in the order asked; more than 50 ids, or no list, is refused."""
    caller.knobs.undocumented = True
    first, second = await caller.created(), await caller.created()
    url = f"{caller.evolink.api_base}/v1/tasks/batch"
    answer = await caller.call("POST", url, json={"task_ids": [second, "task-unified-0", 7, {}, first]})
    assert [task["id"] for task in answer.body["data"]] == [second, first]
    for wrong in (["x"] * 51, "x", None):
        assert (await caller.call("POST", url, json={"task_ids": wrong})).status == 400


async def test_it_goes_down_with_work_in_hand() -> None:
    """Tasks that run, answers that hang and callbacks that wait are ended; the folder is gone; nothing is left over."""
    async with calling() as caller:
        caller.knobs.task.append(Stuck())
        await caller.created()
        task = await caller.done()
        path = task.results[0].path
        await caller.created()
        caller.knobs.poll.append(Slow(delay_s=1000))
        hanging = asyncio.create_task(caller.query(task.id))
        await caller.clock.run_until(lambda: len(caller.evolink.requests) == 4, step_s=0)
        base = caller.evolink.api_base
        await caller.evolink.__aexit__()
        with pytest.raises(aiohttp.ClientError):
            await hanging
        with pytest.raises(aiohttp.ClientConnectionError):
            await caller.call("GET", f"{base}/v1/credits")
    assert not path.exists()
    assert not [one.get_name() for one in asyncio.all_tasks() if one.get_name().startswith("evolink")]


async def test_a_taken_port_fails_the_start_and_leaves_nothing_open() -> None:
    """The second on one port does not start."""
    async with EvoLinkSandbox(clock=ManualClock()) as first:
        port = int(first.api_base.rpartition(":")[2])
        second = EvoLinkSandbox(clock=ManualClock(), port=port)
        with pytest.raises(OSError, match=str(port)):
            await second.__aenter__()


@pytest.mark.parametrize(
    ("host", "public_host", "shown"), [("::1", None, "[::1]"), ("127.0.0.1", "localhost", "localhost")]
)
async def test_addresses_name_the_host_that_others_reach(host: str, public_host: str | None, shown: str) -> None:
    """IPv6 in brackets, or whatever name is given; the links of results as well."""
    clock = ManualClock()
    async with (
        EvoLinkSandbox(clock=clock, api_key=KEY, host=host, public_host=public_host) as evolink,
        aiohttp.ClientSession() as session,
    ):
        caller = Caller(evolink=evolink, clock=clock, session=session)
        url = (await caller.completed())["results"][0]
        assert url.startswith(f"http://{shown}:")
        assert (await caller.download(url)).status == 200


def test_it_must_be_opened_before_it_is_looked_at() -> None:
    """Its records exist only while it runs."""
    with pytest.raises(RuntimeError, match="context manager"):
        _ = EvoLinkSandbox(clock=ManualClock()).tasks


async def test_it_works_on_the_machine_s_own_time() -> None:
    """With the system's clock a short task completes by itself."""
    async with EvoLinkSandbox(clock=SystemClock(), api_key=KEY) as evolink, aiohttp.ClientSession() as session:
        evolink.knobs.duration_s = 0.01
        caller = Caller(evolink=evolink, clock=ManualClock(), session=session)
        task = await evolink.finished(await caller.created())
        assert (await caller.query(task.id)).body["status"] == "completed"


async def test_a_chore_that_breaks_is_logged(caller: Caller, caplog: pytest.LogCaptureFixture) -> None:
    """A fault of the stand-in itself (here an impossible knob) is told with the task's name."""
    from bot.sandbox.evolink import Completed

    caller.knobs.task.append(Completed(encoding="webp", exact_bytes=1))
    task_id = await caller.created()
    await caller.clock.run_until(lambda: bool(caplog.records))
    assert task_id in caplog.text


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_the_command_serves_until_a_signal_comes(number: signal.Signals) -> None:
    """It prints its bases and the key in the form of settings, answers, and exits 0."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "bot.sandbox.evolink", "--api-key", "sk-mine", "--duration", "1", "--undocumented"),
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    lines = [(await process.stdout.readline()).decode().strip() for _ in range(4)]
    said = dict(line.split("=", 1) for line in lines[:3])
    assert list(said) == ["EVOLINK_API_BASE", "EVOLINK_FILES_BASE", "EVOLINK_API_KEY"]
    headers = {"Authorization": f"Bearer {said['EVOLINK_API_KEY']}"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.get(said["EVOLINK_API_BASE"] + "/v1/tasks") as answer,
    ):
        assert answer.status == 200
    process.send_signal(number)
    assert await process.wait() == 0


async def test_a_query_fault_leaves_the_task_alone(caller: Caller) -> None:
    """What fails is the query."""
    task_id = await caller.created()
    caller.knobs.poll.append(HttpFault(status=404))
    assert (await caller.query(task_id)).status == 404
    assert (await caller.query(task_id)).status == 200
