"""Pictures that come after their job was given up: delivered once, counted if the limits allow it, else a gift."""

import hashlib
from typing import Any

import pytest

from bot.sandbox.discord import Fault, Message
from bot.sandbox.evolink import Completed, Failed, HttpFault, Slow, Stuck
from tests.acceptance.test_ladder_places import CHANNEL_SEND, TOKEN_EDIT
from tests.support.house import House, title, words
from tests.support.ports import free_port

MINUTE = 60.0


async def given_up(house: House, **outcome: Any) -> Message:
    """Ask for a picture that takes longer than the bot waits, and return its message once that is said."""
    house.evolink.knobs.task.append(Completed(duration_s=3 * MINUTE, **outcome))
    message = await house.imagine()
    await house.until(lambda: "keeps looking" in words(message), step_s=2)
    assert house.stored("status")[-1] == "lost"
    return message


def sha256_of(message: Message) -> str:
    return hashlib.sha256(message.attachments[0].read()).hexdigest()


def posted(house: House) -> int:
    return sum(bool(message.attachments) for message in house.channel.messages.values())


async def test_a_picture_that_comes_late_is_delivered_and_counted(house: House) -> None:
    """It was released with the deadline, and is let in once more as of the moment it comes."""
    async with house.bot(job_deadline_minutes=1):
        message = await given_up(house)
        assert sum(images for _, images, _ in house.ledger()) == 0
        await house.until(lambda: message.attachments, step_s=2)
        assert "now it is counted once" in words(message)
    assert sha256_of(message) == house.tasks[0].results[0].sha256
    assert [kind for kind, _, _ in house.ledger()] == ["reserve", "release", "reserve", "commit", "settle"]
    assert sum(images for _, images, _ in house.ledger()) == 1
    assert posted(house) == len(house.tasks) == 1


async def test_where_the_limit_is_used_up_meanwhile_it_is_a_gift(house: House) -> None:
    """It is delivered all the same, says so, and its rows sum to nothing."""
    async with house.bot(job_deadline_minutes=1, default_member_images_per_day=1):
        late = await given_up(house)
        other = await house.imagine(prompt="another")
        await house.until(lambda: other.attachments)
        await house.until(lambda: late.attachments, step_s=2)
        assert "it is a gift and is not counted" in words(late)
    [late_id, other_id] = house.stored("id")
    assert [kind for kind, _, _ in house.ledger(late_id)] == ["reserve", "release"]
    assert sum(images for _, images, _ in house.ledger(other_id)) == 1


async def test_a_restart_forgets_no_late_picture(house: House) -> None:
    """Killed after the person was told: the next start looks for it, and delivers it once."""
    async with house.bot_process(job_deadline_minutes=1) as process:
        message = await given_up(house)
        await process.kill()
    async with house.bot_process(job_deadline_minutes=1):
        await house.until(lambda: message.attachments, step_s=2)
    assert posted(house) == len(house.tasks) == 1
    assert sum(images for _, images, _ in house.ledger()) == 1


async def test_a_late_callback_brings_it_at_once(house: House) -> None:
    """Long before the next look is due."""
    house.evolink.knobs.loopback_callbacks = True
    port = free_port()
    async with house.bot(job_deadline_minutes=1, public_base_url=f"http://127.0.0.1:{port}", web_port=port):
        message = await given_up(house)
        await house.until(lambda: house.tasks[0].callbacks, step_s=2)
        await house.until(lambda: message.attachments, step_s=0.2, limit_s=30)


async def test_a_cancelled_one_that_comes_late_waits_to_be_collected(house: House) -> None:
    """Its owner closed the card: nothing is put there, and it counts for it is kept for them."""
    house.evolink.knobs.task.append(Completed(duration_s=3 * MINUTE))
    async with house.bot(job_deadline_minutes=1):
        message = await house.imagine()
        await house.until(lambda: title(message) == "Drawing")
        await house.alice.press(message, "Cancel")
        await house.until(lambda: house.stored("status") == ["ready"], step_s=2)
        await house.until(lambda: message.labels == ["Show the picture"])
        assert sum(images for _, images, _ in house.ledger()) == 1


NEVER = {
    "never ends": Stuck(),
    "fails in the end": Failed(code="service_error", duration_s=2 * MINUTE),
    "dead link": Completed(duration_s=2 * MINUTE, gone_status=404),
}


@pytest.mark.parametrize("outcome", NEVER.values(), ids=NEVER.keys())
async def test_what_never_comes_is_given_up_after_a_day_without_another_word(house: House, outcome: Any) -> None:
    """The person was told; nothing is edited again, and nothing is counted."""
    house.evolink.knobs.task.append(outcome)
    async with house.bot(job_deadline_minutes=1):
        message = await house.imagine()
        await house.until(lambda: "keeps looking" in words(message), step_s=2)
        n_states = len(message.states)
        await house.clock.advance(2 * MINUTE)
        day = 24 * 3600 * 1_000_000
        await house.change_database(f"UPDATE jobs SET lost_at = lost_at - {day}, look_at = look_at - {day}")
        await house.until(lambda: house.stored("status") == ["failed"], step_s=5)
        assert len(message.states) == n_states
    assert sum(images for _, images, _ in house.ledger()) == 0


async def test_a_result_that_cannot_be_fetched_for_a_while_is_fetched_later(house: House) -> None:
    """The person is told once that the bot keeps trying, then that it is released; and has the picture in the end."""
    house.evolink.knobs.result.append(HttpFault(status=503), times=None)
    async with house.bot(job_deadline_minutes=1):
        message = await house.imagine()
        await house.until(lambda: "keeps trying" in words(message), step_s=2)
        await house.until(lambda: "keeps looking" in words(message), step_s=2)
        assert sum("keeps trying" in str(state.embeds) for state in message.states) == 1
        house.evolink.knobs.result.clear()
        await house.until(lambda: message.attachments, step_s=2)
    assert sum(images for _, images, _ in house.ledger()) == 1


BAD_DAYS = {
    "storm of 429": ("create", HttpFault(status=429)),
    "nobody there to take it": ("create", HttpFault(status=503, code="service_unavailable")),
    "429 on every read": ("poll", HttpFault(status=429, retry_after=1)),
    "vanished": ("poll", HttpFault(status=404)),
    "server faults": ("poll", HttpFault(status=502, body=b"<html>")),
    "half-closed": ("poll", HttpFault(drop=True)),
    "too slow": ("poll", HttpFault(delay_s=16, status=504)),
}


@pytest.mark.parametrize(("queue", "fault"), BAD_DAYS.values(), ids=BAD_DAYS.keys())
async def test_minutes_of_trouble_at_the_provider_are_waited_out(house: House, queue: str, fault: HttpFault) -> None:
    """The person is told once, nothing is ordered twice, and the picture comes when the trouble is over."""
    faults = getattr(house.evolink.knobs, queue)
    faults.append(fault, times=None)
    async with house.bot():
        message = await house.imagine()
        await house.until(lambda: "keeps trying" in words(message))
        began = house.clock.monotonic()
        await house.until(lambda: house.clock.monotonic() > began + 5 * MINUTE, step_s=2)
        assert not message.attachments
        faults.clear()
        await house.until(lambda: message.attachments, step_s=2)
    assert sum("keeps trying" in str(state.embeds) for state in message.states) == 1
    assert len(house.tasks) == 1


async def test_who_removes_it_from_their_history_does_not_get_it_any_more(house: House) -> None:
    """Until then the history says that it is looked for."""
    async with house.bot(job_deadline_minutes=1):
        message = await given_up(house)
        history = await (await house.alice.use(house.channel, "/history")).message()
        await history.wait_until(lambda seen: "keeps looking for the picture" in str(seen.embeds))
        question = await (await house.alice.press(history, "1 · Remove")).message()
        await house.alice.press(question, "Yes, remove it")
        await house.until(lambda: house.stored("status") == ["failed"])
        began = house.clock.monotonic()
        await house.until(lambda: house.clock.monotonic() > began + 8 * MINUTE, step_s=5)
        assert message.attachments == []
        assert house.tasks[0].final_status == "completed"
    assert sum(images for _, images, _ in house.ledger()) == 0


async def test_a_day_without_discord_costs_nobody_a_paid_picture(house: House) -> None:
    """The link dies before anyone can be told of the loss: the picture is brought home meanwhile, and then shown."""
    house.evolink.knobs.task.append(Completed(duration_s=3 * MINUTE))
    async with house.bot(job_deadline_minutes=1):
        message = await house.imagine()
        await house.until(lambda: title(message) == "Drawing")
        house.discord.faults.outage = Fault.dropped()
        await house.until(lambda: house.stored("status") == ["lost"], step_s=2)
        await house.until(lambda: house.stored("status") == ["delivering"], step_s=5, limit_s=10 * MINUTE)
        await house.clock.advance(25 * 60 * MINUTE)
        house.discord.faults.outage = None
        await house.until(lambda: message.attachments, step_s=5)
        assert "now it is counted once" in words(message)
        await house.until(lambda: house.stored("status") == ["delivered"])
    assert not any("keeps looking" in str(state.embeds) for state in message.states)
    assert sha256_of(message) == house.tasks[0].results[0].sha256
    assert sum(images for _, images, _ in house.ledger()) == 1
    assert posted(house) == len(house.tasks) == 1


async def test_what_is_given_up_before_anyone_could_be_told_is_told_as_it_ended(house: House) -> None:
    """Discord was away all the time: no hope is raised that has gone by then."""
    house.evolink.knobs.task.append(Stuck())
    async with house.bot(job_deadline_minutes=1):
        message = await house.imagine()
        await house.until(lambda: title(message) == "Drawing")
        house.discord.faults.outage = Fault.dropped()
        await house.until(lambda: house.stored("status") == ["lost"], step_s=2)
        day = 24 * 3600 * 1_000_000
        await house.change_database(f"UPDATE jobs SET lost_at = lost_at - {day}, look_at = look_at - {day}")
        await house.until(lambda: house.stored("status") == ["failed"], step_s=5)
        assert house.stored("told_at") == [None]
        since_s = house.clock.monotonic()  # the try to tell the loss that is under way comes to its end first
        await house.until(lambda: house.clock.monotonic() - since_s > MINUTE, step_s=2)
        house.discord.faults.outage = None
        await house.until(lambda: house.stored("told_at") != [None], step_s=5)
        assert title(message) == "The picture took too long"
    assert not any("keeps looking" in str(state.embeds) for state in message.states)
    assert sum(images for _, images, _ in house.ledger()) == 0


@pytest.mark.parametrize("cancelled", [False, True], ids=["kept", "cancelled"])
async def test_a_picture_that_comes_while_its_loss_is_being_told_has_the_last_word(
    house: House, caplog: pytest.LogCaptureFixture, *, cancelled: bool
) -> None:
    """The card of the loss lands first; it is not taken for the end, nor this process for another one."""
    caplog.set_level("INFO")
    house.evolink.knobs.task.append(Completed(duration_s=1.5 * MINUTE))
    async with house.bot(job_deadline_minutes=1):
        message = await house.imagine()
        await house.until(lambda: title(message) == "Drawing")
        if cancelled:
            await house.alice.press(message, "Cancel")
            await house.until(lambda: title(message) == "Cancelled")
        house.discord.faults.inject(TOKEN_EDIT, Fault.slow(4 * MINUTE))
        await house.until(lambda: house.stored("status") == ["lost"], step_s=1)
        await house.until(lambda: house.tasks[0].final_status, step_s=1)
        await house.change_database("UPDATE jobs SET look_at = 0")
        arrived = "ready" if cancelled else "delivering"
        await house.until(lambda: house.stored("status") == [arrived], step_s=1, limit_s=90)
        assert house.stored("told_at") == [None]
        await house.until(lambda: house.stored("told_at") != [None], step_s=2)
        assert house.stored("status") == ["ready" if cancelled else "delivered"]
        assert any("keeps looking" in str(state.embeds) for state in message.states)
        assert message.labels == ["Show the picture"] if cancelled else message.attachments
    assert "new owner" not in caplog.text
    assert sum(images for _, images, _ in house.ledger()) == 1
    assert len(house.channel.messages) == len(house.tasks) == 1


async def test_a_picture_that_comes_before_the_reply_leads_to_its_loss_is_shown(house: House) -> None:
    """The loss was posted anew and is out, but Discord is gone again: it is not taken for the picture's own end."""
    thread = house.channel.add_thread("lighthouses")
    house.evolink.knobs.task.append(Completed(duration_s=3 * MINUTE))
    async with house.bot(job_deadline_minutes=1):
        use = await house.alice.use(thread, "/imagine", prompt="a paper lighthouse", quality="0.5K")
        message = await use.message()
        await house.until(lambda: title(message) == "Drawing")
        thread.archive()
        house.discord.faults.inject(CHANNEL_SEND, Fault.slow(2))
        await house.until(lambda: len(thread.messages) == 2, step_s=0.1)
        house.discord.faults.outage = Fault.dropped()
        await house.until(lambda: house.stored("status") == ["delivering"], step_s=2, limit_s=12 * MINUTE)
        since_s = house.clock.monotonic()  # the try to close the old card that is under way comes to its end first
        await house.until(lambda: house.clock.monotonic() - since_s > MINUTE, step_s=2)
        house.discord.faults.outage = None
        await house.until(lambda: house.stored("status") == ["delivered"], step_s=2)
        assert [sha256_of(each) for each in thread.messages.values() if each.attachments] == [
            house.tasks[0].results[0].sha256
        ]
    assert sum(images for _, images, _ in house.ledger()) == 1


async def test_a_slow_look_keeps_nobody_else_s_picture_waiting(house: House) -> None:
    """Its download hangs for minutes; the next one's callback brings that picture at once."""
    house.evolink.knobs.loopback_callbacks = True
    house.evolink.knobs.task.append(Completed(duration_s=3 * MINUTE))
    house.evolink.knobs.task.append(Completed(duration_s=4 * MINUTE))
    port = free_port()
    async with house.bot(job_deadline_minutes=1, public_base_url=f"http://127.0.0.1:{port}", web_port=port):
        slow = await house.imagine()
        quick = await house.imagine(house.bob, prompt="another")
        await house.until(lambda: house.stored("status") == ["lost", "lost"], step_s=2)
        house.evolink.knobs.result.append(Slow(delay_s=110))
        await house.until(lambda: len(house.evolink.knobs.result) == 0, step_s=1)
        await house.until(lambda: house.tasks[1].callbacks, step_s=1)
        await house.until(lambda: quick.attachments, step_s=0.1, limit_s=15)
        assert not slow.attachments
        await house.until(lambda: slow.attachments, step_s=2)
    assert sum(images for _, images, _ in house.ledger()) == 2
