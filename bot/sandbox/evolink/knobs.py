"""Every trap of provider.md 12 as something a test can set, at any time. Plain data, no I/O.

Two kinds: queues (`knobs.poll.append(HttpFault(status=502), times=3)`: the next calls answer so, one entry a call) and
plain fields (`knobs.duration_s = 30`: from now on).
"""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeVar

from bot.sandbox.evolink import catalogue
from bot.sandbox.evolink.outcomes import BodyFault, Completed, Outcome

Entry = TypeVar("Entry")


class Queue(Generic[Entry]):
    """What the next calls will meet, in order; `times=None` stays for ever."""

    def __init__(self) -> None:
        self._entries: deque[list[Any]] = deque()

    def append(self, entry: Entry, *, times: int | None = 1) -> None:
        """Let the next `times` calls that find nothing before it meet `entry`."""
        self._entries.append([entry, times])

    def take(self) -> Entry | None:
        """Return what this call meets, and use it up."""
        if not self._entries:
            return None
        slot = self._entries[0]
        if slot[1] is not None:
            slot[1] -= 1
            if slot[1] <= 0:
                self._entries.popleft()
        return slot[0]

    def clear(self) -> None:
        """Forget whatever was still to come."""
        self._entries.clear()

    def __len__(self) -> int:
        return len(self._entries)


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpFault:
    """An HTTP answer that is no success. What is left None comes from the tables of provider.md 6.1."""

    status: int = 500
    code: str | int | None = None
    kind: str | None = None
    """The envelope's `type`."""
    message: str | None = None
    param: str | None = None
    extra: Mapping[str, object] | None = None
    """More members of the error object: `details`, `limit_scope`, `fallback_suggestion` ..."""
    retry_after: int | str | None = None
    """The header: seconds, or an HTTP date."""
    body: bytes | None = None
    """Answer with these bytes instead of the envelope, whatever `status` says (200 included)."""
    content_type: str = "text/html"
    """The type of `body`."""
    delay_s: float = 0.0
    """Wait this long, by the clock, before answering."""
    drop: bool = False
    """Close the connection instead of answering."""
    after_effect: bool = False
    """The call takes effect all the same (a task is made and reserved); only its answer is lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slow:
    """A right answer, late by the clock."""

    delay_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadFault:
    """An answer of the file service that is no plain success: `success:false` at any HTTP status, or no `file_url`."""

    code: int = 50001
    msg: str = "Storage error"
    status: int = 200
    without_file_url: bool = False
    """The upload works, yet the answer has only `download_url`."""


@dataclass(slots=True, kw_only=True)
class Shape:
    """How answers deviate from the documented form while the task itself is healthy."""

    starts_processing: bool = False
    """Create answers `processing` and progress 1 (provider.md C14)."""
    usage: bool = True
    task_info: bool = True
    billing_rule: str = "per_call"
    integer_error_codes: bool = False
    """HTTP errors in the older form: `code` is the status, with a `fallback_suggestion` (provider.md C5)."""
    newest: bool = False
    """Members that only the newest clients read: `billing`, `usage.cost`, `request_id`, `error.suggestion`."""


@dataclass(slots=True, kw_only=True)
class CallbackHabit:
    """How callbacks are sent: `times` 0 is never, 2 is twice; `late_s` waits by the clock first."""

    times: int = 1
    late_s: float = 0.0


@dataclass(slots=True, kw_only=True)
class Knobs:
    """Everything about the stand-in that can be turned. The defaults are the faithful, healthy service."""

    create: Queue[HttpFault | Slow] = field(default_factory=Queue[HttpFault | Slow])
    poll: Queue[HttpFault | Slow] = field(default_factory=Queue[HttpFault | Slow])
    credits: Queue[HttpFault | Slow] = field(default_factory=Queue[HttpFault | Slow])
    """Met by GET /v1/credits and GET /v1/models."""
    upload: Queue[UploadFault | HttpFault | Slow] = field(default_factory=Queue[UploadFault | HttpFault | Slow])
    result: Queue[HttpFault | BodyFault | Slow] = field(default_factory=Queue[HttpFault | BodyFault | Slow])
    """Met by downloads from the result host."""
    task: Queue[Outcome] = field(default_factory=Queue[Outcome])
    """How the next created tasks end."""
    default_outcome: Outcome = field(default_factory=Completed)

    shape: Shape = field(default_factory=Shape)
    callback: CallbackHabit = field(default_factory=CallbackHabit)

    duration_s: float | Callable[[Mapping[str, Any]], float] = 6.0
    """Seconds from creation to the end by the clock; a function is given the request body."""
    estimated_time_s: int | None = None
    """What `task_info.estimated_time` says; None is the true duration, rounded up."""
    models: set[str] = field(default_factory=lambda: {catalogue.MODEL})
    prompt_max_chars: int | None = 2000
    """The schema's maxLength (provider.md C1); None lets any length through, as a gateway counting tokens might."""
    max_unfinished_tasks: int | None = None
    """Beyond it a create answers 429."""
    loopback_callbacks: bool = False
    """Allow plain http to a loopback address in `callback_url`; the live service never does."""
    undocumented: bool = False
    """Answer GET /v1/tasks and POST /v1/tasks/batch, which are in no public docs page."""

    result_gone_status: Literal[403, 404] = 403
    """What an expired result link answers."""
    max_files: int = 2000
    max_upload_bytes: int = 100_000_000
    upload_errors_at_200: bool = True
    """Refused uploads answer HTTP 200 with `success:false`; else the fitting HTTP status."""
    list_and_delete: bool = True
    """The file service's list and delete, which no docs page promises."""
    stale_s: float = 60.0
    """How long caches go on serving the old bytes after an upload of the same name."""
