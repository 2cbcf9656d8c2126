"""What the menus of the settings panel hold, with what is set standing chosen."""

from datetime import datetime
from zoneinfo import ZoneInfo

import discord

from bot.guilds.model import GuildSettings
from bot.jobs.model import Quality
from bot.settings import ReplyToPicture
from bot.ui import texts
from bot.ui.texts import panel

AS_USUAL = "usual"
"""The value of leaving replies to what the operator has set."""
ZONES = (
    "UTC",
    "America/Los_Angeles",
    "America/Denver",
    "America/Chicago",
    "America/New_York",
    "America/Mexico_City",
    "America/Argentina/Buenos_Aires",
    "America/Sao_Paulo",
    "Europe/London",
    "Europe/Berlin",
    "Europe/Paris",
    "Europe/Madrid",
    "Europe/Istanbul",
    "Europe/Moscow",
    "Africa/Cairo",
    "Africa/Lagos",
    "Africa/Johannesburg",
    "Asia/Dubai",
    "Asia/Kolkata",
    "Asia/Jakarta",
    "Asia/Shanghai",
    "Asia/Tokyo",
    "Australia/Sydney",
    "Pacific/Auckland",
)
"""One fewer than a menu holds: the server's own is always among them."""


def zones(settings: GuildSettings, *, now: datetime) -> list[discord.SelectOption]:
    """Return the usual time zones, the server's own among them, with what a clock shows there."""
    names = ZONES if settings.time_zone in ZONES else (settings.time_zone, *ZONES)
    return [_zone(name, now=now, chosen=name == settings.time_zone) for name in names]


def _zone(name: str, *, now: datetime, chosen: bool) -> discord.SelectOption:
    there = now.astimezone(ZoneInfo(name))
    description = panel.zone_now(there.isoformat(timespec="minutes")[-6:], f"{there:%H:%M}")
    return discord.SelectOption(label=name, value=name, description=description, default=chosen)


def highest(settings: GuildSettings) -> list[discord.SelectOption]:
    """Return the qualities as the highest that may be used."""
    return [
        discord.SelectOption(
            label=panel.quality_label(each), value=each.value, default=each is settings.highest_quality
        )
        for each in Quality
    ]


def qualities(settings: GuildSettings) -> list[discord.SelectOption]:
    """Return the qualities as what is drawn where none is chosen."""
    return [
        discord.SelectOption(label=name, value=each.value, default=each is settings.default_quality)
        for each, name in texts.QUALITY_NAMES.items()
    ]


def sizes(settings: GuildSettings) -> list[discord.SelectOption]:
    """Return the sizes as what is drawn where none is chosen."""
    return [
        discord.SelectOption(label=name, value=each.value, default=each is settings.default_size)
        for each, name in texts.SIZE_NAMES.items()
    ]


def replies(settings: GuildSettings, *, usual: ReplyToPicture) -> list[discord.SelectOption]:
    """Return the ways to take replies; `usual` is the one that the operator has set for all."""
    chosen = settings.reply_to_picture
    return [
        discord.SelectOption(
            label=panel.replies_label(mode, usual=usual),
            value=AS_USUAL if mode is None else mode.value,
            default=mode is chosen,
        )
        for mode in (None, *ReplyToPicture)
    ]
