"""Taking out of a text what looks like a secret, wherever the text came from. Pure; `log` adds the secrets it knows."""

import re

_ADDRESS = re.compile(r"://[^\s\"'<>\\]+")  # not beyond a backslash: in JSON that escapes the quote after the address
_KEY = re.compile(r"\bsk-[\w-]{6,}")


def without_keys_and_queries(text: str) -> str:
    """Cut of every address the query, which may be its signature, and the user; and whatever looks like a key."""
    return _KEY.sub("sk-***", _ADDRESS.sub(_plain, text))


def _plain(address: re.Match[str]) -> str:
    place, mark, query = address.group().removeprefix("://").partition("?")
    authority, slash, path = place.partition("/")
    _, at, host = authority.rpartition("@")
    return f"://{'***@' if at else ''}{host}{slash}{path}{mark}{'***' if query else ''}"
