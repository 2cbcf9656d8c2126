"""What can go wrong with the provider, as facts (provider.md 6.1). The sentence a person reads is made in `ui.texts`.

    ProviderError            http_status, code, message, error_type, param, request_id, retry_after_s
    ├── InvalidRequest       refused here, before any call: field
    ├── BadRequest           400, and every other 4xx without a class of its own
    ├── Unauthorized         401: the key is wrong, disabled or expired
    ├── PaymentRequired      402: no credits left, of the account or of the key
    ├── AccessDenied         403: the key may not use this model
    ├── NotFound             404
    ├── Conflict             409: the idempotency key was used with another body
    ├── TooLarge             413
    ├── RateLimited          429
    ├── ServerFault          5xx
    ├── BadAnswer            an answer that cannot be used: no JSON, no id, a redirect
    ├── Unreachable          no answer: maybe_sent says whether the request may have arrived
    ├── OutcomeUnknown       a create that may have been accepted, and may be charged
    └── UploadRefused        the file service said no, with a code of its own (provider.md 5)

No message ever holds the key: answers are scrubbed before they are read.
"""

from typing import ClassVar

from bot.errors import ImagebotError

ABOUT_THE_PROMPT = frozenset({"content_policy_violation", "content_filter", "sensitive_content", "moderation_blocked"})
"""Codes that decline what somebody wrote, whatever the status: they say nothing of the key (provider.md 6.1)."""

_REFUSALS_AT_5XX = frozenset({"no_available_channel", "channel_selection_failed", "model_unavailable"})
_REFUSALS_AT_503 = frozenset({"service_unavailable", "service_unavailable_error"})


class ProviderError(ImagebotError):
    """A call that did not bring what was asked for.

    `code` is text in the case it came in, also where the provider sent an integer; compare with `code_is`.
    """

    passing: ClassVar[bool] = False
    """Whether the same call may succeed a little later."""

    def __init__(
        self,
        message: str = "",
        *,
        http_status: int | None = None,
        code: str | None = None,
        error_type: str | None = None,
        param: str | None = None,
        request_id: str | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.http_status = http_status
        self.code = code
        self.error_type = error_type
        self.param = param
        self.request_id = request_id
        self.retry_after_s = retry_after_s

    def code_is(self, *codes: str) -> bool:
        """Compare the code without regard to case; the provider uses both."""
        return self.code is not None and self.code.lower() in {code.lower() for code in codes}

    def __str__(self) -> str:
        facts = [type(self).__name__, str(self.http_status or ""), self.code or "", self.message]
        tail = f"(request {self.request_id})" if self.request_id else ""
        return " ".join(part for part in [*facts, tail] if part)


class InvalidRequest(ProviderError):
    """What was asked for breaks a rule of the provider; nothing was sent."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message, code="invalid_request", param=field)
        self.field = field


class BadRequest(ProviderError):
    """400, or a 4xx without a class of its own."""


class Unauthorized(ProviderError):
    """401: the key is wrong, disabled or expired."""


class PaymentRequired(ProviderError):
    """402: the account or the key has no credits left."""


class AccessDenied(ProviderError):
    """403: the key may not use this model."""


class NotFound(ProviderError):
    """404: no such task, file or model."""


class Conflict(ProviderError):
    """409: the idempotency key was used before with another body."""


class TooLarge(ProviderError):
    """413: the request or the file is too large."""


class RateLimited(ProviderError):
    """429: refused for now."""

    passing = True


class ServerFault(ProviderError):
    """5xx."""

    passing = True

    @property
    def refused(self) -> bool:
        """Tell whether the gateway says that it found nobody to do the work, so that nothing was accepted.

        A documented 503 with its envelope says so, and the capacity codes do (provider.md 6.1). A bare 500, 502, 503 or
        504 may come from a proxy that had passed the request on: that is doubt, not refusal.
        """
        if self.code_is(*_REFUSALS_AT_5XX):
            return True
        said = {(self.code or "").lower(), (self.error_type or "").lower()}
        return self.http_status == 503 and bool(said & _REFUSALS_AT_503)


class BadAnswer(ProviderError):
    """An answer that cannot be used: not JSON, without what is indispensable, too long, or a redirect."""


class Unreachable(ProviderError):
    """No whole answer came. `maybe_sent` is False where no connection stood, so that nothing can have arrived."""

    passing = True

    def __init__(self, message: str, *, maybe_sent: bool) -> None:
        super().__init__(message)
        self.maybe_sent = maybe_sent


class OutcomeUnknown(ProviderError):
    """A create call that may have been accepted. Never repeat it blindly: it may be charged already."""


class UploadRefused(ProviderError):
    """The file service said no: 40001 too large, 40002 type, 40003 quota of files used up, 40004 URL not fetchable."""


_BY_STATUS: dict[int, type[ProviderError]] = {
    401: Unauthorized,
    402: PaymentRequired,
    403: AccessDenied,
    404: NotFound,
    409: Conflict,
    413: TooLarge,
    429: RateLimited,
}
# Codes that mean one thing whatever the status; `quota_exceeded` is not here because it means two (provider.md C7).
_BY_CODE: dict[str, type[ProviderError]] = {
    **dict.fromkeys(
        (
            "insufficient_user_quota",
            "quota_not_enough",
            "account_balance_insufficient",
            "insufficient_token_quota",
            "key_quota_exhausted",
            "token_daily_quota_exceeded",
        ),
        PaymentRequired,
    ),
    **dict.fromkeys(("key_disabled", "key_expired"), Unauthorized),
    **dict.fromkeys(("key_model_not_allowed", "user_disabled"), AccessDenied),
}


def class_of(http_status: int, code: str | None) -> type[ProviderError]:
    """Choose the class for an answer of 300 and above: by an unmistakable code, else by the HTTP status."""
    if http_status < 400:
        return BadAnswer
    if code is not None and code.lower() in _BY_CODE:
        return _BY_CODE[code.lower()]
    if http_status >= 500:
        return ServerFault
    return _BY_STATUS.get(http_status, BadRequest)
