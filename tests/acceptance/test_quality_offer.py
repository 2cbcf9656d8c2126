"""Quality is offered as far as somebody may use it, and what is left open is as the server has it."""

from typing import Any

import pytest

from bot.sandbox.discord import Person
from tests.support.house import House, words
from tests.support.server_settings import set_settings


async def offered(house: House, command: str = "/imagine", typed: str = "", person: Person | None = None) -> list[str]:
    """Return the values that are suggested."""
    given = {"prompt": "x"} if command == "/imagine" else {"instruction": "x"}
    typing = await (person or house.alice).autocomplete(house.channel, command, focused="quality", value=typed, **given)
    return [choice["value"] for choice in await typing.choices()]


async def asked(house: House, person: Person | None = None, **options: Any) -> str:
    """Use /imagine with nothing but what is given, and return what is said."""
    use = await (person or house.alice).use(house.channel, "/imagine", prompt="a paper lighthouse", **options)
    message = await use.message()
    return words(message) if message.embeds else message.content


@pytest.mark.parametrize("command", ["/imagine", "/edit"])
async def test_only_what_the_person_may_use_is_suggested(house: House, command: str) -> None:
    """A role's own highest quality replaces the server's."""
    painters = house.guild.add_role("painters")
    house.guild.change_roles(house.bob, [painters])
    async with house.bot():
        assert await offered(house, command) == ["0.5K", "1K", "2K", "4K"]
        await set_settings(house, highest_quality="1K", role_qualities={str(painters.id): "4K"})
        assert await offered(house, command) == ["0.5K", "1K"]
        assert await offered(house, command, person=house.bob) == ["0.5K", "1K", "2K", "4K"]
        assert await offered(house, command, "1") == ["1K"]
        assert await offered(house, command, "4K") == []


async def test_a_suggestion_tells_the_price(house: House) -> None:
    """As the operator has it."""
    async with house.bot():
        typing = await house.alice.autocomplete(house.channel, "/imagine", focused="quality", value="4K", prompt="x")
        [choice] = await typing.choices()
        assert choice["name"].endswith("9.5801 credits")


@pytest.mark.parametrize(("quality", "told"), [("4K", "4K"), ("2k", "2K")])
async def test_a_quality_above_the_persons_own_is_refused_on_submit(house: House, quality: str, told: str) -> None:
    """However it came into the option; it says which one they may use, and nothing is begun."""
    async with house.bot():
        await set_settings(house, highest_quality="1K")
        refused = await asked(house, quality=quality)
        assert told in refused
        assert "highest quality is 1K" in refused
    assert house.tasks == []


@pytest.mark.parametrize("quality", ["8K", "best", "4K · 4096 px", "@everyone"])
async def test_what_is_no_quality_is_refused_on_submit(house: House, quality: str) -> None:
    """Discord only suggests: anything can be sent."""
    async with house.bot():
        refused = await asked(house, quality=quality)
        assert "does not know the quality" in refused
        assert "0.5K, 1K, 2K, 4K" in refused
    assert house.tasks == []


async def test_what_is_left_open_is_as_the_server_has_it(house: House) -> None:
    """Size and quality, never more than the person may use; auto is a choice as well."""
    async with house.bot():
        await set_settings(house, default_size="16:9", default_quality="4K", highest_quality="1K")
        await asked(house)
        await asked(house, size="auto", quality="0.5K")
        await house.until(lambda: len(house.tasks) == 2)
        asked_for = sorted((task.request["size"], task.request["quality"]) for task in house.tasks)
        assert asked_for == [("16:9", "1K"), ("auto", "0.5K")]


async def test_an_edit_keeps_the_shape_of_its_picture_whatever_the_server_has_set(house: House) -> None:
    """Its quality is the server's; by the form, too, which offers what may be used."""
    async with house.bot():
        await set_settings(house, default_size="16:9", default_quality="1K", highest_quality="1K")
        message = await house.imagine(size="1:1")
        await house.until(lambda: message.attachments)
        modal = await (await house.bob.press(message, "Edit")).modal()
        [quality] = [part for part in modal.components if part["component"]["custom_id"] == "quality"]
        assert [option["value"] for option in quality["component"]["options"]] == ["0.5K", "1K"]
        answer = await (await house.bob.submit(modal, {"What to change": "make it night"})).message()
        await house.until(lambda: answer.attachments)
        assert (house.tasks[-1].request["size"], house.tasks[-1].request["quality"]) == ("1:1", "0.5K")


async def test_a_reply_is_drawn_in_the_servers_quality(house: House) -> None:
    """There is nothing in it to choose one by."""
    async with house.bot():
        await set_settings(house, default_quality="1K", reply_to_picture="instant")
        message = await house.imagine()
        await house.until(lambda: message.attachments)
        me = house.discord.application.bot.mention
        await house.alice.say(house.channel, f"{me} make it night", reply_to=message)
        await house.until(lambda: len(house.tasks) == 2)
        assert house.tasks[-1].request["quality"] == "1K"


async def test_redrawing_in_4k_is_refused_to_who_may_not(house: House) -> None:
    """The button is for all to see; the answer is theirs alone."""
    async with house.bot():
        await set_settings(house, highest_quality="2K")
        message = await house.imagine()
        await house.until(lambda: message.attachments)
        refused = await (await house.bob.press(message, "Redraw in 4K")).message()
        assert refused.ephemeral
        assert "highest quality is 2K" in refused.content
    assert len(house.tasks) == 1
