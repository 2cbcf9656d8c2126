"""Replies that Discord does not let be edited: for a moment, for minutes, for as long as anybody waits."""

import asyncio

import pytest

from bot.sandbox.discord import Fault
from bot.sandbox.discord.faults import HTML_TYPE
from bot.sandbox.discord.refusals import Known
from bot.sandbox.evolink import Failed
from bot.ui import texts
from tests.support.house import House, title
from tests.support.ui_jobs import job

TOKEN_EDIT = "PATCH /webhooks/{application_id}/{token}/messages/{message_id}"
CHANNEL_EDIT = "PATCH /channels/{channel_id}/messages/{message_id}"
CHANNEL_SEND = "POST /channels/{channel_id}/messages"
REMOVE = "DELETE /channels/{channel_id}/messages/{message_id}"
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
        await house.until(lambda: message.attachments, step_s=0.2, limit_s=100)


async def test_a_reply_that_can_be_neither_edited_nor_seen_holds_nothing_up(house: House) -> None:
    """The picture may stand there or not: it is offered where the person surely sees it."""
    async with house.bot():
        message = await house.imagine()
        await house.until(lambda: title(message) == "Drawing")
        faults, of_the_edge = house.discord.faults, Fault(status=403, body="<html>", content_type=HTML_TYPE)
        with faults.standing(Fault.dropped(), TOKEN_EDIT, CHANNEL_EDIT), faults.standing(of_the_edge, *LOOKS):
            await house.until(lambda: house.stored("status") == ["ready"], step_s=2, limit_s=3 * 3600)
            direct = await house.alice.direct_messages()
            [offer] = direct.messages.values()
            assert title(offer) == "Your picture is ready"
        await house.alice.press(offer, "Show the picture")
        await house.until(lambda: house.stored("status") == ["delivered"], step_s=0.2, limit_s=100)
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
        await house.until(lambda: title(message) == "Cancelled", step_s=0.2, limit_s=60)


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
        await house.until(lambda: message.attachments, step_s=0.1, limit_s=10)


async def test_a_picture_that_no_way_takes_waits_to_be_collected(house: House) -> None:
    """The reply cannot be edited, the bot may not post there any more, and its person takes no direct messages."""
    house.alice.accepts_direct_messages = False
    faults = house.discord.faults
    async with house.bot():
        message = await house.imagine()
        await house.until(lambda: title(message) == "Drawing")
        with (
            faults.standing(Fault.dropped(), TOKEN_EDIT, CHANNEL_EDIT),
            faults.standing(Fault.refused(Known.MISSING_PERMISSIONS), CHANNEL_SEND),
        ):
            await house.until(lambda: house.stored("status") == ["ready"], step_s=5, limit_s=3600)
        await house.until(lambda: title(message) == "Your picture is ready", step_s=2, limit_s=300)


async def test_a_first_answer_that_cannot_be_filled_is_followed_by_a_card(house: House) -> None:
    """It would say that the bot thinks, with nothing to cancel, for as long as the picture takes."""
    house.evolink.knobs.duration_s = 1200
    async with house.bot():
        with house.discord.faults.standing(Fault.dropped(), TOKEN_EDIT, CHANNEL_EDIT):
            async with house.database_held():
                using = asyncio.create_task(house.alice.use(house.channel, "/imagine", prompt="late", quality="0.5K"))
                await move(house, 3, step_s=0.5)
            await using
            await house.until(lambda: house.tasks, limit_s=1500)
            assert any("Cancel" in message.labels for message in house.channel.messages.values())


async def test_after_an_outage_a_failure_is_told_where_it_was_asked(house: House) -> None:
    """That nothing was reached for half an hour says nothing of the reply: no new message, nobody is pinged."""
    house.evolink.knobs.duration_s = 30
    house.evolink.knobs.task.append(Failed(code="content_policy_violation"))
    async with house.bot():
        message = await house.imagine()
        await house.until(lambda: title(message) == "Drawing")
        house.discord.faults.outage = Fault.dropped()
        await move(house, 1800)
        house.discord.faults.outage = None
        await house.until(lambda: all(house.stored("told_at")), step_s=2)
        assert list(house.channel.messages.values()) == [message]


@pytest.mark.parametrize(
    "last_faults", [[Fault.dropped()], [Fault.dropped(), Fault.dropped(performed=True)]], ids=["taken", "answer lost"]
)
async def test_a_reply_is_not_given_up_for_the_last_edit_that_an_outage_took(
    last_faults: list[Fault], house: House, caplog: pytest.LogCaptureFixture
) -> None:
    """Discord is back when it is looked what the reply shows: then it takes the edit, too, if it has not by then."""
    async with house.bot():
        message = await house.imagine()
        await house.until(lambda: title(message) == "Drawing")
        with house.discord.faults.standing(Fault.dropped(), TOKEN_EDIT, *LOOKS):
            await move(house, 400)
            caplog.clear()
            await house.until(lambda: "delivery postponed" in caplog.messages)  # no try is under way
        house.discord.faults.inject(TOKEN_EDIT, *last_faults)
        await house.until(lambda: all(house.stored("told_at")), step_s=0.2, limit_s=100)
    assert message.attachments
    assert len(house.channel.messages) == 1


async def test_a_cancelled_card_that_nothing_changes_is_left_after_a_day(house: House) -> None:
    """Discord can neither edit it nor take it away: its job is not held for ever."""
    house.evolink.knobs.duration_s = 300_000
    async with house.bot(max_concurrent_tasks=1):
        await house.imagine()
        await house.until(lambda: house.tasks)
        waiting = await house.imagine(house.bob)
        await house.until(lambda: title(waiting) == "Waiting in line")
        with house.discord.faults.standing(Fault.dropped(), TOKEN_EDIT, CHANNEL_EDIT, REMOVE):
            await house.bob.press(waiting, "Cancel")
            await move(house, 23 * 3600, step_s=300)
            assert house.stored("told_at")[1] is None
            await house.until(lambda: house.stored("told_at")[1], step_s=300, limit_s=3 * 3600)


async def test_a_second_cancel_is_answered_as_the_first_was(house: House) -> None:
    """Minutes later, and edits still fail: it is no reason to give the card up."""
    house.evolink.knobs.duration_s = 1500
    async with house.bot():
        message = await house.imagine()
        await house.until(lambda: title(message) == "Drawing")
        with house.discord.faults.standing(Fault.dropped(), TOKEN_EDIT, CHANNEL_EDIT):
            await house.alice.press(message, "Cancel")
            await move(house, 330)
            again = await house.alice.press(message, "Cancel")
            await house.until(lambda: again.followups, step_s=0.1, limit_s=10)
        await house.until(lambda: title(message) == "Cancelled", step_s=0.2, limit_s=60)
