"""/history: a person's pictures, looked through, posted again, undone, removed; and how long they stay."""

import asyncio
import hashlib
import io

import pytest
from PIL import Image

from bot.app import App
from bot.sandbox.discord import Channel, Fault, Message, Person
from bot.sandbox.evolink import Completed
from tests.support.house import House, title, words

DAY_S = 24 * 3600.0
DIRECT = "POST /users/@me/channels"
TOKEN_EDIT = "PATCH /webhooks/{application_id}/{token}/messages/{message_id}"


def a_grainy_jpeg(side_px: int = 1024) -> bytes:
    written = io.BytesIO()
    Image.effect_noise((side_px, side_px), 60).convert("RGB").save(written, "JPEG", quality=98)
    return written.getvalue()


async def history(house: House, person: Person | None = None, *, channel: Channel | None = None) -> Message:
    """Open a history and wait until it stands there."""
    use = await (person or house.alice).use(channel or house.channel, "/history")
    message = await use.message()
    await message.wait_until(lambda seen: seen.content)
    return message


async def settled(house: House) -> None:
    """Wait until every job has ended and its person was told."""
    while None in house.stored("told_at"):
        await asyncio.sleep(0.004)
        await house.clock.advance(0.5)


async def a_result(house: House, app: App, person: Person | None = None, **options: object) -> Message:
    message = await house.imagine(person, **options)
    await settled(house)
    assert message.attachments
    return message


async def a_picture_to_collect(house: House, app: App) -> Message:
    """Return the closed card of a picture that is kept."""
    house.evolink.knobs.duration_s = 30
    message = await house.imagine()
    await house.until(lambda: title(message) == "Drawing")
    await house.alice.press(message, "Cancel")
    await house.until(lambda: title(message) == "Cancelled")
    await settled(house)
    house.evolink.knobs.duration_s = 1
    return message


def thumbnails(message: Message) -> list[tuple[int, int]]:
    """Return the sizes of the small pictures, as Discord found them in the attachments."""
    shown = [embed["thumbnail"] for embed in message.embeds if "thumbnail" in embed]
    return [(each["width"], each["height"]) for each in shown]


def forge(message: Message, custom_id: str) -> None:
    button = {"type": 2, "style": 2, "label": "Forged", "custom_id": custom_id, "id": 2}
    message.components = [{"type": 1, "components": [button], "id": 1}]


def job_ids(message: Message) -> list[str]:
    """Return the jobs whose pictures may be posted again from here."""
    ids = [part.get("custom_id", "") for row in message.components for part in row["components"]]
    return [each.removeprefix("v1:post:") for each in ids if each.startswith("v1:post:")]


async def test_a_history_shows_the_persons_own_pictures_page_by_page(house: House) -> None:
    """Four a page, newest first, numbered through, each with a small picture, its prompt and a link to its message."""
    async with house.bot() as app:
        empty = await history(house)
        assert empty.ephemeral
        assert "no pictures yet" in empty.content
        assert empty.labels == []
        await a_result(house, app, house.bob, prompt="bob's own")
        results = [await a_result(house, app, prompt=f"lighthouse {number}") for number in range(5)]
        shown = await history(house)
        assert shown.ephemeral
        assert shown.content.startswith("Your pictures 1 to 4 of 5")
        assert [embed["title"] for embed in shown.embeds] == [f"Picture {number}" for number in (1, 2, 3, 4)]
        assert thumbnails(shown) == [(160, 160)] * 4
        for embed, result in zip(shown.embeds, reversed(results[1:]), strict=True):
            assert f"lighthouse {results.index(result)}" in embed["description"]
            place = f"https://discord.com/channels/{house.guild.id}/{house.channel.id}/{result.id}"
            assert f"[Go to the message]({place})" in embed["description"]
        assert shown.labels[:3] == ["1 · Post here", "1 · Edit", "1 · Remove"]
        await house.alice.press(shown, "Older")
        await shown.wait_until(lambda seen: len(seen.embeds) == 1)
        assert "lighthouse 0" in shown.embeds[0]["description"]
        assert shown.labels == ["5 · Post here", "5 · Edit", "5 · Remove", "Newer", "Older"]
        assert thumbnails(shown) == [(160, 160)]
        await house.alice.press(shown, "Newer")
        await shown.wait_until(lambda seen: len(seen.embeds) == 4)
        assert "bob's own" not in words(shown)
        assert len(list((house.data_dir / "thumbnails").iterdir())) == 5


async def test_a_picture_is_posted_again_after_a_restart(house: House) -> None:
    """The original to the byte, for all to see, with its card; and the button lives longer than the process."""
    async with house.bot() as app:
        first = await a_result(house, app, prompt="a paper lighthouse")
        shown = await history(house)
    async with house.bot() as app:
        again = await (await house.alice.press(shown, "1 · Post here")).message()
        await again.wait_until(lambda seen: seen.attachments)
        assert not again.ephemeral
        assert again.id != first.id
        assert again.attachments[0].read() == first.attachments[0].read()
        assert title(again) == "Your picture"
        assert "Edit" in again.labels
        assert len(house.tasks) == 1


async def test_a_private_picture_that_its_owner_posts_again_may_be_used_by_all_there(house: House) -> None:
    """Until then its buttons are nobody else's; posted for all to see, Details and replies work for all."""
    async with house.bot():
        first = await house.imagine(private=True)
        await house.until(lambda: first.attachments)
        await settled(house)
        shown = await history(house)
        again = await (await house.alice.press(shown, "1 · Post here")).message()
        await again.wait_until(lambda seen: seen.attachments)
        details = await (await house.bob.press(again, "Details")).message()
        assert "Details of this picture" in title(details)


async def test_where_the_bot_may_not_post_the_picture_is_shown_privately(house: House) -> None:
    """The person's own command works there, and the answer is theirs alone."""
    hidden = house.guild.add_text_channel("hidden", hidden_from_bot=True)
    async with house.bot() as app:
        await a_result(house, app)
        shown = await history(house, channel=hidden)
        again = await (await house.alice.press(shown, "1 · Post here")).message()
        await again.wait_until(lambda seen: seen.attachments)
        assert again.ephemeral


@pytest.mark.parametrize("press", ["post", "edit-before", "forget", "forget-now"])
async def test_nobody_reaches_into_another_persons_history(press: str, house: House) -> None:
    """Whatever id a button is forged with; and what is not known is told so."""
    async with house.bot() as app:
        result = await a_result(house, app)
        [job_id] = job_ids(await history(house))
        forge(result, f"v1:{press}:{job_id}")
        answer = await (await house.bob.press(result, "Forged")).message()
        assert answer.ephemeral
        assert "belongs" in answer.content
        forge(result, f"v1:{press}:0000000000000000")
        answer = await (await house.alice.press(result, "Forged")).message()
        assert answer.ephemeral
        assert "does not know" in answer.content
        assert [path.stem for path in (house.data_dir / "results").iterdir()] == [job_id]


async def test_a_page_that_does_not_exist_leads_to_the_nearest(house: House) -> None:
    """Pictures may have been removed since the button was drawn."""
    async with house.bot() as app:
        for _ in range(5):
            await a_result(house, app)
        shown = await history(house)
        forge(shown, "v1:history:999999")
        await house.alice.press(shown, "Forged")
        await shown.wait_until(lambda seen: len(seen.embeds) == 1)
        assert shown.content.startswith("Your pictures 5 to 5 of 5")


async def test_a_picture_is_removed_after_it_was_asked_twice(house: House) -> None:
    """From disk and from the history; its message stays, and its buttons say that it is gone."""
    async with house.bot() as app:
        result = await a_result(house, app)
        shown = await history(house)
        question = await (await house.alice.press(shown, "1 · Remove")).message()
        assert question.ephemeral
        assert "cannot be brought back" in question.content
        assert any((house.data_dir / "results").iterdir())
    async with house.bot() as app:
        await house.alice.press(question, "Yes, remove it")
        await question.wait_until(lambda seen: "Removed" in seen.content)
        assert question.labels == []
        assert not any((house.data_dir / "results").iterdir())
        assert not any((house.data_dir / "thumbnails").iterdir())
        assert "no pictures yet" in (await history(house)).content
        answer = await (await house.alice.press(shown, "1 · Post here")).message()
        assert "does not know" in answer.content
        answer = await (await house.alice.press(result, "Edit")).message()
        assert "does not keep" in answer.content
        assert not result.deleted


async def test_what_is_still_being_made_is_listed_and_cannot_be_removed(house: House) -> None:
    """Its entry says what it is doing; a forged button is told no."""
    house.evolink.knobs.duration_s = 60
    async with house.bot():
        message = await house.imagine()
        await house.until(lambda: title(message) == "Drawing")
        shown = await history(house)
        assert "The model" in shown.embeds[0]["description"]
        assert shown.labels == []
        [job_id] = house.stored("id")
        for press in ("post", "forget", "forget-now"):
            forge(shown, f"v1:{press}:{job_id}")
            answer = await (await house.alice.press(shown, "Forged")).message()
            assert "cannot be done yet" in answer.content
        await settled(house)
        assert message.attachments


async def test_undo_after_an_edit_is_to_edit_the_one_before(house: House) -> None:
    """The entry names what it was made from, and its button opens the form for that picture."""
    async with house.bot() as app:
        result = await a_result(house, app, prompt="a paper lighthouse")
        modal = await (await house.alice.press(result, "Edit")).modal()
        edited = await (await house.alice.submit(modal, {"instruction": "make it night"})).message()
        await settled(house)
        assert edited.attachments
        shown = await history(house)
        assert "Edit of: a paper lighthouse" in shown.embeds[0]["description"]
        assert shown.labels[:4] == ["1 · Post here", "1 · Edit", "1 · Edit the one before", "1 · Remove"]
        undo = await (await house.alice.press(shown, "1 · Edit the one before")).modal()
        direct = await (await house.alice.press(shown, "2 · Edit")).modal()
        assert undo.custom_id == direct.custom_id
        # the one before is removed: nothing is left to go back to
        question = await (await house.alice.press(shown, "2 · Remove")).message()
        await house.alice.press(question, "Yes, remove it")
        await question.wait_until(lambda seen: "Removed" in seen.content)
        answer = await (await house.alice.press(shown, "1 · Edit the one before")).message()
        assert "does not keep" in answer.content
        assert "1 · Edit the one before" not in (await history(house)).labels


async def test_a_picture_that_waits_is_collected_from_the_history(house: House) -> None:
    """After its card was closed."""
    async with house.bot() as app:
        await a_picture_to_collect(house, app)
        shown = await history(house)
        assert "Waiting to be collected" in shown.embeds[0]["description"]
        assert shown.labels == ["Show the picture", "1 · Remove"]
        await house.alice.press(shown, "Show the picture")
        await shown.wait_until(lambda seen: seen.attachments)
        content = shown.attachments[0].read()
        assert hashlib.sha256(content).hexdigest() == house.tasks[0].results[0].sha256
        while "1 · Post here" not in (await history(house)).labels:
            await house.clock.advance(0.5)


async def test_a_picture_that_waits_can_be_removed_uncollected(house: House) -> None:
    """Its owner does not want it; nobody is told later that it expired."""
    async with house.bot() as app:
        card = await a_picture_to_collect(house, app)
        question = await (await house.alice.press(await history(house), "1 · Remove")).message()
        await house.alice.press(question, "Yes, remove it")
        await question.wait_until(lambda seen: "Removed" in seen.content)
        assert not any((house.data_dir / "results").iterdir())
        answer = await (await house.alice.press(card, "Show the picture")).message()
        assert answer.ephemeral
    await house.clock.advance(31 * DAY_S)
    direct = await house.alice.direct_messages()
    async with house.bot():
        await house.clock.run_until(lambda: house.clock.sleepers > 2)
        assert not direct.messages


async def test_a_picture_that_nobody_collects_expires_and_its_owner_is_told(house: House) -> None:
    """By direct message and on its card; its button says so, and the history, too."""
    async with house.bot() as app:
        card = await a_picture_to_collect(house, app)
    await house.clock.advance(31 * DAY_S)
    direct = await house.alice.direct_messages()
    async with house.bot() as app:
        await house.until(lambda: direct.messages)
        [told] = direct.messages.values()
        assert title(told) == "Not collected in time"
        assert "not counted" in words(told)
        assert title(card) == "Not collected in time"
        assert card.labels == []
        await house.until(lambda: not any((house.data_dir / "results").iterdir()))
        shown = await history(house)
        assert "not collected in time" in shown.embeds[0]["description"]
        assert shown.labels == ["1 · Remove"]
        job_id = shown.components[0]["components"][0]["custom_id"].removeprefix("v1:forget:")
        forge(card, f"v1:collect:{job_id}")
        answer = await (await house.alice.press(card, "Forged")).message()
        assert "has been removed" in answer.content
    async with house.bot() as app:
        await house.clock.advance(60)
        assert len(direct.messages) == 1


async def test_an_owner_is_told_of_an_expiry_by_the_next_process_where_the_first_could_not(house: House) -> None:
    """Released once, told once: Discord was down all the while, and the bot was restarted."""
    async with house.bot() as app:
        card = await a_picture_to_collect(house, app)
    await house.clock.advance(31 * DAY_S)
    direct = await house.alice.direct_messages()
    house.discord.faults.inject(DIRECT, Fault.dropped())
    async with house.bot():
        await house.until(lambda: title(card) == "Not collected in time")
    assert not direct.messages
    async with house.bot() as app:
        await settled(house)
        assert len(direct.messages) == 1


async def test_where_a_picture_cannot_be_posted_its_owner_is_told(house: House) -> None:
    """The connection broke: a sentence, and nothing is lost."""
    async with house.bot() as app:
        await a_result(house, app)
        shown = await history(house)
        house.discord.faults.inject(TOKEN_EDIT, Fault.dropped())
        press = await house.alice.press(shown, "1 · Post here")
        told = await press.followup()
        assert told.ephemeral
        assert "could not be posted" in told.content


async def test_a_delivered_picture_leaves_the_disk_in_its_time(house: House) -> None:
    """Its message stays; the history says that the picture itself is not kept any more."""
    async with house.bot() as app:
        result = await a_result(house, app)
        await history(house)
        assert any((house.data_dir / "thumbnails").iterdir())
    await house.clock.advance(31 * DAY_S)
    async with house.bot() as app:
        await house.until(lambda: not any((house.data_dir / "results").iterdir()))
        await house.until(lambda: not any((house.data_dir / "thumbnails").iterdir()))
        shown = await history(house)
        assert "does not keep" in shown.embeds[0]["description"]
        assert shown.labels == ["1 · Remove"]
        answer = await (await house.alice.press(result, "Redraw in 4K")).message()
        assert "does not keep" in answer.content


async def test_where_uncollected_pictures_fill_the_room_new_work_is_refused_before_it_costs(house: House) -> None:
    """With a sentence; and taken again when they were collected."""
    content = a_grainy_jpeg()
    assert len(content) > 1_000_000
    house.evolink.knobs.task.append(Completed(body=content))
    async with house.bot(result_max_gb=0.001) as app:
        card = await a_picture_to_collect(house, app)
        refused = await (await house.alice.use(house.channel, "/imagine", prompt="one more", quality="0.5K")).message()
        assert refused.ephemeral
        assert "no room left" in refused.content
        assert len(house.tasks) == 1
        await house.alice.press(card, "Show the picture")
        await card.wait_until(lambda seen: seen.attachments)
        await house.until(lambda: house.stored("status") == ["delivered"])
        await a_result(house, app, prompt="one more")
