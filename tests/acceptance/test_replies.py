"""Replies to pictures on the whole house: every mode, with and without the message-content intent."""

import hashlib
import io

import pytest
from PIL import Image

from bot.jobs.model import Status
from bot.sandbox.discord import Fault, Known, Message, Permission
from bot.sandbox.evolink import Failed
from bot.settings import ReplyToPicture
from bot.ui import texts
from tests.support.house import House, title, words

ONE_DAY_S = 24 * 3600
PREPARING = texts.status_title(Status.PREPARING)


def a_picture(colour: str = "teal", width: int = 320) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (width, 240), colour).save(written, "PNG")
    return written.getvalue()


async def a_result(house: House) -> Message:
    """Let alice have a picture by /imagine: an answer to a command."""
    message = await house.imagine()
    await house.until(lambda: message.attachments)
    return message


def answers_to(message: Message) -> list[Message]:
    """List what the bot answered to a message, oldest first."""
    bot = message.channel.world.bot
    return [each for each in message.channel.messages.values() if each.author is bot and each.reply_to is message]


async def answer_to(house: House, message: Message) -> Message:
    await house.until(lambda: answers_to(message))
    [answer] = answers_to(message)
    return answer


async def drawn(house: House, message: Message) -> Message:
    """Wait until a card has become the picture; no time is moved while the sources are prepared, which is real work."""
    await message.wait_until(lambda seen: seen.embeds and title(seen) != PREPARING)
    await house.until(lambda: message.attachments)
    return message


async def silence_after(house: House, message: Message) -> None:
    """See that nothing is said about a message, although the bot has long seen it: it has answered a later one."""
    use = await house.alice.use(message.channel, "/references")
    await use.message()
    await house.clock.advance(5)
    assert answers_to(message) == []


def mention(house: House) -> str:
    return house.discord.world.bot.mention


async def an_edit_by_name(house: House, target: Message, text: str = "make the sky red", **more: object) -> Message:
    """Reply with the bot's name in the text, and return the picture that comes of it: an ordinary message."""
    said = await house.alice.say(house.channel, f"{mention(house)} {text}", reply_to=target, **more)
    return await drawn(house, await answer_to(house, said))


async def test_a_reply_that_names_the_bot_edits_at_once(house: House) -> None:
    """The card is a reply in the channel and becomes the picture; nothing is fetched again, nobody is pinged."""
    async with house.bot():
        shown = await a_result(house)
        edited = await an_edit_by_name(house, shown)
        first, second = house.tasks
        assert second.request["prompt"] == "make the sky red"
        assert second.request["image_urls"] == [result.url for result in first.results]
        assert hashlib.sha256(edited.attachments[0].read()).hexdigest() == second.results[0].sha256
        assert edited.answers is None
        assert edited.pinged == []


async def test_a_mere_ping_is_confirmed_by_one_tap_which_becomes_the_result(house: House) -> None:
    """Without any intent a ping-reply to an ordinary message of the bot is read; nothing happens before the press."""
    async with house.bot():
        edited = await an_edit_by_name(house, await a_result(house))
        said = await house.alice.say(
            house.channel, "now a boat", reply_to=edited, attachments=[("boat.png", a_picture())]
        )
        question = await answer_to(house, said)
        assert question.labels == ["Yes, edit it"]
        assert question.pinged == []
        assert len(house.tasks) == 2
        await house.alice.press(question, "Yes, edit it")
        await question.wait_until(lambda seen: seen.embeds)
        assert question.content == ""
        await drawn(house, question)
        request = house.tasks[2].request
        assert request["prompt"] == "now a boat"
        assert request["image_urls"][0] == house.tasks[1].results[0].url
        assert len(request["image_urls"]) == 2
        assert answers_to(said) == [question]


async def test_only_the_reply_s_author_confirms(house: House) -> None:
    """A stranger's press is answered in private and changes nothing."""
    async with house.bot():
        said = await house.alice.say(
            house.channel, "brighter", reply_to=await an_edit_by_name(house, await a_result(house))
        )
        question = await answer_to(house, said)
        press = await house.bob.press(question, "Yes, edit it")
        refused = await press.followup()
        assert refused.ephemeral
        assert "belongs" in refused.content
        assert question.labels == ["Yes, edit it"]
        await house.alice.press(question, "Yes, edit it")
        await drawn(house, question)
        assert len(house.tasks) == 3


async def test_a_confirmation_survives_a_restart(house: House) -> None:
    """What was asked is read again from Discord: nothing of it was in memory."""
    async with house.bot():
        said = await house.alice.say(
            house.channel, "brighter", reply_to=await an_edit_by_name(house, await a_result(house))
        )
        question = await answer_to(house, said)
    async with house.bot():
        await house.alice.press(question, "Yes, edit it")
        await drawn(house, question)
        assert house.tasks[2].request["prompt"] == "brighter"


async def test_two_presses_and_two_events_are_one_picture(house: House) -> None:
    """The id of the reply drops whatever comes twice."""
    async with house.bot():
        edited = await an_edit_by_name(house, await a_result(house))
        said = await house.alice.say(house.channel, "brighter", reply_to=edited)
        house.discord.world.publish_message("MESSAGE_CREATE", said)
        question = await answer_to(house, said)
        await house.alice.press(question, "Yes, edit it")
        await house.alice.press(question, "Yes, edit it")
        await drawn(house, question)
        named = await house.alice.say(house.channel, f"{mention(house)} darker", reply_to=edited)
        house.discord.world.publish_message("MESSAGE_CREATE", named)
        answer = await answer_to(house, named)
        await drawn(house, answer)
        assert [task.request["prompt"] for task in house.tasks[2:]] == ["brighter", "darker"]


MODES = [
    ("instant", False, "edit"),
    ("instant", True, "edit"),
    ("ask", False, "ask"),
    ("ask", True, "edit"),
    ("mention", False, "silence"),
    ("mention", True, "edit"),
    ("off", False, "silence"),
    ("off", True, "silence"),
]


@pytest.mark.parametrize(("mode", "named", "outcome"), MODES)
async def test_each_mode_does_what_it_says(house: House, mode: str, named: bool, outcome: str) -> None:
    """Instant, ask, mention, off: for a reply that names the bot and for one that merely pings it."""
    house.discord.application.message_content_granted = True
    async with house.bot(reply_to_picture=mode):
        shown = await a_result(house)
        text = f"{mention(house)} make it night" if named else "make it night"
        said = await house.alice.say(house.channel, text, reply_to=shown)
        if outcome == "silence":
            await silence_after(house, said)
            return
        answer = await answer_to(house, said)
        if outcome == "ask":
            assert answer.labels == ["Yes, edit it"]
            return
        await drawn(house, answer)
        assert house.tasks[1].request["prompt"] == "make it night"


async def test_a_server_s_own_mode_replaces_the_operator_s_at_once(house: House) -> None:
    """And the operator's holds again when it is taken back."""
    house.discord.application.message_content_granted = True
    async with house.bot(reply_to_picture="ask") as bot:
        shown = await a_result(house)
        await bot.guilds.set_reply_mode(house.guild.id, ReplyToPicture.OFF, by_id=house.alice.id)
        await silence_after(house, await house.alice.say(house.channel, "make it night", reply_to=shown))
        await bot.guilds.set_reply_mode(house.guild.id, None, by_id=house.alice.id)
        answer = await answer_to(house, await house.alice.say(house.channel, "make it night", reply_to=shown))
        assert answer.labels == ["Yes, edit it"]


async def test_a_reply_that_does_not_reach_the_bot_is_left_alone(house: House) -> None:
    """Ping switched off, or a reply to somebody else, or a mention without a reply: not meant for the bot to act on."""
    house.discord.application.message_content_granted = True
    async with house.bot():
        shown = await a_result(house)
        photo = await house.bob.say(house.channel, "my photo", attachments=[("photo.png", a_picture())])
        for said in (
            await house.alice.say(house.channel, "make it night", reply_to=shown, ping=False),
            await house.alice.say(house.channel, "nice", reply_to=photo),
            await house.alice.say(house.channel, f"{mention(house)} hello"),
        ):
            await silence_after(house, said)


async def test_words_that_discord_hides_are_answered_by_one_edit_button_a_day(house: House) -> None:
    """A ping-reply to the answer of a command is seen but not read; the button opens the form, which works."""
    async with house.bot():
        shown = await a_result(house)
        said = await house.alice.say(house.channel, "make it night", reply_to=shown)
        offer = await answer_to(house, said)
        assert "does not show" in offer.content
        again = await house.alice.say(house.channel, "I said: night", reply_to=shown)
        await silence_after(house, again)
        by_bob = await house.bob.say(house.channel, "night", reply_to=shown)
        await answer_to(house, by_bob)

        modal = await (await house.alice.press(offer, "Edit")).modal()
        use = await house.alice.submit(modal, {"What to change": "make it night"})
        edited = await use.message()
        await drawn(house, edited)
        assert house.tasks[1].request["image_urls"] == [result.url for result in house.tasks[0].results]

        await house.clock.advance(ONE_DAY_S)
        tomorrow = await house.alice.say(house.channel, "night, please", reply_to=shown)
        await answer_to(house, tomorrow)


async def test_hidden_words_are_left_alone_where_only_the_bot_s_name_counts(house: House) -> None:
    """What names the bot is never hidden, so a hidden reply cannot have been meant there."""
    async with house.bot(reply_to_picture="mention"):
        said = await house.alice.say(house.channel, "make it night", reply_to=await a_result(house))
        await silence_after(house, said)


async def test_nothing_is_offered_for_a_hidden_reply_to_what_is_no_picture(house: House) -> None:
    """Talking about a card that failed stays talking."""
    house.evolink.knobs.task.append(Failed(code="content_policy_violation"))
    async with house.bot():
        failed = await house.imagine()
        await house.until(lambda: "Declined" in words(failed))
        said = await house.alice.say(house.channel, "why?", reply_to=failed)
        await silence_after(house, said)


async def test_only_the_bot_s_name_is_answered_by_the_form(house: House) -> None:
    """A reply without an instruction: Edit asks for it, every time, for a picture of ours and for another's."""
    house.discord.application.message_content_granted = True
    async with house.bot():
        photo = await house.bob.say(house.channel, "look", attachments=[("photo.png", a_picture(width=333))])
        for _ in range(2):
            said = await house.alice.say(house.channel, mention(house), reply_to=photo)
            offer = await answer_to(house, said)
            assert "What shall be changed" in offer.content
        modal = await (await house.alice.press(offer, "Edit")).modal()
        edited = await (await house.alice.submit(modal, {"What to change": "make it night"})).message()
        await drawn(house, edited)
        assert [source.width for source in house.tasks[0].sources] == [333]


async def test_a_foreign_picture_is_edited_where_the_bot_may_read_it(house: House) -> None:
    """With the intent: all pictures of the message, then those of the reply; people are called by their names."""
    house.discord.application.message_content_granted = True
    async with house.bot():
        photo = await house.bob.say(
            house.channel,
            "two of mine",
            attachments=[("a.png", a_picture(width=301)), ("film.mp4", b"...."), ("b.png", a_picture(width=302))],
        )
        await an_edit_by_name(
            house,
            photo,
            f"give {house.bob.mention} the hat of picture 3",
            attachments=[("hat.png", a_picture(width=303))],
        )
        [task] = house.tasks
        assert [source.width for source in task.sources] == [301, 302, 303]
        assert task.request["prompt"] == "give Bob the hat of picture 3"


async def test_a_foreign_picture_that_is_hidden_is_said_to_be_and_the_menu_named(house: House) -> None:
    """Without the intent another's message is empty for the bot; nothing is spent."""
    async with house.bot():
        photo = await house.bob.say(house.channel, "", attachments=[("photo.png", a_picture())])
        said = await house.alice.say(house.channel, f"{mention(house)} make it night", reply_to=photo)
        answer = await answer_to(house, said)
        assert "Edit image" in answer.content
        assert answer.pinged == []
        assert house.tasks == []


async def test_a_foreign_picture_whose_message_names_the_bot_is_read_without_the_intent(house: House) -> None:
    """Discord shows the bot what mentions it."""
    async with house.bot():
        photo = await house.bob.say(house.channel, mention(house), attachments=[("photo.png", a_picture(width=311))])
        await an_edit_by_name(house, photo)
        assert [source.width for source in house.tasks[0].sources] == [311]


async def test_a_target_without_a_picture_is_said_to_who_named_the_bot_only(house: House) -> None:
    """A ping about a text is chatting; a name in it is a wish that cannot be done."""
    house.discord.application.message_content_granted = True
    async with house.bot():
        failed = await house.imagine(prompt="\u200b")
        words_only = await house.bob.say(house.channel, "just words")
        said = await house.alice.say(house.channel, f"{mention(house)} make it night", reply_to=words_only)
        assert "no picture" in (await answer_to(house, said)).content
        assert failed.ephemeral
        about_the_answer = await house.alice.say(house.channel, "what?", reply_to=answers_to(said)[0])
        await silence_after(house, about_the_answer)
        assert house.tasks == []


async def test_a_picture_that_was_deleted_meanwhile_is_said_to_be_gone(house: House) -> None:
    """Between the question and the press the picture was removed: a private sentence, and nothing is spent."""
    async with house.bot():
        edited = await an_edit_by_name(house, await a_result(house))
        said = await house.alice.say(house.channel, "brighter", reply_to=edited)
        question = await answer_to(house, said)
        await house.moderator().delete(edited)
        refused = await (await house.alice.press(question, "Yes, edit it")).followup()
        assert "deleted" in refused.content
        assert len(house.tasks) == 2


async def test_embeds_and_components_and_forwards_are_pictures_too(house: House) -> None:
    """Whatever way a picture is shown, it is read by Discord's own copy of it."""
    house.discord.application.message_content_granted = True
    async with house.bot():
        stored = [await kept(house, width) for width in (321, 322, 323)]
        shown = await house.bob.say(house.channel, "three links")
        shown.embeds = [embed("image", stored[0]), embed("thumbnail", stored[1])]
        gallery = {"type": 12, "id": 1, "items": [{"media": {"url": stored[2], "proxy_url": stored[2]}}]}
        shown.components = [{"type": 17, "id": 2, "components": [gallery]}]
        await an_edit_by_name(house, shown)
        assert [source.width for source in house.tasks[0].sources] == [321, 322, 323]


async def test_a_forwarded_picture_is_edited(house: House) -> None:
    """What was forwarded holds the picture, not the message that forwards it."""
    house.discord.application.message_content_granted = True
    elsewhere = house.guild.add_text_channel("elsewhere")
    async with house.bot():
        photo = await house.bob.say(elsewhere, "look", attachments=[("photo.png", a_picture(width=331))])
        await an_edit_by_name(house, await house.bob.forward(photo, house.channel))
        assert [source.width for source in house.tasks[0].sources] == [331]


async def test_a_forward_that_is_hidden_is_said_to_be(house: House) -> None:
    """Without the intent the copy is as empty as the original."""
    async with house.bot():
        photo = await house.bob.say(house.channel, "look", attachments=[("photo.png", a_picture())])
        forwarded = await house.bob.forward(photo, house.channel)
        said = await house.alice.say(house.channel, f"{mention(house)} make it night", reply_to=forwarded)
        assert "Edit image" in (await answer_to(house, said)).content


async def test_a_reply_in_the_making_is_taken_up_after_a_restart(house: House) -> None:
    """Its card is an ordinary message of the bot, so no token is needed to finish it."""
    house.evolink.knobs.duration_s = 30
    async with house.bot():
        shown = await a_result(house)
        said = await house.alice.say(house.channel, f"{mention(house)} make it night", reply_to=shown)
        card = await answer_to(house, said)
        await house.until(lambda: len(house.tasks) == 2)
        await house.clock.advance(3)
    async with house.bot():
        await house.until(lambda: card.attachments)
        assert len(house.tasks) == 2
        assert answers_to(said) == [card]


async def test_blank_words_under_a_ping_are_no_wish(house: House) -> None:
    """An answer that says nothing is left alone, though it pings; pictures alone are no instruction."""
    async with house.bot():
        edited = await an_edit_by_name(house, await a_result(house))
        said = await house.alice.say(house.channel, "", reply_to=edited, attachments=[("mine.png", a_picture())])
        await silence_after(house, said)


async def kept(house: House, width: int) -> str:
    """Have a file lie at Discord and return its address there."""
    message = await house.bob.say(house.channel, "", attachments=[(f"{width}.png", a_picture(width=width))])
    return message.attachments[0].url


def embed(part: str, address: str) -> dict[str, object]:
    return {"type": "rich", part: {"url": "https://example.com/picture.png", "proxy_url": address}}


async def test_where_the_bot_may_not_post_pictures_nothing_is_taken(house: House) -> None:
    """A picture that could not be shown is not paid for."""
    async with house.bot():
        shown = await a_result(house)
        house.channel.deny(house.discord.world.bot, Permission.ATTACH_FILES)
        said = await house.alice.say(house.channel, f"{mention(house)} make it night", reply_to=shown)
        await silence_after(house, said)
        assert len(house.tasks) == 1


async def test_without_the_right_to_read_back_it_answers_without_a_quote(house: House) -> None:
    """Replying needs Read Message History; the picture comes all the same."""
    async with house.bot():
        shown = await a_result(house)
        house.channel.deny(house.discord.world.bot, Permission.READ_MESSAGE_HISTORY)
        await house.alice.say(house.channel, f"{mention(house)} make it night", reply_to=shown)
        await house.until(lambda: len([each for each in house.channel.messages.values() if each.attachments]) == 2)


async def test_a_first_answer_that_discord_refuses_is_looked_for_and_posted_anew(house: House) -> None:
    """A bad minute of Discord loses no picture."""
    async with house.bot():
        shown = await a_result(house)
        house.discord.faults.inject(
            "POST /channels/{channel_id}/messages", Fault.refused(Known.MISSING_PERMISSIONS), times=1
        )
        await house.alice.say(house.channel, f"{mention(house)} make it night", reply_to=shown)
        await house.until(lambda: len([each for each in house.channel.messages.values() if each.attachments]) == 2)
        assert len(house.tasks) == 2


async def test_a_reply_the_bot_cannot_take_is_told_why(house: House) -> None:
    """A refusal is a sentence in the channel, as a reply."""
    async with house.bot() as app:
        shown = await a_result(house)
        await app.work.runner.stop()
        said = await house.alice.say(house.channel, f"{mention(house)} make it night", reply_to=shown)
        assert "restarting" in (await answer_to(house, said)).content


@pytest.mark.parametrize("named", [True, False])
async def test_a_reply_to_what_was_deleted_is_told_so_only_if_it_names_the_bot(house: House, named: bool) -> None:
    """The event comes late, and the picture is gone by then."""
    async with house.bot():
        edited = await an_edit_by_name(house, await a_result(house))
    said = await house.alice.say(house.channel, f"{mention(house) if named else ''} night", reply_to=edited)
    await house.moderator().delete(edited)
    async with house.bot():
        house.discord.world.publish_message("MESSAGE_CREATE", said)
        if named:
            assert "deleted" in (await answer_to(house, said)).content
        else:
            await silence_after(house, said)


async def test_a_reply_in_a_thread_is_answered_there(house: House) -> None:
    """Its rights are those of threads."""
    house.discord.application.message_content_granted = True
    thread = house.channel.add_thread("paper boats")
    async with house.bot():
        photo = await house.bob.say(thread, "look", attachments=[("photo.png", a_picture(width=341))])
        said = await house.alice.say(thread, f"{mention(house)} make it night", reply_to=photo)
        answer = await drawn(house, await answer_to(house, said))
        assert answer.channel is thread


async def test_a_fault_of_ours_is_a_sentence_too(house: House) -> None:
    """A reply is never met by silence because something broke inside."""
    async with house.bot():
        shown = await a_result(house)
        await house.change_database("DROP TABLE offers")
        said = await house.alice.say(house.channel, "make it night", reply_to=shown)
        assert "inside the bot" in (await answer_to(house, said)).content


async def test_a_card_whose_sending_was_not_confirmed_is_not_posted_twice(house: House) -> None:
    """The answer to a reply stands there although Discord's word of it was lost; it becomes the picture."""
    async with house.bot():
        shown = await a_result(house)
        lost = [Fault.dropped(performed=True)] * 2
        house.discord.faults.inject("POST /channels/{channel_id}/messages", *lost)
        said = await house.alice.say(house.channel, f"{mention(house)} make the sky red", reply_to=shown)
        await drawn(house, await answer_to(house, said))
        mine = [each for each in house.channel.messages.values() if each.author is not house.alice]
        assert len(mine) == 2
