"""The words of the provider's API as plain data (provider.md 1 to 5): what is asked for, and what was answered.

`rules` holds what a request must obey, `reading` makes the answers out of JSON.
"""

import enum
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.jobs.model import Quality, Size, Thinking
from bot.provider import rules
from bot.provider.errors import InvalidRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationRequest:
    """What to draw. The defaults are the provider's; the model is the client's."""

    prompt: str
    size: Size = Size.AUTO
    quality: Quality = Quality.TWO_K
    image_urls: tuple[str, ...] = field(default=(), repr=False)
    web_search: bool = False
    image_search: bool = False
    thinking: Thinking = Thinking.AUTO
    callback_url: str | None = field(default=None, repr=False)

    def to_wire(self, *, model: str, loopback_callback: bool) -> dict[str, Any]:
        """Return the body to send; InvalidRequest with the field's name if a rule is broken.

        `loopback_callback` lets plain http to this machine pass as a callback, for a provider that runs here too.
        """
        if not model.strip():
            raise InvalidRequest("model", "a model must be named")
        rules.check_prompt(self.prompt)
        rules.check_image_urls(self.image_urls)
        body: dict[str, Any] = {
            "model": model,
            "prompt": self.prompt,
            "size": rules.known(Size, self.size, "size"),
            "quality": rules.known(Quality, self.quality, "quality"),
        }
        if self.image_urls:
            body["image_urls"] = list(self.image_urls)
        if params := self._model_params():
            body["model_params"] = params
        if self.callback_url is not None:
            rules.check_callback_url(self.callback_url, loopback=loopback_callback)
            body["callback_url"] = self.callback_url
        return body

    def _model_params(self) -> dict[str, Any]:
        thinking = rules.known(Thinking, self.thinking, "thinking_level")
        if not self.web_search and not self.image_search and thinking == Thinking.AUTO:
            return {}
        return {"web_search": self.web_search, "image_search": self.image_search, "thinking_level": thinking}


class TaskStatus(enum.StrEnum):
    """A task's state at the provider. The last three are final."""

    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        return self not in {TaskStatus.PENDING, TaskStatus.PROCESSING}


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskError:
    """Why a task failed (provider.md 6.2); `message` is meant for people and may hold line breaks."""

    code: str
    message: str = ""
    type: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """The provider's remote unit, as last read. `completed` may come without a single result."""

    id: str
    status: TaskStatus
    progress: int = 0
    """0 to 100."""
    estimated_s: int | None = None
    credits_reserved: float | None = None
    credits_used: float | None = None
    result_urls: tuple[str, ...] = field(default=(), repr=False)
    error: TaskError | None = None
    model: str | None = None
    duration_s: int | None = None
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedTask:
    """One line of the task list (provider.md 3.3)."""

    id: str
    model: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskPage:
    """One page of the task list; lines that say too little are left out, and counted."""

    tasks: tuple[ListedTask, ...]
    n_unread: int
    total: int | None
    """Of all pages; None where the provider did not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credits:
    """The balance of the key and of the account it belongs to; None where the provider did not say."""

    token_remaining: float | None
    token_used: float | None
    token_unlimited: bool
    user_remaining: float | None
    user_used: float | None

    @property
    def spendable(self) -> float | None:
        """Return what a task could cost at most: the smaller of both, or the account's for a key without a limit."""
        known = [self.user_remaining, None if self.token_unlimited else self.token_remaining]
        return min((amount for amount in known if amount is not None), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file at the provider's file service; `file_url` is what `image_urls` takes."""

    file_url: str = field(repr=False)
    expires_at: datetime
    file_id: str | None = None
    file_name: str | None = None
    media_type: str | None = None
    n_bytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileQuota:
    """How many files the account may keep; None where the provider did not say."""

    used: int | None
    maximum: int | None
    remaining: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """One line of the file service's list."""

    file_id: str
    file_name: str | None
    n_bytes: int | None
