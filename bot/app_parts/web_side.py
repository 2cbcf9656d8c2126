"""The web side: the provider's callbacks, hosted pictures, health."""

from contextlib import AsyncExitStack

from aiohttp.web import Application

from bot.app_parts.ground import Ground
from bot.client import ImageBot
from bot.hosting.own import HostedFolder
from bot.jobs.service import JobService
from bot.web import pictures, waiting
from bot.web import server as web


async def serve_web(
    stack: AsyncExitStack, ground: Ground, *, jobs: JobService, client: ImageBot, hosted: HostedFolder
) -> None:
    """Serve the web side for the block, where the settings ask for it; beside another process once that lets go."""
    settings, clock, owners = ground.settings, ground.clock, ground.owners
    if not settings.serves_web:
        return

    def application() -> Application:
        app = web.application(jobs=jobs, is_healthy=lambda: client.connected, clock=clock)
        app.add_routes(pictures.routes(hosted, clock=clock))
        return app

    port = web.DEFAULT_PORT if settings.web_port is None else settings.web_port
    await stack.enter_async_context(
        waiting.serving(
            application, host=settings.web_host, port=port, may_wait=lambda: bool(owners.others()), clock=clock
        )
    )
