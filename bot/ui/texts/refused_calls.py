"""What an answer to a call means: the codes of provider.md 6.1, and for an unknown one its HTTP status.

`quota_exceeded` is an empty account here, and haste at the end of a task: one word, two meanings, two tables.
"""

from bot.ui.texts.explanations import (
    BAD_GATEWAY,
    CONFLICT,
    FORBIDDEN,
    INVALID_REQUEST,
    LOST_TRACK,
    MODEL_AWAY,
    NOT_FOUND,
    OUT_OF_CREDIT,
    SERVER_FAULT,
    TOO_FAST,
    TOO_LARGE,
    UNAVAILABLE,
    UNKNOWN_KEY,
    Cost,
    Explanation,
    busy,
    declined,
    misunderstood,
    no_access,
    no_credit,
)

BY_STATUS = {
    400: INVALID_REQUEST,
    401: UNKNOWN_KEY,
    402: OUT_OF_CREDIT,
    403: FORBIDDEN,
    404: NOT_FOUND,
    409: CONFLICT,
    413: TOO_LARGE,
    429: TOO_FAST,
    500: SERVER_FAULT,
    502: BAD_GATEWAY,
    503: UNAVAILABLE,
}
"""For a code that is missing or unknown: by HTTP status."""

BY_CALL_CODE = {
    # 400
    "invalid_request": INVALID_REQUEST,
    "invalid_task_id": LOST_TRACK,
    "invalid_parameter": misunderstood(
        "The image service does not accept one of the settings, or the prompt is too long for it.",
        "Shorten the prompt or choose another size or quality, and try again.",
    ),
    "content_policy_violation": declined("The prompt goes against the image service's content rules."),
    "content_filter": declined("The image service's filter stopped this prompt."),
    "sensitive_content": declined("The image service considers something in this prompt sensitive."),
    "moderation_blocked": declined("The image service's moderation stopped this prompt."),
    "no_available_channel": busy(
        "The image service has no free line to the model at the moment.", "Try again in a few minutes."
    ),
    # 401
    "unauthorized": UNKNOWN_KEY,
    "key_disabled": no_access("The key this bot uses at the image service has been switched off."),
    "key_expired": no_access("The key this bot uses at the image service has run out."),
    # 402
    "insufficient_quota": OUT_OF_CREDIT,
    "quota_exceeded": no_credit("The account behind this bot has used up its credit."),
    "insufficient_user_quota": no_credit("The account behind this bot has too little credit for this picture."),
    "quota_not_enough": no_credit("The credit behind this bot is not enough for this picture."),
    "account_balance_insufficient": no_credit("The balance of the account behind this bot is too low."),
    "insufficient_token_quota": no_credit(
        "The share of credit that this bot's key may use is too small for this picture."
    ),
    "key_quota_exhausted": no_credit("The share of credit that this bot's key may use is spent."),
    "token_daily_quota_exceeded": no_credit(
        "The credit that this bot's key may use in a day is spent.",
        "Try again tomorrow, or tell whoever runs this bot if it cannot wait.",
    ),
    # 403
    "model_access_denied": no_access("This bot's account may not use the model."),
    "permission_denied": FORBIDDEN,
    "key_model_not_allowed": no_access("The key this bot uses does not open this model."),
    "user_disabled": no_access("The account behind this bot has been closed or blocked."),
    # 404
    "task_not_found": LOST_TRACK,
    "not_found_error": NOT_FOUND,
    # 409
    "idempotency_conflict": CONFLICT,
    "paid_outcome_unknown": Explanation(
        title="It is not known whether the picture was made",
        happened="The image service cannot tell whether it took this request the first time.",
        cost=Cost.PERHAPS_OPERATOR,
        advice="Wait a few minutes before you send the command again, so that nothing is paid for twice.",
    ),
    # 413
    "request_too_large_error": TOO_LARGE,
    # 429
    "rate_limit_exceeded": TOO_FAST,
    "rate_limit_error": TOO_FAST,
    "evo_api_error": TOO_FAST,
    # 5xx and capacity
    "internal_error": SERVER_FAULT,
    "upstream_error": BAD_GATEWAY,
    "service_unavailable": UNAVAILABLE,
    "service_unavailable_error": UNAVAILABLE,
    "channel_selection_failed": busy(
        "The image service found no free line to the model.", "Try again in a few minutes."
    ),
    "model_unavailable": MODEL_AWAY,
}
"""Answers to a call (provider.md 6.1), by code in lower case."""
