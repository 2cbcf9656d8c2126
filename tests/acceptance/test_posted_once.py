"""A picture is posted once, whatever is lost between Discord and the bot: by the nonce, or by looking for it."""

import asyncio
import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from bot.delivery.announcer import DiscordAnnouncer
from bot.delivery.fitting import Fitter
from bot.delivery.ladder import Ladder
from bot.delivery.posts import Post
from bot.delivery.ways import Ways
from bot.errors import StoreError
from bot.images.worker import ImageWorkers
from bot.jobs.announcer import DeliveryPostponed
from bot.sandbox.discord import Channel, Fault, Message, Permission
from bot.sandbox.evolink import Completed, Failed
from bot.ui import cards
from tests.support.house import House, title

HISTORY = "GET /channels/{channel_id}/messages"
CHANNEL_SEND = "POST /channels/{channel_id}/messages"


def pictures_in(channel: Channel) -> list[Message]:
    return [message for message in channel.messages.values() if message.attachments]


async def drawing_in_a_thread(house: House) -> Message:
    """Begin a picture in a thread and let the thread be archived, so that the picture must be posted anew."""
    thread = house.channel.add_thread("lighthouses")
    use = await house.alice.use(thread, "/imagine", prompt="a paper lighthouse", quality="0.5K")
    message = await use.message()
    await house.until(lambda: title(message) == "Drawing")
    thread.archive()
    return message


async def test_a_send_whose_answer_is_lost_is_not_followed_by_an_edit_of_the_reply(house: House) -> None:
    """The send woke the thread, so that the old card could take the picture now: it would be there twice."""
    async with house.bot():
        message = await drawing_in_a_thread(house)
        house.discord.faults.inject(CHANNEL_SEND, *[Fault.dropped(performed=True)] * 3)
        await house.until(lambda: house.stored("status") == ["delivered"])
        assert len(pictures_in(message.channel)) == 1
        assert title(message) == "Answered elsewhere"


async def test_killed_between_the_send_and_the_store_the_picture_is_found(house: House) -> None:
    """Found in the channel and counted delivered, although by then the old card could be edited again."""
    async with house.bot_process() as process:
        message = await drawing_in_a_thread(house)
        house.discord.faults.inject(CHANNEL_SEND, *[Fault.dropped(performed=True)] * 50)
        await house.until(lambda: pictures_in(message.channel))
        await process.kill()
    assert house.stored("status") == ["delivering"]
    async with house.bot_process():
        await house.until(lambda: house.stored("status") == ["delivered"])
        await house.until(lambda: title(message) == "Answered elsewhere")
    [picture] = pictures_in(message.channel)
    assert house.stored("message_id") == [picture.id]
    assert [row[0] for row in house.ledger()].count("commit") == 1


async def test_killed_after_a_send_where_the_history_is_hidden_the_picture_is_offered(house: House) -> None:
    """It stands in the thread, which the send has opened: the old card must not show it a second time."""
    house.channel.deny(house.discord.application.bot, Permission.READ_MESSAGE_HISTORY)
    async with house.bot_process() as process:
        message = await drawing_in_a_thread(house)
        house.discord.faults.inject(CHANNEL_SEND, *[Fault.dropped(performed=True)] * 50)
        await house.until(lambda: pictures_in(message.channel))
        await process.kill()
    async with house.bot_process():
        await house.until(lambda: house.stored("status") != ["delivering"])
    assert house.stored("status") == ["ready"]
    assert len(pictures_in(message.channel)) == 1
    assert message.labels == ["Show the picture"]


@pytest.mark.parametrize("is_killed", [False, True])
async def test_an_outage_right_after_the_picture_leaves_no_old_card_behind(house: House, is_killed: bool) -> None:
    """Nothing is stored as delivered before the old card is closed: neither a pause nor a restart forgets it."""
    async with house.bot_process() as process:
        message = await drawing_in_a_thread(house)
        house.discord.faults.inject(CHANNEL_SEND, Fault.slow(2))
        await house.until(lambda: pictures_in(message.channel), step_s=0.1)
        house.discord.faults.outage = Fault.dropped()
        for _ in range(120):
            await house.clock.advance(1)
            await asyncio.sleep(0.005)
        assert title(message) == "Drawing"
        if is_killed:
            await process.kill()
        house.discord.faults.outage = None
        if not is_killed:
            await house.until(lambda: house.stored("status") == ["delivered"])
    if is_killed:
        async with house.bot_process():
            await house.until(lambda: house.stored("status") == ["delivered"])
    assert title(message) == "Answered elsewhere"
    assert len(pictures_in(message.channel)) == 1


ENDS = {"picture": Completed(), "failure": Failed(code="content_policy_violation")}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS.keys())
async def test_ten_minutes_after_a_crash_a_direct_message_is_found_too(house: House, end: Completed | Failed) -> None:
    """By its buttons, or where it has none by its head and its foot, which names the job: nothing is sent again."""
    house.evolink.knobs.duration_s = 30
    house.evolink.knobs.task.append(end)
    direct = await house.alice.direct_messages()
    async with house.bot():
        message = await house.imagine()
        await house.until(lambda: title(message) == "Drawing")
        await house.moderator().delete(message)
        house.discord.faults.inject(CHANNEL_SEND, *[Fault.dropped(performed=True)] * 50)
        await house.until(lambda: direct.messages)
    assert house.stored("told_at") == [None]
    await house.clock.advance(600)
    async with house.bot():
        await house.until(lambda: house.stored("told_at") != [None])
    assert len(direct.messages) == 1


async def test_after_an_outage_longer_than_the_nonce_the_channel_is_searched_first(house: House) -> None:
    """Sent with the answer lost, then nothing but 503 until the nonce is spent: found, and not posted again."""
    async with house.bot():
        message = await drawing_in_a_thread(house)
        house.discord.faults.inject(CHANNEL_SEND, Fault.dropped(performed=True), *[Fault.server_error(503)] * 7)
        house.discord.faults.inject(HISTORY, *[Fault.server_error(503)] * 4)
        await house.until(lambda: house.stored("status") == ["delivered"])
        [picture] = pictures_in(message.channel)
        assert (house.clock.now() - picture.created_at).total_seconds() > 300


async def test_where_the_history_is_hidden_the_picture_is_kept_instead_of_posted_blindly(house: House) -> None:
    """It may stand in the channel since the first try: the person is told where to collect it."""
    direct = await house.alice.direct_messages()
    house.channel.deny(house.discord.application.bot, Permission.READ_MESSAGE_HISTORY)
    async with house.bot():
        message = await drawing_in_a_thread(house)
        house.discord.faults.inject(CHANNEL_SEND, *[Fault.server_error(503)] * 7)
        await house.until(lambda: house.stored("status") == ["ready"])
        assert pictures_in(message.channel) + pictures_in(direct) == []
        [offer] = direct.messages.values()
        assert offer.labels == ["Show the picture"]
        await house.alice.press(offer, "Show the picture")
        await offer.wait_until(lambda seen: seen.attachments)
        content = offer.attachments[0].read()
        assert hashlib.sha256(content).hexdigest() == house.tasks[0].results[0].sha256
    assert house.stored("status") == ["delivered"]


async def test_a_removed_message_stays_removed_over_lost_answers(house: House) -> None:
    """The direct message is tried again, and never the channel it was removed from."""
    direct = await house.alice.direct_messages()
    house.evolink.knobs.duration_s = 30
    async with house.bot():
        message = await house.imagine()
        await house.until(lambda: title(message) == "Drawing")
        await house.moderator().delete(message)
        house.discord.faults.inject(CHANNEL_SEND, Fault.dropped(), Fault.server_error(503), Fault.dropped())
        await house.until(lambda: pictures_in(direct))
        assert list(house.channel.messages) == []


async def test_what_another_process_drives_is_forgotten_here(house: House, tmp_path: Path) -> None:
    """A send whose answer was lost keeps a post to its own way; let go of, nothing of it stays."""
    async with house.bot() as app:
        message = await house.imagine()
        await house.until(lambda: message.attachments)
        store = app.ground.store
        job = await store.find(house.stored("id")[0])
        assert job is not None
        ladder = Ladder(ways=Ways(app.client, logged_in=lambda: True), clock=house.clock)
        announcer = DiscordAnnouncer(
            client=app.client,
            ladder=ladder,
            fitter=Fitter(workers=ImageWorkers(clock=house.clock), scratch=tmp_path),
            still_mine=store.is_owned,
            shows_progress=store.shows_progress,
            clock=house.clock,
        )
        post = Post(card=cards.moved_card(job), nonce=f"{job.id}-moved", since=house.clock.now())
        house.discord.faults.inject(CHANNEL_SEND, Fault.dropped())
        with pytest.raises(DeliveryPostponed):
            await ladder.post_to_person(job, post)
        await announcer.let_go(job)
        await ladder.post(job, post)
        assert title(message) == "Answered elsewhere"


@pytest.mark.parametrize("was_sent", [False, True])
async def test_what_the_database_held_back_is_not_taken_for_sent(house: House, was_sent: bool) -> None:
    """It may still go another way; only a send whose answer was lost before that keeps it to its own."""

    async def unreadable() -> bool:
        raise StoreError("not now")

    direct = await house.alice.direct_messages()
    async with house.bot() as app:
        message = await house.imagine()
        await house.until(lambda: message.attachments)
        job = await app.ground.store.find(house.stored("id")[0])
        assert job is not None
        ladder = Ladder(ways=Ways(app.client, logged_in=lambda: True), clock=house.clock)
        post = Post(card=cards.moved_card(job), nonce=f"{job.id}-moved", since=house.clock.now())
        if was_sent:
            house.discord.faults.inject(CHANNEL_SEND, Fault.dropped(performed=True))
            with pytest.raises(DeliveryPostponed):
                await ladder.post_to_person(job, post)
        with pytest.raises(StoreError):
            await ladder.post_to_person(job, replace(post, may_go=unreadable))
        await ladder.post(job, post)
        assert len(direct.messages) == int(was_sent)
        assert (title(message) == "Answered elsewhere") is not was_sent
