"""How the provider says no: its error bodies in all their shapes (provider.md 5 and 6.1), made into one error."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

from bot.provider import retry
from bot.provider.errors import ProviderError, UploadRefused, class_of

_MESSAGE_MAX_CHARS = 2000
_REQUEST_ID_TAIL = re.compile(r"\s*[\[(]\s*request[ _-]?id\s*[:=]?\s*([\w.-]+)\s*[\])]\s*$", re.IGNORECASE)


def text_of(value: object) -> str | None:
    """Return a string or an integer as text; None for anything else and for emptiness."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return str(value).strip() or None


def mapping_of(value: object) -> dict[str, Any]:
    """Return a JSON object as it is, and an empty one for anything else."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def read_error(http_status: int, payload: object, headers: Mapping[str, str], *, now: datetime) -> ProviderError:
    """Make the error of an answer that is no success. `payload` is None where the body was no JSON; header names are
    in lower case.
    """
    outer = mapping_of(payload)
    inner = mapping_of(outer.get("error"))
    code = text_of(inner.get("code")) or text_of(outer.get("code"))
    message, request_id = _split_request_id(_message(outer, inner))
    return _class_of(http_status, code)(
        message,
        http_status=http_status,
        code=code,
        error_type=text_of(inner.get("type")),
        param=text_of(inner.get("param")),
        request_id=_first_text(inner.get("request_id"), outer.get("request_id"), _header_id(headers), request_id),
        retry_after_s=retry.retry_after_s(headers.get("retry-after"), now=now),
    )


def read_refusal_at_200(payload: object, headers: Mapping[str, str], *, now: datetime) -> ProviderError:
    """Make the error of a `success: false` that came with HTTP 200; its code then stands for the status."""
    code = text_of(mapping_of(payload).get("code")) or ""
    status = int(code[:3]) if re.fullmatch(r"[45]\d{2}(\d{2})?", code) else 400
    return read_error(status, payload, headers, now=now)


def _class_of(http_status: int, code: str | None) -> type[ProviderError]:
    if code is not None and re.fullmatch(r"4\d{4}", code) and http_status < 500:
        return UploadRefused
    return class_of(http_status, code)


def _message(outer: dict[str, Any], inner: dict[str, Any]) -> str:
    said = _first_text(inner.get("message"), outer.get("error"), outer.get("message"), outer.get("msg"))
    return (said or "")[:_MESSAGE_MAX_CHARS]


def _split_request_id(message: str) -> tuple[str, str | None]:
    """Take the bracketed request id off the end of a message (provider.md 6.1)."""
    tail = _REQUEST_ID_TAIL.search(message)
    return (message[: tail.start()], tail.group(1)) if tail else (message, None)


def _header_id(headers: Mapping[str, str]) -> str | None:
    return headers.get("x-request-id") or headers.get("x-oneapi-request-id")


def _first_text(*candidates: object) -> str | None:
    return next((text for candidate in candidates if (text := text_of(candidate))), None)
