"""What the end of a task or of a download means: the codes of provider.md 6.2, and the reasons of our own errors."""

from bot.jobs.model import FailureKind
from bot.ui.texts.explanations import (
    BAD_GATEWAY,
    CHANGE_PROMPT,
    LOST_TRACK,
    MODEL_AWAY,
    SAY_ID,
    TELL_OPERATOR,
    TOO_FAST,
    Cost,
    Explanation,
    busy,
    declined,
    misunderstood,
    trouble,
)

BY_TASK_CODE = {
    "content_policy_violation": declined("The picture would go against the image service's content rules."),
    "invalid_parameters": misunderstood(
        "The model cannot work with these settings or this prompt: too long, or in a form it does not take.",
        "Shorten the prompt or choose another size or quality, and try again.",
    ),
    "image_processing_error": misunderstood(
        "The image service could not read one of the pictures it was given.",
        "Use another picture, or save it anew as JPEG or PNG, and try again.",
    ),
    "image_dimension_mismatch": misunderstood(
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
    "service_error": trouble("The image service had a fault while it was drawing.", "Try again in about a minute."),
    "generation_timeout": trouble(
        "The model did not finish in time.", "Try again in a few minutes, best at a lower quality."
    ),
    "resource_exhausted": busy("The model is overloaded at the moment.", "Try again in 1 to 5 minutes."),
    "quota_exceeded": busy(
        "Too many pictures were being made for this bot at once, or its credit has run out.",
        "Wait a minute and try again; if it happens again, tell whoever runs this bot.",
    ),
    "service_unavailable": trouble(
        "The image service lost its connection to the model.",
        "Try again in a few minutes; your prompt is not the reason.",
    ),
    "resource_not_found": LOST_TRACK,
    "unknown_error": trouble("The image service failed and does not know why.", SAY_ID),
    "model_unavailable": MODEL_AWAY,
    "upstream_error": BAD_GATEWAY,
    "rate_limited": TOO_FAST,
}
"""Ends of a task (provider.md 6.2), by code in lower case."""


def _unusable(happened: str, advice: str = "Please try again; your prompt is not the reason.") -> Explanation:
    return Explanation(
        title="The picture could not be used", happened=happened, cost=Cost.PERHAPS_OPERATOR, advice=advice
    )


BY_RESULT_CODE = {
    "not_a_picture": _unusable("What the image service handed over is not a picture."),
    "cut_off": _unusable("The picture arrived incomplete and could not be fetched whole."),
    "gone": _unusable("The picture was made, but it was gone before it could be fetched."),
    "unreachable": _unusable(
        "The picture was made, but the place where it was kept could not be reached.",
        "Try again in a few minutes; your prompt is not the reason.",
    ),
    "not_kept": _unusable("The picture was made, but the disk of the bot did not take it.", TELL_OPERATOR),
    "too_large": _unusable(
        "The picture is larger than the bot can take in.", "Try again, best at a lower quality or another size."
    ),
    "forbidden_address": _unusable(
        "The image service named an address that the bot must not open for safety's sake.", TELL_OPERATOR
    ),
    "too_many_redirects": _unusable("The address of the picture led from one place to the next without an end."),
}
"""Results that are none: by the reason of `errors.NotAPicture` and `errors.DownloadFailed`."""

BY_KIND = {
    FailureKind.PROVIDER_REFUSED: misunderstood("The image service refused the request.", CHANGE_PROMPT),
    FailureKind.TASK_FAILED: Explanation(
        title="The model made no picture",
        happened="The image service ended the work without a picture.",
        advice="Try again in a minute, or word the prompt differently.",
    ),
    FailureKind.UNREACHABLE: trouble(
        "The image service could not be reached, or gave no proper answer, though the bot tried several times.",
        "Try again in a few minutes; your prompt is not the reason.",
    ),
    FailureKind.OUTCOME_UNKNOWN: Explanation(
        title="It is not known whether the picture was made",
        happened="Your prompt was handed to the image service, but no clear answer came back.",
        cost=Cost.PERHAPS_OPERATOR,
        advice=(
            "The bot has looked for your picture and ordered no second one, so that nothing is paid for twice. "
            "If you do not want to wait for it, send the command again."
        ),
    ),
    FailureKind.NO_RESULT: Explanation(
        title="No picture was handed over",
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

WITHOUT_TRACE = Explanation(
    title="It is not known whether the picture was made",
    happened="Your prompt was handed to the image service, but no clear answer came back.",
    cost=Cost.PERHAPS_OPERATOR,
    advice=(
        "Nothing leads the bot to such a picture, so do not wait for it. It ordered no second one, so that nothing is "
        "paid for twice; send the command again if you want one."
    ),
)
"""OUTCOME_UNKNOWN where there is nothing to look for."""
