"""Results brought home: how many come at once."""

import asyncio
import io
from pathlib import Path

from aiohttp import web
from PIL import Image

from bot.jobs.results import DOWNLOADS_AT_ONCE, ResultKeeper
from bot.net import Downloader, make_session
from tests.support.clock import ManualClock


def a_picture() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (8, 8)).save(file, "PNG")
    return file.getvalue()


async def test_results_that_piled_up_do_not_come_all_at_once(tmp_path: Path) -> None:
    """No more lie half fetched on the disk than there are places, and each comes in its turn."""
    body, full, may_answer, under_way, most = a_picture(), asyncio.Event(), asyncio.Event(), 0, 0

    async def answer(_request: web.Request) -> web.Response:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        if under_way == DOWNLOADS_AT_ONCE:
            full.set()
        await may_answer.wait()
        under_way -= 1
        return web.Response(body=body, content_type="image/png")

    app = web.Application()
    app.router.add_get("/{name}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    try:
        async with make_session(allow_loopback=True, connect_timeout_s=5) as session:
            keeper = ResultKeeper(folder=tmp_path, downloader=Downloader(session=session, clock=ManualClock()))
            jobs = [f"job{number}" for number in range(DOWNLOADS_AT_ONCE + 4)]
            coming = [asyncio.create_task(keeper.fetch(job, [f"http://127.0.0.1:{port}/{job}.png"])) for job in jobs]
            async with asyncio.timeout(30):
                await full.wait()
                await asyncio.sleep(0.2)  # whoever should not come would have come by now
                may_answer.set()
                fetched = await asyncio.gather(*coming)
    finally:
        await runner.cleanup()
    assert most == DOWNLOADS_AT_ONCE
    assert [each.file.path.name for each in fetched] == [f"{job}.png" for job in jobs]
