"""The one way in: record, ordered faults, token, rate limit, path, body, handler, answer. No route is known here."""

import contextlib
import json
from collections.abc import Sequence
from http import HTTPStatus

from aiohttp import web

from bot.sandbox.discord.composing import Body, Composer
from bot.sandbox.discord.faults import JSON_TYPE, Fault, Faults
from bot.sandbox.discord.forms import FormFaults, snowflake
from bot.sandbox.discord.journal import Journal, RequestRecord, Violation
from bot.sandbox.discord.limits import RateLimits
from bot.sandbox.discord.refusals import ApiRefusal, Json, Known
from bot.sandbox.discord.rest.bodies import drain, read_body
from bot.sandbox.discord.rest.calls import UNLIMITED, WEBHOOK_BUCKET, Answer, Call, Route
from bot.sandbox.discord.world import World

PREFIX = "/api/v10"
_CALLER_FAULTS = {0, 50006, 50035, 50041, 50109}
"""Codes of the refusals that no state of the world excuses."""
_MAJOR = ("channel_id", "guild_id", "application_id", "interaction_id")


class Entrance:
    """Takes every call of the REST API."""

    def __init__(self, *, world: World, journal: Journal, limits: RateLimits, faults: Faults) -> None:
        self._world = world
        self._journal = journal
        self._limits = limits
        self._faults = faults
        self._composer = Composer(world)

    def mount(self, app: web.Application, routes: Sequence[Route]) -> None:
        """Add the routes, and answers to whatever is none of them."""
        for route in routes:
            app.router.add_route(route.method, PREFIX + route.template, self._taker(route))
        self._faults.know(f"{route.method} {route.template}" for route in routes)
        known = {route.template for route in routes}
        for template in known:
            app.router.add_route("*", PREFIX + template, self._refuser(template, Known.METHOD_NOT_ALLOWED))
        app.router.add_route("*", PREFIX + "/{rest:.*}", self._refuser("", Known.NOT_FOUND))
        app.router.add_route("*", "/api/{rest:.*}", self._refuser("", Known.INVALID_API_VERSION))

    def _refuser(self, template: str, known: Known):
        async def refuse(request: web.Request) -> web.StreamResponse:
            record = self._record(request, template or request.path)
            return self._refused(record, known.refusal(), {})

        return refuse

    def _taker(self, route: Route):
        async def take(request: web.Request) -> web.StreamResponse:
            record = self._record(request, route.template)
            fault = self._faults.take(f"{route.method} {route.template}")
            if fault and fault.delay_s:
                await self._world.clock.sleep(fault.delay_s)
            if fault is None or not (fault.answers or fault.drops_connection):
                return await self._answer(request, route, record)
            if fault.performed:
                await self._answer(request, route, record)
            else:
                await self._read_anyway(request, route, record)
            return self._misfortune(request, record, fault)

        return take

    def _record(self, request: web.Request, template: str) -> RequestRecord:
        record = RequestRecord(
            method=request.method,
            route=template,
            path=request.path,
            query=dict(request.query),
            headers=dict(request.headers),
            at=self._world.clock.now(),
        )
        self._journal.requests.append(record)
        return record

    def _complain(self, record: RequestRecord, what: str) -> None:
        where = f"{record.method} {record.route}"
        self._journal.violations.append(Violation(at=self._world.clock.now(), where=where, what=what))

    async def _read_anyway(self, request: web.Request, route: Route, record: RequestRecord) -> None:
        """Read what came with a call that is not performed, so that the journal tells of it."""
        with contextlib.suppress(ApiRefusal, ConnectionResetError):
            self._note_body(record, await read_body(request, takes_body=route.takes_body))

    def _misfortune(self, request: web.Request, record: RequestRecord, fault: Fault) -> web.StreamResponse:
        record.status = 0 if fault.drops_connection else fault.status
        self._journal.bell.ring()
        if fault.drops_connection:
            if request.transport:
                request.transport.abort()
            return web.Response(status=500)
        body = json.dumps(fault.body) if isinstance(fault.body, dict) else (fault.body or "")
        headers = {**fault.headers, "Content-Type": fault.content_type}
        return web.Response(status=fault.status, body=body.encode(), headers=headers)

    async def _answer(self, request: web.Request, route: Route, record: RequestRecord) -> web.StreamResponse:
        headers: dict[str, str] = {}
        try:
            self._check_token(request, route)
            self._count(route, request, headers)
            self._check_path(request, route)
            body = await read_body(request, takes_body=route.takes_body)
            self._note_body(record, body)
            call = Call(
                world=self._world,
                composer=self._composer,
                faults=self._faults,
                record=record,
                params=dict(request.match_info),
                body=body,
                complain=lambda what: self._complain(record, what),
            )
            answer = await route.handler(call)
        except ApiRefusal as refusal:
            await drain(request)
            return self._refused(record, refusal, headers)
        except ConnectionResetError:  # who asked has died meanwhile, and had not said all of it
            return web.Response(status=499)
        response = self._written(record, answer, headers)
        if call.after_answer:
            await response.prepare(request)
            await response.write_eof()
            call.after_answer()
        return response

    def _check_token(self, request: web.Request, route: Route) -> None:
        if route.auth == "bot" and request.headers.get("Authorization") != f"Bot {self._world.application.token}":
            raise Known.UNAUTHORIZED.refusal()

    def _count(self, route: Route, request: web.Request, headers: dict[str, str]) -> None:
        if route.limited_as == UNLIMITED:
            return
        name = route.limited_as or f"{route.method} {route.template}"
        major = request.match_info.get("token") or next(
            (request.match_info[each] for each in _MAJOR if each in request.match_info), ""
        )
        verdict = self._limits.count(name, major, counts_globally=route.auth == "bot")
        headers |= verdict.headers
        if not verdict.passes:
            headers["Via"] = "1.1 google"
            raise RateLimited(verdict.retry_after_s, is_global=verdict.is_global)

    def _check_path(self, request: web.Request, route: Route) -> None:
        faults = FormFaults()
        for name, value in request.match_info.items():
            if name.endswith("_id") and not (value == "@original" and route.limited_as == WEBHOOK_BUCKET):
                snowflake(value, (name,), faults)
        for name in request.query:
            if name not in route.query:
                faults.add((name,), "UNKNOWN_FIELD", "This query field is not known here.")
        faults.raise_if_any()

    def _note_body(self, record: RequestRecord, body: Body) -> None:
        record.fields = body.fields
        record.files = tuple((each.filename, len(each.content)) for each in body.uploads)

    def _refused(self, record: RequestRecord, refusal: ApiRefusal, headers: dict[str, str]) -> web.Response:
        record.code = refusal.code
        if refusal.code in _CALLER_FAULTS and refusal.status != HTTPStatus.TOO_MANY_REQUESTS:
            self._complain(record, str(refusal))
        return self._written(record, Answer(status=refusal.status, body=refusal.body), headers)

    def _written(self, record: RequestRecord, answer: Answer, headers: dict[str, str]) -> web.Response:
        record.status = answer.status
        self._journal.bell.ring()
        if answer.status == HTTPStatus.NO_CONTENT:
            return web.Response(status=answer.status, headers=headers)
        written = json.dumps(answer.body, separators=(",", ":")).encode()
        return web.Response(status=answer.status, body=written, headers={**headers, "Content-Type": JSON_TYPE})


class RateLimited(ApiRefusal):
    """429, in the words that client libraries look for."""

    def __init__(self, retry_after_s: float, *, is_global: bool) -> None:
        super().__init__(429, 0, "You are being rate limited.")
        self._more: Json = {"retry_after": retry_after_s, "global": is_global}

    @property
    def body(self) -> Json:
        """Return the JSON of a 429."""
        return {"message": self.message, **self._more}
