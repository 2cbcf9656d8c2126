"""Who floods the bot with commands delays nobody but themselves."""

from tests.support.house import House, title, words


async def test_behind_a_flood_of_one_the_other_ones_picture_comes_next(house: House) -> None:
    """Thirty pictures of Alice wait; Bob's is the next at the model, and the line says so to both."""
    house.evolink.knobs.duration_s = 20
    async with house.bot(max_concurrent_tasks=1):
        flood = [await house.imagine(prompt=f"flood {number}") for number in range(30)]
        await house.until(lambda: len(house.tasks) == 1 and all(title(each) == "Waiting in line" for each in flood[1:]))
        message = await house.imagine(house.bob, prompt="patience")
        await house.until(lambda: "You are next" in words(message))
        await house.until(lambda: "Place 2 in the line" in words(flood[1]))
        await house.until(lambda: message.attachments)
        assert [task.request["prompt"] for task in house.tasks[:2]] == ["flood 0", "patience"]
        assert sum(bool(each.attachments) for each in flood) == 1


async def test_after_a_restart_people_take_turns_again(house: House) -> None:
    """Alice's first is in the making and counts as her turn: Bob's, who asked last, comes before her others."""
    house.evolink.knobs.duration_s = 20
    async with house.bot(max_concurrent_tasks=1):
        for number in range(4):
            await house.imagine(prompt=f"flood {number}")
        await house.imagine(house.bob, prompt="patience")
        await house.until(lambda: len(house.tasks) == 1)
    async with house.bot(max_concurrent_tasks=1):
        await house.until(lambda: len(house.tasks) == 4)
        assert [task.request["prompt"] for task in house.tasks] == ["flood 0", "patience", "flood 1", "flood 2"]


async def test_who_floods_the_line_leaves_places_in_it_for_others(house: House) -> None:
    """Alice gets half of it and a sentence, from another process on the same file as well; Bob still gets in there."""
    house.evolink.knobs.duration_s = 60
    settings = {"max_concurrent_tasks": 1, "max_waiting_jobs": 4}
    async with house.bot(**settings) as first:
        await house.imagine()
        await house.until(lambda: len(house.tasks) == 1)
        flood = [await house.imagine(prompt=f"flood {number}") for number in range(4)]
        assert [each.ephemeral for each in flood] == [False, False, True, True]
        async with house.bot_process(**settings):
            await first.work.runner.stop()  # from now on it leaves every event to the other one
            refused = await house.imagine()
            message = await house.imagine(house.bob, prompt="patience")
            assert {each.content for each in (*flood[2:], refused)} == {
                "You have 2 pictures waiting already, and the places that are left in the line are kept free for "
                "others. Nothing was spent; please ask again when some of them are drawn."
            }
            await house.until(lambda: message.attachments)
    assert [task.request["prompt"] for task in house.tasks[1:]] == ["patience"]
