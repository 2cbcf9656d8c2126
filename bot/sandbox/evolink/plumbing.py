"""What every service does with a request: write it down, give it an id, wait, drop, check the key. No routes."""

from contextvars import ContextVar

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from bot.sandbox.evolink.envelope import ApiError, Side, error_response, json_response
from bot.sandbox.evolink.knobs import HttpFault, Slow
from bot.sandbox.evolink.records import SeenRequest, Service
from bot.sandbox.evolink.state import State, random_name

REQUEST_ID: ContextVar[str] = ContextVar("evolink_request_id")
"""The id of the request being answered, for its header and its body."""


def recorder(state: State, service: Service) -> Middleware:
    """Make the middleware that keeps a record of every request of one service and stamps the answer with an id."""

    @web.middleware
    async def record(request: web.Request, handler: Handler) -> web.StreamResponse:
        request_id = random_name(24)
        REQUEST_ID.set(request_id)
        body = b"" if service != "api" else await _body_of(request)
        state.requests.append(
            SeenRequest(
                service=service,
                method=request.method,
                path=request.path,
                query=request.query_string,
                headers=request.headers,
                body=body or b"",
                at=state.clock.now(),
            )
        )
        response = error_response(ApiError(413)) if body is None else await handler(request)
        if not response.prepared:
            response.headers["X-Request-Id"] = response.headers["X-Oneapi-Request-Id"] = request_id
        return response

    return record


async def _body_of(request: web.Request) -> bytes | None:
    try:
        return await request.read()
    except web.HTTPRequestEntityTooLarge:
        return None


def envelopes(state: State) -> Middleware:
    """Make the middleware that turns every error of the API into the envelope of provider.md 6.1."""

    @web.middleware
    async def wrap(request: web.Request, handler: Handler) -> web.StreamResponse:
        shape = state.knobs.shape
        try:
            return await handler(request)
        except web.HTTPException as error:
            problem = _http_problem(error, request)
        except ApiError as error:
            problem = error
        integer_code = shape.integer_error_codes or request.path == "/v1/credits"
        request_id = REQUEST_ID.get() if shape.newest else None
        return error_response(problem, integer_code=integer_code, request_id=request_id)

    return wrap


def _http_problem(error: web.HTTPException, request: web.Request) -> ApiError:
    message = f"Invalid URL ({request.method} {request.path})."
    return ApiError(error.status, code="not_found", kind="invalid_request_error", message=message)


def has_key(state: State, request: web.Request) -> bool:
    """Say whether the request carries the account's key, without stray white space."""
    return request.headers.get("Authorization") == f"Bearer {state.api_key}"


def require_key(state: State, request: web.Request, side: Side) -> None:
    """Raise the 401 of the API where the key is missing or wrong."""
    if not has_key(state, request):
        raise ApiError(401, side=side)


async def meet(state: State, request: web.Request, fault: HttpFault | Slow) -> web.StreamResponse | None:
    """Wait as the fault says; return its answer where it does not follow from the envelope."""
    if fault.delay_s > 0:
        await state.clock.sleep(fault.delay_s)
    if isinstance(fault, Slow):
        return None
    if fault.drop:
        return drop(request)
    if fault.body is not None:
        return web.Response(body=fault.body, status=fault.status, content_type=fault.content_type)
    return None


def drop(request: web.Request) -> web.Response:
    """Close the connection; the answer that is returned can no longer be written."""
    if request.transport is not None:
        request.transport.abort()
    return json_response({})
