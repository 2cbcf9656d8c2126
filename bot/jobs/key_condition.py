"""How the provider takes the key when pictures are ordered: that it is refused is told once, and once when it is over.

Each job has its own line and its own words for whoever asked; these are for the operator, who alone can change the key.
"""

import logging

from bot.provider.errors import ABOUT_THE_PROMPT, AccessDenied, ProviderError, Unauthorized

log = logging.getLogger(__name__)


class KeyCondition:
    """Of the one key that a process has."""

    def __init__(self) -> None:
        self._refused = False

    def not_taken(self, error: ProviderError) -> None:
        """Note that an order was not taken."""
        if self._refused or not isinstance(error, Unauthorized | AccessDenied) or error.code_is(*ABOUT_THE_PROMPT):
            return
        self._refused = True
        log.error(
            "EVOLINK_API_KEY is refused, no picture is made; `imagebot check` says why, a new key needs a restart",
            extra={"error": str(error)},
        )

    def taken(self) -> None:
        """Note that an order was taken."""
        if self._refused:
            self._refused = False
            log.info("EVOLINK_API_KEY is accepted again, pictures are made")
