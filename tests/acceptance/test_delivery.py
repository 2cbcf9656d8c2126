"""The delivery ladder: whatever happens to the reply, the picture finds its person or waits for them."""

import hashlib
import io
import shutil

import pytest
from PIL import Image

from bot.sandbox.discord import Channel, Fault, Message, Permission
from bot.sandbox.discord.refusals import Known
from bot.sandbox.evolink import Completed
from bot.sandbox.evolink import outcomes as endings
from bot.store.jobs import Insertion
from tests.support.house import House, title, words
from tests.support.stored_jobs import PLENTY

TOKEN_EDIT = "PATCH /webhooks/{application_id}/{token}/messages/{message_id}"
CHANNEL_EDIT = "PATCH /channels/{channel_id}/messages/{message_id}"
CHANNEL_SEND = "POST /channels/{channel_id}/messages"
WHILE_A_WORKER_WORKS_S = 0.02
"""Its patience goes by the moved time, its work by the real one."""
CALLBACK = "POST /interactions/{interaction_id}/{token}/callback"


def sha256(message: Message) -> str:
    return hashlib.sha256(message.attachments[0].read()).hexdigest()


def pictures_in(channel: Channel) -> list[Message]:
    return [message for message in channel.messages.values() if message.attachments and not message.deleted]


def a_grainy_jpeg(side_px: int = 1024) -> bytes:
    written = io.BytesIO()
    Image.effect_noise((side_px, side_px), 40).convert("RGB").save(written, "JPEG", quality=95)
    return written.getvalue()


def a_padded_jpeg(n_bytes: int) -> bytes:
    """Return a picture that is quickly read, with comments that make it large."""
    plain, comment = a_grainy_jpeg(256), b"\xff\xfe\xff\xff" + bytes(0xFFFD)
    return plain[:2] + comment * (n_bytes // len(comment)) + plain[2:]


async def test_after_the_token_has_died_the_same_message_is_edited_by_the_channel_route(house: House) -> None:
    """A picture that takes twenty minutes arrives in the reply all the same, and the dead token is left alone."""
    house.evolink.knobs.duration_s = 20 * 60
    async with house.bot():
        message = await house.imagine()
        await house.until(lambda: message.attachments, step_s=5)
        assert message.states[-1].route == CHANNEL_EDIT
        refused = [call for call in house.discord.requests if call.status == 401]
        assert refused == []
        assert sha256(message) == house.tasks[0].results[0].sha256


async def test_a_token_that_dies_early_is_noticed_and_the_channel_route_taken(house: House) -> None:
    """Tokens that are dead before their time are known (field.md); one refusal is enough."""
    async with house.bot():
        message = await house.imagine()
        await house.until(lambda: title(message) == "Drawing")
        house.discord.faults.inject(TOKEN_EDIT, Fault.refused(Known.INVALID_WEBHOOK_TOKEN), times=9)
        await house.until(lambda: message.attachments)
        assert message.states[-1].route == CHANNEL_EDIT


async def test_a_message_that_somebody_removed_is_not_posted_again_there(house: House) -> None:
    """The picture goes to the person by direct message."""
    house.evolink.knobs.duration_s = 30
    async with house.bot():
        message = await house.imagine()
        await house.until(lambda: title(message) == "Drawing")
        await house.moderator().delete(message)
        direct = await house.alice.direct_messages()
        await house.until(lambda: pictures_in(direct))
        assert pictures_in(house.channel) == []
        assert sha256(pictures_in(direct)[0]) == house.tasks[0].results[0].sha256


async def test_where_no_way_is_open_the_picture_is_kept(house: House) -> None:
    """Reply removed and direct messages refused: nothing is lost, the result is on disk and the job `ready`."""
    house.evolink.knobs.duration_s = 30
    house.alice.accepts_direct_messages = False
    async with house.bot():
        message = await house.imagine()
        await house.until(lambda: title(message) == "Drawing")
        await house.moderator().delete(message)
        await house.until(lambda: any((house.data_dir / "results").glob("*.jpg")))
        await house.clock.run_until(lambda: any(call.status == 403 for call in house.discord.requests))
    assert house.stored("status") == ["ready"]


async def test_a_private_picture_whose_token_died_goes_by_direct_message_and_never_into_the_channel(
    house: House,
) -> None:
    """What was asked for in private is never posted for all to see."""
    house.evolink.knobs.duration_s = 20 * 60
    async with house.bot():
        await house.imagine(private=True)
        direct = await house.alice.direct_messages()
        await house.until(lambda: pictures_in(direct), step_s=5)
        assert pictures_in(house.channel) == []


async def test_in_a_channel_hidden_from_the_bot_the_token_is_enough(house: House) -> None:
    """People may use commands where the bot cannot see."""
    hidden = house.guild.add_text_channel("hidden", hidden_from_bot=True)
    async with house.bot():
        use = await house.alice.use(hidden, "/imagine", prompt="a cave", quality="0.5K")
        message = await use.message()
        await house.until(lambda: message.attachments)


async def test_permissions_lost_in_mid_job_lead_down_the_ladder(house: House) -> None:
    """The channel closed to the bot after the token died: the person gets a direct message."""
    house.evolink.knobs.duration_s = 20 * 60
    async with house.bot():
        message = await house.imagine()
        await house.until(lambda: title(message) == "Drawing")
        house.channel.deny(house.discord.application.bot, Permission.VIEW_CHANNEL)
        direct = await house.alice.direct_messages()
        await house.until(lambda: pictures_in(direct), step_s=5)


async def test_an_outage_of_discord_at_the_very_end_is_waited_out(house: House) -> None:
    """The picture is on disk; every way answers 503 for a while; it is delivered once."""
    async with house.bot():
        message = await house.imagine()
        await house.until(lambda: title(message) == "Drawing")
        house.discord.faults.inject(CHANNEL_EDIT, Fault.server_error(503), times=3)
        house.discord.faults.inject(TOKEN_EDIT, *[Fault.refused(Known.INVALID_WEBHOOK_TOKEN)] * 20)
        await house.until(lambda: message.attachments)
        assert len(pictures_in(house.channel)) == 1


async def test_an_answer_that_comes_too_late_for_discord_goes_on_in_a_fresh_message(house: House) -> None:
    """10062: the person saw "did not respond"; the card is posted anew, naming them, and carries the picture."""
    house.discord.faults.inject(CALLBACK, Fault.refused(Known.UNKNOWN_INTERACTION), times=2)  # a defer may come first
    async with house.bot():
        await house.alice.use(house.channel, "/imagine", prompt="late", quality="0.5K")
        await house.until(lambda: pictures_in(house.channel))
        [message] = pictures_in(house.channel)
        assert message.states[0].route == CHANNEL_SEND
        assert [person.name for person in message.pinged] == ["alice"]
        assert len(house.tasks) == 1


LOST = {"500": Fault.server_error(500, performed=True), "dropped": Fault.dropped(performed=True)}


@pytest.mark.parametrize("fault", LOST.values(), ids=LOST.keys())
async def test_a_lost_answer_of_the_callback_changes_nothing(house: House, fault: Fault) -> None:
    """The card is there although Discord's answer to it never came; the same message gets the picture."""
    house.discord.faults.inject(CALLBACK, fault)
    async with house.bot():
        use = await house.alice.use(house.channel, "/imagine", prompt="lost", quality="0.5K")
        message = await use.message()
        await house.until(lambda: pictures_in(house.channel))
        assert pictures_in(house.channel) == [message]


async def test_the_same_interaction_seen_twice_is_one_job(house: House) -> None:
    """A double of an event, as an overlapping second process would see, is dropped without a word."""
    async with house.bot() as app:
        use = await house.alice.use(house.channel, "/imagine", prompt="once", quality="0.5K")
        message = await use.message()
        await house.until(lambda: message.attachments)
        [job] = [await app.ground.store.find(path.stem) for path in (house.data_dir / "results").glob("*.jpg")]
        assert job is not None
        assert await app.ground.store.insert(job, max_waiting=PLENTY) is Insertion.DOUBLE


TOO_LARGE = {
    "413 with JSON": Fault.too_large(),
    "413 of the edge": Fault.too_large_at_the_edge(),
    "50045": Fault.refused(Known.FILE_TOO_LARGE),
}


@pytest.mark.parametrize("refusal", TOO_LARGE.values(), ids=TOO_LARGE.keys())
async def test_where_discord_takes_less_than_it_said_the_picture_is_made_smaller(house: House, refusal: Fault) -> None:
    """One step further down, once more; the original stays on disk and the message says what was done."""
    house.evolink.knobs.duration_s = 2  # done at the first look, so that no edit of progress meets the fault
    house.evolink.knobs.task.append(Completed(body=a_grainy_jpeg()))
    async with house.bot():
        message = await house.imagine(quality="1K")
        await house.until(lambda: title(message) == "Drawing")
        house.discord.faults.inject(TOKEN_EDIT, refusal)
        await house.until(lambda: len(list((house.data_dir / "results").glob("*.jpg"))) == 1)
        await message.wait_until(lambda seen: seen.attachments)
        original = house.tasks[0].results[0]
        assert len(message.attachments[0].read()) < original.n_bytes
        [kept] = (house.data_dir / "results").glob("*.jpg")
        assert hashlib.sha256(kept.read_bytes()).hexdigest() == original.sha256
        assert "Please note" in words(message)


@pytest.mark.parametrize("is_short", [True, False])
async def test_a_disk_that_does_not_take_the_smaller_copy_ends_nothing(
    house: House, is_short: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """It is tried again for a minute; then the picture is offered, and a press brings it once there is room."""
    house.evolink.knobs.duration_s = 2
    house.evolink.knobs.task.append(Completed(body=a_padded_jpeg(11 * 1024 * 1024)))
    scratch = house.data_dir / "scratch"
    async with house.bot():
        message = await house.imagine(quality="1K")
        await house.until(lambda: title(message) == "Drawing")
        shutil.rmtree(scratch)
        scratch.touch()
        await house.until(lambda: "delivery postponed" in caplog.text, step_s=WHILE_A_WORKER_WORKS_S, limit_s=60)
        if not is_short:
            await house.clock.advance(61)
            await house.until(lambda: message.labels == ["Show the picture"], step_s=WHILE_A_WORKER_WORKS_S, limit_s=60)
            assert title(message) == "Your picture is ready"
        scratch.unlink()
        await house.until(lambda: any(scratch.glob("*")), step_s=WHILE_A_WORKER_WORKS_S, limit_s=60)
        if not is_short:
            await house.alice.press(message, "Show the picture")
        await house.until(lambda: message.attachments, step_s=WHILE_A_WORKER_WORKS_S, limit_s=60)
    assert len(message.attachments[0].read()) < 10 * 1024 * 1024


async def test_a_picture_of_24_megabytes_is_fitted_and_its_original_kept(house: House) -> None:
    """Within the 10 MiB of an ordinary server, said in the message, the original byte for byte on disk."""
    house.evolink.knobs.task.append(endings.PNG_24MB)
    async with house.bot():
        message = await house.imagine(quality="4K")
        await house.until(lambda: house.tasks and house.tasks[0].reads)
        await house.clock.advance(10)
        await house.evolink.finished(house.tasks[0].id)
        await house.until(lambda: any((house.data_dir / "results").glob("*.png")))
        await message.wait_until(lambda seen: seen.attachments)
        assert len(message.attachments[0].read()) <= 10 * 1024 * 1024
        [kept] = (house.data_dir / "results").glob("*.png")
        assert hashlib.sha256(kept.read_bytes()).hexdigest() == house.tasks[0].results[0].sha256
        assert "Please note" in words(message)
    assert list((house.data_dir / "scratch").iterdir()) == []


@pytest.mark.parametrize("has_token", [True, False])
async def test_a_reply_that_discord_never_edits_is_passed_by(house: House, has_token: bool) -> None:
    """It answers no edit, and all else as ever: the picture is posted anew, and the old card goes."""
    house.evolink.knobs.duration_s = 30 if has_token else 20 * 60
    async with house.bot():
        message = await house.imagine()
        await house.until(lambda: title(message) == "Drawing")
        for route in (TOKEN_EDIT, CHANNEL_EDIT):
            house.discord.faults.inject(route, Fault.dropped(), times=999)
        await house.until(lambda: house.stored("status") == ["delivered"], step_s=5)
        [picture] = pictures_in(house.channel)
        assert house.stored("message_id") == [picture.id]
        assert message.deleted


async def test_a_reply_whose_edits_fail_only_by_their_answers_is_not_posted_anew(house: House) -> None:
    """The picture stands in it, which is seen before anything else is posted."""
    async with house.bot():
        message = await house.imagine()
        await house.until(lambda: title(message) == "Drawing")
        for route in (TOKEN_EDIT, CHANNEL_EDIT):
            house.discord.faults.inject(route, Fault.dropped(performed=True), times=999)
        await house.until(lambda: house.stored("status") == ["delivered"], step_s=5)
        assert pictures_in(house.channel) == [message]


async def test_a_late_picture_comes_although_the_card_that_said_it_was_lost_cannot_be_edited(house: House) -> None:
    """Its person is told elsewhere, and the picture is looked for as ever; the card is gone, so it comes to them."""
    direct = await house.alice.direct_messages()
    house.evolink.knobs.task.append(Completed(duration_s=180))
    async with house.bot(job_deadline_minutes=1):
        message = await house.imagine()
        await house.until(lambda: title(message) == "Drawing")
        for route in (TOKEN_EDIT, CHANNEL_EDIT):
            house.discord.faults.inject(route, Fault.dropped(), times=999)
        await house.until(lambda: house.stored("status") == ["lost"], step_s=1)
        await house.until(lambda: house.stored("status") == ["delivered"], step_s=10, limit_s=2 * 3600)
        assert len(pictures_in(house.channel) + pictures_in(direct)) == 1
