"""The sentence for a job that ended without a picture."""

import dataclasses
import re
from dataclasses import dataclass

from bot.jobs.model import Failure, FailureKind
from bot.ui import characters, markdown
from bot.ui.texts import answers, failed_sources
from bot.ui.texts.explanations import Cost, Explanation
from bot.ui.texts.failed_tasks import BY_KIND, BY_RESULT_CODE, BY_TASK_CODE, WITHOUT_TRACE
from bot.ui.texts.refused_calls import BY_CALL_CODE, BY_STATUS

MAX_REASON_CHARS = 600

ABOUT_SOURCES = frozenset({FailureKind.BAD_SOURCE, FailureKind.SOURCE_GONE, FailureKind.HOSTING_FAILED})
"""Their `message` is the name of a file, not words of the provider."""

_KEY = re.compile(r"\b(?:sk|pk)-[\w*.-]+|(?<=bearer )\S+", re.IGNORECASE)
_STATUS_AS_CODE = re.compile(r"[1-5][0-9]{2}")
"""The form of the API until March 2026 (provider.md 6.1)."""
_LINK = re.compile(r"\w+://\S+")


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureText:
    """What to tell: a head and sentences in harmless markdown, the provider's own reason among them."""

    title: str
    sentence: str


def failure(failure: Failure, *, job_id: str) -> FailureText:
    """Return what happened, why in the provider's own words, what it cost and what to do next."""
    if failure.kind is FailureKind.INTERNAL:
        return FailureText(title="Something went wrong inside the bot", sentence=answers.internal_error(job_id))
    if failure.kind in ABOUT_SOURCES:
        explanation = failed_sources.explain(failure.kind, failure.code or "", name=failure.message)
        happened = explanation.happened
    else:
        explanation = _explanation(failure)
        happened = f"{explanation.happened}{_reason(failure.message)}"
    return FailureText(title=explanation.title, sentence=f"{happened}\n\n{explanation.cost.value} {explanation.advice}")


def _explanation(failure: Failure) -> Explanation:
    code = (failure.code or "").strip().lower()
    status = int(code) if _STATUS_AS_CODE.fullmatch(code) else failure.http_status
    general = BY_KIND[failure.kind]
    match failure.kind:
        case FailureKind.BAD_RESULT:
            return BY_RESULT_CODE.get(code, general)
        case FailureKind.TASK_FAILED:
            return BY_TASK_CODE.get(code) or BY_CALL_CODE.get(code) or _of_status(status) or general
        case FailureKind.PROVIDER_REFUSED | FailureKind.UNREACHABLE:
            is_haste = status == 429 and code == "quota_exceeded"  # means an empty account at 402 only
            by_code = None if is_haste else BY_CALL_CODE.get(code)
            return by_code or BY_TASK_CODE.get(code) or _of_status(status) or general
        case FailureKind.OUTCOME_UNKNOWN:
            known = BY_CALL_CODE.get(code) or _of_status(status)
            return _of_doubt(known, WITHOUT_TRACE if failure.leaves_no_trace else general)
        case _:
            return general


def _of_doubt(known: Explanation | None, general: Explanation) -> Explanation:
    """Say what is known of a create call that may or may not have been taken, never that it cost nothing."""
    if known is None or known.cost is Cost.PERHAPS_OPERATOR:
        return known or general
    happened = f"{known.happened} Whether it took your request before that is not known."
    return dataclasses.replace(general, happened=happened)


def _of_status(status: int | None) -> Explanation | None:
    if status is None:
        return None
    return BY_STATUS.get(status, BY_STATUS[500] if status >= 500 else None)


def _reason(message: str) -> str:
    """Return the provider's own words, without what a member must not see: keys, and links that may be signed."""
    line = characters.plain_line(message)
    words = markdown.quote(_LINK.sub("(link)", _KEY.sub("(key)", line)), limit=MAX_REASON_CHARS)
    return f"\nIts own words: “{words}”" if words else ""
