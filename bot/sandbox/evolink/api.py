"""The API's routes (provider.md 1 to 3): create, query, credits, models, and two undocumented ones behind a knob."""

import math
from typing import cast

from aiohttp import web

from bot.sandbox.evolink import answers, catalogue, life, plumbing, validation
from bot.sandbox.evolink.envelope import ApiError, JsonObject, Side, json_response, of_fault
from bot.sandbox.evolink.knobs import HttpFault, Queue, Slow
from bot.sandbox.evolink.outcomes import Outcome
from bot.sandbox.evolink.records import Task
from bot.sandbox.evolink.state import State, random_name

_TASK_PREFIX = "task-unified-"
_BATCH_MAX_IDS = 50
_MAX_BODY_BYTES = 1_000_000


def app(state: State) -> web.Application:
    """Build the application that answers at the API's base."""
    api = _Api(state)
    application = web.Application(
        client_max_size=_MAX_BODY_BYTES, middlewares=[plumbing.recorder(state, "api"), plumbing.envelopes(state)]
    )
    application.add_routes(
        [
            web.post("/v1/images/generations", api.create),
            web.get("/v1/tasks", api.list_tasks),
            web.post("/v1/tasks/batch", api.batch),
            web.get("/v1/tasks/{task_id}", api.query),
            web.get("/v1/credits", api.credits),
            web.get("/v1/models", api.models),
        ]
    )
    return application


class _Api:
    def __init__(self, state: State) -> None:
        self._state = state

    async def create(self, request: web.Request) -> web.StreamResponse:
        """Take a task: the key is looked at, then the next fault, then the body; then it is reserved and started."""
        plumbing.require_key(self._state, request, "create")
        fault = self._state.knobs.create.take()
        if fault is None or isinstance(fault, Slow):
            response = self._accept(request, await request.read())
            if fault is not None:
                await plumbing.meet(self._state, request, fault)
            return response
        if fault.after_effect:
            self._accept(request, await request.read())
        return await self._faulty(request, fault, "create")

    def _accept(self, request: web.Request, raw: bytes) -> web.Response:
        key = request.headers.get("Idempotency-Key")
        validation.check_idempotency_key(key)
        body = validation.parse_object(raw, request.content_type)
        validation.check_create(body, self._state.knobs)
        if key is not None and key in self._state.task_ids_by_key:
            return self._replay(body, self._state.tasks[self._state.task_ids_by_key[key]])
        task = self._reserve(request, body, key)
        self._state.chores.start(life.live(self._state, task), name=f"evolink {task.id}")
        return json_response(answers.create_answer(task, self._state.knobs.shape))

    def _replay(self, body: JsonObject, task: Task) -> web.Response:
        if body != task.request:
            raise ApiError(409, param="Idempotency-Key")
        answer = answers.create_answer(task, self._state.knobs.shape)
        return json_response(answer, headers={"Idempotency-Replayed": "true"})

    def _reserve(self, request: web.Request, body: JsonObject, key: str | None) -> Task:
        """Make the task and take its price off the balance, in one step without an await."""
        state, knobs = self._state, self._state.knobs
        n_unfinished = sum(1 for task in state.tasks.values() if task.final_status is None)
        if knobs.max_unfinished_tasks is not None and n_unfinished >= knobs.max_unfinished_tasks:
            raise ApiError(429)
        price = catalogue.credits_reserved(body.get("quality", "2K"), len(body.get("image_urls", [])))
        if not state.account.reserve(price):
            raise ApiError(402)
        outcome = knobs.task.take() or knobs.default_outcome
        duration_s = self._duration_s(outcome, body)
        created_at = state.clock.now()
        task = Task(
            id=f"{_TASK_PREFIX}{int(created_at.timestamp()):010d}-{random_name(8)}",
            created_at=created_at,
            request=body,
            headers=request.headers,
            idempotency_key=key,
            outcome=outcome,
            duration_s=duration_s,
            estimated_s=knobs.estimated_time_s if knobs.estimated_time_s is not None else math.ceil(duration_s),
            credits_reserved=price,
            starts_processing=knobs.shape.starts_processing,
        )
        state.tasks[task.id] = task
        if key is not None:
            state.task_ids_by_key[key] = task.id
        return task

    def _duration_s(self, outcome: Outcome, body: JsonObject) -> float:
        if outcome.duration_s is not None:
            return outcome.duration_s
        duration_s = self._state.knobs.duration_s
        return duration_s if isinstance(duration_s, int | float) else duration_s(body)

    async def query(self, request: web.Request) -> web.StreamResponse:
        """Tell where a task stands; HTTP errors mean that the query failed, not the task."""
        state = self._state
        plumbing.require_key(state, request, "query")
        task_id = request.match_info["task_id"]
        if not task_id.startswith(_TASK_PREFIX):
            raise ApiError(400, side="query", param="task_id")
        task = state.tasks.get(task_id)
        if task is not None:
            task.read_at.append(state.clock.now())
        answer = await self._next_fault(request, state.knobs.poll, "query")
        if answer is not None:
            return answer
        if task is None:
            raise ApiError(404, side="query")
        request_id = plumbing.REQUEST_ID.get()
        return json_response(answers.query_answer(task, state.clock.now(), state.knobs.shape, request_id=request_id))

    async def credits(self, request: web.Request) -> web.StreamResponse:
        """Tell the balance."""
        plumbing.require_key(self._state, request, "query")
        answer = await self._next_fault(request, self._state.knobs.credits, "query")
        if answer is not None:
            return answer
        account = self._state.account
        figures = {"remaining_credits": account.remaining_credits, "used_credits": account.used_credits}
        data = {"token": {**figures, "unlimited_credits": False}, "user": figures}
        return json_response({"success": True, "message": "", "data": data})

    async def models(self, request: web.Request) -> web.StreamResponse:
        """List the models that the key may use."""
        plumbing.require_key(self._state, request, "query")
        answer = await self._next_fault(request, self._state.knobs.credits, "query")
        if answer is not None:
            return answer
        return json_response({"data": [{"id": name} for name in sorted(self._state.knobs.models)]})

    async def list_tasks(self, request: web.Request) -> web.StreamResponse:
        """List tasks, newest first (undocumented)."""
        self._require_undocumented()
        plumbing.require_key(self._state, request, "query")
        now = self._state.clock.now()
        rows = [answers.list_item(task, now) for task in reversed(self._state.tasks.values())]
        for name in ("status", "type", "model"):
            if wanted := request.query.get(name):
                rows = [row for row in rows if row[name] == wanted]
        page, page_size = (self._positive(request, name, default) for name, default in (("page", 1), ("page_size", 20)))
        shown = rows[(page - 1) * page_size : page * page_size]
        return json_response({"data": shown, "total": len(rows), "page": page, "page_size": page_size})

    async def batch(self, request: web.Request) -> web.StreamResponse:
        """Tell of several tasks at once; unknown ids are simply missing (undocumented)."""
        self._require_undocumented()
        plumbing.require_key(self._state, request, "query")
        body = validation.parse_object(await request.read(), request.content_type)
        wanted: object = body.get("task_ids")
        ids = cast("list[object]", wanted) if isinstance(wanted, list) else [wanted]
        if len(ids) > _BATCH_MAX_IDS or not isinstance(wanted, list):
            raise ApiError(400, code="invalid_request", param="task_ids", message="task_ids must be at most 50 ids.")
        known = [self._state.tasks[one] for one in ids if isinstance(one, str) and one in self._state.tasks]
        now, shape, request_id = self._state.clock.now(), self._state.knobs.shape, plumbing.REQUEST_ID.get()
        return json_response(
            {"data": [answers.query_answer(task, now, shape, request_id=request_id) for task in known]}
        )

    def _require_undocumented(self) -> None:
        if not self._state.knobs.undocumented:
            raise web.HTTPNotFound

    def _positive(self, request: web.Request, name: str, default: int) -> int:
        text = request.query.get(name, str(default))
        if not text.isdecimal() or int(text) < 1:
            raise ApiError(400, code="invalid_request", param=name, message=f"{name} must be a positive integer.")
        return int(text)

    async def _next_fault(
        self, request: web.Request, queue: Queue[HttpFault | Slow], side: Side
    ) -> web.StreamResponse | None:
        """Let the call meet what the queue holds for it; None where it then goes on as usual."""
        fault = queue.take()
        if fault is None:
            return None
        if isinstance(fault, Slow):
            return await plumbing.meet(self._state, request, fault)
        return await self._faulty(request, fault, side)

    async def _faulty(self, request: web.Request, fault: HttpFault, side: Side) -> web.StreamResponse:
        answer = await plumbing.meet(self._state, request, fault)
        if answer is None:
            raise of_fault(fault, side)
        return answer
