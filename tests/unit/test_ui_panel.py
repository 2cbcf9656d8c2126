"""The settings panel: what it shows, that Discord takes it, and how a change is told."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from discord import ui
from hypothesis import given
from hypothesis import strategies as st

from bot.guilds.model import MAX_CHANNELS, GuildSettings
from bot.jobs.model import Quality, Size
from bot.sandbox.discord.component_forms import check_components
from bot.sandbox.discord.forms import FormFaults
from bot.settings import ReplyToPicture
from bot.ui import views
from bot.ui.panel import forms as panel_forms
from bot.ui.panel.forms import Form, PanelForm
from bot.ui.panel.items import Choice, item_id
from bot.ui.panel.layout import PanelFacts, settings_panel
from bot.ui.panel.options import ZONES
from bot.ui.texts import panel

NOW = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
LONG_ID = 2**63 - 1
CHANNELS = tuple(range(LONG_ID - MAX_CHANNELS, LONG_ID))
FULLEST = GuildSettings(
    time_zone="America/Argentina/ComodRivadavia",
    allowed_channels=CHANNELS,
    denied_channels=CHANNELS,
    highest_quality=Quality.ONE_K,
    default_quality=Quality.FOUR_K,
    default_size=Size.RIBBON,
    private_allowed=False,
    search_allowed=False,
    jobs_per_member=1000,
    jobs_per_guild=1000,
    reply_to_picture=ReplyToPicture.OFF,
    log_channel_id=LONG_ID - 1,
    words=("x" * 100,) * 500,
)


def facts(settings: GuildSettings, **changes: Any) -> PanelFacts:
    fields: dict[str, Any] = {
        "settings": settings,
        "usual_replies": ReplyToPicture.ASK,
        "guild_id": LONG_ID,
        "opener_id": LONG_ID,
        "known_channels": CHANNELS,
        "now": NOW,
        **changes,
    }
    return PanelFacts(**fields)


def parts(of: PanelFacts, *, notice: str = "") -> list[dict[str, Any]]:
    """Return all components of a panel, nested ones included."""
    found: list[dict[str, Any]] = []

    def collect(components: list[dict[str, Any]]) -> None:
        for each in components:
            found.append(each)
            collect(each.get("components", []))

    collect(settings_panel(of, notice=notice).to_components())
    return found


def text(of: PanelFacts, *, notice: str = "") -> str:
    return "\n".join(part["content"] for part in parts(of, notice=notice) if part["type"] == 10)


def named(of: PanelFacts, choice: Choice) -> dict[str, Any]:
    wanted = item_id(choice, guild_id=of.guild_id, opener_id=of.opener_id)
    return next(part for part in parts(of) if part.get("custom_id") == wanted)


@pytest.mark.parametrize("known", [CHANNELS, ()], ids=["channels that exist", "channels that were deleted"])
@pytest.mark.parametrize("settings", [GuildSettings(), FULLEST], ids=["nothing set", "everything set"])
def test_discord_takes_the_panel(settings: GuildSettings, known: tuple[int, ...]) -> None:
    """With the longest names, ids, lists and the longest word about the last choice."""
    view = settings_panel(facts(settings, known_channels=known), notice="\N{GRINNING FACE} what happened " * 500)
    faults = FormFaults()
    check_components(view.to_components(), (), faults, v2=True)
    assert faults.tree == {}
    assert view.total_children_count <= 40
    assert view.content_length() <= 4000


def test_every_part_that_can_be_used_is_known_again_after_a_restart() -> None:
    """All are of the one class that is registered, so that the library keeps nothing of the view (discord.md 8)."""
    view = settings_panel(facts(FULLEST))
    usable = [item for item in view.walk_children() if item.is_dispatchable()]
    assert len(usable) == 12
    assert all(isinstance(item, ui.DynamicItem) for item in usable)
    assert all(views.is_known(str(getattr(item, "custom_id", ""))) for item in usable)


@pytest.mark.parametrize("choice", Choice)
def test_every_choice_has_an_id_that_is_known(choice: Choice) -> None:
    """Also the longest."""
    custom_id = item_id(choice, guild_id=2**64 - 1, opener_id=2**64 - 1)
    assert len(custom_id) <= 100
    assert views.is_known(custom_id)


def test_what_is_set_stands_chosen() -> None:
    """In each menu, and in what the buttons say."""
    of = facts(FULLEST)

    def chosen(choice: Choice) -> list[str]:
        return [option["value"] for option in named(of, choice)["options"] if option.get("default")]

    assert chosen(Choice.ZONE) == [FULLEST.time_zone]
    assert chosen(Choice.HIGHEST) == ["1K"]
    assert chosen(Choice.QUALITY) == ["4K"]
    assert chosen(Choice.SIZE) == ["8:1"]
    assert chosen(Choice.REPLIES) == ["off"]
    assert [int(each["id"]) for each in named(of, Choice.ALLOWED)["default_values"]] == list(CHANNELS)
    assert [int(each["id"]) for each in named(of, Choice.LOG)["default_values"]] == [LONG_ID - 1]
    assert named(of, Choice.PRIVATE_ON)["label"] == "Private results: not allowed"
    assert named(of, Choice.SEARCH_ON)["label"] == "Web search: not allowed"
    assert "For a member: 1,000. For the whole server: 1,000." in text(of)


def test_what_nobody_set_stands_chosen_too() -> None:
    """Replies are then as the operator has set them, which is said."""
    of = facts(GuildSettings(), usual_replies=ReplyToPicture.MENTION)
    [usual] = [option for option in named(of, Choice.REPLIES)["options"] if option.get("default")]
    assert usual["value"] == "usual"
    assert usual["label"] == "as whoever runs this bot has set it: only where the text names the bot"
    assert named(of, Choice.PRIVATE_OFF)["label"] == "Private results: allowed"
    assert "For a member: any number. For the whole server: any number." in text(of)


@pytest.mark.parametrize(
    ("known", "said"),
    [
        ((2, 3), "One chosen channel was deleted or cannot be seen"),
        ((3,), "2 chosen channels were deleted or cannot be seen"),
        ((1, 2, 3), None),
        (None, None),
    ],
)
def test_a_channel_that_is_gone_is_told_and_not_chosen(known: tuple[int, ...] | None, said: str | None) -> None:
    """Discord would refuse the whole panel for one that it does not know."""
    of = facts(GuildSettings(denied_channels=(1, 2, 3)), known_channels=known)
    assert [int(each["id"]) for each in named(of, Choice.DENIED)["default_values"]] == list(
        (1, 2, 3) if known is None else known
    )
    assert (said in text(of)) if said else ("deleted" not in text(of))


def test_the_usual_zones_are_shown_with_what_a_clock_says_there() -> None:
    """Each is one of this machine's, and the server's own is always among them."""
    options = {option["value"]: option for option in named(facts(GuildSettings()), Choice.ZONE)["options"]}
    assert list(options) == list(ZONES)
    assert options["Asia/Kolkata"]["description"] == "UTC+05:30, 17:30 now"
    assert options["America/New_York"]["description"] == "UTC-04:00, 08:00 now"
    assert all(ZoneInfo(name) for name in ZONES)
    rare = named(facts(GuildSettings(time_zone="Asia/Kathmandu")), Choice.ZONE)["options"]
    assert [option["value"] for option in rare] == ["Asia/Kathmandu", *ZONES]


CHANGES = [
    ("time_zone", "America/New_York", "**Time zone:** UTC → **America/New\\_York**"),
    ("allowed_channels", (1, 2), "**Channels where pictures may be asked for:** everywhere → **<#1>, <#2>**"),
    (
        "denied_channels",
        tuple(range(1, 8)),
        "**Channels where they may not:** none → **<#1>, <#2>, <#3>, <#4>, <#5>, and 2 more**",
    ),
    ("highest_quality", Quality.ONE_K, "**Highest quality:** 4K → **1K**"),
    ("default_quality", Quality.ONE_K, "**Usual quality:** 2K → **1K**"),
    ("default_size", Size.SQUARE, "**Usual size:** auto · the model chooses → **1:1 · square**"),
    (
        "reply_to_picture",
        ReplyToPicture.OFF,
        "**Replies to pictures:** as whoever runs this bot has set it → **never**",
    ),
    ("log_channel_id", 9, "**Log channel:** no log → **<#9>**"),
    ("private_allowed", False, "**Private results:** allowed → **not allowed**"),
    ("search_allowed", False, "**Web search:** allowed → **not allowed**"),
    ("jobs_per_member", 3, "**Pictures at once for a member:** any number → **3**"),
    ("jobs_per_guild", 1000, "**Pictures at once for the whole server:** any number → **1,000**"),
]


@pytest.mark.parametrize(("setting", "value", "told"), CHANGES, ids=[each[0] for each in CHANGES])
def test_a_change_is_told_with_its_before_and_its_after(setting: str, value: object, told: str) -> None:
    """And nothing else is."""
    after = replace(GuildSettings(), **{setting: value})
    assert panel.changes(GuildSettings(), after) == told
    assert "nothing was changed" in panel.changes(after, after)


def test_every_setting_of_the_panel_has_such_a_confirmation() -> None:
    """The table above leaves none out."""
    assert {setting for setting, _, _ in CHANGES} == panel.NAMES.keys()


@pytest.mark.parametrize("which", Form)
def test_a_form_is_known_again_by_its_id_and_keeps_discords_limits(which: Form) -> None:
    """It can be sent after a restart; the library keeps nothing of it."""
    opened = PanelForm(form=which, guild_id=2**64 - 1, opener_id=2**64 - 1)
    form = panel_forms.panel_form(opened, FULLEST)
    assert form.is_finished()
    assert len(form.custom_id) <= 100
    assert panel_forms.find_panel_form(form.custom_id) == opened
    assert 0 < len(form.title) <= 45
    for label in form.to_dict()["components"]:
        assert 0 < len(label["label"]) <= 45
        assert len(label.get("description") or "") <= 100


@given(st.text())
def test_any_id_can_be_asked_about(custom_id: str) -> None:
    """What is no form of the panel is none."""
    assert panel_forms.find_panel_form(custom_id) is None
