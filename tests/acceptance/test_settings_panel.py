"""/admin settings: one private panel in which everything is chosen, across restarts, and by nobody else."""

from dataclasses import replace

import pytest

from bot.guilds.model import GuildSettings
from bot.jobs.model import Quality, Size
from bot.sandbox.discord import Exchange, Message, Permission, Person
from bot.sandbox.discord.message_forms import EPHEMERAL
from bot.settings import ReplyToPicture
from bot.ui.panel.items import Choice, item_id
from tests.support.house import House
from tests.support.server_settings import settings_of

NOT_YOURS = "This panel belongs to the administrator who opened it"


def administrator(house: House) -> Person:
    """Return a new member who may manage the server."""
    role = house.guild.add_role("administrators", permissions=Permission.MANAGE_GUILD)
    return house.guild.add_member("carol", roles=[role])


async def panel_of(house: House, person: Person) -> Message:
    """Let somebody open the panel."""
    message = await (await person.use(house.channel, "/admin settings")).message()
    assert message.ephemeral
    return message


def named(house: House, person: Person, choice: Choice) -> str:
    return item_id(choice, guild_id=house.guild.id, opener_id=person.id)


async def chosen(house: House, person: Person, panel: Message, choice: Choice, *values: object) -> str:
    """Choose from a menu, and return what the panel says of it."""
    states = len(panel.states)
    await person.select(panel, named(house, person, choice), *values)
    await panel.wait_until(lambda seen: len(seen.states) > states)
    return panel.texts[0]


async def pressed(house: House, person: Person, panel: Message, choice: Choice) -> str:
    states = len(panel.states)
    await person.press(panel, named(house, person, choice))
    await panel.wait_until(lambda seen: len(seen.states) > states)
    return panel.texts[0]


async def filled(house: House, person: Person, panel: Message, choice: Choice, **answers: str) -> str:
    """Open a form from the panel and send it, and return what the panel says of it."""
    states = len(panel.states)
    modal = await (await person.press(panel, named(house, person, choice))).modal()
    await person.submit(modal, dict(answers))
    await panel.wait_until(lambda seen: len(seen.states) > states)
    return panel.texts[0]


CHOICES = [
    (Choice.ZONE, "Europe/Berlin", {"time_zone": "Europe/Berlin"}, "UTC → **Europe/Berlin**"),
    (Choice.HIGHEST, "1K", {"highest_quality": Quality.ONE_K}, "4K → **1K**"),
    (Choice.QUALITY, "0.5K", {"default_quality": Quality.HALF_K}, "2K → **0.5K**"),
    (Choice.SIZE, "16:9", {"default_size": Size.WIDESCREEN}, "**16:9 · widescreen**"),
    (Choice.REPLIES, "off", {"reply_to_picture": ReplyToPicture.OFF}, "**never**"),
]


@pytest.mark.parametrize(("choice", "value", "change", "told"), CHOICES, ids=[each[0].value for each in CHOICES])
async def test_what_is_chosen_from_a_menu_holds_and_is_told(
    house: House, choice: Choice, value: str, change: dict[str, object], told: str
) -> None:
    """With its before and after, above a panel that shows it as it is now."""
    carol = administrator(house)
    async with house.bot():
        panel = await panel_of(house, carol)
        assert told in await chosen(house, carol, panel, choice, value)
        assert settings_of(house) == replace(GuildSettings(), **change)
        [default] = [each for each in panel.part(named(house, carol, choice))["options"] if each.get("default")]
        assert default["value"] == value


async def test_channels_are_chosen_and_taken_back(house: House) -> None:
    """Allowed, denied and for the log; none chosen is none again."""
    carol, other = administrator(house), house.guild.add_text_channel("other")
    async with house.bot():
        panel = await panel_of(house, carol)
        told = await chosen(house, carol, panel, Choice.ALLOWED, house.channel, other)
        assert f"everywhere → **<#{house.channel.id}>, <#{other.id}>**" in told
        assert f"no log → **<#{other.id}>**" in await chosen(house, carol, panel, Choice.LOG, other)
        await chosen(house, carol, panel, Choice.DENIED, other)
        assert settings_of(house) == GuildSettings(
            allowed_channels=(house.channel.id, other.id), denied_channels=(other.id,), log_channel_id=other.id
        )
        for choice in (Choice.ALLOWED, Choice.DENIED, Choice.LOG):
            await chosen(house, carol, panel, choice)
        assert settings_of(house) == GuildSettings()


async def test_buttons_turn_round_what_they_say_and_back(house: House) -> None:
    """Private results and searches."""
    carol = administrator(house)
    async with house.bot():
        panel = await panel_of(house, carol)
        assert "allowed → **not allowed**" in await pressed(house, carol, panel, Choice.PRIVATE_OFF)
        assert "allowed → **not allowed**" in await pressed(house, carol, panel, Choice.SEARCH_OFF)
        assert settings_of(house) == GuildSettings(private_allowed=False, search_allowed=False)
        assert "Private results: not allowed" in panel.labels
        await pressed(house, carol, panel, Choice.PRIVATE_ON)
        await pressed(house, carol, panel, Choice.SEARCH_ON)
        assert settings_of(house) == GuildSettings()


async def test_forms_take_any_time_zone_and_how_many_at_once(house: House) -> None:
    """As people write them; nothing written is any number."""
    carol = administrator(house)
    async with house.bot():
        panel = await panel_of(house, carol)
        assert "**Asia/Kathmandu**" in await filled(house, carol, panel, Choice.OTHER_ZONE, zone="asia/kathmandu")
        told = await filled(house, carol, panel, Choice.AT_ONCE, member="2", guild="1,000")
        assert "for a member:** any number → **2**" in told
        assert "for the whole server:** any number → **1,000**" in told
        assert settings_of(house) == GuildSettings(time_zone="Asia/Kathmandu", jobs_per_member=2, jobs_per_guild=1000)
        await filled(house, carol, panel, Choice.AT_ONCE, member="", guild="unlimited")
        assert settings_of(house) == GuildSettings(time_zone="Asia/Kathmandu")


@pytest.mark.parametrize("zone", ["Europe/Atlantis", "<@1> @everyone", "../../etc/passwd", "UTC+1", " "])
async def test_an_unknown_time_zone_is_told_on_the_panel_and_changes_nothing(house: House, zone: str) -> None:
    """In a sentence that says how to write it."""
    carol = administrator(house)
    async with house.bot():
        panel = await panel_of(house, carol)
        told = await filled(house, carol, panel, Choice.OTHER_ZONE, zone=zone)
        assert "Nothing was changed" in told
        assert "Europe/Berlin" in told
        assert settings_of(house) == GuildSettings()


@pytest.mark.parametrize(
    ("member", "guild"), [("3", "0"), ("3", "-1"), ("3", "1001"), ("3", "ten"), ("1.5", "3"), ("\u0663", "3")]
)
async def test_of_two_numbers_neither_is_set_where_one_cannot_be(house: House, member: str, guild: str) -> None:
    """Half a change is none."""
    carol = administrator(house)
    async with house.bot():
        panel = await panel_of(house, carol)
        assert "Nothing was changed" in await filled(house, carol, panel, Choice.AT_ONCE, member=member, guild=guild)
        assert settings_of(house) == GuildSettings()


@pytest.mark.parametrize("hidden", [True, False], ids=["not to be seen", "not to be written in"])
async def test_a_log_where_the_bot_cannot_write_is_refused(house: House, hidden: bool) -> None:
    """Rather than to be silent there for ever."""
    carol, log = administrator(house), house.guild.add_text_channel("log", hidden_from_bot=hidden)
    log.deny(house.guild.everyone, Permission.SEND_MESSAGES)
    async with house.bot():
        panel = await panel_of(house, carol)
        told = await chosen(house, carol, panel, Choice.LOG, log)
        assert "“#log”" in told
        assert "Nothing was changed" in told
        assert settings_of(house) == GuildSettings()


async def test_a_channel_that_is_deleted_meanwhile_is_told(house: House) -> None:
    """The panel is shown without it."""
    carol, gone = administrator(house), house.guild.add_text_channel("gone")
    async with house.bot():
        panel = await panel_of(house, carol)
        await chosen(house, carol, panel, Choice.DENIED, gone, house.channel)
        gone.delete()
        again = await panel_of(house, carol)
        assert "One chosen channel was deleted" in "\n".join(again.texts)


async def test_a_panel_and_its_form_work_after_a_restart(house: House) -> None:
    """Nothing of them is kept in memory."""
    carol = administrator(house)
    async with house.bot():
        panel = await panel_of(house, carol)
        modal = await (await carol.press(panel, named(house, carol, Choice.OTHER_ZONE))).modal()
    async with house.bot():
        states = len(panel.states)
        await carol.submit(modal, {"zone": "Asia/Tokyo"})
        await panel.wait_until(lambda seen: len(seen.states) > states)
        await chosen(house, carol, panel, Choice.HIGHEST, "2K")
        assert settings_of(house) == GuildSettings(time_zone="Asia/Tokyo", highest_quality=Quality.TWO_K)


async def said_to(exchange: Exchange) -> str:
    """Return what a person is told who used a panel in vain."""
    return (await exchange.message()).content


async def test_nobody_but_who_opened_it_may_use_a_panel(house: House) -> None:
    """Not even another administrator: they open their own. Only a client that was tampered with can try."""
    carol, dave = administrator(house), administrator(house)
    async with house.bot():
        panel = await panel_of(house, carol)
        panel.flags &= ~EPHEMERAL  # as if all could see it
        refused = await said_to(await dave.press(panel, named(house, carol, Choice.PRIVATE_OFF)))
        assert NOT_YOURS in refused
        assert settings_of(house) == GuildSettings()


async def test_who_may_not_manage_the_server_any_more_is_out_at_once(house: House) -> None:
    """Of what they had opened nothing goes on."""
    carol = administrator(house)
    async with house.bot():
        panel = await panel_of(house, carol)
        modal = await (await carol.press(panel, named(house, carol, Choice.OTHER_ZONE))).modal()
        house.guild.change_roles(carol, [])
        assert NOT_YOURS in await said_to(await carol.press(panel, named(house, carol, Choice.SEARCH_OFF)))
        assert NOT_YOURS in await said_to(await carol.press(panel, named(house, carol, Choice.OTHER_ZONE)))
        assert NOT_YOURS in await said_to(await carol.submit(modal, {"zone": "Asia/Tokyo"}))
        assert settings_of(house) == GuildSettings()


async def test_whom_the_integrations_page_lets_in_has_a_quarter_of_an_hour(house: House) -> None:
    """Discord alone knows whom the server lets use the command, and says so only when it is used."""
    async with house.bot():
        house.guild.override_command("/admin", house.alice, allowed=True)
        panel = await panel_of(house, house.alice)
        await house.clock.advance(14 * 60)
        await pressed(house, house.alice, panel, Choice.PRIVATE_OFF)
        assert settings_of(house) == GuildSettings(private_allowed=False)
        await house.clock.advance(2 * 60)
        refused = await said_to(await house.alice.press(panel, named(house, house.alice, Choice.SEARCH_OFF)))
        assert NOT_YOURS in refused
        assert settings_of(house) == GuildSettings(private_allowed=False)


async def test_whom_the_integrations_page_lets_in_uses_the_command_again_after_a_restart(house: House) -> None:
    """That Discord let them in is kept in memory alone."""
    async with house.bot():
        house.guild.override_command("/admin", house.alice, allowed=True)
        panel = await panel_of(house, house.alice)
    async with house.bot():
        press = await house.alice.press(panel, named(house, house.alice, Choice.PRIVATE_OFF))
        assert NOT_YOURS in await said_to(press)
        panel = await panel_of(house, house.alice)
        await pressed(house, house.alice, panel, Choice.PRIVATE_OFF)
        assert settings_of(house) == GuildSettings(private_allowed=False)


async def test_an_id_that_says_it_is_ones_own_proves_nothing(house: House) -> None:
    """A menu can be forged that names whoever uses it as its opener."""
    carol = administrator(house)
    async with house.bot():
        panel = await panel_of(house, carol)
        panel.flags &= ~EPHEMERAL
        forged = named(house, house.alice, Choice.PRIVATE_OFF)
        panel.components = [
            {
                "type": 1,
                "components": [{"type": 2, "style": 2, "label": "Forged", "custom_id": forged, "id": 2}],
                "id": 1,
            }
        ]
        assert NOT_YOURS in await said_to(await house.alice.press(panel, "Forged"))
        assert settings_of(house) == GuildSettings()


async def test_who_may_manage_the_server_may_use_it_much_later(house: House) -> None:
    """The panel itself does not grow old."""
    carol = administrator(house)
    async with house.bot():
        panel = await panel_of(house, carol)
        await house.clock.advance(24 * 3600)
        await pressed(house, carol, panel, Choice.PRIVATE_OFF)
        assert settings_of(house) == GuildSettings(private_allowed=False)


async def test_what_is_set_is_obeyed_at_once(house: House) -> None:
    """A denied channel, private results and searches; each refusal names who can change it."""
    carol = administrator(house)
    async with house.bot():
        panel = await panel_of(house, carol)
        await pressed(house, carol, panel, Choice.PRIVATE_OFF)
        await pressed(house, carol, panel, Choice.SEARCH_OFF)
        assert "private" in (await house.imagine(private=True)).content
        assert "searches" in (await house.imagine(web_search=True)).content
        await chosen(house, carol, panel, Choice.DENIED, house.channel)
        refused = (await house.imagine()).content
        assert "channel" in refused
        assert "/admin settings" in refused
    assert house.tasks == []
