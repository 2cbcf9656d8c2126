"""Which hosts may be asked at all, where that is known beforehand."""

from urllib.parse import urlsplit

from bot.net.addresses import is_loopback_url

DISCORD_CONTENT = frozenset(
    {"cdn.discordapp.com", "media.discordapp.net", "images-ext-1.discordapp.net", "images-ext-2.discordapp.net"}
)
"""Attachments, and the proxies through which Discord shows the pictures of others."""


class AllowedHosts:
    """A list of hosts, by https; with `loopback` also this machine, by plain http too."""

    def __init__(self, hosts: frozenset[str], *, loopback: bool) -> None:
        self._hosts = hosts
        self._loopback = loopback

    def admit(self, url: str) -> bool:
        """Tell whether the URL leads to a host of the list."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError:
            return False
        if self._loopback and parts.scheme in {"http", "https"} and is_loopback_url(url):
            return True
        return parts.scheme == "https" and host in self._hosts and port in {None, 443}
