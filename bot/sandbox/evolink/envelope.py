"""The error envelope of the API (provider.md 6.1) and how JSON leaves the stand-in. No state, no routes."""

import json
from collections.abc import Mapping
from typing import Any, Literal

from aiohttp import web

from bot.sandbox.evolink.knobs import HttpFault

JsonObject = dict[str, Any]
Side = Literal["create", "query"]

_COMMON = {
    401: ("unauthorized", "authentication_error", "Invalid API key."),
    404: ("not_found", "not_found_error", "Not found."),
    409: ("idempotency_conflict", "invalid_request_error", "This Idempotency-Key was used with another body."),
    413: ("request_too_large", "request_too_large_error", "The request is too large."),
    500: ("internal_error", "api_error", "Internal server error."),
    502: ("upstream_error", "upstream_error", "The upstream provider answered with an error."),
    503: ("service_unavailable", "service_unavailable_error", "No available channel for this model."),
}
_TABLES: dict[Side, dict[int, tuple[str, str, str]]] = {
    "create": _COMMON
    | {
        400: ("invalid_request", "invalid_request_error", "The request is not valid."),
        402: ("insufficient_quota", "insufficient_quota", "Credits are not sufficient for this request."),
        403: ("model_access_denied", "invalid_request_error", "This key has no access to the model."),
        429: ("rate_limit_exceeded", "rate_limit_error", "Too many requests."),
    },
    "query": _COMMON
    | {
        400: ("invalid_task_id", "invalid_request_error", "The task id must begin with task-unified-."),
        402: ("quota_exceeded", "insufficient_quota", "Credits are used up."),
        403: ("permission_denied", "invalid_request_error", "This key may not read the task."),
        404: ("task_not_found", "invalid_request_error", "The task does not exist."),
        429: ("rate_limit_exceeded", "evo_api_error", "Too many requests."),
    },
}
_FALLBACK_SUGGESTIONS = {
    404: "Use gemini-3.1-flash-image-preview.",
    413: "Keep pictures under 4 MB.",
    429: "Try again after 60 seconds.",
    502: "Try another model.",
    503: "Try again after 30 seconds.",
}


class ApiError(Exception):
    """An HTTP error of the API; what is None comes from the side's table."""

    def __init__(
        self,
        status: int,
        *,
        side: Side = "create",
        code: str | int | None = None,
        kind: str | None = None,
        message: str | None = None,
        param: str | None = None,
        extra: Mapping[str, object] | None = None,
        retry_after: int | str | None = None,
    ) -> None:
        super().__init__(status, code, message)
        self.status = status
        self.side: Side = side
        self.code = code
        self.kind = kind
        self.message = message
        self.param = param
        self.extra = extra
        self.retry_after = retry_after


def invalid_request(param: str | None, message: str) -> ApiError:
    """Make the 400 of a create call whose field `param` is wrong."""
    return ApiError(400, param=param, message=message)


def of_fault(fault: HttpFault, side: Side) -> ApiError:
    """Turn a knob's fault into the error it imitates."""
    return ApiError(
        fault.status,
        side=side,
        code=fault.code,
        kind=fault.kind,
        message=fault.message,
        param=fault.param,
        extra=fault.extra,
        retry_after=fault.retry_after,
    )


def json_response(body: object, *, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """Answer with JSON, characters unescaped."""
    text = json.dumps(body, ensure_ascii=False)
    return web.Response(text=text, status=status, headers=headers, content_type="application/json")


def error_response(error: ApiError, *, integer_code: bool = False, request_id: str | None = None) -> web.Response:
    """Answer with the envelope; `request_id` is put into it as the newest answers do."""
    code, kind, message = _TABLES[error.side].get(error.status, ("unknown_error", "api_error", "Something went wrong."))
    inner: JsonObject = {
        "code": error.code if error.code is not None else code,
        "message": error.message or message,
        "type": error.kind or kind,
    }
    if integer_code:
        inner |= {"code": error.status, "fallback_suggestion": _FALLBACK_SUGGESTIONS.get(error.status, "Try again.")}
    if error.param is not None:
        inner["param"] = error.param
    if request_id is not None:
        inner |= {"request_id": request_id, "message": f"{inner['message']} [{request_id}]"}
    headers = {} if error.retry_after is None else {"Retry-After": str(error.retry_after)}
    return json_response({"error": inner | dict(error.extra or {})}, status=error.status, headers=headers)
