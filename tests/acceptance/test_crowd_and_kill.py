"""Fifty people at once, and a process that is killed while they wait."""

import asyncio
import hashlib

from bot.sandbox.discord import Message
from bot.sandbox.evolink import HttpFault
from tests.support.house import House, title, words

CROWD = 50


async def crowd_asks(house: House) -> list[Message]:
    people = [house.guild.add_member(f"person {number}") for number in range(CROWD)]
    return list(
        await asyncio.gather(
            *(house.imagine(person, prompt=f"picture {number}") for number, person in enumerate(people))
        )
    )


def assert_everyone_has_their_own_picture(house: House, messages: list[Message]) -> None:
    by_prompt = {task.request["prompt"]: task.results[0].sha256 for task in house.tasks}
    for number, message in enumerate(messages):
        assert hashlib.sha256(message.attachments[0].read()).hexdigest() == by_prompt[f"picture {number}"]


async def test_fifty_people_at_the_same_moment_all_get_their_pictures(house: House) -> None:
    """Each gets the picture of their own prompt, from one task each."""
    house.evolink.knobs.duration_s = 20
    async with house.bot():
        messages = await crowd_asks(house)
        await house.until(lambda: all(message.attachments for message in messages))
    assert len(house.tasks) == CROWD
    assert_everyone_has_their_own_picture(house, messages)


async def test_killed_while_fifty_people_wait_and_started_again_all_get_their_pictures(house: House) -> None:
    """No second task for any of them, and no message is left saying that the bot is at work."""
    house.evolink.knobs.duration_s = 60
    async with house.bot_process() as process:
        messages = await crowd_asks(house)
        await house.until(lambda: len(house.tasks) == CROWD and all(title(each) == "Drawing" for each in messages))
        await process.kill()
    async with house.bot_process():
        await house.until(lambda: all(message.attachments for message in messages))
    assert len(house.tasks) == CROWD
    assert_everyone_has_their_own_picture(house, messages)


async def test_killed_with_jobs_in_line_they_are_taken_up_again(house: House) -> None:
    """What waited for a slot was on disk before its person saw the first answer."""
    house.evolink.knobs.duration_s = 30
    async with house.bot_process(max_concurrent_tasks=2) as process:
        messages = [await house.imagine(prompt=f"picture {number}") for number in range(5)]
        await house.until(lambda: len(house.tasks) == 2 and all(title(each) == "Drawing" for each in messages[:2]))
        await process.kill()
    async with house.bot_process(max_concurrent_tasks=2):
        await house.until(lambda: all(message.attachments for message in messages))
    assert len(house.tasks) == 5
    assert_everyone_has_their_own_picture(house, messages)


async def test_killed_in_the_middle_of_a_create_the_person_is_told_and_nothing_is_paid_twice(house: House) -> None:
    """The answer of the POST never came: it may have been taken, so it is not sent again."""
    house.evolink.knobs.create.append(HttpFault(delay_s=60, after_effect=True, drop=True))
    async with house.bot_process() as process:
        message = await house.imagine()
        await house.until(lambda: any(seen.path == "/v1/images/generations" for seen in house.evolink.requests))
        await process.kill()
    async with house.bot_process():
        await house.until(lambda: "may still charge" in words(message), step_s=5)
    assert len([seen for seen in house.evolink.requests if seen.path == "/v1/images/generations"]) == 1


async def test_a_polite_stop_ends_with_zero_and_the_next_start_goes_on(house: House) -> None:
    """SIGTERM while a picture is drawn: exit code 0, and the picture comes after the next start."""
    house.evolink.knobs.duration_s = 60
    async with house.bot_process() as process:
        message = await house.imagine()
        await house.until(lambda: title(message) == "Drawing")
        assert await process.terminate() == 0
    async with house.bot_process():
        await house.until(lambda: message.attachments)
    assert len(house.tasks) == 1
