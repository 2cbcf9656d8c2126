"""A prepared picture becomes a direct URL with an expiry: `evolink`, `self` (our own server) or `s3`, one protocol.

Knows files and hosts, nothing of people, jobs or Discord.
"""

from bot.hosting.choosing import make_hosts
from bot.hosting.inspection import Inspector
from bot.hosting.model import Asset, Host, Hosted, Room
from bot.hosting.own import HostedFolder
from bot.hosting.service import Hosting
from bot.hosting.tidying import Tidying

__all__ = ["Asset", "Host", "Hosted", "HostedFolder", "Hosting", "Inspector", "Room", "Tidying", "make_hosts"]
