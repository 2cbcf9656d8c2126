"""What the operator has set holds for everybody, administrators too, and ends when it is over: the whole bot."""

from bot.sandbox.evolink import HttpFault
from bot.ui.panel.items import Choice
from tests.acceptance.test_admin import drawn, manager, said
from tests.acceptance.test_settings_panel import chosen, panel_of
from tests.support.house import House, words


async def test_no_administrator_sets_the_operators_ceiling_back(house: House) -> None:
    """A reset of the whole server neither moves it nor tells that it was moved."""
    async with house.bot(server_credits_per_month="3"):
        boss = manager(house)
        await drawn(house)
        told = await said(house, boss, "quota reset", server=True)
        assert "3 credits" not in told
        refused = await house.imagine()
        assert "the limit of this bot's operator for each server" in refused.content.lower()
    assert len(house.tasks) == 1


async def test_a_reset_by_a_clock_that_was_ahead_opens_no_gap(house: House) -> None:
    """Two hours later than it was, and then set right: two a day are two a day."""
    async with house.bot(default_member_images_per_day=2):
        boss = manager(house)
        house.clock.jump(2 * 3600)
        await said(house, boss, "quota reset", member=house.alice)
        house.clock.jump(-2 * 3600)
        cards = [await house.imagine(prompt=f"picture {number}") for number in range(4)]
        assert [bool(card.embeds) for card in cards] == [True, True, False, False]
        await house.until(lambda: all(card.attachments for card in cards[:2]))


async def test_an_account_that_says_no_though_it_has_credits_is_announced_once(house: House) -> None:
    """Its key may have a quota of its own: it is tried again and again, ever later, until a picture is taken."""
    log = house.guild.add_text_channel("log")
    house.evolink.account.remaining_credits = 500.0
    async with house.bot():
        boss = manager(house)
        await chosen(house, boss, await panel_of(house, boss), Choice.LOG, log)

        def news() -> list[bool]:
            return ["made again" in each.content for each in log.messages.values() if "icture" in each.content[:30]]

        async def tried() -> None:
            """Ask until one is let in, and meets the account that says no."""
            house.evolink.knobs.create.append(HttpFault(status=402))
            while not (met_it := await house.imagine()).embeds:
                await house.clock.advance(60)
            await house.until(lambda: "not counted" in words(met_it))

        for _ in range(3):
            await tried()
        assert news() == [False]
        while not (message := await house.imagine()).embeds:
            await house.clock.advance(60)
        await house.until(lambda: message.attachments and len(news()) == 2)
        assert news() == [False, True]
