"""Forms as data: checks that are put together into schemas and say where a body is wrong, in Discord's codes.

A check is a function of value, path and `FormFaults`. It knows nothing of messages, commands or anything else.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast
from urllib.parse import urlsplit

from bot.sandbox.discord.refusals import Json, invalid_form

Path = tuple[str | int, ...]
REQUIRED = ("BASE_TYPE_REQUIRED", "This field is required")
UNKNOWN_FIELD = "UNKNOWN_FIELD"
_SNOWFLAKE_MAX = 2**63 - 1


class FormFaults:
    """Collects what is wrong with one body."""

    def __init__(self) -> None:
        self._found: list[tuple[Path, str, str]] = []

    def add(self, path: Path, code: str, message: str) -> None:
        """Note one fault at one field."""
        self._found.append((path, code, message))

    def __len__(self) -> int:
        return len(self._found)

    @property
    def only_unknown_fields(self) -> bool:
        """Tell whether nothing is wrong but fields too many."""
        return all(code == UNKNOWN_FIELD for _, code, _ in self._found)

    @property
    def tree(self) -> Json:
        """Return the faults nested as Discord nests them."""
        root: Json = {}
        for path, code, message in self._found:
            node = root
            for part in path:
                node = node.setdefault(str(part), {})
            node.setdefault("_errors", []).append({"code": code, "message": message})
        return root

    def raise_if_any(self) -> None:
        """Refuse the body when anything was wrong with it."""
        if self._found:
            raise invalid_form(self.tree)


Check = Callable[[Any, Path, FormFaults], None]


def anything(value: Any, path: Path, faults: FormFaults) -> None:
    """Take whatever comes: a field that is read nowhere."""


def text(*, low: int = 0, high: int | None = None, pattern: str | None = None) -> Check:
    """Check a string of `low` to `high` characters; white space at its ends does not count."""
    compiled = re.compile(pattern) if pattern else None

    def check(value: Any, path: Path, faults: FormFaults) -> None:
        if not isinstance(value, str):
            faults.add(path, "STRING_TYPE_CONVERT", f'Could not interpret "{value}" as string.')
            return
        length = len(value.strip())
        if low and not length:
            faults.add(path, *REQUIRED)
        elif low and high is not None and not low <= length <= high:
            faults.add(path, "BASE_TYPE_BAD_LENGTH", f"Must be between {low} and {high} in length.")
        elif high is not None and length > high:
            faults.add(path, "BASE_TYPE_MAX_LENGTH", f"Must be {high} or fewer in length.")
        elif compiled and not compiled.fullmatch(value):
            faults.add(path, "STRING_TYPE_REGEX", "String value did not match validation regex.")

    return check


def integer(*, low: int | None = None, high: int | None = None) -> Check:
    """Check a whole number in a range."""

    def check(value: Any, path: Path, faults: FormFaults) -> None:
        if isinstance(value, bool) or not isinstance(value, int):
            faults.add(path, "NUMBER_TYPE_COERCE", f'Value "{value}" is not int.')
        elif low is not None and value < low:
            faults.add(path, "NUMBER_TYPE_MIN", f"int value should be greater than or equal to {low}.")
        elif high is not None and value > high:
            faults.add(path, "NUMBER_TYPE_MAX", f"int value should be less than or equal to {high}.")

    return check


def number(value: Any, path: Path, faults: FormFaults) -> None:
    """Check a number, whole or not."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        faults.add(path, "NUMBER_TYPE_COERCE", f'Value "{value}" is not double.')


def flag(value: Any, path: Path, faults: FormFaults) -> None:
    """Check a boolean."""
    if not isinstance(value, bool):
        faults.add(path, "BOOLEAN_TYPE_CONVERT", "Must be either true or false.")


def snowflake(value: Any, path: Path, faults: FormFaults) -> None:
    """Check an id, written as a string or a number."""
    readable = not isinstance(value, bool) and isinstance(value, int | str) and str(value).isascii()
    if not readable or not str(value).isdigit() or int(value) > _SNOWFLAKE_MAX:
        faults.add(path, "NUMBER_TYPE_COERCE", f'Value "{value}" is not snowflake.')


def one_of(*allowed: Any) -> Check:
    """Check that a value is one of a few."""

    def check(value: Any, path: Path, faults: FormFaults) -> None:
        if value not in allowed or isinstance(value, bool) != isinstance(allowed[0], bool):
            listed = ", ".join(str(each) for each in allowed)
            faults.add(path, "BASE_TYPE_CHOICES", f"Value must be one of ({listed}).")

    return check


def bits(allowed: int) -> Check:
    """Check a bit field in which only some bits may be set by the caller."""

    def check(value: Any, path: Path, faults: FormFaults) -> None:
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            faults.add(path, "NUMBER_TYPE_COERCE", f'Value "{value}" is not int.')
        elif value & ~allowed:
            faults.add(path, "BASE_TYPE_CHOICES", f"These flags cannot be set here: {value & ~allowed}.")

    return check


def url(*schemes: str, high: int = 2048) -> Check:
    """Check an address with one of `schemes`."""
    listed = ", ".join(f"'{scheme}'" for scheme in schemes)

    def check(value: Any, path: Path, faults: FormFaults) -> None:
        if not isinstance(value, str):
            faults.add(path, "STRING_TYPE_CONVERT", f'Could not interpret "{value}" as string.')
            return
        if len(value) > high:
            faults.add(path, "BASE_TYPE_MAX_LENGTH", f"Must be {high} or fewer in length.")
            return
        scheme, _, rest = value.partition("://")
        if scheme not in schemes:
            message = f'Scheme "{scheme}" is not supported. Scheme must be one of ({listed}).'
            faults.add(path, "URL_TYPE_INVALID_SCHEME", message)
        elif not rest or (scheme != "attachment" and not _well_formed(value)):
            faults.add(path, "URL_TYPE_INVALID_URL", "Not a well formed URL.")

    return check


def _well_formed(address: str) -> bool:
    try:
        return bool(urlsplit(address).hostname) and " " not in address
    except ValueError:
        return False


def nullable(inner: Check) -> Check:
    """Let null pass, else check."""

    def check(value: Any, path: Path, faults: FormFaults) -> None:
        if value is not None:
            inner(value, path, faults)

    return check


def each(inner: Check, *, low: int = 0, high: int | None = None) -> Check:
    """Check a list of `low` to `high` items, and each item."""

    def check(value: Any, path: Path, faults: FormFaults) -> None:
        if not isinstance(value, list):
            faults.add(path, "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
            return
        items = cast("list[Any]", value)
        if len(items) < low or (high is not None and len(items) > high):
            message = f"Must be between {low} and {high} in length." if low else f"Must be {high} or fewer in length."
            faults.add(path, "BASE_TYPE_BAD_LENGTH" if low else "BASE_TYPE_MAX_LENGTH", message)
        for index, item in enumerate(items):
            inner(item, (*path, index), faults)

    return check


def record(required: Mapping[str, Check] | None = None, /, **optional: Check) -> Check:
    """Check an object: every required field there, every field known."""
    needed = dict(required or {})
    known = {**optional, **needed}

    def check(value: Any, path: Path, faults: FormFaults) -> None:
        if not isinstance(value, dict):
            faults.add(path, "MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType")
            return
        fields = cast("Json", value)
        for name, inner in needed.items():
            if name not in fields or (fields[name] is None and _refuses_null(inner)):
                faults.add((*path, name), *REQUIRED)
        for name, field in fields.items():
            if name not in known:
                faults.add((*path, name), UNKNOWN_FIELD, "This field is not known here.")
            elif not (name in needed and field is None):
                known[name](field, (*path, name), faults)

    return check


def _refuses_null(inner: Check) -> bool:
    faults = FormFaults()
    inner(None, (), faults)
    return bool(faults)


def mapping(inner: Check, *, keys: Sequence[str]) -> Check:
    """Check an object whose keys come from a list and whose values are all alike."""

    def check(value: Any, path: Path, faults: FormFaults) -> None:
        if not isinstance(value, dict):
            faults.add(path, "DICT_TYPE_CONVERT", "Only dictionaries may be used in a DictType")
            return
        for name, item in cast("Json", value).items():
            if name not in keys:
                faults.add((*path, name), "ENUM_TYPE_COERCE", f'Value "{name}" is not a valid enum value.')
            else:
                inner(item, (*path, name), faults)

    return check


def by_type(kinds: Mapping[int, Check]) -> Check:
    """Check an object by the schema its `type` names."""
    listed = ", ".join(str(kind) for kind in kinds)

    def check(value: Any, path: Path, faults: FormFaults) -> None:
        if not isinstance(value, dict):
            faults.add(path, "MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType")
            return
        kind = cast("Json", value).get("type")
        if kind is None:
            faults.add((*path, "type"), *REQUIRED)
        elif isinstance(kind, bool) or not isinstance(kind, int) or kind not in kinds:
            message = f'Value of field "type" must be one of ({listed}).'
            faults.add((*path, "type"), "UNION_TYPE_CHOICES", message)
        else:
            kinds[kind](cast("Json", value), path, faults)

    return check


def also(first: Check, *further: Callable[[Json, Path, FormFaults], None]) -> Check:
    """Check with `first`, then, where that found nothing, with rules across fields."""

    def check(value: Any, path: Path, faults: FormFaults) -> None:
        n_before = len(faults)
        first(value, path, faults)
        if len(faults) == n_before:
            for rule in further:
                rule(value, path, faults)

    return check
