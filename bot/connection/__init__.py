"""The way to Discord: log in, stay connected, and say in one clear line what stands in the way.

The library's sockets, decoder and heartbeat are used as they are; when a connection is opened (again) is decided here.
No command, job or message is known here.
"""

from bot.connection.words import INTENT_REFUSED, LOGIN_REFUSED, explained, reason

__all__ = ["INTENT_REFUSED", "LOGIN_REFUSED", "explained", "reason"]
