"""The stand-in's result host: bytes, lies about bytes, and links that are gone (provider.md 3.2, 10, 12)."""

import asyncio
import io
from collections.abc import AsyncIterator

import aiohttp
import pytest
from PIL import Image

from bot.sandbox.evolink import BodyFault, Completed, HttpFault, Outcome, Slow, outcomes
from tests.support.evolink_caller import Caller, calling


@pytest.fixture
async def caller() -> AsyncIterator[Caller]:
    async with calling() as opened:
        yield opened


async def link(caller: Caller, outcome: Outcome | None = None, **fields: str) -> str:
    """Let a task end in an outcome; return the first link."""
    if outcome is not None:
        caller.knobs.task.append(outcome)
    body = await caller.completed(**fields)
    return body["results"][0]


@pytest.mark.parametrize(
    ("outcome", "extension", "content_type", "really"),
    [
        (Completed(), ".jpg", "image/jpeg", "JPEG"),
        (Completed(encoding="png"), ".png", "image/png", "PNG"),
        (Completed(encoding="webp"), ".webp", "image/webp", "WEBP"),
        (outcomes.PNG_UNDER_JPG, ".jpg", "image/jpeg", "PNG"),
        (outcomes.JPG_UNDER_PNG, ".png", "image/png", "JPEG"),
        (outcomes.OCTET_STREAM, ".jpg", "application/octet-stream", "JPEG"),
    ],
)
async def test_a_result_can_lie_about_its_kind(
    caller: Caller, outcome: Outcome, extension: str, content_type: str, really: str
) -> None:
    """Extension and header say what the knob says; the bytes are a whole picture of their own kind."""
    url = await link(caller, outcome)
    answer = await caller.download(url)
    assert url.endswith(extension)
    assert answer.headers["Content-Type"] == content_type
    with Image.open(io.BytesIO(answer.body)) as image:
        image.load()
        assert (image.format, image.size) == (really, (512, 512))


async def test_a_result_can_have_the_wrong_pixels(caller: Caller) -> None:
    """Asked for another size, the known upstream fault gives about 1K."""
    answer = await caller.download(await link(caller, outcomes.WRONG_SIZE, size="16:9"))
    with Image.open(io.BytesIO(answer.body)) as image:
        assert image.size == (1024, 1024)


async def test_a_4k_png_weighs_about_24_mb(caller: Caller) -> None:
    """Between 22 and 26 MB, whole and not padded."""
    answer = await caller.download(await link(caller, outcomes.PNG_24MB, size="1:1", quality="4K"))
    assert 22_000_000 < len(answer.body) < 26_000_000
    with Image.open(io.BytesIO(answer.body)) as image:
        assert (image.format, image.size) == ("PNG", (4096, 4096))


@pytest.mark.parametrize(("encoding", "n_bytes"), [("jpeg", 1_330_000), ("png", 2_000_003)])
async def test_a_result_can_have_an_exact_number_of_bytes(caller: Caller, encoding: str, n_bytes: int) -> None:
    """Padded, and still a picture."""
    answer = await caller.download(await link(caller, Completed(encoding=encoding, exact_bytes=n_bytes)))
    assert len(answer.body) == n_bytes
    with Image.open(io.BytesIO(answer.body)) as image:
        image.load()


async def test_a_result_can_be_any_bytes(caller: Caller) -> None:
    """What is no picture is served as it is."""
    assert (await caller.download(await link(caller, Completed(body=b"not a picture")))).body == b"not a picture"


async def test_a_result_can_redirect(caller: Caller) -> None:
    """Two redirects, then the bytes; not followed, the answer is 302."""
    url = await link(caller, outcomes.REDIRECTED)
    assert (await caller.download(url, allow_redirects=False)).status == 302
    async with caller.session.get(url) as response:
        assert len(response.history) == 2
        assert await response.read() == next(iter(caller.evolink.tasks.values())).results[0].read_bytes()


async def test_a_result_can_lead_anywhere(caller: Caller) -> None:
    """A foreign address as the result, or behind a redirect: what a client must not follow."""
    foreign = "http://10.0.0.1/private.jpg"
    assert await link(caller, Completed(link=foreign)) == foreign
    answer = await caller.download(await link(caller, Completed(redirect_to=foreign)), allow_redirects=False)
    assert (answer.status, answer.headers["Location"]) == (302, foreign)


@pytest.mark.parametrize(("outcome", "status"), [(outcomes.EXPIRED, 403), (outcomes.GONE, 404)])
async def test_a_result_can_be_gone_from_the_beginning(caller: Caller, outcome: Outcome, status: int) -> None:
    """The link of a completed task is dead."""
    assert (await caller.download(await link(caller, outcome))).status == status


@pytest.mark.parametrize("status", [403, 404])
async def test_a_result_lives_24_hours(caller: Caller, status: int) -> None:
    """A second before a day has passed since the end it is there; then it answers as the knob says."""
    caller.knobs.result_gone_status = status
    url = await link(caller)
    await caller.clock.advance(86_399)
    assert (await caller.download(url)).status == 200
    await caller.clock.advance(1)
    assert (await caller.download(url)).status == status


async def test_an_unknown_link_is_not_found(caller: Caller) -> None:
    """A guessed address gives nothing."""
    assert (await caller.download(f"{caller.evolink.results_base}/x/images/2026/11/22/0.jpg")).status == 404


async def test_a_truncated_body_agrees_with_its_length(caller: Caller) -> None:
    """Half of the bytes arrive without any error: only the content shows it."""
    url = await link(caller, outcomes.TRUNCATED, quality="2K")
    answer = await caller.download(url)
    whole = next(iter(caller.evolink.tasks.values())).results[0].read_bytes()
    assert answer.body == whole[: len(whole) // 2]
    assert answer.headers["Content-Length"] == str(len(answer.body))


async def test_a_body_can_be_cut_off(caller: Caller) -> None:
    """The connection closes in the middle of the promised length."""
    url = await link(caller, outcomes.CUT_OFF)
    with pytest.raises(aiohttp.ClientPayloadError):
        await caller.download(url)


async def test_a_passing_fault_spoils_one_download_only(caller: Caller) -> None:
    """503, a dropped connection, a cut body, then the picture."""
    url = await link(caller)
    caller.knobs.result.append(HttpFault(status=503, retry_after=1))
    caller.knobs.result.append(HttpFault(drop=True), times=2)  # aiohttp itself repeats a dropped GET once
    caller.knobs.result.append(BodyFault(kind="cut", keep=0.1))
    first = await caller.download(url)
    assert (first.status, first.headers["Retry-After"]) == (503, "1")
    for _ in range(2):
        with pytest.raises(aiohttp.ClientError):
            await caller.download(url)
    assert (await caller.download(url)).status == 200


async def test_a_body_can_hang_in_the_middle(caller: Caller) -> None:
    """Nothing more comes until the clock has moved; then the rest does."""
    url = await link(caller)
    caller.knobs.result.append(BodyFault(kind="hang", hang_s=40))
    call = asyncio.create_task(caller.download(url))
    await caller.clock.run_until(lambda: caller.clock.sleepers > 0, step_s=0)
    assert not call.done()
    await caller.clock.advance(40)
    assert (await call).body == next(iter(caller.evolink.tasks.values())).results[0].read_bytes()


async def test_a_download_can_be_slow_to_begin(caller: Caller) -> None:
    """Late, yet whole."""
    url = await link(caller)
    caller.knobs.result.append(Slow(delay_s=5))
    call = asyncio.create_task(caller.download(url))
    await caller.clock.run_until(call.done)
    assert (await call).status == 200


async def test_a_key_sent_to_the_result_host_is_noticed(caller: Caller) -> None:
    """The three services have hosts of their own; a client that leaks its key is found out."""
    url = await link(caller)
    await caller.download(url)
    assert caller.evolink.keys_leaked == []
    await caller.call("GET", url)
    (leak,) = caller.evolink.keys_leaked
    assert url.endswith(leak.path)
    bases = {caller.evolink.api_base, caller.evolink.files_base, caller.evolink.results_base}
    assert len(bases) == 3


async def test_equal_prompts_of_two_tasks_give_different_bytes(caller: Caller) -> None:
    """The picture names its task, so that no two results can be taken for each other."""
    first, second = await caller.done(), await caller.done()
    assert first.results[0].sha256 != second.results[0].sha256
