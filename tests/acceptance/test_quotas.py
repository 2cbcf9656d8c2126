"""Nobody goes over, and nobody is charged for what they did not get: the whole bot, on loopback."""

import asyncio
from datetime import timedelta

from bot.sandbox.discord import Message
from bot.sandbox.evolink import Failed, HttpFault
from tests.support.house import House, title, words

HALF_K = 2_839_800
"""The estimate of the cheapest picture, in millionths of credits."""


def is_refusal(message: Message) -> bool:
    return not message.embeds


async def test_of_two_hundred_commands_with_five_left_five_go_through(house: House) -> None:
    """All at the same moment; the others are told which limit it is and when it resets, and hold nothing."""
    house.evolink.knobs.duration_s = 5
    async with house.bot(default_member_images_per_day=5):
        messages = await asyncio.gather(*(house.imagine(prompt=f"picture {number}") for number in range(200)))
        refused = [message for message in messages if is_refusal(message)]
        assert len(refused) == 195
        assert all(message.ephemeral for message in refused)
        assert len({message.content for message in refused}) == 1
        assert "5 pictures" in refused[0].content
        assert "<t:" in refused[0].content
        assert "/admin quota" in refused[0].content
        admitted = [message for message in messages if not is_refusal(message)]
        await house.until(lambda: all(message.attachments for message in admitted))
    assert len(house.tasks) == 5
    assert [kind for kind, _, _ in house.ledger()].count("reserve") == 5


async def test_a_delivered_picture_counts_once_at_its_true_price(house: House) -> None:
    """Held at the estimate, committed with the delivery, settled by what the provider took."""
    async with house.bot():
        message = await house.imagine()
        [held] = house.ledger()
        assert held == ("reserve", 1, HALF_K)
        await house.until(lambda: message.attachments)
        await house.until(lambda: house.stored("status") == ["delivered"])
    [credits_used] = house.stored("credits_used")
    rows = house.ledger()
    assert [kind for kind, _, _ in rows] == ["reserve", "commit", "settle"]
    assert sum(images for _, images, _ in rows) == 1
    assert sum(credits for _, _, credits in rows) == round(credits_used * 1_000_000)


async def test_a_refused_picture_is_not_counted_and_the_card_says_so(house: House) -> None:
    """What the provider declines gives its place back at once."""
    house.evolink.knobs.task.append(Failed(code="content_policy_violation"))
    async with house.bot(default_member_images_per_day=1):
        message = await house.imagine()
        await house.until(lambda: "Declined" in words(message))
        assert "not counted" in words(message)
        assert [sum(column) for column in zip(*(row[1:] for row in house.ledger()), strict=True)] == [0, 0]
        again = await house.imagine()
        await house.until(lambda: again.attachments)


async def test_cancelled_before_submission_is_not_counted(house: House) -> None:
    """The place is free again with the cancel itself."""
    house.evolink.knobs.duration_s = 60
    async with house.bot(default_member_images_per_day=2, max_concurrent_tasks=1):
        first = await house.imagine(prompt="the first")
        await house.until(lambda: len(house.tasks) == 1)
        second = await house.imagine(prompt="the second")
        assert is_refusal(await house.imagine(prompt="the third"))
        await house.alice.press(second, "Cancel")
        await house.until(lambda: title(second) == "Cancelled")
        assert "not counted" in words(second)
        assert not is_refusal(await house.imagine(prompt="the fourth"))
        await house.until(lambda: first.attachments)


async def test_never_delivered_and_never_collected_is_not_counted(house: House) -> None:
    """What waited until its time was over is released, and its person told."""
    house.evolink.knobs.duration_s = 30
    async with house.bot(result_retention_days=1):
        message = await house.imagine()
        await house.until(lambda: title(message) == "Drawing")
        await house.alice.press(message, "Cancel")
        await house.until(lambda: title(message) == "Your picture is ready")
        assert sum(images for _, images, _ in house.ledger()) == 1
        await house.until(lambda: house.stored("status") == ["expired"], step_s=600, limit_s=3 * 86400)
        assert [kind for kind, _, _ in house.ledger()] == ["reserve", "release"]
        direct = await house.alice.direct_messages()
        await house.until(lambda: direct.messages)
        assert any("not counted" in words(each) for each in direct.messages.values())


async def test_a_job_counts_in_the_window_in_which_it_was_asked_for(house: House) -> None:
    """Asked for before midnight and delivered after it, it takes nothing from the new day."""
    house.evolink.knobs.duration_s = 120
    async with house.bot(default_member_images_per_day=1):
        midnight = (house.clock.now() + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        await house.clock.advance((midnight - house.clock.now()).total_seconds() - 60)
        late = await house.imagine(prompt="before midnight")
        assert is_refusal(await house.imagine(prompt="one too many"))
        await house.until(lambda: house.clock.now() >= midnight)
        assert not late.attachments
        early = await house.imagine(prompt="after midnight")
        await house.until(lambda: late.attachments and early.attachments)
        assert is_refusal(await house.imagine(prompt="one too many again"))


async def test_killed_in_the_middle_a_job_is_counted_once(house: House) -> None:
    """The reservation stands before the first answer, and the next start commits it with the delivery."""
    house.evolink.knobs.duration_s = 30
    async with house.bot_process(default_member_images_per_day=1) as process:
        message = await house.imagine()
        await house.until(lambda: title(message) == "Drawing")
        await process.kill()
    async with house.bot_process(default_member_images_per_day=1):
        await house.until(lambda: message.attachments)
        await house.until(lambda: house.stored("status") == ["delivered"])
        assert is_refusal(await house.imagine(prompt="one too many"))
    assert [kind for kind, _, _ in house.ledger()] == ["reserve", "commit", "settle"]


async def test_an_empty_account_stops_new_jobs_until_there_are_credits_again(house: House) -> None:
    """The job that met it is released; others are refused by a sentence; it ends by itself."""
    house.evolink.knobs.create.append(HttpFault(status=402))
    house.evolink.account.remaining_credits = 0.0
    async with house.bot():
        met_it = await house.imagine()
        await house.until(lambda: "not counted" in words(met_it))
        refused = await house.imagine()
        assert is_refusal(refused)
        assert refused.ephemeral
        assert "used up for now" in refused.content
        house.evolink.account.remaining_credits = 500.0
        await house.clock.advance(700)
        await house.until(lambda: '"on_trial": true' in (house.meta("spending_stop_account") or ""))
        message = await house.imagine()
        await house.until(lambda: message.attachments)
    assert sum(images for _, images, _ in house.ledger()) == 1


async def test_the_operators_daily_total_stops_everybody_until_the_new_day(house: House) -> None:
    """In every server, whatever its administrators have set."""
    async with house.bot(total_credits_per_day="6"):
        first, second = await house.imagine(), await house.imagine(house.bob)
        refused = await house.imagine(house.bob)
        assert is_refusal(refused)
        assert "runs this bot" in refused.content
        await house.until(lambda: first.attachments and second.attachments)
        await house.clock.advance(86400)
        message = await house.imagine()
        await house.until(lambda: message.attachments)


async def test_blocked_people_and_servers_are_told(house: House) -> None:
    """By the operator's lists, before anything is stored."""
    async with house.bot(blocked_users=str(house.alice.id)):
        blocked = await house.imagine()
        assert is_refusal(blocked)
        assert "block" in blocked.content
        message = await house.imagine(house.bob)
        await house.until(lambda: message.attachments)
    async with house.bot(allowed_servers="1234"):
        assert is_refusal(await house.imagine(house.bob))
    assert len(house.tasks) == 1
