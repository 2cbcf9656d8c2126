"""What the operator has set holds for everybody, administrators too, and ends when it is over: the whole bot."""

from tests.acceptance.test_admin import drawn, manager, said
from tests.support.house import House


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
