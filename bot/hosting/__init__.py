"""A prepared picture becomes a direct URL with an expiry: `evolink`, `self` (our own server) or `s3`, one protocol.

Knows files and hosts, nothing of people, jobs or Discord.
"""

from bot.hosting.model import Asset, Host, Hosted, Room
from bot.hosting.service import Hosting

__all__ = ["Asset", "Host", "Hosted", "Hosting", "Room"]
