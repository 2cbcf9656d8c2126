"""/quota: what a person has left, in their own words and for them alone."""

from typing import Any

from bot.sandbox.discord import Message, Permission, Person
from bot.sandbox.evolink import HttpFault
from tests.support.house import House
from tests.support.server_settings import set_settings

THREE_HOURS_S = 3 * 3600


def administrator(house: House) -> Person:
    """Return a new member who may manage the server."""
    role = house.guild.add_role("administrators", permissions=Permission.MANAGE_GUILD)
    return house.guild.add_member("carol", roles=[role])


async def admin(house: House, person: Person, command: str, **options: Any) -> None:
    """Let an administrator do something, and wait until it is done."""
    message = await (await person.use(house.channel, f"/admin {command}", **options)).message()
    await message.wait_until(lambda seen: not seen.thinking)


async def card(house: House, person: Person | None = None, channel: Any = None) -> dict[str, str]:
    """Return what /quota shows: its text under an empty name, the others under theirs."""
    message = await (await (person or house.alice).use(channel or house.channel, "/quota")).message()
    await message.wait_until(lambda seen: not seen.thinking)
    assert message.ephemeral
    return fields(message)


def fields(message: Message) -> dict[str, str]:
    [embed] = message.embeds
    return {"": str(embed["description"]), **{each["name"]: each["value"] for each in embed.get("fields", [])}}


async def test_who_has_used_nothing_sees_the_operators_default(house: House) -> None:
    """Of a server that has set nothing."""
    async with house.bot(default_member_images_per_day=10):
        shown = await card(house)
        assert shown[""].startswith("There is room for a picture now. What is being made counts already;")
        assert "The limit of each member of this server" in shown[""]
        assert "**10 of 10 pictures left** a day · 0 used\n▱▱▱▱▱▱▱▱▱▱" in shown[""]
        assert shown["What you may use here"].startswith("Quality: 0.5K, 1K, 2K, 4K\n")
        assert shown["Being made at this moment"].startswith("Yours: 0 ")


async def test_what_is_being_made_and_what_was_made_is_used(house: House) -> None:
    """With a live stamp of when there is more: midnight of the server's own time zone."""
    house.evolink.knobs.duration_s = 60
    async with house.bot(default_member_images_per_day=2):
        await set_settings(house, time_zone="Asia/Tokyo", jobs_per_member=3)
        message = await house.imagine()
        shown = await card(house)
        assert "**1 of 2 pictures left** a day · 1 used\n▰▰▰▰▰▱▱▱▱▱ begins anew <t:1795359600:R>" in shown[""]
        assert shown["Being made at this moment"].startswith("Yours: 1 of at most 3\nIn this server: 1 (any")
        await house.until(lambda: message.attachments)
        await house.imagine()
        shown = await card(house)
        assert "There is no room for a picture now, but again <t:1795359600:R>" in shown[""]
        assert "**0 of 2 pictures left**" in shown[""]
        assert "**2 of 2 pictures left**" in (await card(house, house.bob))[""]


async def test_what_administrators_set_and_gave_is_told_by_its_kind(house: House) -> None:
    """One's own limit with what was granted, the channel's, the server's budget; of others nothing."""
    carol = administrator(house)
    async with house.bot():
        await admin(house, carol, "quota set", limit="3", member=house.alice)
        await admin(house, carol, "quota set", limit="1", member=house.bob)
        await admin(house, carol, "quota grant", member=house.alice, images="2")
        await admin(house, carol, "quota set", limit="40", channel=house.channel, per="hour", rolling=True)
        await admin(house, carol, "budget", limit="100")
        await house.imagine()
        shown = await card(house)
        assert (
            "**Your own limit in this server**\n**4 of 5 pictures left** a day (3 and 2 granted) · 1 used" in shown[""]
        )
        channel = shown["In this channel, for all members together"]
        assert channel.startswith("**39 of 40 pictures left** in any 60 minutes · 1 used\n")
        assert "more room <t:" in channel
        assert "**97.1602 of 100 credits left** a month" in shown["In this server, for all members together"]
        assert "Your own limit in this server" in (await card(house, house.bob))[""]
        assert "The limit of each member" in (await card(house, carol))[""]


async def test_the_best_quality_that_fits_is_named(house: House) -> None:
    """Of what the person may use; and when more fits, even where the usual quality never does."""
    carol = administrator(house)
    async with house.bot():
        await admin(house, carol, "quota set", limit="5", unit="credits", member=house.alice)
        shown = (await card(house))[""]
        assert shown.startswith("There is room for a picture in 1K now, not for one in 2K.")
        message = await house.imagine(quality="0.5K")
        await house.until(lambda: message.attachments)
        shown = (await card(house))[""]
        assert shown.startswith("There is no room for a picture now, but again <t:1795392000:R>")
        assert "▰▰▰▰▰▱▱▱▱▱ begins anew <t:1795392000:R>" in shown
        await admin(house, carol, "quota set", limit="2", unit="credits", member=house.alice)
        assert "waiting does not help: one in 0.5K costs more than a limit below" in (await card(house))[""]
        await admin(house, carol, "quota set", limit="0", unit="credits", member=house.alice)
        assert (await card(house))[""].startswith("No pictures can be made here")


async def test_a_grant_is_nothing_used_that_makes_room_when_it_ends(house: House) -> None:
    """In a rolling window it will leave, and only take."""
    carol = administrator(house)
    async with house.bot():
        await admin(house, carol, "quota set", limit="3", member=house.alice, rolling=True)
        await admin(house, carol, "quota grant", member=house.alice, images="2")
        assert (
            "**5 of 5 pictures left** in any 24 hours (3 and 2 granted) · 0 used\n▱▱▱▱▱▱▱▱▱▱" in (await card(house))[""]
        )
        assert "more room" not in (await card(house))[""]


async def test_a_thread_counts_for_its_channel(house: House) -> None:
    """There as well as in the channel itself."""
    carol, thread = administrator(house), house.channel.add_thread("details")
    async with house.bot():
        await admin(house, carol, "quota set", limit="40", channel=house.channel)
        await (await house.alice.use(thread, "/imagine", prompt="a paper lighthouse")).message()
        for place in (thread, house.channel):
            shown = await card(house, channel=place)
            assert "**39 of 40 pictures left**" in shown["In this channel, for all members together"]


async def test_of_several_roles_one_with_room_is_enough_and_that_is_told(house: House) -> None:
    """Whichever of them comes first."""
    carol = administrator(house)
    painters, poets = house.guild.add_role("painters"), house.guild.add_role("poets")
    house.guild.change_roles(house.alice, [painters, poets])
    async with house.bot():
        await admin(house, carol, "quota set", limit="0", role=painters)
        await admin(house, carol, "quota set", limit="5", role=poets)
        shown = (await card(house))[""]
        assert "There is room for a picture" in shown
        assert f"With <@&{poets.id}>:\n**5 of 5 pictures left**" in shown
        assert f"Or with <@&{painters.id}>:\nNo pictures at all (0 pictures a day)" in shown


async def test_of_the_operators_money_only_the_share_is_told(house: House) -> None:
    """And each person's limit over all servers in full."""
    async with house.bot(total_credits_per_day="10", user_images_per_day=8):
        await house.imagine()
        shown = await card(house)
        total = shown["For everybody, set by whoever runs this bot"]
        assert total.startswith("**28 % used** of what may be spent a day\n▰▰▱▱▱▱▱▱▱▱ begins anew <t:")
        assert "credit" not in total
        assert "**7 of 8 pictures left**" in shown["For you in all servers, set by whoever runs this bot"]


async def test_what_nobody_can_have_here_is_said_before_all_else(house: House) -> None:
    """A denied channel, a block, a stop of all spending: what is left helps nobody then."""
    carol = administrator(house)
    async with house.bot():
        await set_settings(house, denied_channels=[house.channel.id], highest_quality="1K", private_allowed=False)
        shown = await card(house)
        assert shown[""].startswith("No pictures are made in this channel.")
        assert "Nothing was spent" not in shown[""]
        assert "pictures left" in shown[""]
        assert shown["What you may use here"].startswith("Quality: 0.5K, 1K\nPrivate results: not allowed\n")
        await set_settings(house)
        await admin(house, carol, "block", member=house.alice)
        assert (await card(house))[""].startswith("The administrators of this server have blocked you")
        assert "There is room" in (await card(house, house.bob))[""]


async def test_while_spending_is_stopped_that_is_said(house: House) -> None:
    """As to who asks for a picture."""
    house.evolink.knobs.create.append(HttpFault(status=402))
    async with house.bot():
        await house.imagine()
        await house.until(lambda: "failed" in house.stored("status"))
        assert "used up for now" in (await card(house))[""]


async def test_in_direct_messages_the_direct_limit_is_told(house: House) -> None:
    """And nothing of any server."""
    direct = await house.alice.direct_messages()
    async with house.bot(direct_images_per_day=3):
        await house.imagine()
        shown = await card(house, channel=direct)
        assert shown.keys() == {"", "Outside of servers, set by whoever runs this bot"}
        assert "**3 of 3 pictures left**" in shown["Outside of servers, set by whoever runs this bot"]
