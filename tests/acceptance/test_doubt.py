"""Orders whose answer was lost: the task is looked for by every trace there is, and never ordered a second time."""

import hashlib
from typing import Any

import aiohttp
import pytest

from bot.sandbox.evolink import HttpFault
from tests.support.house import House, title, words
from tests.support.ports import free_port

LOST_ANSWER = HttpFault(drop=True, after_effect=True)
CREATE = "/v1/images/generations"


def creates(house: House) -> int:
    return sum(seen.path == CREATE for seen in house.evolink.requests)


def web() -> dict[str, Any]:
    """Return the settings of a bot that the provider can call."""
    port = free_port()
    return {"public_base_url": f"http://127.0.0.1:{port}", "web_port": port}


TRACES = {
    "callback": (web, False, 1),
    "list": (dict, True, 1),
    "key": (lambda: {"provider_honours_idempotency_key": True}, False, 2),
}


@pytest.mark.parametrize(("settings", "listed", "n_creates"), TRACES.values(), ids=TRACES.keys())
async def test_a_task_whose_answer_was_lost_is_found_again(
    house: House, settings: Any, listed: bool, n_creates: int
) -> None:
    """Its callback names it, or the provider's list has it alone, or the same key brings it back: one task for all."""
    house.evolink.knobs.loopback_callbacks = True
    house.evolink.knobs.undocumented = listed
    house.evolink.knobs.duration_s = 40
    house.evolink.knobs.create.append(LOST_ANSWER)
    async with house.bot(**settings()):
        message = await house.imagine()
        await house.until(lambda: title(message) == "Looking for your picture")
        await house.until(lambda: message.attachments, limit_s=300)
    [task] = house.tasks
    assert hashlib.sha256(message.attachments[0].read()).hexdigest() == task.results[0].sha256
    assert creates(house) == n_creates
    assert [kind for kind, _, _ in house.ledger()] == ["reserve", "commit", "settle"]


async def test_killed_in_the_middle_of_a_create_the_next_start_finds_the_task(house: House) -> None:
    """The answer of the POST never came to anybody; the list has the task."""
    house.evolink.knobs.undocumented = True
    house.evolink.knobs.create.append(HttpFault(delay_s=60, after_effect=True, drop=True))
    async with house.bot_process() as process:
        message = await house.imagine()
        await house.until(lambda: creates(house))
        await process.kill()
    async with house.bot_process():
        await house.until(lambda: message.attachments)
    assert creates(house) == 1


async def test_what_is_taken_up_in_doubt_has_one_line_in_the_log(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    """By its job, however often is looked: the process that sent the order could not tell any more."""
    house.evolink.knobs.create.append(HttpFault(delay_s=60, after_effect=True, drop=True))
    async with house.bot_process() as process:
        message = await house.imagine()
        await house.until(lambda: creates(house))
        await process.kill()
    async with house.bot():
        await house.until(lambda: "may still charge" in words(message), step_s=1)
        await house.until(lambda: house.stored("told_at") != [None])
    told = [record for record in caplog.records if record.message == "task perhaps created before, and looked for now"]
    assert [vars(record)["job"] for record in told] == house.stored("id")


async def test_two_in_doubt_at_once_are_not_mixed_up(house: House) -> None:
    """One order arrived, one did not: whose the one task is cannot be known, so nobody gets it by the list."""
    house.evolink.knobs.create.append(LOST_ANSWER)
    house.evolink.knobs.create.append(HttpFault(drop=True))
    async with house.bot(job_deadline_minutes=2):
        messages = [await house.imagine(person) for person in (house.alice, house.bob)]
        await house.until(lambda: all(title(each) == "Looking for your picture" for each in messages))
        house.evolink.knobs.undocumented = True
        await house.until(lambda: all("may still charge" in words(each) for each in messages), step_s=2)
    assert len(house.tasks) == 1
    assert house.tasks[0].reads == 0
    assert sum(images for _, images, _ in house.ledger()) == 0
    assert creates(house) == 2


async def test_a_cancel_while_it_is_looked_for_leaves_the_picture_to_be_collected(house: House) -> None:
    """As after a submission: the card closes, and what is found waits."""
    house.evolink.knobs.duration_s = 20
    house.evolink.knobs.create.append(LOST_ANSWER)
    async with house.bot():
        message = await house.imagine()
        await house.until(lambda: title(message) == "Looking for your picture")
        await house.alice.press(message, "Cancel")
        await house.until(lambda: title(message) == "Cancelled")
        assert "not known whether the model got your prompt" in words(message)
        early = await (await house.alice.press(message, "Show the picture")).message()
        assert "not known yet whether the model got your prompt" in early.content
        assert house.stored("status") == ["submitting"]
        house.evolink.knobs.undocumented = True
        await house.until(lambda: title(message) == "Your picture is ready", limit_s=600)
        await house.alice.press(message, "Show the picture")
        await message.wait_until(lambda seen: seen.attachments)


async def test_a_cancelled_order_is_not_sent_again(house: House) -> None:
    """Nothing had arrived: what the person took back is not bought after all, whatever the key would allow."""
    house.evolink.knobs.create.append(HttpFault(drop=True), times=2)
    async with house.bot(provider_honours_idempotency_key=True, job_deadline_minutes=2):
        message = await house.imagine()
        await house.until(lambda: title(message) == "Looking for your picture")
        assert "no second one is made" in words(message)
        await house.alice.press(message, "Cancel")
        await house.until(lambda: title(message) == "Cancelled")
        n_sent = creates(house)
        await house.until(lambda: house.stored("status") == ["lost"])
        assert creates(house) == n_sent
    assert house.tasks == []


@pytest.mark.parametrize("deadline_minutes", [1, 30])
async def test_what_nobody_can_find_is_released_soon_and_nothing_is_promised(
    house: House, deadline_minutes: int
) -> None:
    """No callback, no list, no key: within minutes the person reads what it may have cost whom, and not to wait."""
    house.evolink.knobs.create.append(LOST_ANSWER)
    async with house.bot(job_deadline_minutes=deadline_minutes):
        message = await house.imagine()
        await house.until(lambda: "nothing there tells what became of it" in words(message), limit_s=60)
        assert "is looking there" not in words(message)
        await house.until(
            lambda: "may still charge" in words(message), step_s=1, limit_s=60 * min(deadline_minutes, 5) + 15
        )
        assert "do not wait for it" in words(message)
        assert "keeps looking" not in words(message)
        history = await (await house.alice.use(house.channel, "/history")).message()
        await history.wait_until(lambda seen: "not known whether a picture was made" in str(seen.embeds))
        assert "keeps looking" not in words(history)
        assert house.stored("status") == ["lost"]
    assert creates(house) == 1
    assert sum(images for _, images, _ in house.ledger()) == 0


async def test_a_list_that_answers_after_all_still_brings_the_picture(house: House) -> None:
    """Nothing was promised, and it is looked for all the same: what is paid for is not left where it can be found."""
    house.evolink.knobs.create.append(LOST_ANSWER)
    async with house.bot():
        message = await house.imagine()
        await house.until(lambda: "do not wait for it" in words(message), step_s=1)
        house.evolink.knobs.undocumented = True
        await house.until(lambda: message.attachments, step_s=5)
    assert creates(house) == 1


async def test_a_callback_that_names_another_task_changes_nothing(house: House) -> None:
    """The body is a hint: a task of another job, one that nobody has, and words that are no id are all left alone."""
    house.evolink.knobs.loopback_callbacks = True
    house.evolink.knobs.duration_s = 2
    settings = web()
    async with house.bot(**settings), aiohttp.ClientSession() as caller:
        first = await house.imagine()
        await house.until(lambda: first.attachments)
        house.evolink.knobs.create.append(HttpFault(drop=True))
        second = await house.imagine(house.bob)
        await house.until(lambda: title(second) == "Looking for your picture")
        n_reads = house.tasks[0].reads
        [job_id, token] = (house.stored(column)[1] for column in ("id", "callback_token"))
        path = f"{settings['public_base_url']}/callbacks/{job_id}/{token}"
        for body in ({"id": house.tasks[0].id}, {"id": "task-unified-1795338000-nobodyha"}, {"id": "../credits"}, []):
            async with caller.post(path, json=body) as answer:
                assert answer.status == 204
            began = house.clock.monotonic()
            await house.until(lambda: house.clock.monotonic() > began + 5)  # noqa: B023 - asked at once
        assert house.tasks[0].reads == n_reads + 1
        assert title(second) == "Looking for your picture"
        assert house.stored("status") == ["delivered", "submitting"]
