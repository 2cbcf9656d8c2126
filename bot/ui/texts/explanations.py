"""The tables behind `failures`: for each code of provider.md 6 what happened, what it cost and what to do next.

One word can mean two things: `quota_exceeded` is an empty account in an HTTP answer and haste in a task, so the
answers to a call and the ends of a task have a table each.
"""

import enum
from dataclasses import dataclass

from bot.jobs.model import FailureKind


class Cost(enum.Enum):
    """What a picture that never came has cost. It never counts for the person who asked."""

    NOTHING = "It cost you nothing and is not counted."
    PERHAPS_OPERATOR = "It is not counted for you, but the image service may still charge whoever runs this bot for it."


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """One way to end without a picture, in words."""

    title: str
    happened: str
    advice: str
    cost: Cost = Cost.NOTHING


_TELL_OPERATOR = "Please tell whoever runs this bot; nothing you could change would help."
_CHANGE_PROMPT = "Change the prompt, or leave out what the service objects to, and try again."
_GENTLER_PROMPT = (
    "Describe it without real or famous people, protected characters and brands, nudity, violence or children "
    "in danger, and try again; the same prompt would be declined again."
)
_SAY_ID = "Please try once more; if it happens again, tell whoever runs this bot the job's id below."


def _declined(happened: str, advice: str = _GENTLER_PROMPT) -> Explanation:
    return Explanation(title="The image service declined this prompt", happened=happened, advice=advice)


def _misunderstood(happened: str, advice: str) -> Explanation:
    return Explanation(title="The image service did not accept the request", happened=happened, advice=advice)


def _no_credit(happened: str, advice: str = _TELL_OPERATOR) -> Explanation:
    return Explanation(title="The bot's account is out of credit", happened=happened, advice=advice)


def _no_access(happened: str) -> Explanation:
    return Explanation(title="The bot has no access to the model", happened=happened, advice=_TELL_OPERATOR)


def _busy(happened: str, advice: str) -> Explanation:
    return Explanation(title="The image service is busy", happened=happened, advice=advice)


def _trouble(happened: str, advice: str) -> Explanation:
    return Explanation(title="The image service has trouble", happened=happened, advice=advice)


_INVALID_REQUEST = _misunderstood(
    "The image service found something wrong with the request.",
    "Try a shorter or simpler prompt or other settings; if that fails too, tell whoever runs this bot.",
)
_UNKNOWN_KEY = _no_access("The image service does not accept this bot's key. That is not your fault.")
_OUT_OF_CREDIT = _no_credit("The account behind this bot has not enough credit left. That is not your fault.")
_FORBIDDEN = _no_access("This bot's account is not allowed to do that at the image service. That is not your fault.")
_NOT_FOUND = _trouble("The image service does not know what the bot asked for.", _SAY_ID)
_CONFLICT = Explanation(
    title="The image service saw two requests in one",
    happened="The image service took this request for another one that it had already seen.",
    advice="Please send the command again; it then counts as a new request.",
)
_TOO_LARGE = _misunderstood(
    "The request was larger than the image service accepts.",
    "Shorten the prompt, use fewer or smaller pictures, and try again.",
)
_TOO_FAST = _busy(
    "The bot has sent the image service more requests than it takes at a time.", "Wait about a minute and try again."
)
_SERVER_FAULT = _trouble(
    "The image service had a fault of its own.", "Try again in a minute; your prompt is not the reason."
)
_BAD_GATEWAY = _trouble(
    "The model behind the image service did not answer properly.",
    "Try again in a minute or two; your prompt is not the reason.",
)
_UNAVAILABLE = _trouble(
    "The image service is not available at the moment.", "Try again in a few minutes; your prompt is not the reason."
)
_MODEL_AWAY = _busy("The model is not available at the moment.", "Try again in 5 minutes or so.")
_LOST_TRACK = _trouble("The image service lost track of this picture.", _SAY_ID)

BY_STATUS = {
    400: _INVALID_REQUEST,
    401: _UNKNOWN_KEY,
    402: _OUT_OF_CREDIT,
    403: _FORBIDDEN,
    404: _NOT_FOUND,
    409: _CONFLICT,
    413: _TOO_LARGE,
    429: _TOO_FAST,
    500: _SERVER_FAULT,
    502: _BAD_GATEWAY,
    503: _UNAVAILABLE,
}
"""For a code that is missing or unknown: by HTTP status."""

BY_CALL_CODE = {
    # 400
    "invalid_request": _INVALID_REQUEST,
    "invalid_task_id": _LOST_TRACK,
    "invalid_parameter": _misunderstood(
        "The image service does not accept one of the settings, or the prompt is too long for it.",
        "Shorten the prompt or choose another size or quality, and try again.",
    ),
    "content_policy_violation": _declined("The prompt goes against the image service's content rules."),
    "content_filter": _declined("The image service's filter stopped this prompt."),
    "sensitive_content": _declined("The image service considers something in this prompt sensitive."),
    "moderation_blocked": _declined("The image service's moderation stopped this prompt."),
    "no_available_channel": _busy(
        "The image service has no free line to the model at the moment.", "Try again in a few minutes."
    ),
    # 401
    "unauthorized": _UNKNOWN_KEY,
    "key_disabled": _no_access(
        "The key this bot uses at the image service has been switched off. That is not your fault."
    ),
    "key_expired": _no_access("The key this bot uses at the image service has run out. That is not your fault."),
    # 402
    "insufficient_quota": _OUT_OF_CREDIT,
    "quota_exceeded": _no_credit("The account behind this bot has used up its credit. That is not your fault."),
    "insufficient_user_quota": _no_credit(
        "The account behind this bot has too little credit for this picture. That is not your fault."
    ),
    "quota_not_enough": _no_credit(
        "The credit behind this bot is not enough for this picture. That is not your fault."
    ),
    "account_balance_insufficient": _no_credit(
        "The balance of the account behind this bot is too low. That is not your fault."
    ),
    "insufficient_token_quota": _no_credit(
        "The share of credit that this bot's key may use is too small for this picture. That is not your fault."
    ),
    "key_quota_exhausted": _no_credit(
        "The share of credit that this bot's key may use is spent. That is not your fault."
    ),
    "token_daily_quota_exceeded": _no_credit(
        "The credit that this bot's key may use in a day is spent. That is not your fault.",
        "Try again tomorrow, or tell whoever runs this bot if it cannot wait.",
    ),
    # 403
    "model_access_denied": _no_access("This bot's account may not use the model. That is not your fault."),
    "permission_denied": _FORBIDDEN,
    "key_model_not_allowed": _no_access("The key this bot uses does not open this model. That is not your fault."),
    "user_disabled": _no_access("The account behind this bot has been closed or blocked. That is not your fault."),
    # 404
    "task_not_found": _LOST_TRACK,
    "not_found_error": _NOT_FOUND,
    # 409
    "idempotency_conflict": _CONFLICT,
    "paid_outcome_unknown": Explanation(
        title="It is not known whether the picture was made",
        happened="The image service cannot tell whether it took this request the first time.",
        cost=Cost.PERHAPS_OPERATOR,
        advice="Wait a few minutes before you send the command again, so that nothing is paid for twice.",
    ),
    # 413
    "request_too_large_error": _TOO_LARGE,
    # 429
    "rate_limit_exceeded": _TOO_FAST,
    "rate_limit_error": _TOO_FAST,
    "evo_api_error": _TOO_FAST,
    # 5xx and capacity
    "internal_error": _SERVER_FAULT,
    "upstream_error": _BAD_GATEWAY,
    "service_unavailable": _UNAVAILABLE,
    "service_unavailable_error": _UNAVAILABLE,
    "channel_selection_failed": _busy(
        "The image service found no free line to the model.", "Try again in a few minutes."
    ),
    "model_unavailable": _MODEL_AWAY,
}
"""Answers to a call (provider.md 6.1), by code in lower case."""

BY_TASK_CODE = {
    "content_policy_violation": _declined("The picture would go against the image service's content rules."),
    "invalid_parameters": _misunderstood(
        "The model cannot work with these settings or this prompt: too long, or in a form it does not take.",
        "Shorten the prompt or choose another size or quality, and try again.",
    ),
    "image_processing_error": _misunderstood(
        "The image service could not read one of the pictures it was given.",
        "Use another picture, or save it anew as JPEG or PNG, and try again.",
    ),
    "image_dimension_mismatch": _misunderstood(
        "The pictures given do not fit the size asked for.", "Choose another size, or auto, and try again."
    ),
    "request_cancelled": Explanation(
        title="The image service stopped the request",
        happened="The request was cancelled or interrupted at the image service.",
        advice="If you did not want that, send the command again.",
    ),
    "generation_failed_no_content": Explanation(
        title="The model made no picture",
        happened=(
            "The model ended without a picture. The prompt may be too vague, ask for something it cannot draw, "
            "or touch on protected content such as logos and watermarks."
        ),
        advice="Word the prompt differently and more exactly, and try again.",
    ),
    "service_error": _trouble("The image service had a fault while it was drawing.", "Try again in about a minute."),
    "generation_timeout": _trouble(
        "The model did not finish in time.", "Try again in a few minutes, best at a lower quality."
    ),
    "resource_exhausted": _busy("The model is overloaded at the moment.", "Try again in 1 to 5 minutes."),
    "quota_exceeded": _busy(
        "Too many pictures were being made for this bot at once, or its credit has run out.",
        "Wait a minute and try again; if it happens again, tell whoever runs this bot.",
    ),
    "service_unavailable": _trouble(
        "The image service lost its connection to the model.",
        "Try again in a few minutes; your prompt is not the reason.",
    ),
    "resource_not_found": _LOST_TRACK,
    "unknown_error": _trouble("The image service failed and does not know why.", _SAY_ID),
    "model_unavailable": _MODEL_AWAY,
    "upstream_error": _BAD_GATEWAY,
    "rate_limited": _TOO_FAST,
}
"""Ends of a task (provider.md 6.2), by code in lower case."""


def _unusable(happened: str, advice: str = "Please try again; your prompt is not the reason.") -> Explanation:
    return Explanation(
        title="The picture could not be used", happened=happened, cost=Cost.PERHAPS_OPERATOR, advice=advice
    )


BY_RESULT_CODE = {
    "not_a_picture": _unusable("What the image service handed over is not a picture."),
    "cut_off": _unusable("The picture arrived incomplete, and so did every further try."),
    "gone": _unusable("The picture was made, but it was gone before it could be fetched."),
    "unreachable": _unusable(
        "The picture was made, but the place where it was kept could not be reached.",
        "Try again in a few minutes; your prompt is not the reason.",
    ),
    "too_large": _unusable(
        "The picture is larger than the bot can take in.", "Try again, best at a lower quality or another size."
    ),
    "forbidden_address": _unusable(
        "The image service named an address that the bot must not open for safety's sake.", _TELL_OPERATOR
    ),
    "too_many_redirects": _unusable("The address of the picture led from one place to the next without an end."),
}
"""Results that are none: by the reason of `errors.NotAPicture` and `errors.DownloadFailed`."""

BY_KIND = {
    FailureKind.PROVIDER_REFUSED: _misunderstood("The image service refused the request.", _CHANGE_PROMPT),
    FailureKind.TASK_FAILED: Explanation(
        title="The model made no picture",
        happened="The image service ended the work without a picture.",
        advice="Try again in a minute, or word the prompt differently.",
    ),
    FailureKind.UNREACHABLE: _trouble(
        "The image service could not be reached, though the bot tried several times.",
        "Try again in a few minutes; your prompt is not the reason.",
    ),
    FailureKind.OUTCOME_UNKNOWN: Explanation(
        title="It is not known whether the picture was made",
        happened="The connection broke while your prompt was being handed over, and no answer came back.",
        cost=Cost.PERHAPS_OPERATOR,
        advice="The bot did not send it a second time, so that nothing is paid for twice. Send the command again.",
    ),
    FailureKind.NO_RESULT: Explanation(
        title="The model made no picture",
        happened="The image service reported the picture as finished but handed none over.",
        cost=Cost.PERHAPS_OPERATOR,
        advice="Word the prompt differently and try again; this is often a refusal without words.",
    ),
    FailureKind.BAD_RESULT: _unusable("What the image service handed over could not be used as a picture."),
    FailureKind.TIMED_OUT: Explanation(
        title="The picture took too long",
        happened="The image service did not finish within the time the bot waits for a picture.",
        cost=Cost.PERHAPS_OPERATOR,
        advice="Try again in a few minutes, best at a lower quality.",
    ),
}
"""For what has no code, or one that nobody has seen before. INTERNAL has its sentence in `answers`."""
