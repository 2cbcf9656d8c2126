"""What a create call may look like (provider.md 1 and 12.1): body in, request or `ApiError` out. Pure."""

import ipaddress
import json
import re
from typing import Any, cast
from urllib.parse import SplitResult, urlsplit

from bot.sandbox.evolink import catalogue
from bot.sandbox.evolink.envelope import ApiError, JsonObject, invalid_request
from bot.sandbox.evolink.knobs import Knobs

FIELDS = frozenset({"model", "prompt", "size", "quality", "image_urls", "model_params", "callback_url"})
MAX_IMAGE_URLS = 14
CALLBACK_URL_MAX_CHARS = 2048
IDEMPOTENCY_KEY = re.compile(r"[A-Za-z0-9._-]{16,96}")
_INTERNAL_NAMES = ("localhost", ".localhost", ".local", ".internal", ".lan", ".home.arpa")


def parse_object(raw: bytes, content_type: str) -> JsonObject:
    """Read a JSON object from a request body; ApiError 400 for anything else."""
    if content_type != "application/json":
        raise invalid_request(None, "Content-Type must be application/json.")
    try:
        body: object = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise invalid_request(None, "The body is not valid JSON.") from error
    if not isinstance(body, dict):
        raise invalid_request(None, "The body must be a JSON object.")
    return cast("JsonObject", body)


def check_idempotency_key(key: str | None) -> None:
    """Refuse an Idempotency-Key outside 16 to 96 letters, digits, dots, underscores and hyphens."""
    if key is not None and IDEMPOTENCY_KEY.fullmatch(key) is None:
        raise invalid_request("Idempotency-Key", "Idempotency-Key must be 16-96 characters of A-Z a-z 0-9 . _ -")


def check_create(body: JsonObject, knobs: Knobs) -> None:
    """Raise the ApiError that a create body deserves, field by field in the documented order."""
    _check_model(body, knobs)
    _check_prompt(body, knobs)
    _check_choice(body, "size", catalogue.SIZES)
    _check_choice(body, "quality", catalogue.QUALITIES)
    _check_image_urls(body)
    _check_model_params(body)
    if "callback_url" in body:
        _check_callback_url(_string(body, "callback_url"), loopback_allowed=knobs.loopback_callbacks)
    for name in body:
        if name not in FIELDS:
            raise invalid_request(name, f"Unknown field: {name}")


def _string(body: JsonObject, name: str) -> str:
    value: object = body[name]
    if not isinstance(value, str):
        raise invalid_request(name, f"{name} must be a string.")
    return value


def _required_string(body: JsonObject, name: str) -> str:
    if name not in body:
        raise invalid_request(name, f"{name} is required.")
    value = _string(body, name)
    if not value.strip():
        raise invalid_request(name, f"{name} must not be empty.")
    return value


def _check_model(body: JsonObject, knobs: Knobs) -> None:
    model = _required_string(body, "model")
    if model not in knobs.models:
        raise ApiError(403, param="model", message=f"This key has no access to the model {model}.")


def _check_prompt(body: JsonObject, knobs: Knobs) -> None:
    prompt = _required_string(body, "prompt")
    limit = knobs.prompt_max_chars
    if limit is not None and len(prompt) > limit:
        raise invalid_request("prompt", f"prompt is too long: {len(prompt)} characters, at most {limit}.")


def _check_choice(body: JsonObject, name: str, choices: tuple[str, ...]) -> None:
    if name in body and _string(body, name) not in choices:
        raise invalid_request(name, f"{name} must be one of: {', '.join(choices)}.")


def _check_image_urls(body: JsonObject) -> None:
    if "image_urls" not in body:
        return
    value: object = body["image_urls"]
    if not isinstance(value, list):
        raise invalid_request("image_urls", "image_urls must be an array of strings.")
    urls = cast("list[object]", value)
    if len(urls) > MAX_IMAGE_URLS:
        raise invalid_request("image_urls", f"image_urls holds {len(urls)} URLs, at most {MAX_IMAGE_URLS}.")
    for index, url in enumerate(urls):
        if not isinstance(url, str):
            raise invalid_request("image_urls", f"image_urls[{index}] must be a string.")
        parts = _split(url)
        if parts is None or parts.scheme not in {"http", "https"}:
            raise invalid_request(
                "image_urls", f"image_urls[{index}] must be an http or https URL; no base64 or data:."
            )


def _split(url: str) -> SplitResult | None:
    """Take a URL apart; None where it is none with a host."""
    try:
        parts = urlsplit(url)
        named = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return None
    return parts if named and not re.search(r"[\s\x00-\x1f]", url) else None


def _check_model_params(body: JsonObject) -> None:
    if "model_params" not in body:
        return
    value: object = body["model_params"]
    if not isinstance(value, dict):
        raise invalid_request("model_params", "model_params must be an object.")
    params = cast("dict[str, Any]", value)
    for name, setting in params.items():
        path = f"model_params.{name}"
        if name in {"web_search", "image_search"}:
            if not isinstance(setting, bool):
                raise invalid_request(path, f"{path} must be a boolean.")
        elif name == "thinking_level":
            if setting not in catalogue.THINKING_LEVELS:
                raise invalid_request(path, f"{path} must be one of: {', '.join(catalogue.THINKING_LEVELS)}.")
        else:
            raise invalid_request(path, f"Unknown field: {path}")


def _check_callback_url(url: str, *, loopback_allowed: bool) -> None:
    if len(url) > CALLBACK_URL_MAX_CHARS:
        raise invalid_request("callback_url", f"callback_url is longer than {CALLBACK_URL_MAX_CHARS} characters.")
    parts = _split(url)
    if parts is None or parts.hostname is None:
        raise invalid_request("callback_url", "callback_url must be a URL.")
    if loopback_allowed and parts.scheme in {"http", "https"} and _is_loopback(parts.hostname):
        return
    if parts.scheme != "https":
        raise invalid_request("callback_url", "callback_url must use HTTPS.")
    if _is_internal(parts.hostname):
        raise invalid_request("callback_url", "callback_url must not be an internal address.")


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _is_loopback(host: str) -> bool:
    address = _address(host)
    return host == "localhost" if address is None else address.is_loopback


def _is_internal(host: str) -> bool:
    """Say whether a host is internal by its name or literal address; names are not resolved."""
    address = _address(host)
    if address is not None:
        mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
        return not (mapped or address).is_global
    name = host.rstrip(".")
    numeric = re.fullmatch(r"(0x[0-9a-f]+|\d+)(\.(0x[0-9a-f]+|\d+))*", name) is not None
    return numeric or "." not in name or name.endswith(_INTERNAL_NAMES)
