"""The host of results and uploaded files (provider.md 3.2): reads need no key, and a key sent here is a mistake."""

import io
from datetime import datetime, timedelta
from urllib.parse import unquote

from aiohttp import web

from bot.sandbox.evolink import plumbing
from bot.sandbox.evolink.knobs import HttpFault, Slow
from bot.sandbox.evolink.outcomes import BodyFault
from bot.sandbox.evolink.records import Link, Result, StoredFile
from bot.sandbox.evolink.state import State

RESULT_LIFETIME = timedelta(hours=24)


def app(state: State) -> web.Application:
    """Build the application that answers at the results' base."""
    host = _Host(state)
    application = web.Application(middlewares=[plumbing.recorder(state, "results")])
    application.add_routes(
        [
            web.get("/api/v1/files/download/{file_id}", host.download),
            web.get("/{path:.*}", host.serve),
        ]
    )
    return application


class _Host:
    def __init__(self, state: State) -> None:
        self._state = state

    async def download(self, request: web.Request) -> web.StreamResponse:
        """Serve an upload by its id."""
        stored = self._state.files.get(request.match_info["file_id"])
        return self._upload_response(stored)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Serve whatever a link names: a result, or an upload."""
        fault = self._state.knobs.result.take()
        if isinstance(fault, HttpFault | Slow):
            answer = await plumbing.meet(self._state, request, fault)
            if answer is not None:
                return answer
            if isinstance(fault, HttpFault):
                return _plain(fault.status, retry_after=fault.retry_after)
            fault = None
        known = self._state.results_by_path.get(request.path)
        if known is None:
            return self._upload_response(self._find_upload(request.path))
        return await self._serve_result(request, known, fault=fault)

    async def _serve_result(self, request: web.Request, link: Link, *, fault: BodyFault | None) -> web.StreamResponse:
        task, result, outcome = link.task, link.result, link.outcome
        if outcome.redirect_to is not None:
            raise web.HTTPFound(outcome.redirect_to)
        if outcome.gone_status is not None:
            return _plain(outcome.gone_status)
        if self._state.clock.now() - task.created_at - timedelta(seconds=task.duration_s) >= RESULT_LIFETIME:
            return _plain(self._state.knobs.result_gone_status)
        hops = int(request.query.get("hop", "0")) if request.query.get("hop", "0").isdecimal() else 0
        if hops < outcome.redirects:
            raise web.HTTPFound(f"{request.path}?hop={hops + 1}")
        spoilt = fault or outcome.body_fault
        if spoilt is not None:
            return await self._spoil(request, result, spoilt)
        return web.FileResponse(result.path, headers={"Content-Type": result.content_type})

    async def _spoil(self, request: web.Request, result: Result, fault: BodyFault) -> web.StreamResponse:
        data = result.read_bytes()
        kept = data[: int(len(data) * fault.keep)]
        if fault.kind == "truncated":
            return web.Response(body=io.BytesIO(kept), headers={"Content-Type": result.content_type})
        response = web.StreamResponse(headers={"Content-Type": result.content_type, "Content-Length": str(len(data))})
        await response.prepare(request)
        await response.write(kept)
        if fault.kind == "cut":
            if request.transport is not None:
                request.transport.close()
            return response
        await self._state.clock.sleep(fault.hang_s)
        await response.write(data[len(kept) :])
        await response.write_eof()
        return response

    def _find_upload(self, path: str) -> StoredFile | None:
        """Find the upload behind a link; shortly after an overwriting, caches still give the old one."""
        url = self._state.results_base + path
        stored = next((one for one in reversed(self._state.files.values()) if unquote(one.url) == url), None)
        if stored is None or stored.replaces is None:
            return stored
        stale = self._state.clock.now() - stored.uploaded_at < timedelta(seconds=self._state.knobs.stale_s)
        return stored.replaces if stale else stored

    def _upload_response(self, stored: StoredFile | None) -> web.StreamResponse:
        now: datetime = self._state.clock.now()
        if stored is None or stored.expires_at <= now:
            return _plain(404)
        return web.FileResponse(stored.path, headers={"Content-Type": stored.mime_type})


def _plain(status: int, *, retry_after: int | str | None = None) -> web.Response:
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return web.Response(text=f"{status}", status=status, headers=headers)
