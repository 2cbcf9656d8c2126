"""What the long-lived parts of a bot remember of its work, counted: what stays of jobs that have ended is a leak."""

import gc
from collections import Counter
from collections.abc import MutableMapping, MutableSequence, MutableSet
from typing import Any

PACKAGES = ("bot.delivery.", "bot.jobs.", "bot.intake.")
OF_NO_JOB = frozenset({"Owners._known", "Retention._unclaimed"})
"""Other processes, and files that the next sweep may remove: they pass in their own time."""


def what_is_remembered() -> Counter[str]:
    """Count what lies in the collections of every living object of these packages, by its class and the attribute.

    The collector knows them all: one that is added, or that stands within another, need not be made known here.
    """
    gc.collect()  # else what nobody refers to any more would be counted
    counted: Counter[str] = Counter()
    for each in gc.get_objects():
        kind = type(each)
        if str(kind.__module__).startswith(PACKAGES) and hasattr(each, "__dict__"):  # of some it is no text
            for name, value in vars(each).items():
                if _is_collection(value) and (of := f"{kind.__name__}.{name}") not in OF_NO_JOB:
                    counted[f"remembered: {of}"] += len(value)
    return counted


def _is_collection(value: Any) -> bool:
    return isinstance(value, MutableMapping | MutableSet | MutableSequence)
