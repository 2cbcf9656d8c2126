"""The words of a job, as plain data: what a person can ask for, what we store of it, and the states it passes.

A leaf: it knows nothing of Discord, the provider's wire format or the database.
"""

import enum
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path


class Size(enum.StrEnum):
    """The shapes the model draws (provider.md 1.1); `auto` lets it choose."""

    AUTO = "auto"
    SQUARE = "1:1"
    TOWER = "1:4"
    BANNER = "4:1"
    COLUMN = "1:8"
    RIBBON = "8:1"
    PORTRAIT_2_3 = "2:3"
    LANDSCAPE_3_2 = "3:2"
    PORTRAIT_3_4 = "3:4"
    LANDSCAPE_4_3 = "4:3"
    PORTRAIT_4_5 = "4:5"
    LANDSCAPE_5_4 = "5:4"
    PHONE = "9:16"
    WIDESCREEN = "16:9"
    CINEMA = "21:9"


class Quality(enum.StrEnum):
    """The resolutions the model draws in (provider.md 1.1), lowest first."""

    HALF_K = "0.5K"
    ONE_K = "1K"
    TWO_K = "2K"
    FOUR_K = "4K"


class Thinking(enum.StrEnum):
    """How long the model ponders before it draws (provider.md 1.2)."""

    AUTO = "auto"
    MIN = "min"
    HIGH = "high"


PROMPT_MAX_CHARS = 2000
"""The schema's limit (provider.md 13, C1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """What to draw and how. The defaults are the provider's."""

    prompt: str
    size: Size = Size.AUTO
    quality: Quality = Quality.TWO_K
    web_search: bool = False
    image_search: bool = False
    thinking: Thinking = Thinking.AUTO


class Status(enum.StrEnum):
    """Where a job stands. From `ready` on it has ended, except that a `ready` or `lost` one may still be delivered."""

    PREPARING = "preparing"
    QUEUED = "queued"
    SUBMITTING = "submitting"
    RUNNING = "running"
    DELIVERING = "delivering"
    READY = "ready"
    DELIVERED = "delivered"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    """The picture waited to be collected until its time was over: it was released and removed."""
    LOST = "lost"
    """Released and told as a failure, but its task may still come: then it is delivered."""


class Kind(enum.StrEnum):
    """What a person asked for: a picture from words, or a change of pictures."""

    IMAGINE = "imagine"
    EDIT = "edit"


MAX_SOURCES = 14
"""The provider's limit for one request (provider.md 1.1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A picture that a person gave, in the order they gave it: what is known of it, and where it stands now.

    It comes from Discord (`url`) or is one of our own results (`result_of`). What is prepared stands on our disk and
    behind a direct URL for the provider, until that expires.
    """

    position: int
    """1 for the first; the person may speak of "picture 2"."""
    name: str
    url: str | None = field(default=None, repr=False)
    """Where Discord holds it; signed, so it is erased when the picture is on our disk."""
    result_of: str | None = None
    """The id of the job whose result it is."""
    path: Path | None = None
    media_type: str | None = None
    width: int | None = None
    height: int | None = None
    n_bytes: int | None = None
    sha256: str | None = None
    changes: tuple[str, ...] = ()
    """What had to be done to it, as `images.prepare.Change` has it."""
    hosted_url: str | None = field(default=None, repr=False)
    hosted_until: datetime | None = None


class FailureKind(enum.StrEnum):
    """Who or what ended a job without a picture."""

    BAD_SOURCE = "bad_source"
    """A picture that the person gave cannot be used; `code` says why, `message` is its name."""
    SOURCE_GONE = "source_gone"
    """A picture that the person gave could not be fetched; `code` says why, `message` is its name."""
    HOSTING_FAILED = "hosting_failed"
    """No host took the prepared pictures, so that the provider could not have read them."""
    PROVIDER_REFUSED = "provider_refused"
    """The create call was refused; `code` and `http_status` are those of provider.md 6.1."""
    TASK_FAILED = "task_failed"
    """The task ended as failed; `code` is one of provider.md 6.2."""
    UNREACHABLE = "unreachable"
    """The provider could not be reached, or answered with server faults, until patience ran out."""
    OUTCOME_UNKNOWN = "outcome_unknown"
    """The create call may or may not have been accepted; the operator may have been charged."""
    NO_RESULT = "no_result"
    """The task says completed and names no picture."""
    BAD_RESULT = "bad_result"
    """What came down is not a whole picture; `code` is the `reason` of NotAPicture or DownloadFailed."""
    TIMED_OUT = "timed_out"
    """The task did not end before the deadline; it may still be charged."""
    INTERNAL = "internal"
    """A fault of our own; the log has the job's id."""


NO_TRACE = "no_trace"
"""The code of an unknown outcome where nothing could lead to the task: no callback, no list of tasks, no key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a job ended without a picture: facts only, the sentence is made by `ui.texts`."""

    kind: FailureKind
    code: str | None = None
    http_status: int | None = None
    message: str = ""
    """The provider's own words, as received; may hold line breaks and anything else."""
    request_id: str | None = None

    @property
    def leaves_no_trace(self) -> bool:
        """Whether there may be a picture that nothing leads to."""
        return self.kind is FailureKind.OUTCOME_UNKNOWN and self.code == NO_TRACE


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultFile:
    """The picture the provider made, whole and on our disk."""

    path: Path
    media_type: str
    """By content: image/jpeg, image/png, image/webp or image/gif."""
    width: int
    height: int
    n_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyRoute:
    """How the reply to a person can be reached, as learnt when they asked.

    `token` is a bearer secret for the reply until `token_expires_at`; the durable address is channel and message.
    """

    application_id: int
    channel_id: int
    message_id: int | None
    token: str | None = field(repr=False)
    token_expires_at: datetime
    ephemeral: bool
    channel_reachable: bool
    """The bot itself can see the channel, send and attach there: the channel route works after the token died."""
    upload_limit_bytes: int
    """What the interaction allows for one file (discord.md 2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Who asks, and where, as learnt the moment they asked."""

    user_id: int
    guild_id: int | None
    """The server, if it has the bot; None in direct messages and where only the person has installed it."""
    channel_id: int
    """Of a thread, the channel it belongs to."""
    thread_id: int | None = None
    role_ids: frozenset[int] = frozenset()
    """Without the role of everybody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a person asked for, and how to answer; `origin_id` (interaction or message id) drops doubles."""

    origin_id: int
    user_id: int
    guild_id: int | None
    """Where they are, whether or not the bot is there, too."""
    asker: Asker
    drawing: Drawing
    route: ReplyRoute
    kind: Kind = Kind.IMAGINE
    sources: tuple[Source, ...] = ()
    parent_id: str | None = None
    """The job whose result is edited, redrawn or asked for again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One stored request, until it is delivered or ended."""

    id: str
    status: Status
    origin_id: int
    user_id: int
    guild_id: int | None
    drawing: Drawing
    route: ReplyRoute
    created_at: datetime
    kind: Kind = Kind.IMAGINE
    sources: tuple[Source, ...] = ()
    parent_id: str | None = None
    private: bool = False
    """Asked for in private. It stays its owner's, also where it had to be delivered by another way."""
    submitted_at: datetime | None = None
    finished_at: datetime | None = None
    """When the provider was seen to have finished, or the job ended."""
    cancel_requested_at: datetime | None = None
    """Set by Cancel after the task was submitted: the card is closed, the result is kept for collection."""
    told_at: datetime | None = None
    """When the person was shown how it ended."""
    provider_task_id: str | None = None
    estimated_s: int | None = None
    progress: int = 0
    """0 to 100, as last seen at the provider."""
    credits_reserved: float | None = None
    credits_used: float | None = None
    result: ResultFile | None = None
    result_url: str | None = field(default=None, repr=False)
    """The provider's own link to the result, while it lives; erased with `result_url_until`."""
    result_url_until: datetime | None = None
    failure: Failure | None = None
    delivery_note: str | None = None
    """What had to be done to the picture to fit the route: None where it went byte for byte."""
    files_gone_at: datetime | None = None
    """When its result and its claim to its sources were given up; the facts about them stay."""
    forgotten_at: datetime | None = None
    """When its owner removed it from their history."""
    role_ids: frozenset[int] = frozenset()
    """Of who asked, as they asked."""
    hinted_task_id: str | None = None
    """What a callback named as the job's task, while that is not known: a hint, to be read with the key."""
    lost_at: datetime | None = None
    """When it was released although its task might still come; it stays when the picture comes late."""
    collected_at: datetime | None = None
    """When its person asked for the picture that waited, last: from then on its delivery is the answer to that."""
    look_at: datetime | None = None
    """While it is lost: when it is looked for again."""
    gift: bool = False
    """It came late, when the limits had no room for it any more: delivered, and not counted."""
    callback_token: str = field(repr=False, default="")

    @property
    def is_in_doubt(self) -> bool:
        """Tell whether it waits for a task of which nothing is known."""
        return self.provider_task_id is None and self.status in {Status.SUBMITTING, Status.LOST}
