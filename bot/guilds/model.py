"""What a server has set, as plain data.

A leaf: it knows nothing of Discord, the database or quotas.
"""

from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.jobs.model import Quality, Size
from bot.settings import ReplyToPicture

MAX_CHANNELS = 25
"""As many as a select menu holds (discord.md 4)."""
MAX_WORDS = 500
MAX_WORD_CHARS = 100
MAX_JOBS_AT_ONCE = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class GuildSettings:
    """How a server wants the bot. What nobody has set is as it is here."""

    time_zone: str = "UTC"
    """A name of the IANA database; days, weeks and months of its quotas begin by it."""
    allowed_channels: tuple[int, ...] = ()
    """Where pictures may be asked for; a channel stands for its threads. Empty: everywhere."""
    denied_channels: tuple[int, ...] = ()
    highest_quality: Quality = Quality.FOUR_K
    role_qualities: dict[int, Quality] = field(default_factory=dict[int, Quality])
    """The highest quality of a role; it replaces `highest_quality`. Of several roles the best one counts."""
    default_size: Size = Size.AUTO
    default_quality: Quality = Quality.TWO_K
    private_allowed: bool = True
    search_allowed: bool = True
    jobs_per_member: int | None = None
    """How many may go on at once; None is unlimited."""
    jobs_per_guild: int | None = None
    reply_to_picture: ReplyToPicture | None = None
    """None: as the operator has set it for all."""
    log_channel_id: int | None = None
    words: tuple[str, ...] = ()
    """Words and phrases that no prompt may hold, as an administrator wrote them."""

    @property
    def zone(self) -> ZoneInfo:
        """Return the time zone itself; it was checked when it was set."""
        return ZoneInfo(self.time_zone)

    def quality_limit(self, role_ids: frozenset[int]) -> Quality:
        """Return the highest quality that somebody with these roles may ask for."""
        of_roles = [quality for role_id, quality in self.role_qualities.items() if role_id in role_ids]
        ranks = list(Quality)
        return max(of_roles, key=ranks.index, default=self.highest_quality)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A request, as the settings of a server look at it."""

    channel_id: int
    """Of a thread, the channel it belongs to."""
    thread_id: int | None
    role_ids: frozenset[int]
    prompt: str
    quality: Quality
    private: bool
    searches: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """One change by hand, as the administrators' log of a server has it.

    `action` is one of the words below. `subject` says what it was done to, as `kind:id` or as the kind alone:
    `user:42`, `role:7`, `channel:3`, `default`, `guild`; of a setting it is the setting's name. `before` and `after`
    are JSON, or empty where there is nothing to say:

    rule_set             whom the rule is for   {"unit", "period", "limit", "rolling"}; a limit of null is unlimited
    rule_removed         whom it was for        the same before, nothing after
    granted, adjusted    user                   {"images", "credits", "why"} after; credits in millionths
    reset                user, channel, guild   {"why"} after
    blocked, unblocked   user                   nothing
    setting              the setting's name     its value
    """

    id: int | None = None
    """None until it is stored; later ones are higher."""
    at: datetime
    by_id: int
    """0 is the operator."""
    action: str
    subject: str
    before: str = ""
    after: str = ""
