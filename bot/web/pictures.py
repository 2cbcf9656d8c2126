"""The door for hosted pictures: GET and HEAD of /i/<128 random bits>.<extension>. All else is the same 404.

The name in the URL is only looked up; the path of the file comes from the table.
"""

from collections.abc import Sequence

from aiohttp import web

from bot.clock import Clock
from bot.hosting.own import PATH, HostedFolder


def routes(folder: HostedFolder, *, clock: Clock) -> Sequence[web.AbstractRouteDef]:
    """Return the routes to add to the application; ranges and conditional requests are the library's."""

    async def picture(request: web.Request) -> web.StreamResponse:
        found = await folder.find(request.match_info["name"])
        if found is None:
            raise web.HTTPNotFound
        left_s = max(0, int((found.expires_at - clock.now()).total_seconds()))
        headers = {
            "Content-Type": found.media_type,
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": f"private, max-age={left_s}",
        }
        return web.FileResponse(found.path, headers=headers)

    return [web.get(PATH + r"/{name:[0-9a-f]{32}\.(?:jpg|png|webp)}", picture)]
