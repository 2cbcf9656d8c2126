"""Which addresses a connection may go to: pure rules, and the hook that applies them at the moment of connecting."""

import errno
import ipaddress
import re
import socket
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
AddrInfo = tuple[int | socket.AddressFamily, int | socket.SocketKind, int, str, tuple[Any, ...]]

_IPV6_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_REFUSED_BESIDES = tuple(
    ipaddress.ip_network(network)
    for network in (
        "192.0.0.0/24",  # protocol assignments; older Pythons call only parts of it private
        "192.88.99.0/24",  # 6to4 relays
        "2001::/32",  # Teredo hides an IPv4 address
        "2002::/16",  # 6to4 hides an IPv4 address
        "3fff::/20",  # documentation, unknown to older Pythons
    )
)
_INTERNAL_SUFFIXES = (".localhost", ".local", ".internal", ".intranet", ".lan", ".home.arpa")
_NAME = re.compile(r"(?=.{1,254}\Z)([a-z0-9_-]{1,63}\.)*[a-z0-9_-]{1,63}\.?", re.IGNORECASE | re.ASCII)
_WEB_SCHEMES = ("http", "https", "ws", "wss")


class ForbiddenAddress(OSError):
    """A connection was about to go to an address that is not allowed.

    All of them read alike: aiohttp merges the failures of a name's addresses, and keeps the class only then.
    """

    def __init__(self) -> None:
        super().__init__(errno.EACCES, "address not allowed")


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressGuard:
    """Lets connections through to public addresses, and to loopback where that is allowed."""

    allow_loopback: bool

    def permits(self, address: IPAddress) -> bool:
        """Tell whether a connection may go to `address`."""
        return is_public(address) or (self.allow_loopback and _is_loopback(address))

    def open_socket(self, addr_info: AddrInfo) -> socket.socket:
        """Open the socket for one resolved address; ForbiddenAddress if it is not allowed.

        aiohttp calls this with the very address it then connects to, for literal addresses as well as for names, so a
        name cannot be looked at once and lead elsewhere afterwards.
        """
        family, kind, protocol, _, sockaddr = addr_info
        address = find_literal(str(sockaddr[0]))
        if address is None or not self.permits(address):
            raise ForbiddenAddress
        return socket.socket(family=family, type=kind, proto=protocol)


def is_public(address: IPAddress) -> bool:
    """Tell whether an address belongs to the public internet and to one host."""
    plain = _unwrap(address)
    if isinstance(plain, ipaddress.IPv6Address) and plain not in _IPV6_GLOBAL_UNICAST:
        return False
    if any(plain.version == network.version and plain in network for network in _REFUSED_BESIDES):
        return False
    return plain.is_global and not (plain.is_multicast or plain.is_reserved or plain.is_link_local)


def is_public_host(host: str) -> bool:
    """Tell whether a host, as written in a URL, could be public: names by their form only, nothing is resolved."""
    address = find_literal(host)
    if address is not None:
        return is_public(address)
    name = host.lower().rstrip(".")
    return "." in name and not name.endswith(_INTERNAL_SUFFIXES)


def is_host(host: str) -> bool:
    """Tell whether a host, in its ASCII form, is an address or a name that can be looked up at all.

    Of others the resolver says that it failed just now, or it raises what no network error is.
    """
    if _NAME.fullmatch(host):
        return True
    return ":" in host and "%" not in host and find_literal(host) is not None


def is_loopback_url(url: str) -> bool:
    """Tell whether a URL points to this machine: `localhost`, 127.0.0.0/8 or ::1, written plainly."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    if parts.scheme not in _WEB_SCHEMES:
        return False
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def find_literal(host: str) -> IPAddress | None:
    """Read an address in any notation a resolver takes: dotted, decimal, octal, hexadecimal, with brackets or zone."""
    bare = host.strip("[]").partition("%")[0]
    try:
        return ipaddress.ip_address(bare)
    except ValueError:
        pass
    try:
        return ipaddress.IPv4Address(socket.inet_aton(bare))
    except (OSError, ValueError):
        return None


def _is_loopback(address: IPAddress) -> bool:
    """Tell whether an address is this machine; one behind NAT64 is not, it leaves through the network."""
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback


def _unwrap(address: IPAddress) -> IPAddress:
    """Return the IPv4 address that an IPv6 one merely carries (mapped or NAT64), else the address itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return address
