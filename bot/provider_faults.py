"""What the provider's errors mean to whoever holds the key: one line each. What members read is made in `ui.texts`."""

from bot.jobs.model import Failure
from bot.provider import errors
from bot.ui import characters

MAX_REASON_CHARS = 400

_BY_CODE = {
    "key_disabled": "the key of EVOLINK_API_KEY is switched off; use another, or switch it on in the EvoLink dashboard",
    "key_expired": "the key of EVOLINK_API_KEY has run out; make another in the EvoLink dashboard",
    "user_disabled": "the account of EVOLINK_API_KEY is closed or blocked; ask EvoLink",
    **dict.fromkeys(errors.ABOUT_THE_PROMPT, "EvoLink declines this prompt"),
    "model_unavailable": "the model is not available just now; try again in a few minutes",
}
_TASK_BY_CODE = {
    "invalid_parameters": "the model cannot work with this prompt or these settings; change them",
    "image_processing_error": "one of the pictures given could not be read; save it anew as JPEG or PNG",
    "image_dimension_mismatch": "the pictures given do not fit the size asked for; choose another, or auto",
    "request_cancelled": "the task was cancelled",
    "generation_failed_no_content": "the model made no picture; word the prompt differently",
    "generation_timeout": "the model did not finish in time; try again, best at a lower quality",
    "resource_exhausted": "the model is overloaded; try again in a few minutes",
    "quota_exceeded": "too many pictures at once, or too few credits; look at the account",
}
"""Ends of a task (provider.md 6.2); for the others the provider's own words are all there is to say."""
_BY_CLASS: dict[type[errors.ProviderError], str] = {
    errors.Unauthorized: "EVOLINK_API_KEY is refused; copy it again from the EvoLink dashboard",
    errors.PaymentRequired: "too few credits are left for EVOLINK_API_KEY; top it up, or raise the key's limit",
    errors.AccessDenied: "EVOLINK_API_KEY may not do that; look at the models the key allows, and at EVOLINK_MODEL",
    errors.NotFound: "EvoLink does not know what was asked for; look at EVOLINK_MODEL and {variable}",
    errors.Conflict: "EvoLink takes the request for another one; start it again",
    errors.TooLarge: "the request is too large for EvoLink; use fewer or smaller pictures",
    errors.RateLimited: "EvoLink takes no more requests just now; try again in a minute",
    errors.UploadRefused: "EvoLink's file service refuses the picture",
    errors.BadRequest: "EvoLink refuses the request",
}
_OF_THEIR_OWN = {
    errors.Unreachable: "EvoLink cannot be reached; look at the network and at {variable}",
    errors.OutcomeUnknown: "it is not known whether EvoLink took the request",
    errors.BadAnswer: "EvoLink gives an answer that makes no sense; look at {variable}",
    errors.ServerFault: "EvoLink has a fault of its own; try again in a few minutes",
}
"""Their messages are our own or a library's, and say nothing to a person, except where a server's fault has words."""


def sentence(error: errors.ProviderError, *, variable: str) -> str:
    """Say what happened and what to do, without a full stop; `variable` holds the address that was asked."""
    for kind, words in _OF_THEIR_OWN.items():
        if isinstance(error, kind):
            status = f" (HTTP {error.http_status})" if error.http_status else ""
            return words.format(variable=variable) + status
    known = _BY_CODE.get((error.code or "").lower()) or next(
        (words for kind, words in _BY_CLASS.items() if isinstance(error, kind)), f"EvoLink says no to {error.param}"
    )
    return f"{known.format(variable=variable)}{_facts(error)}"


def of_task(failure: Failure) -> str:
    """Say why a task that ended has no picture, without a full stop."""
    code = (failure.code or "").lower()
    words = _BY_CODE.get(code) or _TASK_BY_CODE.get(code) or "the model made no picture"
    named = f" ({failure.code})" if failure.code else ""
    return f"{words}{named}{own_words(failure.message)}"


def own_words(message: str) -> str:
    """Return the provider's own reason as the end of a sentence, on one line; nothing where it gave none."""
    words = characters.cut(characters.plain_line(message), MAX_REASON_CHARS).rstrip(".")
    return f": {words}" if words else ""


def _facts(error: errors.ProviderError) -> str:
    status = f" (HTTP {error.http_status})" if error.http_status else ""
    return f"{status}{own_words(error.message)}"
