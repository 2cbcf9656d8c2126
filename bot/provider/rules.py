"""What a request must obey (provider.md 1.1), checked before any call: InvalidRequest names the field."""

import enum
import re
from collections.abc import Sequence
from urllib.parse import SplitResult, urlsplit

from bot.jobs.model import PROMPT_MAX_CHARS
from bot.net import is_loopback_url, is_public_host
from bot.provider.errors import InvalidRequest

IMAGE_URLS_MAX = 14
CALLBACK_URL_MAX_CHARS = 2048

_PICTURE_SUFFIXES = (".jpeg", ".jpg", ".png", ".webp")
_SUFFIX = re.compile(r"\.[a-z][a-z0-9]{1,4}$", re.IGNORECASE)
_IDEMPOTENCY_KEY = re.compile(r"[A-Za-z0-9._-]{16,96}")
_UNPRINTABLE = re.compile(r"[\x00-\x20\x7f]")


def check_idempotency_key(key: str) -> None:
    """InvalidRequest unless the key has the form that the gateway takes (provider.md 1)."""
    if not _IDEMPOTENCY_KEY.fullmatch(key):
        raise InvalidRequest("idempotency_key", "16 to 96 letters, digits, dots, underscores or hyphens")


def known(kind: type[enum.StrEnum], value: str, name: str) -> str:
    """Return the wire's word for a choice; InvalidRequest if it is none of them."""
    try:
        return kind(value).value
    except ValueError:
        raise InvalidRequest(name, f"must be one of {', '.join(member.value for member in kind)}") from None


def check_prompt(prompt: str) -> None:
    """InvalidRequest unless there is something to draw, of a length that is taken (C1: characters are counted)."""
    if not prompt.strip():
        raise InvalidRequest("prompt", "must not be empty")
    if len(prompt) > PROMPT_MAX_CHARS:
        raise InvalidRequest("prompt", f"has {len(prompt)} characters, at most {PROMPT_MAX_CHARS} are taken")
    try:
        prompt.encode()
    except UnicodeEncodeError:
        raise InvalidRequest("prompt", "holds half of a character") from None


def check_image_urls(urls: Sequence[str]) -> None:
    """InvalidRequest unless there are at most 14 addresses of pictures, of a kind that the model takes."""
    if len(urls) > IMAGE_URLS_MAX:
        raise InvalidRequest("image_urls", f"{len(urls)} pictures, at most {IMAGE_URLS_MAX} are taken")
    for number, url in enumerate(urls, start=1):
        parts = _split(url)
        if parts is None or parts.scheme not in {"http", "https"}:
            raise InvalidRequest("image_urls", f"picture {number} is not an http address")
        suffix = _SUFFIX.search(parts.path.rpartition("/")[2])
        # The file service's own download links carry no suffix, so only a wrong one is refused.
        if suffix and suffix.group().lower() not in _PICTURE_SUFFIXES:
            raise InvalidRequest("image_urls", f"picture {number} is not a .jpeg, .jpg, .png or .webp")


def check_callback_url(url: str, *, loopback: bool) -> None:
    """InvalidRequest unless the address is https and public; with `loopback`, this machine will do, by http, too."""
    if len(url) > CALLBACK_URL_MAX_CHARS:
        raise InvalidRequest("callback_url", f"has {len(url)} characters, at most {CALLBACK_URL_MAX_CHARS} are taken")
    parts = _split(url)
    if parts is None or parts.scheme not in {"http", "https"}:
        raise InvalidRequest("callback_url", "is not an https address")
    if loopback and is_loopback_url(url):
        return
    if parts.scheme != "https":
        raise InvalidRequest("callback_url", "must be https")
    if not is_public_host(parts.hostname or ""):
        raise InvalidRequest("callback_url", "must not be an internal address")


def _split(url: str) -> SplitResult | None:
    """Take a URL apart; None if it is none, or has no host or a port that cannot be."""
    try:
        parts = urlsplit(url)
        usable = parts.hostname and parts.port != 0 and not _UNPRINTABLE.search(url)
    except ValueError:
        return None
    return parts if usable else None
