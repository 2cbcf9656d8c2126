"""The settings panel of a server: one message in which everything stands, and what was just changed above it.

It is of Discord's newer kind, 40 parts and 4,000 characters in all (discord.md 4). All that can be chosen or pressed is
a `PanelItem`, and the view is built anew for every message (discord.md 8).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import discord
from discord import ui

from bot.guilds.model import MAX_CHANNELS, GuildSettings
from bot.jobs.model import Quality
from bot.settings import ReplyToPicture
from bot.ui import characters, texts
from bot.ui.cards import BLUE
from bot.ui.panel_items import Choice, PanelItem, item_id
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
IMAGE_CHANNELS = (
    discord.ChannelType.text,
    discord.ChannelType.news,
    discord.ChannelType.voice,
    discord.ChannelType.stage_voice,
    discord.ChannelType.forum,
    discord.ChannelType.media,
)
LOG_CHANNELS = (discord.ChannelType.text, discord.ChannelType.news)
_NOTICE_CHARS = 1500


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelFacts:
    """What the panel shows, and to whom."""

    settings: GuildSettings
    usual_replies: ReplyToPicture
    """As the operator has set it for all."""
    guild_id: int
    opener_id: int
    known_channels: Collection[int] | None
    """Those of the server, of which alone Discord takes some for chosen ones; None while the bot does not know them."""
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class _ChannelMenu:
    """A menu of channels: which setting it is, and what can be chosen."""

    choice: Choice
    setting: str
    hint: str
    placeholder: str
    most: int
    types: Sequence[discord.ChannelType]


_ALLOWED = _ChannelMenu(
    choice=Choice.ALLOWED,
    setting="allowed_channels",
    hint=panel.ALLOWED_HINT,
    placeholder=panel.ALLOWED_PLACEHOLDER,
    most=MAX_CHANNELS,
    types=IMAGE_CHANNELS,
)
_DENIED = _ChannelMenu(
    choice=Choice.DENIED,
    setting="denied_channels",
    hint=panel.DENIED_HINT,
    placeholder=panel.DENIED_PLACEHOLDER,
    most=MAX_CHANNELS,
    types=IMAGE_CHANNELS,
)
_LOG = _ChannelMenu(
    choice=Choice.LOG,
    setting="log_channel_id",
    hint=panel.LOG_HINT,
    placeholder=panel.LOG_PLACEHOLDER,
    most=1,
    types=LOG_CHANNELS,
)


def settings_panel(facts: PanelFacts, *, notice: str = "") -> ui.LayoutView:
    """Return a new panel; `notice` is what became of the last choice."""
    settings = facts.settings
    log = () if settings.log_channel_id is None else (settings.log_channel_id,)
    parts: list[ui.Item[Any]] = [
        ui.TextDisplay(_head(notice)),
        *_menu(facts, Choice.ZONE, "time_zone", panel.ZONE_HINT, _zones(settings, now=facts.now)),
        *_channels(facts, _ALLOWED, settings.allowed_channels),
        *_channels(facts, _DENIED, settings.denied_channels),
        *_menu(facts, Choice.HIGHEST, "highest_quality", panel.HIGHEST_HINT, _highest(settings)),
        *_menu(facts, Choice.QUALITY, "default_quality", panel.QUALITY_HINT, _qualities(settings)),
        *_menu(facts, Choice.SIZE, "default_size", panel.SIZE_HINT, _sizes(settings)),
        *_menu(facts, Choice.REPLIES, "reply_to_picture", panel.REPLIES_HINT, _replies(facts)),
        *_channels(facts, _LOG, log),
        ui.TextDisplay(panel.at_once(settings)),
        _buttons(facts),
    ]
    view = ui.LayoutView(timeout=None)
    view.add_item(ui.Container(*parts, accent_colour=BLUE))
    return view


def _head(notice: str) -> str:
    said = f"\n\n{characters.cut(notice, _NOTICE_CHARS)}" if notice else ""
    return f"## {panel.TITLE}\n{panel.HEAD}{said}"


def _menu(
    facts: PanelFacts, choice: Choice, setting: str, hint: str, options: list[discord.SelectOption]
) -> list[ui.Item[Any]]:
    select: ui.Select[Any] = ui.Select(
        custom_id=_id(facts, choice), placeholder=panel.NAMES[setting], options=options, min_values=1, max_values=1
    )
    return [ui.TextDisplay(panel.heading(setting, hint)), _row(facts, {choice: select})]


def _channels(facts: PanelFacts, menu: _ChannelMenu, chosen: Sequence[int]) -> list[ui.Item[Any]]:
    exist = chosen if facts.known_channels is None else facts.known_channels
    known = [channel_id for channel_id in chosen if channel_id in exist]
    select: ui.ChannelSelect[Any] = ui.ChannelSelect(
        custom_id=_id(facts, menu.choice),
        placeholder=menu.placeholder,
        channel_types=list(menu.types),
        default_values=[
            discord.SelectDefaultValue(id=channel_id, type=discord.SelectDefaultValueType.channel)
            for channel_id in known
        ],
        min_values=0,
        max_values=menu.most,
    )
    text = panel.heading(menu.setting, menu.hint, gone=len(chosen) - len(known))
    return [ui.TextDisplay(text), _row(facts, {menu.choice: select})]


def _buttons(facts: PanelFacts) -> ui.ActionRow[Any]:
    private, search = facts.settings.private_allowed, facts.settings.search_allowed
    labels = {
        Choice.OTHER_ZONE: panel.OTHER_ZONE_LABEL,
        Choice.AT_ONCE: panel.AT_ONCE_LABEL,
        Choice.PRIVATE_OFF if private else Choice.PRIVATE_ON: panel.PRIVATE_LABELS[private],
        Choice.SEARCH_OFF if search else Choice.SEARCH_ON: panel.SEARCH_LABELS[search],
    }
    return _row(
        facts,
        {
            choice: ui.Button(label=label, style=_style(choice), custom_id=_id(facts, choice))
            for choice, label in labels.items()
        },
    )


def _style(choice: Choice) -> discord.ButtonStyle:
    turns_off = choice in {Choice.PRIVATE_OFF, Choice.SEARCH_OFF}
    return discord.ButtonStyle.success if turns_off else discord.ButtonStyle.secondary


def _row(facts: PanelFacts, items: Mapping[Choice, ui.Item[Any]]) -> ui.ActionRow[Any]:
    row: ui.ActionRow[Any] = ui.ActionRow()
    for choice, item in items.items():
        row.add_item(PanelItem(item, choice=choice, guild_id=facts.guild_id, opener_id=facts.opener_id))
    return row


def _id(facts: PanelFacts, choice: Choice) -> str:
    return item_id(choice, guild_id=facts.guild_id, opener_id=facts.opener_id)


def _zones(settings: GuildSettings, *, now: datetime) -> list[discord.SelectOption]:
    names = ZONES if settings.time_zone in ZONES else (settings.time_zone, *ZONES)
    return [_zone(name, now=now, chosen=name == settings.time_zone) for name in names]


def _zone(name: str, *, now: datetime, chosen: bool) -> discord.SelectOption:
    there = now.astimezone(ZoneInfo(name))
    description = panel.zone_now(there.isoformat(timespec="minutes")[-6:], f"{there:%H:%M}")
    return discord.SelectOption(label=name, value=name, description=description, default=chosen)


def _highest(settings: GuildSettings) -> list[discord.SelectOption]:
    return [
        discord.SelectOption(
            label=panel.quality_label(each), value=each.value, default=each is settings.highest_quality
        )
        for each in Quality
    ]


def _qualities(settings: GuildSettings) -> list[discord.SelectOption]:
    return [
        discord.SelectOption(label=name, value=each.value, default=each is settings.default_quality)
        for each, name in texts.QUALITY_NAMES.items()
    ]


def _sizes(settings: GuildSettings) -> list[discord.SelectOption]:
    return [
        discord.SelectOption(label=name, value=each.value, default=each is settings.default_size)
        for each, name in texts.SIZE_NAMES.items()
    ]


def _replies(facts: PanelFacts) -> list[discord.SelectOption]:
    chosen = facts.settings.reply_to_picture
    return [
        discord.SelectOption(
            label=panel.replies_label(mode, usual=facts.usual_replies),
            value=AS_USUAL if mode is None else mode.value,
            default=mode is chosen,
        )
        for mode in (None, *ReplyToPicture)
    ]
