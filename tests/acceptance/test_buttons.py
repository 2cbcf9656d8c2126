"""Buttons under a result: each does what it says, for whoever may, also after a restart and on old messages."""

import asyncio
import dataclasses
import hashlib
import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from bot.delivery.announcer import UPLOADS_AT_ONCE
from bot.jobs.model import Status
from bot.sandbox.discord import Fault, Message, Person
from bot.sandbox.discord.refusals import Known
from bot.sandbox.evolink import Completed
from bot.ui import texts
from tests.support.house import House, title, words

PREPARING = texts.status_title(Status.PREPARING)
TOKEN_EDIT = "PATCH /webhooks/{application_id}/{token}/messages/{message_id}"
TOKEN_DELETE = "DELETE /webhooks/{application_id}/{token}/messages/{message_id}"


def a_picture(colour: str, size: tuple[int, int] = (320, 240)) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", size, colour).save(written, "PNG")
    return written.getvalue()


def field(message: Message, name: str) -> str:
    return next((each["value"] for each in message.embeds[0].get("fields", []) if each["name"] == name), "")


async def a_result(house: House, **options: Any) -> Message:
    message = await house.imagine(**options)
    await house.until(lambda: message.attachments)
    return message


async def drawn(house: House, message: Message) -> Message:
    await message.wait_until(lambda seen: title(seen) != PREPARING)  # real work, for which no time is moved
    await house.until(lambda: message.attachments)
    return message


async def pressed(house: House, message: Message, label: str, *, by: Person | None = None) -> Message:
    return await (await (by or house.alice).press(message, label)).message()


def forge(message: Message, custom_id: str) -> None:
    """Put a button under a message that the bot never put there."""
    button = {"type": 2, "style": 2, "label": "Forged", "custom_id": custom_id, "id": 2}
    message.components = [{"type": 1, "components": [button], "id": 1}]


@pytest.mark.parametrize(
    ("quality", "labels"),
    [
        ("0.5K", ["Edit", "Again", "Redraw in 4K", "Details", "Delete"]),
        ("4K", ["Edit", "Again", "Details", "Delete"]),
    ],
)
async def test_a_result_says_what_can_be_done_with_it(house: House, quality: str, labels: list[str]) -> None:
    """Words, and no redrawing of what is as large as it gets."""
    async with house.bot():
        message = await a_result(house, quality=quality)
        assert message.labels == labels


async def test_again_makes_the_same_request_in_the_name_of_who_presses(house: House) -> None:
    """A new message with a picture of its own; the first one stays as it is."""
    async with house.bot():
        first = await a_result(house, size="16:9", thinking="high")
        n_states = len(first.states)
        second = await pressed(house, first, "Again", by=house.bob)
        assert second is not first
        assert not second.ephemeral
        await drawn(house, second)
        once, anew = (task.request for task in house.tasks)
        assert {name: value for name, value in once.items() if name != "callback_url"} == anew
        assert len(first.states) == n_states
        refused = await pressed(house, second, "Cancel", by=house.alice) if "Cancel" in second.labels else None
        assert refused is None


async def test_again_under_a_private_picture_is_private(house: House) -> None:
    """What was asked for in private stays so."""
    async with house.bot():
        first = await a_result(house, private=True)
        second = await pressed(house, first, "Again")
        assert second.ephemeral
        await drawn(house, second)


async def test_two_presses_in_a_moment_are_one_wish(house: House) -> None:
    """A finger that slips pays once; a moment later the button is free again, and others may press at any time."""
    async with house.bot():
        message = await a_result(house)
        second = await pressed(house, message, "Again")
        slip = await pressed(house, message, "Again")
        assert slip.ephemeral
        assert "twice" in slip.content
        other = await pressed(house, message, "Again", by=house.bob)
        assert title(other)
        await house.clock.advance(3)
        third = await pressed(house, message, "Again")
        for each in (second, other, third):
            await drawn(house, each)
        assert len(house.tasks) == 4


async def test_redraw_is_an_edit_of_the_result_in_4k_that_changes_nothing(house: House) -> None:
    """The provider gets its own picture back, by its own link."""
    async with house.bot():
        message = await a_result(house, size="16:9")
        again = await drawn(house, await pressed(house, message, "Redraw in 4K"))
        request = house.tasks[1].request
        assert request["quality"] == "4K"
        assert request["size"] == "16:9"
        assert "Change nothing" in request["prompt"]
        assert request["image_urls"] == [result.url for result in house.tasks[0].results]
        assert field(again, "Made from") == "1 picture of a paper lighthouse"
        assert "Redraw in 4K" not in again.labels


async def test_edit_opens_a_form_and_takes_further_pictures_in_the_given_order(house: House) -> None:
    """The result is picture 1; what is uploaded follows in the person's order, not in that of the payload."""
    async with house.bot():
        message = await a_result(house)
        form = await (await house.bob.press(message, "Edit")).modal()
        files = [(f"{width}.png", a_picture("red", (width, 200))) for width in (330, 310, 320)]
        answers = {"What to change": "make it night", "Size": ["1:1"], "Quality": ["1K"], "Further pictures": files}
        edited = await (await house.bob.submit(form, answers)).message()
        assert "1 picture of a paper lighthouse · 2 330.png · 3 310.png · 4 320.png" in words(edited)
        await drawn(house, edited)
        task = house.tasks[1]
        assert [source.width for source in task.sources[1:]] == [330, 310, 320]
        assert (task.request["prompt"], task.request["size"], task.request["quality"]) == ("make it night", "1:1", "1K")


async def test_an_edit_keeps_shape_and_quality_where_nothing_else_is_chosen(house: House) -> None:
    """The form starts with what the picture has."""
    async with house.bot():
        message = await a_result(house, size="16:9", quality="1K")
        form = await (await house.alice.press(message, "Edit")).modal()
        edited = await (await house.alice.submit(form, {"What to change": "make it night"})).message()
        await drawn(house, edited)
        assert house.tasks[1].request["size"] == "16:9"
        assert house.tasks[1].request["quality"] == "1K"


async def test_every_button_and_the_form_work_after_a_restart(house: House) -> None:
    """For a message posted before it, and for a form opened before it."""
    async with house.bot():
        message = await a_result(house)
        early = await (await house.alice.press(message, "Edit")).modal()
    async with house.bot():
        edited = await (await house.alice.submit(early, {"What to change": "make it night"})).message()
        await drawn(house, edited)
        late = await (await house.alice.press(message, "Edit")).modal()
        await drawn(house, await (await house.alice.submit(late, {"What to change": "make it day"})).message())
        await drawn(house, await pressed(house, message, "Again"))
        await drawn(house, await pressed(house, message, "Redraw in 4K"))
        assert title(await pressed(house, message, "Details")) == "Details of this picture"
        await house.alice.press(message, "Delete")
        await house.until(lambda: message.deleted)
    assert len(house.tasks) == 5


async def test_a_form_can_be_sent_more_than_once(house: House) -> None:
    """Nothing of it is kept in memory that a first answer could use up."""
    async with house.bot():
        message = await a_result(house)
        form = await (await house.alice.press(message, "Edit")).modal()
        for number in range(2):
            answer = await house.alice.submit(form, {"What to change": f"change {number}"})
            await drawn(house, await answer.message())


async def test_again_on_an_edit_uses_the_same_pictures_without_fetching_them_anew(house: House) -> None:
    """What was prepared stands on our disk."""
    async with house.bot():
        message = await a_result(house)
        form = await (await house.alice.press(message, "Edit")).modal()
        files = [("hat.png", a_picture("red", (333, 200)))]
        answers = {"What to change": "put on the hat", "Further pictures": files}
        edited = await drawn(house, await (await house.alice.submit(form, answers)).message())
        again = await drawn(house, await pressed(house, edited, "Again"))
        assert field(again, "Made from") == field(edited, "Made from")
        assert [source.width for source in house.tasks[2].sources] == [s.width for s in house.tasks[1].sources]


async def test_details_tell_everything_to_one_person(house: House) -> None:
    """Prompt, settings, model, task, true cost, sources and where it comes from."""
    async with house.bot():
        message = await a_result(house)
        redrawn = await drawn(house, await pressed(house, message, "Redraw in 4K"))
        told = await pressed(house, redrawn, "Details", by=house.bob)
        assert told.ephemeral
        assert "Change nothing" in words(told)
        assert field(told, "Model") == "gemini-3.1-flash-image-preview"
        assert field(told, "Task at the image service") == f"`{house.tasks[1].id}`"
        assert "credits" in field(told, "Cost")
        assert field(told, "Made from").startswith("1 picture of a paper ligh")
        assert f"/{house.channel.id}/{message.id}" in field(told, "Comes from")
        assert "small things may differ" in field(told, "Please note")
        assert field(told, "Original file") == ""


async def test_details_hand_over_the_original_of_a_picture_that_was_changed_to_fit(house: House) -> None:
    """The message says so, and the file is the one the model made, to the byte."""
    written = io.BytesIO()
    Image.effect_noise((1024, 1024), 40).convert("RGB").save(written, "JPEG", quality=95)
    house.evolink.knobs.duration_s = 2  # done at the first look, so that no edit of progress meets the fault
    house.evolink.knobs.task.append(Completed(body=written.getvalue()))
    async with house.bot() as app:
        message = await house.imagine(quality="1K")
        await house.until(lambda: title(message) == "Drawing")
        house.discord.faults.inject(TOKEN_EDIT, Fault.too_large())
        await house.until(lambda: len(list((house.data_dir / "results").glob("*.jpg"))) == 1)
        await message.wait_until(lambda seen: seen.attachments)
        assert "press Details" in field(message, "Please note")
        while (job := await app.ground.store.find_by_message(message.id)) is None or job.told_at is None:
            await house.clock.advance(0.1)
        told = await pressed(house, message, "Details", by=house.bob)
        await house.until(lambda: told.attachments)
        assert told.ephemeral
        assert told.attachments[0].read() == written.getvalue() != message.attachments[0].read()
        assert "here it is" in field(told, "Original file")
        house.discord.faults.inject(TOKEN_EDIT, Fault.slow(5), times=UPLOADS_AT_ONCE)
        more = [await pressed(house, message, "Details") for _ in range(UPLOADS_AT_ONCE)]
        await house.until(lambda: house.discord.faults.unserved == 0, step_s=0)
        more.append(await pressed(house, message, "Details", by=house.bob))
        with pytest.raises(TimeoutError):  # it has to wait for its turn, until time goes on
            await asyncio.wait_for(more[-1].wait_until(lambda seen: seen.attachments), 0.2)
        await house.until(lambda: all(each.attachments for each in more))


async def test_delete_is_for_the_owner_and_for_moderators(house: House) -> None:
    """Anyone else is refused in private, and a second press finds nothing left to do."""
    async with house.bot():
        first, second = await a_result(house), await a_result(house)
        refused = await pressed(house, first, "Delete", by=house.bob)
        assert refused.ephemeral
        assert "belongs to the person" in refused.content
        await house.alice.press(first, "Delete")
        await house.until(lambda: first.deleted)
        await house.moderator().press(second, "Delete")
        await house.until(lambda: second.deleted)


async def test_a_private_picture_can_be_deleted(house: House) -> None:
    """By the press's own token: the bot has no other way to it."""
    async with house.bot():
        message = await a_result(house, private=True)
        await house.alice.press(message, "Delete")
        await house.until(lambda: message.deleted)


@pytest.mark.parametrize(
    ("refusal", "is_told"), [(Known.UNKNOWN_MESSAGE, False), (Known.MISSING_PERMISSIONS, True)], ids=str
)
async def test_a_delete_that_discord_does_not_allow_is_said(house: House, refusal: Known, *, is_told: bool) -> None:
    """A message that is gone already needs no word."""
    async with house.bot():
        message = await a_result(house)
        house.discord.faults.inject(TOKEN_DELETE, Fault.refused(refusal))
        press = await house.alice.press(message, "Delete")
        await house.until(lambda: any(call.method == "DELETE" for call in house.discord.requests))
        if is_told:
            assert "does not let the bot delete" in (await press.followup()).content


@pytest.mark.parametrize("press", ["edit", "again", "redraw", "details", "delete"])
async def test_an_unknown_job_is_said(house: House, press: str) -> None:
    """A forged or forgotten id is answered, in private."""
    async with house.bot():
        message = await a_result(house)
        forge(message, f"v1:{press}:0000000000000000")
        answer = await pressed(house, message, "Forged")
        assert answer.ephemeral
        assert "does not know this picture" in answer.content


@pytest.mark.parametrize("press", ["edit", "again", "redraw", "details", "delete"])
async def test_nobody_gets_at_a_private_picture_by_a_forged_id(house: House, press: str) -> None:
    """Its owner alone may see it and work with it."""
    async with house.bot() as app:
        private = await a_result(house, private=True)
        job = await app.ground.store.find_by_message(private.id)
        assert job is not None
        public = await a_result(house)
        forge(public, f"v1:{press}:{job.id}")
        answer = await pressed(house, public, "Forged", by=house.bob)
        assert answer.ephemeral
        assert "belongs to the person" in answer.content
        assert len(house.tasks) == 2


async def test_an_unknown_form_is_said(house: House) -> None:
    """A form of another version, or of a picture that is not known any more."""
    async with house.bot():
        message = await a_result(house)
        opened = await house.alice.press(message, "Edit")
        form = await opened.modal()
        for form_id in ("v0:edit-modal:j12", "v1:edit-modal:j0000000000000000"):
            forged = dataclasses.replace(form, custom_id=form_id)
            answer = await (await house.alice.submit(forged, {"What to change": "x"})).message()
            assert answer.ephemeral
            assert "does not know this picture" in answer.content


@pytest.mark.parametrize("press", ["Edit", "Redraw in 4K"])
async def test_a_picture_that_is_not_kept_any_more_is_said(house: House, press: str) -> None:
    """Nothing is spent, and what to do instead is told."""
    async with house.bot():
        message = await a_result(house)
        empty(house.data_dir / "results")
        answer = await pressed(house, message, press)
        assert answer.ephemeral
        assert "does not keep this picture any more" in answer.content
        assert len(house.tasks) == 1


@pytest.mark.parametrize(("folder", "name"), [("results", "picture of a paper lighthouse"), ("sources", "hat.png")])
async def test_again_says_which_source_is_not_kept_any_more(house: House, folder: str, name: str) -> None:
    """By its name, whether the bot made it or somebody gave it; Details still works."""
    async with house.bot():
        message = await a_result(house)
        form = await (await house.alice.press(message, "Edit")).modal()
        answers = {"What to change": "put on the hat", "Further pictures": [("hat.png", a_picture("red"))]}
        edited = await drawn(house, await (await house.alice.submit(form, answers)).message())
        empty(house.data_dir / folder)
        answer = await pressed(house, edited, "Again")
        assert f"“{name}”" in answer.content
        assert "not kept any more" in answer.content
        assert len(house.tasks) == 2
        assert name[:20] in field(await pressed(house, edited, "Details"), "Made from")


async def test_a_form_with_what_is_no_picture_is_refused(house: House) -> None:
    """With the file's name, before anything is spent."""
    async with house.bot():
        message = await a_result(house)
        form = await (await house.alice.press(message, "Edit")).modal()
        answers = {"What to change": "x", "Further pictures": [("clip.mp4", b"moving")]}
        answer = await (await house.alice.submit(form, answers)).message()
        assert answer.ephemeral
        assert "“clip.mp4” is not a picture" in answer.content


async def test_a_press_is_answered_in_time_while_the_database_is_held_by_another_program(house: House) -> None:
    """What only reads is answered at once; what has to be stored says "is thinking…" after a second and then works."""
    async with house.bot():
        message = await a_result(house)
        async with house.database_held():
            await (await house.alice.press(message, "Edit")).modal()
            assert (await pressed(house, message, "Details")).ephemeral
            again = await house.alice.press(message, "Again")
            await house.until(lambda: again.response is not None)
            assert again.response is not None
            assert again.response.deferred
        await drawn(house, await again.message())


async def test_the_original_bytes_stay_under_every_press(house: House) -> None:
    """No press ever edits a finished result: its file is the one the model made."""
    async with house.bot():
        message = await a_result(house)
        await pressed(house, message, "Details")
        await (await house.alice.press(message, "Edit")).modal()
        await pressed(house, message, "Again")
        assert hashlib.sha256(message.attachments[0].read()).hexdigest() == house.tasks[0].results[0].sha256


def empty(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()


async def test_a_private_picture_that_came_by_direct_message_stays_its_owner_s(house: House) -> None:
    """Whoever forges a press of it in the same server is refused: no prompt, no form, no copy."""
    house.evolink.knobs.duration_s = 20 * 60
    async with house.bot():
        await house.imagine(private=True)
        direct = await house.alice.direct_messages()
        await house.until(lambda: any(each.attachments for each in direct.messages.values()), step_s=2)
        [job_id] = house.stored("id")
        public = await house.imagine(house.bob)
        for press in ("details", "edit", "again"):
            button = {"type": 2, "style": 2, "label": "Forged", "custom_id": f"v1:{press}:{job_id}", "id": 2}
            public.components = [{"type": 1, "components": [button], "id": 1}]
            exchange = await house.bob.press(public, "Forged")
            answer = await exchange.message()
            assert answer.ephemeral
            assert "belongs" in answer.content
