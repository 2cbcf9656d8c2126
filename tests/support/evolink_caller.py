"""Raw HTTP towards the loopback EvoLink, and a little web server for sources and callbacks."""

import asyncio
import io
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer
from PIL import Image

from bot.sandbox.evolink import EvoLinkSandbox, Knobs, Task
from tests.support.clock import ManualClock

MODEL = "gemini-3.1-flash-image-preview"
KEY = "sk-test-key"


def picture(encoding: str = "PNG", size: tuple[int, int] = (300, 200)) -> bytes:
    """Make a small picture."""
    buffer = io.BytesIO()
    Image.new("RGB", size, "teal").save(buffer, encoding)
    return buffer.getvalue()


@dataclass(kw_only=True)
class Answer:
    """One HTTP answer, read whole; `body` is the JSON, or the bytes where it is none."""

    status: int
    body: Any
    headers: Any


@dataclass(kw_only=True)
class Caller:
    """A client that speaks to the stand-in by hand."""

    evolink: EvoLinkSandbox
    clock: ManualClock
    session: aiohttp.ClientSession

    @property
    def knobs(self) -> Knobs:
        return self.evolink.knobs

    async def call(self, method: str, url: str, *, key: str | None = KEY, **options: Any) -> Answer:
        """Send one request; `key=None` sends none."""
        headers = dict(options.pop("headers", {}))
        if key is not None:
            headers["Authorization"] = f"Bearer {key}"
        async with self.session.request(method, url, headers=headers, **options) as response:
            raw = await response.read()
            is_json = response.content_type == "application/json"
            return Answer(
                status=response.status, body=await response.json() if is_json else raw, headers=response.headers
            )

    async def create(self, *, headers: dict[str, str] | None = None, **fields: Any) -> Answer:
        """Create a small task; `fields` replace or extend the body."""
        body = {"model": MODEL, "prompt": "a paper lighthouse", "quality": "0.5K"} | fields
        return await self.post_task(body, headers=headers)

    async def post_task(self, body: Any, *, headers: dict[str, str] | None = None, key: str | None = KEY) -> Answer:
        """Send any JSON to the create route."""
        url = f"{self.evolink.api_base}/v1/images/generations"
        return await self.call("POST", url, json=body, headers=headers or {}, key=key)

    async def created(self, **fields: Any) -> str:
        """Create a task that is accepted; return its id."""
        answer = await self.create(**fields)
        assert answer.status == 200, answer.body
        return answer.body["id"]

    async def query(self, task_id: str, *, key: str | None = KEY) -> Answer:
        """Ask where a task stands."""
        return await self.call("GET", f"{self.evolink.api_base}/v1/tasks/{task_id}", key=key)

    async def done(self, **fields: Any) -> Task:
        """Create a task and move time until it has ended."""
        task_id = await self.created(**fields)
        await self.clock.advance(6)
        return await self.evolink.finished(task_id)

    async def completed(self, **fields: Any) -> dict[str, Any]:
        """Create a task, let it end, and return the body of the query."""
        task = await self.done(**fields)
        return (await self.query(task.id)).body

    async def download(self, url: str, **options: Any) -> Answer:
        """Get a result or an upload, without a key."""
        return await self.call("GET", url, key=None, **options)

    async def credits(self) -> Answer:
        """Ask for the balance."""
        return await self.call("GET", f"{self.evolink.api_base}/v1/credits")

    async def upload(self, data: bytes, *, name: str = "photo.png", **fields: str) -> Answer:
        """Send a file by multipart form."""
        form = aiohttp.FormData()
        form.add_field("file", data, filename=name, content_type="application/octet-stream")
        for field_name, value in fields.items():
            form.add_field(field_name, value)
        return await self.files("POST", "upload/stream", data=form)

    async def files(self, method: str, path: str, **options: Any) -> Answer:
        """Call the file service."""
        return await self.call(method, f"{self.evolink.files_base}/api/v1/files/{path}", **options)


@asynccontextmanager
async def calling(knobs: Knobs | None = None) -> AsyncIterator[Caller]:
    """Open a stand-in on a clock moved by hand, and a caller to it."""
    clock = ManualClock()
    async with (
        EvoLinkSandbox(clock=clock, api_key=KEY, knobs=knobs) as evolink,
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20)) as session,
    ):
        yield Caller(evolink=evolink, clock=clock, session=session)


@dataclass(kw_only=True)
class Elsewhere:
    """A web server that is not EvoLink: it serves sources and takes callbacks."""

    base: str = ""
    pages: dict[str, Callable[[], web.StreamResponse]] = field(default_factory=dict)
    hanging: set[str] = field(default_factory=set)
    """Paths that never answer a GET."""
    statuses: list[int] = field(default_factory=list)
    """What the next callbacks are answered; 200 when used up. 0 never answers."""
    received: list[Any] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        if request.method == "POST":
            self.received.append(await request.json())
            status = self.statuses.pop(0) if self.statuses else 200
            if status == 0:
                await asyncio.Event().wait()
            return web.Response(status=status)
        if request.path in self.hanging:
            await asyncio.Event().wait()
        page = self.pages.get(request.path)
        return web.Response(status=404) if page is None else page()

    def serve(self, path: str, body: bytes, content_type: str = "application/octet-stream") -> str:
        """Serve bytes at a path; return the address."""
        self.pages[path] = lambda: web.Response(body=body, content_type=content_type)
        return self.base + path


@asynccontextmanager
async def elsewhere() -> AsyncIterator[Elsewhere]:
    """Open the other web server."""
    place = Elsewhere()
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", place.handle)
    async with TestServer(application, shutdown_timeout=0.01) as server:
        place.base = str(server.make_url("")).rstrip("/")
        yield place
