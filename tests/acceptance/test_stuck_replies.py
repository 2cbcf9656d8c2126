"""Replies that Discord does not let be edited: for a moment, for minutes, for as long as anybody waits."""

from bot.sandbox.discord import Fault
from bot.ui import texts
from tests.support.house import House, title
from tests.support.ui_jobs import job

TOKEN_EDIT = "PATCH /webhooks/{application_id}/{token}/messages/{message_id}"
CHANNEL_EDIT = "PATCH /channels/{channel_id}/messages/{message_id}"
LOOKS = (
    "GET /webhooks/{application_id}/{token}/messages/{message_id}",
    "GET /channels/{channel_id}/messages/{message_id}",
)


async def move(house: House, seconds: float, *, step_s: float = 2.0) -> None:
    end_s = house.clock.monotonic() + seconds
    await house.until(lambda: house.clock.monotonic() >= end_s, step_s=step_s, limit_s=2 * seconds)


async def test_two_bad_moments_far_apart_are_not_one_long_one(house: House) -> None:
    """Between them edits worked: the second is tried again, as the first was."""
    house.evolink.knobs.duration_s = 400
    house.alice.accepts_direct_messages = False
    async with house.bot():
        message = await house.imagine(private=True)
        await house.until(lambda: title(message) == "Drawing")
        house.discord.faults.inject(TOKEN_EDIT, Fault.dropped())
        await house.alice.press(message, "Cancel")
        await move(house, 350)
        house.discord.faults.inject(TOKEN_EDIT, Fault.dropped())
        await house.until(lambda: all(house.stored("told_at")), limit_s=300)
    assert (title(message), message.labels) == ("Your picture is ready", ["Show the picture"])


async def test_a_cancelled_card_that_cannot_be_edited_is_taken_away(house: House) -> None:
    """Its end stands nowhere else, and it would say for ever that it waits."""
    house.evolink.knobs.duration_s = 3000
    async with house.bot(max_concurrent_tasks=1):
        await house.imagine()
        await house.until(lambda: house.tasks)
        waiting = await house.imagine(house.bob)
        await house.until(lambda: title(waiting) == "Waiting in line")
        with house.discord.faults.standing(Fault.dropped(), TOKEN_EDIT, CHANNEL_EDIT):
            await house.bob.press(waiting, "Cancel")
            await house.until(lambda: waiting.deleted, limit_s=600)


async def test_a_private_reply_that_cannot_be_edited_is_tried_until_its_token_dies(house: House) -> None:
    """No other way is open to its person: ten bad minutes of Discord cost them nothing."""
    house.alice.accepts_direct_messages = False
    async with house.bot():
        message = await house.imagine(private=True)
        await house.until(lambda: title(message) == "Drawing")
        with house.discord.faults.standing(Fault.dropped(), TOKEN_EDIT):
            await move(house, 600)
        await house.until(lambda: message.attachments, limit_s=100)


async def test_a_reply_that_can_be_neither_edited_nor_seen_holds_nothing_up(house: House) -> None:
    """The picture may stand there or not: it is offered where the person surely sees it."""
    async with house.bot():
        message = await house.imagine()
        await house.until(lambda: title(message) == "Drawing")
        with house.discord.faults.standing(Fault.dropped(), TOKEN_EDIT, CHANNEL_EDIT, *LOOKS):
            await house.until(lambda: house.stored("status") == ["ready"], step_s=2, limit_s=3 * 3600)
            direct = await house.alice.direct_messages()
            [offer] = direct.messages.values()
            assert title(offer) == "Your picture is ready"
        await house.alice.press(offer, "Show the picture")
        await house.until(lambda: house.stored("status") == ["delivered"], limit_s=100)
        assert offer.attachments


async def test_an_old_card_is_not_taken_for_the_one_that_could_not_be_put_in_its_place(house: House) -> None:
    """A cancelled card has the button of the ready one, and says something else."""
    house.evolink.knobs.duration_s = 60
    async with house.bot():
        message = await house.imagine()
        await house.until(lambda: title(message) == "Drawing")
        await house.alice.press(message, "Cancel")
        with house.discord.faults.standing(Fault.dropped(), TOKEN_EDIT, CHANNEL_EDIT):
            await house.until(lambda: all(house.stored("told_at")), step_s=2)
        direct = await house.alice.direct_messages()
        assert [title(each) for each in direct.messages.values()] == ["Your picture is ready"]


async def test_a_cancel_that_discord_did_not_show_is_shown_with_the_next_edit(house: House) -> None:
    """The person is told at once what it means, and the card is closed without another press."""
    house.evolink.knobs.duration_s = 400
    async with house.bot():
        message = await house.imagine(private=True)
        await house.until(lambda: title(message) == "Drawing")
        house.discord.faults.inject(TOKEN_EDIT, Fault.dropped())
        press = await house.alice.press(message, "Cancel")
        await house.until(lambda: press.followups)
        assert [each.content for each in press.followups] == [texts.cancel_unshown(job())]
        await house.until(lambda: title(message) == "Cancelled", limit_s=60)


async def test_a_press_waits_for_no_pause_of_whoever_told_that_the_picture_waits(house: House) -> None:
    """The offer stands, its answers were lost: the driver pauses longer and longer, and the person does not care."""
    house.evolink.knobs.duration_s = 30
    async with house.bot():
        message = await house.imagine()
        await house.until(lambda: title(message) == "Drawing")
        await house.alice.press(message, "Cancel")
        house.discord.faults.inject(TOKEN_EDIT, *[Fault.dropped(performed=True)] * 7)
        await house.until(lambda: not house.discord.faults.unserved, limit_s=400)
        assert (house.stored("status"), house.stored("told_at")) == (["ready"], [None])
        await house.alice.press(message, "Show the picture")
        await house.until(lambda: message.attachments, limit_s=10)
