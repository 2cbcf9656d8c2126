"""The menus of a message and the tray of collected pictures, on the whole house; Discord grants no intent here."""

import asyncio
import contextlib
import dataclasses
import io
import sqlite3
from typing import Any

import pytest
from PIL import Image

from bot.jobs.model import Status
from bot.sandbox.discord import Channel, Message, Modal, Permission, Person
from bot.ui import texts
from tests.support.house import House, title

ONE_DAY_S = 24 * 3600
PREPARING = texts.status_title(Status.PREPARING)
NOT_A_PICTURE = b"just some words"


def a_picture(width: int = 320, colour: str = "teal") -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (width, 240), colour).save(written, "PNG")
    return written.getvalue()


async def posted(house: House, *widths: int, channel: Channel | None = None) -> Message:
    """Let bob post pictures, told apart by their widths."""
    files = [(f"p{width}.png", a_picture(width)) for width in widths]
    return await house.bob.say(channel or house.channel, "", attachments=files)


async def filled_in(house: House, person: Person, message: Message, instruction: str = "make it night") -> Message:
    """Use the menu Edit image and send the form; return what answers it."""
    modal = await (await person.menu(message, "Edit image")).modal()
    return await (await person.submit(modal, {"What to change": instruction})).message()


async def collected(house: House, message: Message, *, by: Person | None = None) -> str:
    """Use the menu Use as reference and return what it says in the end."""
    answer = await (await (by or house.alice).menu(message, "Use as reference")).message()
    await answer.wait_until(lambda seen: not seen.thinking)
    assert answer.ephemeral
    return answer.content


async def refused(house: House, message: Message) -> str:
    """Use the same menu where it is refused, and return why."""
    why = await (await house.alice.menu(message, "Use as reference")).followup()
    assert why.ephemeral
    return why.content


async def tray(house: House, person: Person | None = None) -> Message:
    return await (await (person or house.alice).use(house.channel, "/references")).message()


async def drawn(house: House, message: Message) -> list[int | None]:
    """Wait for the picture, and return the widths of what the provider was given for it.

    No time is moved while the sources are prepared, which is real work.
    """
    await message.wait_until(lambda seen: seen.embeds and title(seen) != PREPARING)
    await house.until(lambda: message.attachments)
    return [source.width for source in house.tasks[-1].sources]


async def test_edit_image_opens_the_form_for_a_picture_the_bot_may_not_read_otherwise(house: House) -> None:
    """The menu shows the message to the bot once; that is enough for the form that comes back."""
    async with house.bot():
        answer = await filled_in(house, house.alice, await posted(house, 301, 302))
        assert await drawn(house, answer) == [301, 302]
        assert house.tasks[0].request["prompt"] == "make it night"


async def test_edit_image_works_where_the_bot_cannot_look(house: House) -> None:
    """In a hidden channel menus can be used all the same."""
    hidden = house.guild.add_text_channel("hidden", hidden_from_bot=True)
    async with house.bot():
        answer = await filled_in(house, house.alice, await posted(house, 303, channel=hidden))
        assert await drawn(house, answer) == [303]


async def test_a_form_opened_before_a_restart_can_be_sent_after_it(house: House) -> None:
    """The pictures were kept, and the form's id says of which message."""
    async with house.bot():
        photo = await posted(house, 304)
        modal = await (await house.alice.menu(photo, "Edit image")).modal()
    async with house.bot():
        answer = await (await house.alice.submit(modal, {"What to change": "brighter"})).message()
        assert await drawn(house, answer) == [304]


async def held(other: sqlite3.Connection) -> None:
    """Take the database for oneself as soon as the bot, which shares this loop, is not in the middle of a write."""
    for _attempt in range(500):
        with contextlib.suppress(sqlite3.OperationalError):
            other.execute("BEGIN IMMEDIATE")
            return
        await asyncio.sleep(0.005)
    raise AssertionError("the bot never let go of the database")


async def test_the_form_opens_though_the_store_is_slow(house: House) -> None:
    """Discord waits three seconds for it: what is kept of the message is known before it is written."""
    async with house.bot():
        photo = await posted(house, 306)
        database = house.data_dir / "imagebot.sqlite3"
        with contextlib.closing(sqlite3.connect(database, isolation_level=None, timeout=0)) as other:
            await held(other)
            modal = await (await house.alice.menu(photo, "Edit image")).modal()
            use = await house.alice.submit(modal, {"What to change": "brighter"})
            await use.answered()
            other.execute("ROLLBACK")
        assert await drawn(house, await use.message()) == [306]


async def test_edit_image_of_a_result_uses_the_result_itself(house: House) -> None:
    """Nothing is fetched again: the provider gets its own link."""
    async with house.bot():
        message = await house.imagine()
        await house.until(lambda: message.attachments)
        answer = await filled_in(house, house.bob, message)
        await house.until(lambda: answer.attachments)
        assert house.tasks[1].request["image_urls"] == [result.url for result in house.tasks[0].results]


@pytest.mark.parametrize("entry", ["Edit image", "Use as reference"])
async def test_a_message_without_a_picture_is_refused_in_private(house: House, entry: str) -> None:
    """Words and films are no pictures; nothing is spent."""
    async with house.bot():
        for files in ([], [("film.mp4", b"....")]):
            said = await house.bob.say(house.channel, "look", attachments=files)
            refused = await (await house.alice.menu(said, entry)).message()
            assert refused.ephemeral
            assert "no picture" in refused.content


async def test_a_form_whose_pictures_are_forgotten_says_so(house: House) -> None:
    """After a day without the intent the message cannot be read again: the menu is named, and nothing is spent."""
    async with house.bot():
        modal = await (await house.alice.menu(await posted(house, 305), "Edit image")).modal()
        await house.clock.advance(ONE_DAY_S)
        use = await house.alice.submit(modal, {"What to change": "brighter"})
        refused = await use.followup()
        assert "Edit image" in refused.content
        assert house.tasks == []


async def test_pictures_of_several_messages_are_collected_and_used_after_those_given(house: House) -> None:
    """Numbered as the tray shows them; the tray is empty afterwards, and a second request has none."""
    async with house.bot():
        assert "1 picture was added" in await collected(house, await posted(house, 311))
        said = await collected(house, await posted(house, 312, 313))
        assert "2 pictures were added" in said
        assert "3 · p313.png · 313 × 240" in said
        shown = await tray(house)
        assert "3 of 14" in shown.content
        assert shown.labels == ["Clear"]
        use = await house.alice.use(
            house.channel, "/imagine", prompt="x", quality="0.5K", image=("a.png", a_picture(310)), use_references=True
        )
        assert await drawn(house, await use.message()) == [310, 311, 312, 313]
        assert "collected no pictures" in (await tray(house)).content
        refused = await (await house.alice.use(house.channel, "/imagine", prompt="x", use_references=True)).message()
        assert refused.ephemeral
        assert "collected no pictures" in refused.content


async def test_edit_takes_collected_pictures_alone(house: House) -> None:
    """No attachment is needed then; without either, it is refused before anything is spent."""
    async with house.bot():
        refused = await (await house.alice.use(house.channel, "/edit", instruction="night")).message()
        assert refused.ephemeral
        assert "no picture" in refused.content
        await collected(house, await posted(house, 314))
        use = await house.alice.use(house.channel, "/edit", instruction="night", quality="0.5K", use_references=True)
        assert await drawn(house, await use.message()) == [314]


async def test_collected_pictures_outlive_the_message_and_a_restart(house: House) -> None:
    """They were fetched when they were collected."""
    async with house.bot():
        photo = await posted(house, 315)
        await collected(house, photo)
        await house.bob.delete(photo)
        house.discord.world.cdn.drop(photo.files[0])
    async with house.bot():
        use = await house.alice.use(house.channel, "/edit", instruction="night", quality="0.5K", use_references=True)
        assert await drawn(house, await use.message()) == [315]


async def test_a_tray_is_one_person_s_and_lasts_a_day(house: House) -> None:
    """Nobody sees another's; after 24 hours it is empty."""
    async with house.bot():
        await collected(house, await posted(house, 316))
        assert "collected no pictures" in (await tray(house, house.bob)).content
        await house.clock.advance(ONE_DAY_S - 60)
        assert "p316.png" in (await tray(house)).content
        await house.clock.advance(61)
        assert "collected no pictures" in (await tray(house)).content


async def test_clear_empties_the_tray(house: House) -> None:
    """The list becomes a sentence without a button."""
    async with house.bot():
        await collected(house, await posted(house, 317, 318))
        shown = await tray(house)
        await house.alice.press(shown, "Clear")
        await shown.wait_until(lambda seen: not seen.labels)
        assert "2 pictures were removed" in shown.content
        assert "collected no pictures" in (await tray(house)).content


async def test_the_same_picture_lies_in_the_tray_once(house: House) -> None:
    """A second pick of the same message, or of the same bytes elsewhere, adds nothing; a result of ours likewise."""
    async with house.bot():
        photo = await posted(house, 319)
        await collected(house, photo)
        assert "lay there already" in await collected(house, photo)
        assert "lay there already" in await collected(house, await posted(house, 319))
        message = await house.imagine()
        await house.until(lambda: message.attachments)
        assert "was added" in await collected(house, message)
        assert "2 of 14" in await collected(house, message)


async def test_a_fifteenth_picture_finds_no_room(house: House) -> None:
    """The provider takes fourteen; the first ones stay."""
    async with house.bot():
        await collected(house, await posted(house, *range(321, 331)))
        said = await collected(house, await posted(house, *range(331, 336)))
        assert "4 pictures were added" in said
        assert "1 picture found no room" in said
        assert "14 of 14" in said
        assert "p335.png" not in said


async def test_nothing_is_collected_onto_a_disk_without_room(house: House) -> None:
    """Before anything is fetched, with the sentence of every other request."""
    async with house.bot(min_free_disk_mb=1_000_000):
        assert "no room left on its disk" in await refused(house, await posted(house, 336))
        assert not any((house.data_dir / "sources").iterdir())


async def test_a_full_tray_fetches_nothing(house: House) -> None:
    """What finds no room is not even brought to the disk."""
    async with house.bot():
        await collected(house, await posted(house, *range(337, 347)))
        await collected(house, await posted(house, *range(347, 351)))
        assert "2 pictures found no room" in await collected(house, await posted(house, 351, 352))
        assert len(list((house.data_dir / "sources").iterdir())) == 14


async def test_who_collects_and_clears_again_and_again_is_stopped_for_minutes(house: House) -> None:
    """What was cleared still lies on the disk: so many files for one person, and others collect as before."""
    async with house.bot():
        for first in (400, 410):
            await collected(house, await posted(house, *range(first, first + 10)))
            await house.alice.press(shown := await tray(house), "Clear")
            await shown.wait_until(lambda seen: not seen.labels)
        why = await refused(house, await posted(house, *range(420, 430)))
        assert "28 pictures within ten minutes" in why
        assert "Try again in 10 minutes." in why
        assert len(list((house.data_dir / "sources").iterdir())) <= 20
        assert "1 picture was added" in await collected(house, await posted(house, 430), by=house.bob)
        await house.clock.advance(11 * 60)
        assert "10 pictures were added" in await collected(house, await posted(house, *range(420, 430)))


async def test_a_file_that_is_no_picture_is_named_and_the_others_are_kept(house: House) -> None:
    """What is wrong is said at once, not when it is to be used."""
    files: list[Any] = [("a.png", a_picture(341)), ("lie.png", NOT_A_PICTURE), ("b.png", a_picture(342))]
    async with house.bot():
        said = await collected(house, await house.bob.say(house.channel, "", attachments=files))
        assert "lie.png" in said
        assert "2 of 14" in said


async def test_a_form_for_another_channel_finds_nothing(house: House) -> None:
    """An id that somebody forged opens no message of a place where they are not."""
    secret = house.guild.add_text_channel("secret")
    async with house.bot():
        hidden = await posted(house, 351, channel=secret)
        await (await house.bob.menu(hidden, "Edit image")).modal()
        modal = await (await house.alice.menu(await posted(house, 352), "Edit image")).modal()
        for channel_id in (secret.id, house.channel.id):
            forged = dataclasses.replace(modal, custom_id=f"v1:edit-modal:m{channel_id}-{hidden.id}")
            refused = await (await house.alice.submit(forged, {"What to change": "brighter"})).followup()
            assert "deleted" in refused.content
        assert house.tasks == []


async def offered(house: House, photo: Message) -> Modal:
    """Open the form by the button that a reply without words is answered with: nothing is kept of the message then."""
    said = await house.alice.say(house.channel, house.discord.world.bot.mention, reply_to=photo)
    bot = house.discord.world.bot
    await house.until(lambda: any(each.author is bot for each in house.channel.messages.values()))
    offer = next(each for each in house.channel.messages.values() if each.author is bot and each.reply_to is said)
    return await (await house.alice.press(offer, "Edit")).modal()


async def test_a_form_reads_the_message_again_where_nothing_was_kept(house: House) -> None:
    """Deleted, hidden from the bot, or without its picture by now: each has its sentence, and nothing is spent."""
    house.discord.application.message_content_granted = True
    async with house.bot():
        photo = await posted(house, 353)
        modal = await offered(house, photo)

        async def told() -> str:
            use = await house.alice.submit(modal, {"What to change": "brighter"})
            return (await use.followup()).content

        photo.files.clear()
        photo.content = "the picture was taken away"
        assert "no picture" in await told()
        house.channel.deny(house.discord.world.bot, Permission.VIEW_CHANNEL)
        assert "Edit image" in await told()
        house.channel.allow(house.discord.world.bot, Permission.VIEW_CHANNEL)
        await house.bob.delete(photo)
        assert "deleted" in await told()
        assert house.tasks == []
