"""The settings panel in words: what each setting means, what its values are called, and how a change is confirmed."""

from collections.abc import Callable, Sequence

from bot.guilds.model import MAX_JOBS_AT_ONCE, GuildSettings
from bot.jobs.model import Quality
from bot.settings import ReplyToPicture
from bot.ui.texts.names import SIZE_NAMES

TITLE = "Settings of this server"
HEAD = "Only you see this. What you choose holds at once; `/admin log` shows who changed what."
ARROW = "\N{RIGHTWARDS ARROW}"

NAMES = {
    "time_zone": "Time zone",
    "allowed_channels": "Channels where pictures may be asked for",
    "denied_channels": "Channels where they may not",
    "highest_quality": "Highest quality",
    "default_quality": "Usual quality",
    "default_size": "Usual size",
    "reply_to_picture": "Replies to pictures",
    "log_channel_id": "Log channel",
    "private_allowed": "Private results",
    "search_allowed": "Web search",
    "jobs_per_member": "Pictures at once for a member",
    "jobs_per_guild": "Pictures at once for the whole server",
}
"""Of what the panel sets, by the names of `GuildSettings`."""

ZONE_HINT = "Days, weeks and months of limits begin by it."
ALLOWED_HINT = "With their threads. None chosen: everywhere."
DENIED_HINT = "These stay closed, whatever else is allowed."
HIGHEST_HINT = "For everybody whose roles have none of their own (`/admin quality`)."
SIZE_HINT = "What `/imagine` draws where no size is chosen; `/edit` keeps the shape of the picture."
QUALITY_HINT = "Where none is chosen; nobody gets more than they may use."
REPLIES_HINT = "When a reply to a picture edits it."
LOG_HINT = "One quiet line for each picture: who, how, and its true cost. None chosen: no log."

ALLOWED_PLACEHOLDER = "Everywhere"
DENIED_PLACEHOLDER = "None"
LOG_PLACEHOLDER = "No log"

OTHER_ZONE_LABEL = "Another time zone…"
AT_ONCE_LABEL = "Pictures at once…"
PRIVATE_LABELS = {True: "Private results: allowed", False: "Private results: not allowed"}
SEARCH_LABELS = {True: "Web search: allowed", False: "Web search: not allowed"}
"""What holds; a press turns it round."""

ZONE_FORM_TITLE = "Time zone"
ZONE_FIELD_LABEL = "Name of the time zone"
ZONE_FIELD_HINT = "As in the tz database, like Europe/Berlin or Asia/Kolkata. Most cities will do."
AT_ONCE_FORM_TITLE = "Pictures at once"
PER_MEMBER_LABEL = "For one member"
PER_GUILD_LABEL = "For the whole server"
AT_ONCE_HINT = f"1 to {MAX_JOBS_AT_ONCE:,}; leave it empty for any number."

_REPLIES = {
    ReplyToPicture.INSTANT: "edit at once",
    ReplyToPicture.ASK: "ask first, unless the text names the bot",
    ReplyToPicture.MENTION: "only where the text names the bot",
    ReplyToPicture.OFF: "never",
}
_MAX_LISTED = 5


def zone_now(offset: str, time: str) -> str:
    """Return what a clock shows in a time zone at this moment."""
    return f"UTC{offset}, {time} now"


def quality_label(quality: Quality) -> str:
    """Return a quality as a choice."""
    return f"at most {quality}"


def replies_label(mode: ReplyToPicture | None, *, usual: ReplyToPicture) -> str:
    """Return a way to take replies as a choice; `usual` is the one that the operator has set for all."""
    if mode is None:
        return f"as whoever runs this bot has set it: {_REPLIES[usual]}"
    return _REPLIES[mode]


def heading(setting: str, hint: str, *, gone: int = 0) -> str:
    """Return what stands above a menu; `gone` channels of it were deleted or cannot be seen by the bot."""
    missing = ""
    if gone:
        count = "One chosen channel was" if gone == 1 else f"{gone} chosen channels were"
        missing = f" {count} deleted or cannot be seen by the bot; a new choice leaves it out."
    return f"**{NAMES[setting]}**\n{hint}{missing}"


def at_once(settings: GuildSettings) -> str:
    """Return how many pictures may be in the making at the same time."""
    member, guild = _VALUES["jobs_per_member"](settings), _VALUES["jobs_per_guild"](settings)
    return f"**Pictures at once**\nFor a member: {member}. For the whole server: {guild}."


def changes(before: GuildSettings, after: GuildSettings) -> str:
    """Return the confirmation of a change: what was otherwise, and how it is now."""
    told = [
        f"**{name}:** {_VALUES[setting](before)} {ARROW} **{_VALUES[setting](after)}**"
        for setting, name in NAMES.items()
        if getattr(before, setting) != getattr(after, setting)
    ]
    return "\n".join(told) or "It was so already, so nothing was changed."


def not_yours_any_more() -> str:
    """Return the answer to somebody who may not use a panel, or not any more."""
    return (
        "This panel belongs to the administrator who opened it, as long as they may manage the server; whom it lets "
        "use `/admin` all the same has 15 minutes from then on. Nothing was changed. `/admin settings` opens a new one."
    )


def _listed(channel_ids: Sequence[int], *, when_none: str) -> str:
    told = [f"<#{channel_id}>" for channel_id in channel_ids[:_MAX_LISTED]]
    more = len(channel_ids) - len(told)
    return ", ".join([*told, f"and {more} more"] if more else told) or when_none


def _allowed(is_allowed: bool) -> str:
    return "allowed" if is_allowed else "not allowed"


def _number(most: int | None) -> str:
    return "any number" if most is None else f"{most:,}"


def _replies(mode: ReplyToPicture | None) -> str:
    return "as whoever runs this bot has set it" if mode is None else _REPLIES[mode]


_VALUES: dict[str, Callable[[GuildSettings], str]] = {
    "time_zone": lambda settings: settings.time_zone.replace("_", "\\_"),
    "allowed_channels": lambda settings: _listed(settings.allowed_channels, when_none="everywhere"),
    "denied_channels": lambda settings: _listed(settings.denied_channels, when_none="none"),
    "highest_quality": lambda settings: settings.highest_quality.value,
    "default_quality": lambda settings: settings.default_quality.value,
    "default_size": lambda settings: SIZE_NAMES[settings.default_size],
    "reply_to_picture": lambda settings: _replies(settings.reply_to_picture),
    "log_channel_id": lambda settings: f"<#{settings.log_channel_id}>" if settings.log_channel_id else "no log",
    "private_allowed": lambda settings: _allowed(settings.private_allowed),
    "search_allowed": lambda settings: _allowed(settings.search_allowed),
    "jobs_per_member": lambda settings: _number(settings.jobs_per_member),
    "jobs_per_guild": lambda settings: _number(settings.jobs_per_guild),
}
"""What each setting is set to, as a person reads it."""
