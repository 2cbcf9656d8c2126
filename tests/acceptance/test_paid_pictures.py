"""A picture that was paid for comes, however badly the place where it is kept answers at first."""

import hashlib
import struct
import zlib

import pytest

from bot.sandbox.discord import Message
from bot.sandbox.evolink import BodyFault, Completed, HttpFault
from tests.support.house import House, title, words
from tests.support.pictures import draw_picture, encode
from tests.support.scripted_server import Answer, serve

MINUTE = 60.0

BAD_ANSWERS = {
    "empty": HttpFault(status=200, body=b""),
    "two bytes": BodyFault(kind="truncated", keep=0.00002),
    "half": BodyFault(kind="truncated"),
    "a page": HttpFault(status=200, body=b"<html>Try again in a moment.</html>"),
    "204": HttpFault(status=204, body=b""),
    "206": HttpFault(status=206, body=b"abc"),
    "304": HttpFault(status=304, body=b""),
    "404": HttpFault(status=404),
}


def sha256_of(message: Message) -> str:
    return hashlib.sha256(message.attachments[0].read()).hexdigest()


@pytest.mark.parametrize("answer", BAD_ANSWERS.values(), ids=BAD_ANSWERS.keys())
async def test_one_bad_answer_loses_no_picture(house: House, answer: HttpFault | BodyFault) -> None:
    """It is fetched again a moment later, and counted once."""
    house.evolink.knobs.result.append(answer)
    async with house.bot():
        message = await house.imagine()
        await house.until(lambda: message.attachments, limit_s=2 * MINUTE)
        assert sha256_of(message) == house.tasks[0].results[0].sha256
    assert sum(images for _, images, _ in house.ledger()) == 1


@pytest.mark.parametrize("answer", [HttpFault(status=200, body=b"<html>Back soon.</html>"), HttpFault(status=304)])
async def test_bad_answers_for_a_while_make_a_picture_late_and_not_lost(house: House, answer: HttpFault) -> None:
    """The person is told that it is looked for, and has it in the end."""
    house.evolink.knobs.result.append(answer, times=None)
    async with house.bot(job_deadline_minutes=1):
        message = await house.imagine()
        await house.until(lambda: "keeps looking" in words(message), step_s=1)
        began = house.clock.monotonic()
        await house.until(lambda: house.clock.monotonic() > began + 7 * MINUTE, step_s=5)  # a late look is no better
        assert house.stored("status") == ["lost"]
        house.evolink.knobs.result.clear()
        await house.until(lambda: message.attachments, step_s=5)
    assert sum(images for _, images, _ in house.ledger()) == 1


MOVED = [Answer(status=302, headers={"Location": "/on"})] * 6
ASTRAY = {
    "to where we may not go": [Answer(status=302, headers={"Location": "http://10.0.0.1/picture.jpg"})] * 6,
    "from one place to the next": MOVED * 6,
}


@pytest.mark.parametrize("answers", ASTRAY.values(), ids=ASTRAY.keys())
async def test_a_link_that_leads_astray_for_a_while_is_followed_later(house: House, answers: list[Answer]) -> None:
    """A wrong answer of a name server, say, is no fault of the picture."""
    picture = encode(draw_picture(64, 64), "JPEG")
    async with serve(*answers, Answer(body=picture)) as host, house.bot():
        house.evolink.knobs.task.append(Completed(link=f"{host.base}/picture.jpg"))
        message = await house.imagine()
        await house.until(lambda: "keeps looking" in words(message), step_s=1)
        await house.until(lambda: message.attachments, step_s=5)
        assert message.attachments[0].read() == picture
    assert sum(images for _, images, _ in house.ledger()) == 1


async def test_a_picture_that_is_too_large_is_given_up_at_once(house: House) -> None:
    """It stays so, and nobody is left in hope."""
    house.evolink.knobs.task.append(Completed(body=png_of(40_000, 40_000)))
    async with house.bot():
        message = await house.imagine()
        await house.until(lambda: "larger than the bot can take in" in words(message))
        assert house.stored("status") == ["failed"]
        assert len([seen for seen in house.evolink.requests if seen.path.endswith(".jpg")]) == 1


def png_of(width: int, height: int) -> bytes:
    """Return what says of itself that it is a whole picture of this size."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", b"x"), (b"IEND", b""))
    chunks = (struct.pack(">I", len(data)) + name + data + crc(name + data) for name, data in parts)
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def crc(data: bytes) -> bytes:
    return struct.pack(">I", zlib.crc32(data))


async def test_where_the_first_link_is_of_no_use_the_next_is_taken(house: House) -> None:
    """The person waits no moment longer; and the link that is kept for an edit is the one that led somewhere."""
    house.evolink.knobs.task.append(Completed(n_results=2))
    house.evolink.knobs.result.append(HttpFault(status=200, body=b""))
    async with house.bot():
        message = await house.imagine()
        await house.until(lambda: message.attachments)
        second = house.tasks[0].results[1]
        assert sha256_of(message) == second.sha256
        assert house.stored("result_url") == [second.url]


async def test_a_picture_that_is_named_minutes_later_comes_late(house: House) -> None:
    """The task was completed and named none for longer than the bot waits for that."""
    house.evolink.knobs.task.append(Completed(results="empty", result_data=False))
    async with house.bot():
        message = await house.imagine()
        await house.until(lambda: "keeps looking" in words(message), step_s=1)
        assert "handed none over" in words(message)
        house.tasks[0].outcome = Completed()
        await house.until(lambda: message.attachments, step_s=5)
    assert sum(images for _, images, _ in house.ledger()) == 1


async def test_a_finished_download_is_delivered_though_the_provider_has_forgotten_the_task(house: House) -> None:
    """Killed before the database took it: what stands on disk needs nobody else."""
    async with house.bot_process() as process:
        message = await house.imagine()
        await house.until(lambda: title(message) == "Drawing")
        await house.change_database(
            "CREATE TRIGGER broken BEFORE UPDATE ON jobs WHEN NEW.status = 'delivering' BEGIN SELECT json('{'); END"
        )
        await house.until(lambda: any((house.data_dir / "results").glob("*.jpg")))
        await process.kill()
    await house.change_database("DROP TRIGGER broken")
    house.evolink.knobs.poll.append(HttpFault(status=404), times=None)
    house.evolink.knobs.result.append(HttpFault(status=404), times=None)
    async with house.bot():
        await house.until(lambda: message.attachments, limit_s=10 * MINUTE)
        assert sha256_of(message) == house.tasks[0].results[0].sha256
    assert sum(images for _, images, _ in house.ledger()) == 1


async def test_a_late_picture_that_is_on_disk_already_needs_no_task(house: House) -> None:
    """Killed within a late look, between the download and its storing; unnamed as yet."""
    house.evolink.knobs.result.append(HttpFault(status=404), times=None)
    async with house.bot(job_deadline_minutes=1):
        message = await house.imagine()
        await house.until(lambda: "keeps looking" in words(message), step_s=1)
        result = house.tasks[0].results[0]
        [job_id] = house.stored("id")
        (house.data_dir / "results" / f"{job_id}.part").write_bytes(result.read_bytes())
        house.evolink.knobs.poll.append(HttpFault(status=404), times=None)
        await house.until(lambda: message.attachments, step_s=5)
        assert sha256_of(message) == result.sha256
    assert sum(images for _, images, _ in house.ledger()) == 1
