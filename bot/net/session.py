"""The HTTP session for addresses that somebody else named. The session for the provider's own API is made in `app`."""

import functools
import importlib.metadata

import aiohttp
from aiohttp.abc import AbstractResolver

from bot.net.addresses import AddressGuard

CONNECT_TIMEOUT_S = 10.0


@functools.cache
def user_agent() -> str:
    """Return the name under which we call others; some content networks refuse a library's default (provider.md 1)."""
    return f"imagebot/{importlib.metadata.version('imagebot')}"


def make_session(
    *,
    allow_loopback: bool,
    connect_timeout_s: float = CONNECT_TIMEOUT_S,
    resolver: AbstractResolver | None = None,
) -> aiohttp.ClientSession:
    """Return a session that connects to allowed addresses only, keeps no cookies and uses no proxy.

    The proxy matters: through one, the address we check would be the proxy's. The session must be closed. Names are
    looked up by the system, or by `resolver`, whatever it answers: only where the connection goes is judged.
    """
    guard = AddressGuard(allow_loopback=allow_loopback)
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(socket_factory=guard.open_socket, resolver=resolver),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"User-Agent": user_agent()},
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=connect_timeout_s),
        trust_env=False,
    )
