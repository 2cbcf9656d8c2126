"""Words for people: one for every refusal and every state."""

import re
from collections.abc import Iterator

import pytest

from bot import errors
from bot.images.fit import Step
from bot.jobs.model import NO_TRACE, Drawing, Failure, FailureKind, Kind, Quality, Size, Status, Thinking
from bot.ui import texts
from tests.support.refusals import limit_reached
from tests.support.ui_jobs import NOW, job, result, source

EXAMPLES: list[tuple[errors.Refusal, str]] = [
    (errors.EmptyPrompt(), "nothing that can be seen"),
    (errors.PromptTooLong(length=2345, limit=2000), "2,345 characters and the model reads at most 2,000"),
    (errors.DoubleRequest(), "taken already"),
    (errors.QueueFull(waiting=1000, limit=1000), "1,000 of 1,000 places"),
    (errors.TooManyWaiting(own=1), "1 picture waiting already"),
    (errors.TooManyWaiting(own=1500), "1,500 pictures waiting already"),
    (errors.NotYours(), "belongs to the person who asked"),
    (errors.UnknownJob(), "does not know this picture any more"),
    (errors.PressedTwice(), "pressed twice"),
    (errors.ResultGone(), "does not keep this picture any more"),
    (errors.SourceGone("hat.png"), "“hat.png”, is not kept any more"),
    (errors.NotAPictureFile("notes_1.txt"), "“notes\\_1.txt” is not a picture"),
    (errors.SourceTooLarge("a.png", n_bytes=123_456_789, limit_bytes=104_857_600), "123.5 MB and the bot takes"),
    (errors.TooManySources(count=16, limit=14), "16 pictures and the model takes at most 14 at a time"),
    (errors.NoPicture(), "no picture to work with"),
    (errors.PictureUnreadable(), "Apps → Edit image"),
    (errors.TrayEmpty(), "collected no pictures"),
    (errors.MessageGone(), "was deleted"),
    (errors.NotEndedYet(), "still being made"),
    (errors.TraysFull(), "have collected so many pictures"),
    (errors.TooManyCollected(limit=28, wait_s=400.0), "28 pictures within ten minutes"),
    (errors.StorageFull(), "no room left for another picture"),
    (errors.StorageUnusable(is_full=True), "no room left on its disk"),
    (errors.StorageUnusable(is_full=False), "cannot write to its disk"),
    (errors.ShuttingDown(), "restarting"),
    (errors.StoreUnavailable(), "cannot use its database"),
    (limit_reached(), "This server's limit for each member of 10 pictures a day"),
    (errors.TooManyAtOnce(limit=2, of_server=False), "at once for each member: 2"),
    (errors.QualityNotAllowed(asked="4K", highest="1K"), "your highest quality is 1K"),
    (errors.NotAllowedHere("private"), "does not allow private pictures"),
    (errors.Blocked(by_operator=True), "Whoever runs this bot has blocked you"),
    (errors.WordNotAllowed("rude_word"), "||rude\\_word||"),
    (errors.SpendingStopped(until=None), "used up for now"),
    (errors.BadSetting("limit_negative", "-1"), "The number “-1” is less than nothing"),
]


def subclasses(of: type[errors.Refusal]) -> Iterator[type[errors.Refusal]]:
    for direct in of.__subclasses__():
        yield direct
        yield from subclasses(direct)


@pytest.mark.parametrize(("error", "part"), EXAMPLES, ids=lambda value: type(value).__name__)
def test_a_refusal_is_told_with_its_facts(error: errors.Refusal, part: str) -> None:
    """What happened stands in the sentence, numbers included."""
    assert part in texts.refusal(error)


def test_no_refusal_is_without_words_of_its_own() -> None:
    """Whoever adds a class adds a sentence, and an example above."""
    missing = {kind for kind in subclasses(errors.Refusal) if kind.__module__.startswith(("bot.", "cogs."))}
    assert missing == {type(error) for error, _ in EXAMPLES}
    sentences = {texts.refusal(error) for error, _ in EXAMPLES}
    assert len(sentences | {texts.refusal(errors.Refusal())}) == len(EXAMPLES) + 1


WITHOUT_TRACE = Failure(kind=FailureKind.OUTCOME_UNKNOWN, code=NO_TRACE)
SENTENCES = [
    *(texts.refusal(error) for error, _ in EXAMPLES),
    texts.refusal(errors.Refusal()),
    texts.internal_error("k3v9q0ab"),
    texts.cancelled_before(),
    texts.cancelled_after(job()),
    texts.cancelled_after(job(status=Status.SUBMITTING)),
    texts.cancel_unshown(job()),
    texts.cancel_unshown(job(status=Status.SUBMITTING)),
    texts.not_ready(job(status=Status.SUBMITTING)),
    texts.unknown_job(),
    texts.still_working(),
    texts.too_late_to_cancel(),
    texts.not_deleted(),
    texts.NO_SEED,
    texts.REDRAW_INSTRUCTION,
    *(texts.original(result(), attached=attached) for attached in (True, False)),
    *texts.remarks_on([source(1, changes=("first_frame", "converted", "shrunk", "compressed"))]),
    texts.ready(job()),
    texts.ready(job(lost_at=NOW)),
    texts.ready(job(lost_at=NOW, gift=True)),
    *(texts.delivery_note(step, original_bytes=1) for step in [*Step, "unheard of"]),
    *(texts.status_words(job(status=status), None) for status in Status),
    texts.status_words(job(), None, waiting_for_provider=True),
    texts.status_words(job(status=Status.SUBMITTING, failure=Failure(kind=FailureKind.OUTCOME_UNKNOWN)), None),
    texts.status_words(job(status=Status.SUBMITTING, failure=WITHOUT_TRACE), None),
    texts.status_words(job(status=Status.LOST, failure=WITHOUT_TRACE), None),
    texts.hope(job(status=Status.LOST)) or "",
    *filter(None, [texts.came_late(job(lost_at=NOW, gift=gift)) for gift in (True, False)]),
]


@pytest.mark.parametrize("sentence", SENTENCES)
def test_every_sentence_is_calm_and_complete(sentence: str) -> None:
    """It begins with a capital, ends with a full stop, does not shout and shows no place-holder."""
    assert re.match(r"[A-Z]", sentence)
    assert sentence.endswith(".")
    assert not set(sentence) & set("!{}")
    assert len(sentence) <= 1024


@pytest.mark.parametrize(
    ("status", "position", "progress", "words"),
    [
        (Status.PREPARING, None, 0, "Fetching and preparing your pictures"),
        (Status.QUEUED, None, 0, "as soon as there is a free place"),
        (Status.QUEUED, 1, 0, "You are next"),
        (Status.QUEUED, 3, 0, "Place 3 in the line"),
        (Status.QUEUED, 3, 0, "others may still come before you"),
        (Status.QUEUED, 140, 0, "About place 140 in the line"),
        (Status.QUEUED, 1001, 0, "More than 1,000 pictures come before yours"),
        (Status.SUBMITTING, None, 0, "Handing your prompt"),
        (Status.RUNNING, None, 0, "about to start"),
        (Status.RUNNING, None, 1, "is drawing"),
        (Status.RUNNING, None, 84, "is drawing"),
        (Status.RUNNING, None, 85, "Nearly done"),
        (Status.DELIVERING, None, 100, "Uploading"),
        (Status.READY, None, 100, "kept for you"),
        (Status.DELIVERED, None, 100, "was delivered"),
        (Status.FAILED, None, 0, "No picture"),
        (Status.CANCELLED, None, 0, "was cancelled"),
        (Status.LOST, None, 0, "keeps looking for the picture"),
    ],
)
def test_each_state_has_its_words(status: Status, position: int | None, progress: int, words: str) -> None:
    """A person reads what is going on, and a place in the line where there is one."""
    assert words in texts.status_words(job(status=status, progress=progress), position)


def test_a_service_that_does_not_answer_is_named_as_the_reason() -> None:
    """Waiting without a word would look like a bot that hangs."""
    assert "bot keeps trying" in texts.status_words(job(), None, waiting_for_provider=True)


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (Status.RUNNING, "still being made"),
        (Status.QUEUED, "still being made"),
        (Status.SUBMITTING, "not known yet whether the model got your prompt"),
        (Status.DELIVERING, "on its way"),
        (Status.CANCELLED, "Cancelled before"),
        (Status.FAILED, "inside the bot"),
    ],
)
def test_a_picture_that_cannot_be_collected_is_explained(status: Status, words: str) -> None:
    """The button says why nothing comes, whatever became of the job."""
    assert words in texts.not_ready(job(status=status))


def test_where_a_picture_stands_is_told_to_who_comes_to_collect() -> None:
    """Each place is called what it is; what was shown in private cannot be gone to."""
    link = "https://discord.com/channels/1/2/3"
    told = [texts.delivered_at(link, is_direct=False), texts.delivered_at(link, is_direct=True)]
    assert all(link in each and "costs nothing more" in each for each in told)
    assert ["direct messages" in each for each in told] == [False, True]
    assert "only you could see" in texts.delivered_privately()


def test_a_failure_is_told_to_who_comes_to_collect() -> None:
    """With the provider's own reason, as on the card."""
    failed = job(status=Status.FAILED, failure=Failure(kind=FailureKind.TASK_FAILED, message="Too vague."))
    assert "“Too vague.”" in texts.not_ready(failed)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-1, "0 s"),
        (0.4, "0 s"),
        (31.2, "31 s"),
        (59.6, "1 min"),
        (65, "1 min 5 s"),
        (600, "10 min"),
        (3661, "61 min 1 s"),
    ],
)
def test_a_length_of_time_is_written_as_people_write_it(seconds: float, words: str) -> None:
    """Seconds under a minute, minutes and seconds above."""
    assert texts.duration(seconds) == words


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        ("lossless", "packed anew, with every pixel unchanged"),
        ("visually_lossless", "can hardly be seen"),
        ("smaller", "made smaller"),
        ("smaller+still", "made smaller, and reduced to its first moment"),
        ("folded", "changed to fit"),
        ("", "changed to fit"),
    ],
)
def test_a_fitted_picture_says_what_was_done_to_it(steps: str, words: str) -> None:
    """Each step is said, and an unknown one is not hidden."""
    note = texts.delivery_note(steps, original_bytes=24_000_000)
    assert words in note
    assert "24.0 MB" in note


def test_each_step_of_fitting_has_words() -> None:
    """No step of `images.fit` falls back on the general sentence."""
    assert all("changed to fit" not in texts.delivery_note(step, original_bytes=1) for step in Step)


@pytest.mark.parametrize(
    ("drawing", "line"),
    [
        (Drawing(prompt="a"), "automatic shape | 2K"),
        (Drawing(prompt="a", size=Size.WIDESCREEN, quality=Quality.FOUR_K), "16:9 · widescreen | 4K"),
        (
            Drawing(prompt="a", web_search=True, image_search=True, thinking=Thinking.HIGH),
            "automatic shape | 2K | web search | image search | high thinking",
        ),
    ],
)
def test_the_settings_stand_in_one_line(drawing: Drawing, line: str) -> None:
    """What everybody has by default is not said."""
    assert texts.settings_line(job(drawing=drawing)) == line


def test_a_picture_of_other_pixels_says_both() -> None:
    """What was asked for and what came stand side by side."""
    drawing = Drawing(prompt="a", size=Size.WIDESCREEN)
    assert texts.other_pixels(drawing, result(1376, 768), (2752, 1536)) == (
        "You asked for 16:9 at 2K, which is 2752 \N{MULTIPLICATION SIGN} 1536; "
        "the model made 1376 \N{MULTIPLICATION SIGN} 768."
    )


def test_command_texts_keep_discords_limits() -> None:
    """Descriptions of a command and its options have 1 to 100 characters."""
    assert all(0 < len(words) <= 100 for words in [texts.IMAGINE_DESCRIPTION, *texts.IMAGINE_OPTIONS.values()])


def test_an_edit_that_leaves_its_shape_open_says_whose_it_keeps() -> None:
    """Not that the model chooses: it is asked for the shape of picture 1."""
    edit = job(kind=Kind.EDIT, drawing=Drawing(prompt="night"))
    assert texts.settings_line(edit) == "as picture 1 | 2K"
    assert texts.size_name(edit) == "as picture 1"
