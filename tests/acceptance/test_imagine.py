"""/imagine, from the command to the picture in the reply."""

import hashlib
import itertools
import re

import pytest

from bot.sandbox.discord import Message, PersonCannot
from bot.sandbox.evolink import BodyFault, Cancelled, Completed, Failed, HttpFault, Outcome, Stuck
from bot.sandbox.evolink import outcomes as endings
from bot.store.database import Database
from tests.support.house import House, title, words


def sha256(message: Message) -> str:
    return hashlib.sha256(message.attachments[0].read()).hexdigest()


async def test_a_person_sees_progress_and_then_the_picture_in_the_same_message(house: House) -> None:
    """The first answer is the progress card; the last state of the same message carries the provider's bytes."""
    house.evolink.knobs.duration_s = 30
    async with house.bot():
        message = await house.imagine(size="16:9", quality="1K", thinking="high", web_search=True)
        assert message.labels == ["Cancel"]
        await house.until(lambda: message.attachments)
        [task] = house.tasks
        assert sha256(message) == task.results[0].sha256
        assert task.request == {
            "model": "gemini-3.1-flash-image-preview",
            "prompt": "a paper lighthouse",
            "size": "16:9",
            "quality": "1K",
            "model_params": {"web_search": True, "image_search": False, "thinking_level": "high"},
        }
        assert "1376 × 768" in words(message)
        assert message.attachments[0].filename == "a-paper-lighthouse.jpg"
        assert "a paper lighthouse" in str(message.attachments[0].description)
        assert message.labels == ["Edit", "Again", "Redraw in 4K", "Details", "Delete"]
        assert title(message) == "Your picture"


async def test_a_job_of_half_a_minute_is_edited_six_times_at_most(house: House) -> None:
    """One first answer, at most six edits of progress, one final edit that carries the file (DESIGN 8)."""
    house.evolink.knobs.duration_s = 30
    async with house.bot():
        message = await house.imagine()
        await house.until(lambda: message.attachments)
        assert 3 <= len(message.states) <= 8
        bars = [re.search(r"(\d+) %", str(state.embeds[0].get("description"))) for state in message.states[:-1]]
        shares = [int(found[1]) for found in bars if found]
        assert shares == sorted(shares)
        assert shares[-1] > 50


async def test_reads_of_a_task_are_never_under_three_seconds_apart(house: House) -> None:
    """Each read of an unfinished task makes the gateway ask the model's host (provider.md 8.3)."""
    house.evolink.knobs.duration_s = 40
    async with house.bot():
        message = await house.imagine()
        await house.until(lambda: message.attachments)
        reads = [seen.at for seen in house.evolink.requests if seen.path.startswith("/v1/tasks/")]
        gaps_s = [(later - sooner).total_seconds() for sooner, later in itertools.pairwise(reads)]
        assert len(reads) > 3
        assert min(gaps_s) >= 3.0


async def test_a_private_picture_is_shown_to_its_person_only(house: House) -> None:
    """With `private` the card and the picture are ephemeral."""
    async with house.bot():
        message = await house.imagine(private=True)
        assert message.ephemeral
        await house.until(lambda: message.attachments)
        assert message.ephemeral
        assert sha256(message) == house.tasks[0].results[0].sha256


HOSTILE_PROMPTS = {
    "mentions": "@everyone @here <@1> <@&2> <#3> </imagine:4> hello",
    "back-ticks": "`" * 2000,
    "right to left": "\u202e\u2066abc\u2069 \u05d0\u05d1 \u200f" + "x" * 10,
    "emoji": "👩‍👩‍👧‍👦🏳️‍🌈" * 100,
    "markdown": "# **a** _b_ ~~c~~ ||d|| > e\n- f\n1. g\n[x](https://example.org) -# h",
    "longest": "w" * 2000,
    "lines": "\n" * 900 + "z",
    "surrogate": "half \ud83d of an emoji",
    "template": "{0} %s ${HOME} '; DROP TABLE jobs; --",
    "path": "../../etc/passwd\0.png",
}


@pytest.mark.parametrize("prompt", HOSTILE_PROMPTS.values(), ids=HOSTILE_PROMPTS.keys())
async def test_whatever_a_prompt_holds_it_pings_nobody_and_the_picture_arrives(house: House, prompt: str) -> None:
    """A prompt can hold anything: nobody is notified, nothing overflows, and the picture is delivered."""
    async with house.bot():
        message = await house.imagine(prompt=prompt)
        await house.until(lambda: message.attachments)
        assert message.pinged == []
        assert re.fullmatch(r"[A-Za-z0-9_-]{1,60}\.jpg", message.attachments[0].filename)


BLANK_PROMPTS = {"spaces": "   ", "zero width": "\u200b\u200b", "hangul filler": "\u3164", "bidi": "\u202e\u200f"}


@pytest.mark.parametrize("prompt", BLANK_PROMPTS.values(), ids=BLANK_PROMPTS.keys())
async def test_a_prompt_of_white_space_is_refused_privately_and_costs_nothing(house: House, prompt: str) -> None:
    """Only the person reads the refusal, and the provider never hears of it."""
    async with house.bot():
        message = await house.imagine(prompt=prompt)
        assert message.ephemeral
        assert "prompt" in message.content.lower()
        assert house.tasks == []


async def test_a_prompt_over_the_limit_cannot_even_be_typed(house: House) -> None:
    """Discord itself keeps the limit of 2,000 characters, by the command's schema."""
    async with house.bot():
        with pytest.raises(PersonCannot):
            await house.imagine(prompt="x" * 2001)


CREATE_REFUSALS = {
    401: ("unauthorized", "key"),
    402: ("insufficient_quota", "credit"),
    403: ("model_access_denied", "model"),
    400: ("content_policy_violation", "prompt"),
    413: ("request_too_large", "large"),
    404: ("not_found", "does not know what the bot asked for"),
    409: ("idempotency_conflict", "another one that it had already seen"),
}


@pytest.mark.parametrize("status", CREATE_REFUSALS)
async def test_a_refused_create_is_told_as_a_sentence_with_the_provider_s_reason(house: House, status: int) -> None:
    """The card says what happened in plain words and quotes the provider; no task, one call."""
    code, word = CREATE_REFUSALS[status]
    house.evolink.knobs.create.append(HttpFault(status=status, code=code, message="The provider says so."), times=None)
    async with house.bot():
        message = await house.imagine()
        await house.until(lambda: "The provider says so" in words(message))
        assert word in words(message).lower()
        assert title(message) != "Drawing"
        assert message.labels == []
        creates = [seen for seen in house.evolink.requests if seen.path == "/v1/images/generations"]
        assert len(creates) == 1


@pytest.mark.parametrize("status", [429, 503])
async def test_a_provider_that_takes_nothing_just_now_is_waited_out(house: House, status: int) -> None:
    """A storm of refusals that pass ends in the picture, with one task."""
    fault = HttpFault(status=status, code="service_unavailable" if status == 503 else None)
    house.evolink.knobs.create.append(fault, times=9)
    async with house.bot():
        message = await house.imagine()
        await house.until(lambda: message.attachments)
        assert len(house.tasks) == 1


@pytest.mark.parametrize(
    "fault",
    [
        HttpFault(status=500),
        HttpFault(status=502, body=b"<html>bad gateway</html>"),
        HttpFault(status=200, body=b"<html>surprise</html>"),
        HttpFault(drop=True, after_effect=True),
    ],
    ids=["500", "502", "200 that is not JSON", "lost answer"],
)
async def test_a_create_of_unknown_outcome_is_never_repeated(house: House, fault: HttpFault) -> None:
    """It may have been charged: the person is told that, and nothing is sent a second time."""
    house.evolink.knobs.create.append(fault)
    async with house.bot():
        message = await house.imagine()
        await house.until(lambda: "may still charge" in words(message), step_s=10)
        creates = [seen for seen in house.evolink.requests if seen.path == "/v1/images/generations"]
        assert len(creates) == 1


@pytest.mark.parametrize("code", endings.TASK_ERROR_MESSAGES)
async def test_each_failure_of_a_task_is_explained(house: House, code: str) -> None:
    """For each code of provider.md 6.2 the card says why, in the provider's words too, and that nothing is counted."""
    house.evolink.knobs.task.append(Failed(code=code))
    async with house.bot():
        message = await house.imagine()
        await house.until(lambda: message.states[-1].components == ())
        first_words = endings.TASK_ERROR_MESSAGES[code].split(".")[0][:20]
        assert first_words in words(message).replace("\\", "")
        assert message.attachments == []


@pytest.mark.parametrize("reading", ["status", "failed_code"])
async def test_a_task_cancelled_at_the_provider_is_final(house: House, reading: str) -> None:
    """Both readings of provider.md 3.1 end the job."""
    house.evolink.knobs.task.append(Cancelled(reading=reading))  # type: ignore[arg-type]
    async with house.bot():
        message = await house.imagine()
        await house.until(lambda: message.states[-1].components == ())
        assert "cancelled" in words(message).lower() or "interrupted" in words(message).lower()


GOOD_ENDINGS = {
    "objects": endings.RESULT_OBJECTS,
    "only result_data": endings.ONLY_RESULT_DATA,
    "two results": endings.TWO_RESULTS,
    "redirected": endings.REDIRECTED,
    "png under jpg": endings.PNG_UNDER_JPG,
    "jpg under png": endings.JPG_UNDER_PNG,
    "octet stream": endings.OCTET_STREAM,
    "documented subset": endings.DOCUMENTED_SUBSET,
    "webp": Completed(encoding="webp"),
}


@pytest.mark.parametrize("ending", GOOD_ENDINGS.values(), ids=GOOD_ENDINGS.keys())
async def test_odd_but_whole_results_arrive_byte_for_byte_under_the_right_name(house: House, ending: Outcome) -> None:
    """The name's extension follows the content, whatever the link or the header says."""
    house.evolink.knobs.task.append(ending)
    async with house.bot():
        message = await house.imagine(quality="0.5K")
        await house.until(lambda: message.attachments)
        result = house.tasks[0].results[0]
        assert sha256(message) == result.sha256
        extension = {"jpeg": "jpg"}.get(result.encoding, result.encoding)
        assert message.attachments[0].filename.endswith(f".{extension}")


BAD_ENDINGS = {
    "empty results": (endings.EMPTY_RESULTS, "handed none over"),
    "absent results": (endings.ABSENT_RESULTS, "handed none over"),
    "gone": (endings.GONE, "gone before it could be fetched"),
    "expired": (endings.EXPIRED, "gone before it could be fetched"),
    "truncated": (endings.TRUNCATED, "incomplete"),
    "not a picture": (Completed(body=b"<html>not a picture</html>"), "is not a picture"),
    "empty": (Completed(body=b""), "is not a picture"),
    "svg": (Completed(body=b"<svg xmlns='http://www.w3.org/2000/svg'/>"), "is not a picture"),
    "redirects for ever": (Completed(redirects=9), "from one place to the next"),
}


@pytest.mark.parametrize(("ending", "told"), BAD_ENDINGS.values(), ids=BAD_ENDINGS.keys())
async def test_a_result_that_is_no_picture_is_told_as_such(house: House, ending: Outcome, told: str) -> None:
    """The card says that what came was not usable; no broken file is ever shown."""
    house.evolink.knobs.task.append(ending)
    async with house.bot():
        message = await house.imagine(quality="0.5K")
        await house.until(lambda: message.states[-1].components == ())
        assert message.attachments == []
        assert told in words(message)


async def test_a_result_host_that_never_gives_the_whole_is_given_up_when_the_link_dies(house: House) -> None:
    """As long as the link lives another try may bring the picture; the person is told of the wait."""
    house.evolink.knobs.task.append(endings.CUT_OFF)
    async with house.bot():
        message = await house.imagine()
        await house.until(lambda: "keeps trying" in words(message))
        await house.until(lambda: message.states[-1].components == (), step_s=600, limit_s=48 * 3600)
        assert message.attachments == []


async def test_a_download_that_breaks_off_is_fetched_again(house: House) -> None:
    """What passes is waited out: the third try brings the whole picture."""
    house.evolink.knobs.result.append(BodyFault(kind="cut"))
    house.evolink.knobs.result.append(HttpFault(status=503))
    async with house.bot():
        message = await house.imagine(quality="0.5K")
        await house.until(lambda: message.attachments)
        assert sha256(message) == house.tasks[0].results[0].sha256


async def test_reads_that_fail_say_nothing_about_the_task(house: House) -> None:
    """Looks that meet 5xx, 404 or garbage are repeated; the task is not created anew."""
    for fault in (HttpFault(status=500), HttpFault(status=404), HttpFault(status=200, body=b"?")):
        house.evolink.knobs.poll.append(fault, times=6)
    async with house.bot():
        message = await house.imagine()
        await house.until(lambda: message.attachments)
        assert len(house.tasks) == 1


async def test_a_task_that_never_ends_is_given_up_at_the_deadline(house: House) -> None:
    """After the deadline the person is told, and that it may still be charged."""
    house.evolink.knobs.task.append(Stuck())
    async with house.bot(job_deadline_minutes=30):
        message = await house.imagine()
        await house.until(lambda: "may still charge" in words(message), step_s=10)
        assert message.labels == []


async def test_what_was_stored_survives_and_holds_no_dead_token(house: House) -> None:
    """After the end the interaction's token is erased, and the true cost is kept."""
    async with house.bot():
        message = await house.imagine()
        await house.until(lambda: message.attachments)
    database = await Database.open(house.data_dir / "imagebot.sqlite3")
    try:
        [row] = await database.read("SELECT * FROM jobs")
    finally:
        await database.close()
    assert row["status"] == "delivered"
    assert row["token"] is None
    assert row["credits_used"] == pytest.approx(house.tasks[0].credits_used)
    assert row["result_url_until"] is not None  # the provider's link is kept for an edit while it lives, no longer
