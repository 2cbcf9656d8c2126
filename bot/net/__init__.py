"""The guarded network, for whoever fetches from an address that somebody else named.

`addresses` decides where a connection may go, `download` brings a capped and timed body to disk, `deadline` ends a wait
by our clock. A leaf: it knows nothing of the provider, Discord or jobs.
"""

from bot.net.addresses import AddressGuard, ForbiddenAddress, is_loopback_url, is_public_host
from bot.net.deadline import deadline
from bot.net.download import Downloaded, Downloader
from bot.net.session import make_session, user_agent

__all__ = [
    "AddressGuard",
    "Downloaded",
    "Downloader",
    "ForbiddenAddress",
    "deadline",
    "is_loopback_url",
    "is_public_host",
    "make_session",
    "user_agent",
]
