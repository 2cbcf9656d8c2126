"""A sentence for every way to end without a picture (provider.md 6)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import errors
from bot.images import worker
from bot.jobs.model import Failure, FailureKind
from bot.provider.errors import ABOUT_THE_PROMPT
from bot.ui import texts
from bot.ui.texts.explanations import Explanation, declined
from bot.ui.texts.failed_sources import BAD_SOURCE, SOURCE_GONE
from bot.ui.texts.failed_tasks import BY_KIND, BY_RESULT_CODE, BY_TASK_CODE
from bot.ui.texts.failures import ABOUT_SOURCES
from bot.ui.texts.refused_calls import BY_CALL_CODE, BY_STATUS

FREE = "It cost you nothing and is not counted."
PERHAPS = "may still charge whoever runs this bot"

CALLS = [
    (400, "invalid_request", "something wrong with the request"),
    (400, "invalid_task_id", "lost track"),
    (400, "invalid_parameter", "one of the settings"),
    (400, "content_policy_violation", "content rules"),
    (400, "content_filter", "filter stopped"),
    (400, "sensitive_content", "sensitive"),
    (400, "moderation_blocked", "moderation"),
    (400, "no_available_channel", "no free line"),
    (401, "unauthorized", "does not accept this bot's key"),
    (401, "KEY_DISABLED", "switched off"),
    (401, "KEY_EXPIRED", "has run out"),
    (402, "insufficient_quota", "not enough credit left"),
    (402, "quota_exceeded", "used up its credit"),
    (402, "insufficient_user_quota", "too little credit"),
    (402, "quota_not_enough", "not enough for this picture"),
    (402, "ACCOUNT_BALANCE_INSUFFICIENT", "balance"),
    (402, "insufficient_token_quota", "too small for this picture"),
    (402, "KEY_QUOTA_EXHAUSTED", "is spent"),
    (402, "token_daily_quota_exceeded", "in a day is spent"),
    (403, "model_access_denied", "may not use the model"),
    (403, "permission_denied", "not allowed to do that"),
    (403, "KEY_MODEL_NOT_ALLOWED", "does not open this model"),
    (403, "user_disabled", "closed or blocked"),
    (404, "task_not_found", "lost track"),
    (404, "not_found_error", "does not know what the bot asked for"),
    (409, "idempotency_conflict", "already seen"),
    (409, "paid_outcome_unknown", "cannot tell whether"),
    (413, "request_too_large_error", "larger than"),
    (429, "rate_limit_exceeded", "more requests than it takes"),
    (429, "rate_limit_error", "more requests than it takes"),
    (429, "evo_api_error", "more requests than it takes"),
    (429, "quota_exceeded", "at once"),
    (500, "internal_error", "fault of its own"),
    (502, "upstream_error", "did not answer properly"),
    (503, "service_unavailable", "not available at the moment"),
    (503, "service_unavailable_error", "not available at the moment"),
    (503, "channel_selection_failed", "found no free line"),
    (503, "model_unavailable", "model is not available"),
]
STATUSES = [
    (400, "something wrong"),
    (401, "key"),
    (402, "credit"),
    (403, "not allowed"),
    (404, "does not know"),
    (409, "already seen"),
    (413, "larger than"),
    (429, "more requests"),
    (500, "fault of its own"),
    (502, "did not answer properly"),
    (503, "not available"),
    (504, "fault of its own"),
    (418, "refused the request"),
    (None, "refused the request"),
]
TASKS = [
    ("content_policy_violation", "content rules"),
    ("invalid_parameters", "cannot work with these settings"),
    ("image_processing_error", "could not read one of the pictures"),
    ("image_dimension_mismatch", "do not fit the size"),
    ("request_cancelled", "cancelled or interrupted"),
    ("generation_failed_no_content", "ended without a picture"),
    ("service_error", "while it was drawing"),
    ("generation_timeout", "did not finish in time"),
    ("resource_exhausted", "overloaded"),
    ("quota_exceeded", "Too many pictures were being made"),
    ("service_unavailable", "lost its connection"),
    ("resource_not_found", "lost track"),
    ("unknown_error", "does not know why"),
    ("model_unavailable", "model is not available"),
    ("upstream_error", "did not answer properly"),
    ("rate_limited", "more requests"),
    ("RESOURCE_EXHAUSTED", "overloaded"),
    ("insufficient_quota", "not enough credit"),
    ("429", "more requests"),
    ("500", "fault of its own"),
    ("never heard of", "ended the work without a picture"),
    ("9" * 5000, "ended the work without a picture"),
    (None, "ended the work without a picture"),
]


def told(kind: FailureKind, code: str | None = None, **facts: object) -> texts.FailureText:
    return texts.failure(Failure(kind=kind, code=code, **facts), job_id="k3v9q0ab")  # type: ignore[arg-type]


@pytest.mark.parametrize(("status", "code", "part"), CALLS)
@pytest.mark.parametrize("change_case", [str, str.upper, str.lower])
def test_each_code_of_a_refused_call_is_explained(status: int, code: str, part: str, change_case: type[str]) -> None:
    """In any case of letters, with the provider's reason and what to do next."""
    text = told(FailureKind.PROVIDER_REFUSED, change_case(code), http_status=status, message="Because of the moon.")
    assert part in text.sentence
    assert "Its own words: “Because of the moon.”" in text.sentence


@pytest.mark.parametrize(("status", "part"), STATUSES)
@pytest.mark.parametrize("code", [None, "", "never heard of"])
def test_an_unknown_code_is_explained_by_its_status(status: int | None, part: str, code: str | None) -> None:
    """And a status that nobody has seen by a general sentence."""
    assert part in told(FailureKind.PROVIDER_REFUSED, code, http_status=status).sentence


@pytest.mark.parametrize(("status", "part"), STATUSES[:12])
def test_the_old_form_has_the_status_as_its_code(status: int, part: str) -> None:
    """Until March 2026 `code` was an integer."""
    assert part in told(FailureKind.PROVIDER_REFUSED, str(status)).sentence


@pytest.mark.parametrize(("code", "part"), TASKS)
def test_each_code_of_a_failed_task_is_explained(code: str | None, part: str) -> None:
    """Codes of calls and statuses are understood as well, and anything else has a general sentence."""
    text = told(FailureKind.TASK_FAILED, code, message="Because of\nthe moon.")
    assert part in text.sentence
    assert "Its own words: “Because of the moon.”" in text.sentence
    assert (PERHAPS if code == "resource_not_found" else FREE) in text.sentence


@pytest.mark.parametrize(
    ("kind", "code", "part", "cost"),
    [
        (FailureKind.UNREACHABLE, None, "could not be reached", FREE),
        (FailureKind.OUTCOME_UNKNOWN, None, "no clear answer came back", PERHAPS),
        (FailureKind.NO_RESULT, None, "handed none over", PERHAPS),
        (FailureKind.TIMED_OUT, None, "within the time", PERHAPS),
        (FailureKind.BAD_RESULT, None, "could not be used", PERHAPS),
        (FailureKind.BAD_RESULT, "not_a_picture", "is not a picture", PERHAPS),
        (FailureKind.BAD_RESULT, "cut_off", "incomplete", PERHAPS),
        (FailureKind.BAD_RESULT, "gone", "gone before", PERHAPS),
        (FailureKind.BAD_RESULT, "unreachable", "could not be reached", PERHAPS),
        (FailureKind.BAD_RESULT, "too_large", "larger than the bot", PERHAPS),
        (FailureKind.BAD_RESULT, "not_kept", "the disk of the bot did not take it", PERHAPS),
        (FailureKind.BAD_RESULT, "forbidden_address", "must not open", PERHAPS),
        (FailureKind.BAD_RESULT, "too_many_redirects", "without an end", PERHAPS),
        (FailureKind.PROVIDER_REFUSED, "paid_outcome_unknown", "cannot tell", PERHAPS),
        (FailureKind.INTERNAL, None, "job `k3v9q0ab`", "costs you nothing and is not counted"),
    ],
)
def test_each_kind_of_failure_says_what_it_cost(kind: FailureKind, code: str | None, part: str, cost: str) -> None:
    """It never counts for the person; where the operator may be charged, that is not hidden."""
    text = told(kind, code)
    assert part in text.sentence
    assert cost in text.sentence
    assert "counted" in text.sentence


SOURCES = [
    (FailureKind.BAD_SOURCE, "not_a_picture", "is not a picture, whatever its name says"),
    (FailureKind.BAD_SOURCE, "cut_off", "damaged or incomplete"),
    (FailureKind.BAD_SOURCE, "too_large", "more pixels than the bot takes"),
    (FailureKind.BAD_SOURCE, "empty", "is an empty file"),
    (FailureKind.BAD_SOURCE, "vector", "(SVG)"),
    (FailureKind.BAD_SOURCE, "document", "(PDF)"),
    (FailureKind.BAD_SOURCE, "video", "is a video"),
    (FailureKind.BAD_SOURCE, "unsupported", "a kind the bot cannot open"),
    (FailureKind.BAD_SOURCE, "out_of_memory", "more memory"),
    (FailureKind.BAD_SOURCE, "timed_out", "too long to open"),
    (FailureKind.BAD_SOURCE, "died", "to a halt"),
    (FailureKind.BAD_SOURCE, None, "could not be used"),
    (FailureKind.BAD_SOURCE, "gone", "could not be used"),
    (FailureKind.SOURCE_GONE, "gone", "is not there any more"),
    (FailureKind.SOURCE_GONE, "unreachable", "tried several times"),
    (FailureKind.SOURCE_GONE, "too_large", "larger file than the bot takes"),
    (FailureKind.SOURCE_GONE, "forbidden_address", "fetches from nowhere else"),
    (FailureKind.SOURCE_GONE, "too_many_redirects", "leads elsewhere"),
    (FailureKind.SOURCE_GONE, "not_kept", "the disk of the bot did not take it"),
    (FailureKind.SOURCE_GONE, None, "could not be fetched"),
]


@pytest.mark.parametrize(("kind", "code", "part"), SOURCES)
def test_a_picture_that_cannot_be_used_is_named(kind: FailureKind, code: str | None, part: str) -> None:
    """The person knows which of fourteen files it was, what is wrong with it, and that nothing was spent."""
    text = told(kind, code, message="**beach** <@123>.heic")
    assert text.sentence.startswith(r"The file “\*\*beach\*\* \<\@123\>.heic” ")
    assert part in text.sentence
    assert FREE in text.sentence
    assert "Its own words" not in text.sentence


def test_the_tables_of_sources_hold_exactly_the_known_reasons() -> None:
    """Those of NotAPicture, WorkerDied and DownloadFailed, as their docstrings have them."""
    assert set(BAD_SOURCE) == {code for _, code, _ in SOURCES[:11]}
    assert set(SOURCE_GONE) == {code for kind, code, _ in SOURCES[13:19] if kind is FailureKind.SOURCE_GONE}
    for reason in [*BAD_SOURCE, *SOURCE_GONE]:
        documented = f"{errors.NotAPicture.__doc__}{errors.DownloadFailed.__doc__}{worker.WorkerDied.__doc__}"
        assert reason in documented


@pytest.mark.parametrize("name", ["", "\u200b", "x" * 5000, "\n".join("abc")])
def test_any_name_of_a_file_fits_in_one_line(name: str) -> None:
    """Even none at all."""
    first = told(FailureKind.BAD_SOURCE, "empty", message=name).sentence.splitlines()[0]
    assert len(first) < 150
    assert "“”" not in first


@pytest.mark.parametrize(("code", "part"), [("full", "is full"), (None, "did not take them")])
def test_a_host_that_takes_no_pictures_is_nobody_s_fault_who_asks(code: str | None, part: str) -> None:
    """Nothing was spent, and who can help is named."""
    sentence = told(FailureKind.HOSTING_FAILED, code, message="beach.jpg").sentence
    assert part in sentence
    assert FREE in sentence
    assert "whoever runs this bot" in sentence


def test_server_faults_that_lasted_are_told_as_such() -> None:
    """A call that ran out of patience still says what the last answer was."""
    assert "not available at the moment" in told(FailureKind.UNREACHABLE, http_status=503).sentence


@pytest.mark.parametrize("status", [401, 402, 403])
def test_the_operators_troubles_are_not_the_members_fault(status: int) -> None:
    """Who cannot help it is told so, and whom to tell."""
    sentence = told(FailureKind.PROVIDER_REFUSED, http_status=status).sentence
    assert "not your fault" in sentence
    assert "whoever runs this bot" in sentence


def test_the_tables_hold_exactly_the_documented_codes() -> None:
    """A code that is added here or there has a line in the tables of this test."""
    assert set(BY_CALL_CODE) == {code.lower() for _, code, _ in CALLS}
    assert set(BY_STATUS) == {400, 401, 402, 403, 404, 409, 413, 429, 500, 502, 503}
    assert set(BY_TASK_CODE) == {code for code, _ in TASKS[:16]}
    assert set(BY_KIND) == set(FailureKind) - {FailureKind.INTERNAL} - ABOUT_SOURCES


def test_what_is_declined_is_what_the_provider_says_of_a_prompt() -> None:
    """The codes that say nothing of the key are those that are told as the prompt's."""
    assert {code for code, each in BY_CALL_CODE.items() if each.title == declined("").title} == ABOUT_THE_PROMPT


@pytest.mark.parametrize(
    "explanation",
    [*BY_CALL_CODE.values(), *BY_STATUS.values(), *BY_TASK_CODE.values(), *BY_RESULT_CODE.values(), *BY_KIND.values()],
)
def test_every_explanation_is_calm_and_complete(explanation: Explanation) -> None:
    """Whole sentences without a shout, and a head that fits."""
    for sentence in (explanation.happened, explanation.advice, explanation.cost.value):
        assert sentence[0].isupper()
        assert sentence.endswith(".")
        assert "!" not in sentence
    assert 0 < len(explanation.title) <= 60


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ("Invalid key sk-live_abc-123.", "Invalid key (key)"),
        ("Bearer abc.def was refused", "Bearer (key) was refused"),
        ("s\u200bk-abc123 is off", "(key) is off"),
        ("Cannot fetch https://cdn.example.org/a.png?ex=1&hm=2 now", "Cannot fetch (link) now"),
        ("**Stop** <@123>", r"\*\*Stop\*\* \<\@123\>"),
        ("Title\r\n\r\nadvice", "Title advice"),
        ("x" * 5000, "x" * 599 + "…"),
    ],
)
def test_the_providers_words_are_shown_without_secrets_or_markup(message: str, words: str) -> None:
    """Keys and links are left out, everything else is harmless and short."""
    assert f"Its own words: “{words}”" in told(FailureKind.TASK_FAILED, "unknown_error", message=message).sentence


@pytest.mark.parametrize("message", ["", " \n", "\u200b"])
def test_no_words_of_the_provider_are_no_quotation(message: str) -> None:
    """An empty pair of quotation marks says nothing."""
    assert "Its own words" not in told(FailureKind.TASK_FAILED, message=message).sentence


@given(
    st.sampled_from(FailureKind),
    st.none() | st.text() | st.sampled_from(sorted({*BY_CALL_CODE, *BY_TASK_CODE, *BY_RESULT_CODE})),
    st.none() | st.integers(min_value=100, max_value=599),
    st.text(max_size=3000),
)
def test_any_failure_is_a_short_text(kind: FailureKind, code: str | None, status: int | None, message: str) -> None:
    """Whatever comes back, the person reads something that fits beside their prompt."""
    text = told(kind, code, http_status=status, message=message)
    assert 0 < len(text.title) <= 256
    assert len(text.sentence.encode("utf-16-le")) // 2 <= 1500
    assert "@everyone" not in text.sentence
