"""How a database fares while it is used: a state that goes down is told once, and once when it is well again."""

import logging

from bot.errors import StoreDamaged, StoreError
from bot.store import faults

log = logging.getLogger(__name__)


class Condition:
    """Of one connection; `side` says in the log what it is for."""

    def __init__(self, side: str) -> None:
        self._side = side
        self._fault: StoreError | None = None

    @property
    def damage(self) -> StoreDamaged | None:
        """What was found damaged, if anything was: it is not made good by a statement that happens to work."""
        return self._fault if isinstance(self._fault, StoreDamaged) else None

    def failed(self, fault: StoreError, error: Exception) -> None:
        """Note that a statement failed, by the driver's error and ours."""
        if not faults.is_condition(error) or self.damage:
            return
        if self._fault is None or isinstance(fault, StoreDamaged):
            log.error("database cannot be used", extra={"side": self._side, "error": str(fault)})
        self._fault = fault

    def worked(self) -> None:
        """Note that a statement worked."""
        if self._fault is not None and not self.damage:
            self.recovered()

    def recovered(self) -> None:
        """Note that all is well."""
        if self._fault is not None:
            self._fault = None
            log.info("database works again", extra={"side": self._side})
