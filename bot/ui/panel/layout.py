"""The settings panel of a server: one message in which everything stands, and what was just changed above it.

It is of Discord's newer kind, 40 parts and 4,000 characters in all (discord.md 4). All that can be chosen or pressed is
a `PanelItem`, and the view is built anew for every message (discord.md 8).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import discord
from discord import ui

from bot.guilds.model import MAX_CHANNELS, GuildSettings
from bot.settings import ReplyToPicture
from bot.ui import characters
from bot.ui.cards import BLUE
from bot.ui.panel import options as panel_options
from bot.ui.panel.items import Choice, PanelItem, item_id
from bot.ui.texts import panel

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
        *_menu(facts, Choice.ZONE, "time_zone", panel.ZONE_HINT, panel_options.zones(settings, now=facts.now)),
        *_channels(facts, _ALLOWED, settings.allowed_channels),
        *_channels(facts, _DENIED, settings.denied_channels),
        *_menu(facts, Choice.HIGHEST, "highest_quality", panel.HIGHEST_HINT, panel_options.highest(settings)),
        *_menu(facts, Choice.QUALITY, "default_quality", panel.QUALITY_HINT, panel_options.qualities(settings)),
        *_menu(facts, Choice.SIZE, "default_size", panel.SIZE_HINT, panel_options.sizes(settings)),
        *_menu(
            facts,
            Choice.REPLIES,
            "reply_to_picture",
            panel.REPLIES_HINT,
            panel_options.replies(settings, usual=facts.usual_replies),
        ),
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
