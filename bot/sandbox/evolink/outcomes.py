"""How a task of the stand-in may end, and how its bytes may be spoilt (provider.md 6.2, 10, 12). Plain data."""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

TASK_ERROR_MESSAGES = MappingProxyType(
    {
        "content_policy_violation": "Declined by the safety rules: photorealistic people.\nChange the prompt.",
        "invalid_parameters": "Invalid parameters: prompt too long.\nShorten the prompt and try again.",
        "image_processing_error": "A reference image could not be processed.\nUse URLs that can be downloaded.",
        "image_dimension_mismatch": "The dimensions of the pictures do not fit.\nUse pictures of fitting sizes.",
        "request_cancelled": "The request was cancelled or interrupted.\nSend it again if this was not meant.",
        "generation_failed_no_content": "The model returned no image.\nTry a more precise prompt.",
        "service_error": "The service had a fault.\nTry again in 30 to 60 seconds.",
        "generation_timeout": "The generation took too long.\nTry again later or at a lower quality.",
        "resource_exhausted": "Resources are exhausted.\nTry again in 1 to 5 minutes.",
        "quota_exceeded": "Too many requests at once.\nWait for running tasks and look at your balance.",
        "service_unavailable": "The service is unavailable.\nTry again in a few minutes.",
        "resource_not_found": "The resource was not found or has expired.\nCheck the id.",
        "unknown_error": "An unknown error occurred.\nTry once more, then contact support with the task id.",
        "model_unavailable": "The model is not available.\nTry again later.",
        "upstream_error": "The upstream provider had a fault.\nTry again later.",
        "rate_limited": "Too many requests.\nTry again later.",
    }
)
"""Every code of provider.md 6.2 with a text of its own: a title line, then advice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyFault:
    """Spoil a result body after `keep` of its bytes.

    `truncated` sends a shorter body whose Content-Length agrees; `cut` promises the whole and closes the connection;
    `hang` promises the whole, sends nothing for `hang_s` of the clock, then goes on to the end.
    """

    kind: Literal["truncated", "cut", "hang"]
    keep: float = 0.5
    hang_s: float = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
    """The task ends with a picture. Each field other than its default is one trap."""

    results: Literal["strings", "objects", "image_url_objects", "empty", "absent"] = "strings"
    """How `results` lists the links: as strings, as `{url}`, as `{image_url}`, as `[]`, or not at all."""
    result_data: bool = True
    usage: bool = True
    n_results: int = 1
    encoding: Literal["jpeg", "png", "webp"] = "jpeg"
    """What the bytes really are."""
    extension: str | None = None
    """What the link ends in, where it lies about the bytes."""
    content_type: str | None = None
    """What the header says, where it does not follow the bytes."""
    pixel_size: tuple[int, int] | None = None
    """Another size than the one asked for (js-genai #1461)."""
    exact_bytes: int | None = None
    """Pad the file with an ignored segment up to this size, which must be above its own."""
    noise: float = 14.0
    """Strength of the grain; it decides how many bytes the file has."""
    body: bytes | None = None
    """Serve exactly these bytes instead of a drawing."""
    link: str | None = None
    """Name this address as the result instead of one of ours."""
    redirect_to: str | None = None
    """Our link redirects to this address, which may be anything."""
    redirects: int = 0
    """How many times the link redirects before the bytes come."""
    gone_status: Literal[403, 404] | None = None
    """The link is dead from the beginning, as an expired one."""
    body_fault: BodyFault | None = None
    credits_used: float | None = None
    duration_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The task ends as failed, at HTTP 200, and the reservation is given back."""

    code: str | int = "service_error"
    message: str | None = None
    """Another text than the one in TASK_ERROR_MESSAGES."""
    with_type: bool = True
    documented_body: bool = False
    """Leave out `created`, `task_info`, `type` and `error.type`, as the docs' example does."""
    duration_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancelled:
    """The task ends as cancelled, in one of the two readings of provider.md 3.1."""

    reading: Literal["status", "failed_code"] = "status"
    duration_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stuck:
    """The task never ends; its progress stops rising at `progress`."""

    progress: int = 99
    duration_s: float | None = None


Outcome = Completed | Failed | Cancelled | Stuck

EMPTY_RESULTS = Completed(results="empty", result_data=False)
ABSENT_RESULTS = Completed(results="absent", result_data=False)
ONLY_RESULT_DATA = Completed(results="absent")
RESULT_OBJECTS = Completed(results="objects")
TWO_RESULTS = Completed(n_results=2)
REDIRECTED = Completed(redirects=2)
EXPIRED = Completed(gone_status=403)
GONE = Completed(gone_status=404)
PNG_UNDER_JPG = Completed(encoding="png", extension=".jpg", content_type="image/jpeg")
JPG_UNDER_PNG = Completed(encoding="jpeg", extension=".png", content_type="image/png")
OCTET_STREAM = Completed(content_type="application/octet-stream")
TRUNCATED = Completed(body_fault=BodyFault(kind="truncated"))
CUT_OFF = Completed(body_fault=BodyFault(kind="cut"))
PNG_24MB = Completed(encoding="png", noise=2.5)
"""With `quality` 4K: a PNG of about 24 MB whose grain no lossless re-encoding can take away."""
WRONG_SIZE = Completed(pixel_size=(1024, 1024))
DOCUMENTED_SUBSET = Completed(result_data=False, usage=False)
