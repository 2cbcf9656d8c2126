"""The bot's own small web server: a sign of health, and the door for the provider's callbacks.

A callback carries no signature (provider.md 7), so its body is not believed: it only wakes the job whose unguessable
path was called, and the truth is then read from the provider with the key. The body is read at all only where the job's
task is not known, for the id of the task to read.
"""

import contextlib
from collections.abc import AsyncGenerator, Callable

from aiohttp import web

from bot.clock import Clock
from bot.errors import StoreError
from bot.jobs.service import JobService
from bot.web import bounded, hints, listening

MAX_BODY_BYTES = 64 * 1024
DEFAULT_PORT = 8080


def application(*, jobs: JobService, is_healthy: Callable[[], bool], clock: Clock) -> web.Application:
    """Build the application: GET /healthz, POST /callbacks/{job}/{token}; all else is a plain 404."""

    async def healthz(_request: web.Request) -> web.Response:
        return (
            web.json_response({"healthy": True}) if is_healthy() else web.json_response({"healthy": False}, status=503)
        )

    async def callback(request: web.Request) -> web.Response:
        try:
            job = await jobs.find_called(request.match_info["job_id"], request.match_info["token"])
            if job is None:
                return web.Response(status=404)
            task_id = await hints.find_task_id(request, clock=clock) if job.is_in_doubt else None
            await jobs.call_back(job, task_id=task_id)
        except StoreError:  # the store has logged what is wrong, once; a stranger's call shall not add to it
            return web.Response(status=503)
        return web.Response(status=204)

    app = web.Application(client_max_size=MAX_BODY_BYTES)
    app.router.add_get("/healthz", healthz)
    app.router.add_post("/callbacks/{job_id:[0-9a-f]{16}}/{token:[\\w-]{1,64}}", callback)
    return app


@contextlib.asynccontextmanager
async def serve(
    app: web.Application,
    *,
    host: str,
    port: int,
    max_connections: int = bounded.MAX_CONNECTIONS,
    idle_s: float = bounded.IDLE_S,
    life_s: float = bounded.LIFE_S,
) -> AsyncGenerator[str, None]:
    """Serve for the block and yield the base address; raises CannotListen."""
    async with bounded.running(app, idle_s=idle_s) as runner, contextlib.AsyncExitStack() as stack:
        with listening.explained(host=host, port=port):
            listener = await stack.enter_async_context(
                bounded.listening(runner, host=host, port=port, max_connections=max_connections, life_s=life_s)
            )
        bound_host, bound_port = listener.sockets[0].getsockname()[:2]
        yield f"http://[{bound_host}]:{bound_port}" if ":" in bound_host else f"http://{bound_host}:{bound_port}"
