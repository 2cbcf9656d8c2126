"""How the provider's answers are read: leniently (provider.md 2, 3 and 5).

Only what is indispensable must be there: a task's id, a file's URL. All else may be absent, null or of another type.
What is read is bounded: it is stored, counted with and shown, and no number of theirs may be too much for any of that.
"""

import itertools
import math
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Annotated, Any, cast

import pydantic
from pydantic import BeforeValidator

from bot.provider.envelope import mapping_of, text_of
from bot.provider.errors import BadAnswer
from bot.provider.models import (
    Credits,
    FileQuota,
    ListedTask,
    StoredFile,
    Task,
    TaskError,
    TaskPage,
    TaskStatus,
    Upload,
)

UPLOAD_LIFE = timedelta(hours=72)
"""How long the file service keeps a file (provider.md 5)."""

LONGEST_S = 86_400
HIGHEST_PRICE = 1_000_000.0
"""In credits, far above any: a number beyond it is a fault of the provider and no price."""
RESULTS_MAX = 16
"""Of these the first that leads to a picture is used; a model that draws one has no reason to name more."""
FILES_MAX = 1000
TASKS_MAX = 1000

_CREDITS_MAX = 1e9
_BYTES_MAX = 2**53
_FILE_COUNT_MAX = 10**9
_TASK_ID = re.compile(r"[!-~]{1,200}")
_FIRST_MILLISECONDS = 1e11
"""As seconds it would be the year 5138."""
_SERVICE_ZONE = timezone(timedelta(hours=8))


def read_task(payload: object) -> Task:
    """Read the answer of a create or of a query; BadAnswer without an id of printable ASCII."""
    wire = _TaskWire.model_validate(mapping_of(payload))
    if wire.id is None or not _TASK_ID.fullmatch(wire.id):
        raise BadAnswer("the answer names no task", http_status=200)
    status = _status(wire)
    return Task(
        id=wire.id,
        status=status,
        progress=int(min(100.0, max(0.0, wire.progress or 0.0))),
        estimated_s=_whole(wire.task_info.estimated_time, most=LONGEST_S),
        credits_reserved=_first(wire.usage.credits_reserved, wire.billing.reserved_credits),
        credits_used=_first(wire.usage.credits_used, wire.usage.cost.credits, wire.billing.charged_credits),
        result_urls=_urls(wire.results) or _urls(wire.result_data),
        error=_task_error(wire.error) if status in {TaskStatus.FAILED, TaskStatus.CANCELLED} else None,
        model=wire.model,
        duration_s=_whole(wire.duration, most=LONGEST_S),
        created_at=_instant(wire.created),
    )


def read_task_page(payload: object) -> TaskPage:
    """Read a page of the task list, newest first or not; BadAnswer where it is no list."""
    shape = mapping_of(payload)
    if not isinstance(shape.get("data"), list):
        raise BadAnswer("the answer is no list of tasks", http_status=200)
    wires = [_ListedWire.model_validate(line) for line in itertools.islice(_items(shape["data"]), TASKS_MAX)]
    tasks = tuple(
        ListedTask(id=wire.id, model=wire.model, created_at=created_at)
        for wire in wires
        if wire.id is not None and _TASK_ID.fullmatch(wire.id) and (created_at := _instant(wire.created_at))
    )
    total = _whole(_lenient_number(shape.get("total")), most=_FILE_COUNT_MAX)
    return TaskPage(tasks=tasks, n_unread=len(wires) - len(tasks), total=total)


def read_credits(payload: object) -> Credits:
    """Read the balance; BadAnswer if it holds no number at all."""
    wire = _CreditsWire.model_validate(mapping_of(mapping_of(payload).get("data")))
    amounts = (
        wire.token.remaining_credits,
        wire.token.used_credits,
        wire.user.remaining_credits,
        wire.user.used_credits,
    )
    if all(amount is None for amount in amounts):
        raise BadAnswer("the answer names no balance", http_status=200)
    return Credits(
        token_remaining=wire.token.remaining_credits,
        token_used=wire.token.used_credits,
        token_unlimited=wire.token.unlimited_credits is True,
        user_remaining=wire.user.remaining_credits,
        user_used=wire.user.used_credits,
    )


def read_models(payload: object) -> frozenset[str]:
    """Read the names of models, as many as there are."""
    names = (text_of(mapping_of(line).get("id")) for line in _items(mapping_of(payload).get("data")))
    return frozenset(name for name in names if name)


def read_upload(payload: object, *, now: datetime) -> Upload:
    """Read an upload's answer; BadAnswer without any URL. The expiry is never later than 72 hours from `now`."""
    wire = _UploadWire.model_validate(mapping_of(mapping_of(payload).get("data")))
    file_url = wire.file_url or wire.download_url
    if file_url is None:
        raise BadAnswer("the answer names no file", http_status=200)
    return Upload(
        file_url=file_url,
        expires_at=_expiry(wire.expires_at, now=now),
        file_id=wire.file_id,
        file_name=wire.file_name,
        media_type=wire.mime_type,
        n_bytes=_whole(wire.file_size, most=_BYTES_MAX),
    )


def read_quota(payload: object) -> FileQuota:
    """Read how many files there may be. The documented example does not add up, so nothing is derived (C4)."""
    wire = _QuotaWire.model_validate(mapping_of(mapping_of(payload).get("data")))
    return FileQuota(
        used=_whole(wire.used_files, most=_FILE_COUNT_MAX),
        maximum=_whole(wire.max_files, most=_FILE_COUNT_MAX),
        remaining=_whole(wire.remain_files, most=_FILE_COUNT_MAX),
    )


def read_file_list(payload: object) -> tuple[StoredFile, ...]:
    """Read one page of the file list, leaving out lines without an id and whatever no page should hold."""
    lines = mapping_of(mapping_of(payload).get("data")).get("files")
    wires = [_UploadWire.model_validate(mapping_of(line)) for line in itertools.islice(_items(lines), FILES_MAX)]
    return tuple(
        StoredFile(file_id=wire.file_id, file_name=wire.file_name, n_bytes=_whole(wire.file_size, most=_BYTES_MAX))
        for wire in wires
        if wire.file_id is not None
    )


def _lenient_number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _lenient_price(value: object) -> float | None:
    """Take what can be the price of a task: nothing is settled by a number that cannot."""
    price = _lenient_number(value)
    return price if price is not None and 0 <= price <= HIGHEST_PRICE else None


def _lenient_bool(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


_Number = Annotated[float | None, BeforeValidator(_lenient_number)]
_Price = Annotated[float | None, BeforeValidator(_lenient_price)]
_Text = Annotated[str | None, BeforeValidator(text_of)]
_Bool = Annotated[bool | None, BeforeValidator(_lenient_bool)]


class _Wire(pydantic.BaseModel):
    """Unknown fields are ignored; anything but an object counts as an empty one."""

    model_config = pydantic.ConfigDict(extra="ignore", frozen=True)

    @pydantic.model_validator(mode="before")
    @classmethod
    def _forgive(cls, value: object) -> dict[str, Any]:
        return mapping_of(value)


class _TaskInfo(_Wire):
    estimated_time: _Number = None


class _Cost(_Wire):
    credits: _Price = None


class _Usage(_Wire):
    credits_reserved: _Price = None
    credits_used: _Price = None
    cost: _Cost = _Cost()


class _Billing(_Wire):
    reserved_credits: _Price = None
    charged_credits: _Price = None


class _TaskWire(_Wire):
    id: _Text = None
    status: _Text = None
    progress: _Number = None
    model: _Text = None
    created: object = None
    duration: _Number = None
    task_info: _TaskInfo = _TaskInfo()
    usage: _Usage = _Usage()
    billing: _Billing = _Billing()
    results: object = None
    result_data: object = None
    error: object = None


class _ListedWire(_Wire):
    id: _Text = None
    model: _Text = None
    created_at: object = None


class _Balance(_Wire):
    remaining_credits: _Number = None
    used_credits: _Number = None
    unlimited_credits: _Bool = None


class _CreditsWire(_Wire):
    token: _Balance = _Balance()
    user: _Balance = _Balance()


class _UploadWire(_Wire):
    file_id: _Text = None
    file_name: _Text = None
    file_url: _Text = None
    download_url: _Text = None
    mime_type: _Text = None
    file_size: _Number = None
    expires_at: _Text = None


class _QuotaWire(_Wire):
    used_files: _Number = None
    max_files: _Number = None
    remain_files: _Number = None


def _status(wire: _TaskWire) -> TaskStatus:
    """A state we do not know is taken for work in progress; a failure by cancelling is a cancellation (3.1)."""
    said = (wire.status or "").lower()
    if said == "canceled":
        return TaskStatus.CANCELLED
    if said not in set(TaskStatus):
        return TaskStatus.PROCESSING
    status = TaskStatus(said)
    if status is TaskStatus.FAILED and _task_error(wire.error).code.lower() == "request_cancelled":
        return TaskStatus.CANCELLED
    return status


def _task_error(error: object) -> TaskError:
    shape = mapping_of(error)
    message = shape.get("message") if shape else error
    return TaskError(
        code=text_of(shape.get("code")) or "unknown_error",
        message=text_of(message) or "",
        type=text_of(shape.get("type")),
    )


def _urls(results: object) -> tuple[str, ...]:
    """Collect the addresses of `results` or `result_data`: strings, or objects with `url` or `image_url`."""
    found = (
        text_of(mapping_of(item).get("url") or mapping_of(item).get("image_url") or item)
        for item in itertools.islice(_items(results), RESULTS_MAX)
    )
    return tuple(dict.fromkeys(url for url in found if url is not None))


def _items(value: object) -> Iterator[object]:
    """Walk a list; a single value counts as a list of one, null as an empty one."""
    if isinstance(value, list):
        yield from cast("list[object]", value)
    elif value is not None:
        yield value


def _expiry(stated: str | None, *, now: datetime) -> datetime:
    latest = now + UPLOAD_LIFE
    try:
        at = datetime.fromisoformat(stated or "")
        zoned = at if at.tzinfo is not None else at.replace(tzinfo=_SERVICE_ZONE)
        return min(latest, zoned.astimezone(UTC))
    except (ValueError, OverflowError):  # no date, or one at the very edge of what dates there are
        return latest


def _instant(stated: object) -> datetime | None:
    """Read an instant: seconds since 1970, or milliseconds, or as ISO 8601 with a zone."""
    number = _lenient_number(stated)
    try:
        if number is not None:
            return datetime.fromtimestamp(number / 1000 if number >= _FIRST_MILLISECONDS else number, UTC)
        at = datetime.fromisoformat(text_of(stated) or "")
        return at.astimezone(UTC) if at.tzinfo is not None else None
    except (ValueError, OverflowError, OSError):
        return None


def _whole(number: float | None, *, most: int) -> int | None:
    return None if number is None else int(min(most, max(0.0, number)))


def _first(*amounts: float | None) -> float | None:
    return next((amount for amount in amounts if amount is not None and 0 <= amount <= _CREDITS_MAX), None)
