"""A real HTTP server on loopback that answers what a test tells it to, in order, and remembers what it was asked."""

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from multidict import CIMultiDictProxy


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer: `body` is JSON unless it is bytes."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reset:
    """The request is read and the connection is thrown away."""


@dataclass(frozen=True, slots=True)
class Hang:
    """The request is read and never answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """Fewer bytes come than were announced."""

    status: int = 200
    body: bytes = b'{"id": "task-uni'
    announced: int = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One request as it arrived."""

    method: str
    path: str
    headers: CIMultiDictProxy[str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class ScriptedServer:
    """Give it answers; the last one is given again for every further request."""

    def __init__(self, *answers: Answer | Reset | Hang | Cut) -> None:
        self.answers = list(answers)
        self.seen: list[Seen] = []
        self.base = ""
        self.port = 0
        self.asked = asyncio.Event()
        self.released = asyncio.Event()

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        body = await request.content.read()  # without the size limit of `request.read`
        self.seen.append(Seen(method=request.method, path=request.raw_path, headers=request.headers, body=body))
        self.asked.set()
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        match answer:
            case Reset():
                assert request.transport is not None
                request.transport.abort()
                return web.Response()
            case Hang():
                await self.released.wait()
                return web.Response()
            case Cut():
                return await self._cut(request, answer)
            case Answer():
                raw = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
                return web.Response(
                    status=answer.status, body=raw, headers={"Content-Type": "application/json", **answer.headers}
                )

    async def _cut(self, request: web.BaseRequest, answer: Cut) -> web.StreamResponse:
        response = web.StreamResponse(status=answer.status, headers={"Content-Length": str(answer.announced)})
        await response.prepare(request)
        await response.write(answer.body)
        assert request.transport is not None
        request.transport.close()
        return response


@contextlib.asynccontextmanager
async def serve(*answers: Answer | Reset | Hang | Cut) -> AsyncGenerator[ScriptedServer, None]:
    """Run a scripted server on a free port of 127.0.0.1."""
    script = ScriptedServer(*answers)
    runner = web.ServerRunner(web.Server(script._handle, access_log=None), shutdown_timeout=0.01)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    script.port = runner.addresses[0][1]
    script.base = f"http://127.0.0.1:{script.port}"
    try:
        yield script
    finally:
        script.released.set()
        await runner.cleanup()
