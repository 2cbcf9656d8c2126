"""Which addresses may be connected to, in every notation they can be written in."""

import socket

import pytest

from bot.net import AddressGuard, ForbiddenAddress, is_loopback_url, is_public_host
from bot.net.addresses import AddrInfo, find_literal, is_host

PUBLIC = ["8.8.8.8", "1.1.1.1", "172.32.0.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
LOOPBACK = ["127.0.0.1", "127.8.9.10", "::1", "::ffff:127.0.0.1"]
INTERNAL = [
    "0.0.0.0",
    "10.0.0.1",
    "100.64.0.1",
    "100.127.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.8",
    "192.0.0.200",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::10.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::a00:1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::808:808",
    "100::1",
    "2001:0:1::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:a00:1::",
    "3fff::1",
    "fc00::1",
    "fd12::1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
]


def addr_info(address: str) -> AddrInfo:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return (family, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, 80))


@pytest.mark.parametrize("allow_loopback", [True, False])
@pytest.mark.parametrize("address", PUBLIC)
def test_a_socket_is_opened_for_a_public_address(address: str, allow_loopback: bool) -> None:
    """Also one that an IPv6 network wraps for IPv4."""
    AddressGuard(allow_loopback=allow_loopback).open_socket(addr_info(address)).close()


@pytest.mark.parametrize("allow_loopback", [True, False])
@pytest.mark.parametrize("address", INTERNAL)
def test_no_socket_is_opened_for_an_internal_address(address: str, allow_loopback: bool) -> None:
    """Private, shared, link-local, multicast, reserved, unspecified, and all of them in disguise."""
    with pytest.raises(ForbiddenAddress):
        AddressGuard(allow_loopback=allow_loopback).open_socket(addr_info(address))


@pytest.mark.parametrize("address", LOOPBACK)
def test_loopback_is_open_exactly_where_it_is_allowed(address: str) -> None:
    """Nothing else opens with it (DESIGN 5.7)."""
    AddressGuard(allow_loopback=True).open_socket(addr_info(address)).close()
    with pytest.raises(ForbiddenAddress):
        AddressGuard(allow_loopback=False).open_socket(addr_info(address))


def test_no_socket_is_opened_for_what_is_no_address() -> None:
    """A path of a local socket, say."""
    with pytest.raises(ForbiddenAddress):
        AddressGuard(allow_loopback=True).open_socket(
            (socket.AF_UNIX, socket.SOCK_STREAM, 0, "", ("/run/some.socket", 0))
        )


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("2130706433", "127.0.0.1"),
        ("0x7f000001", "127.0.0.1"),
        ("0x7f.0.0.1", "127.0.0.1"),
        ("0177.0.0.1", "127.0.0.1"),
        ("127.1", "127.0.0.1"),
        ("[::1]", "::1"),
        ("fe80::1%eth0", "fe80::1"),
    ],
)
def test_an_address_is_known_in_every_notation(written: str, address: str) -> None:
    """Decimal, octal, hexadecimal, short, bracketed, with a zone."""
    assert str(find_literal(written)) == address


@pytest.mark.parametrize("written", ["", "example.org", "localhost", "1.2.3.4.5", "0x", "a\0b", "ä"])
def test_a_name_is_no_address(written: str) -> None:
    """It is for the resolver."""
    assert find_literal(written) is None


@pytest.mark.parametrize(
    ("host", "public"),
    [
        ("bot.example.org", True),
        ("8.8.8.8", True),
        ("10.0.0.1", False),
        ("2130706433", False),
        ("localhost", False),
        ("redis", False),
        ("a.LOCAL", False),
        ("a.internal.", False),
        ("router.home.arpa", False),
        ("", False),
    ],
)
def test_a_host_that_could_be_public_is_told_by_its_form(host: str, public: bool) -> None:
    """Nothing is resolved here; the guard does that at the connection."""
    assert is_public_host(host) is public


@pytest.mark.parametrize(
    ("url", "loopback"),
    [
        ("http://127.0.0.1", True),
        ("http://127.9.8.7:8080/x", True),
        ("https://localhost:1/", True),
        ("HTTP://LOCALHOST", True),
        ("ws://[::1]:9/", True),
        ("wss://localhost", True),
        ("http://localhost.example.org", False),
        ("http://127.0.0.1.example.org", False),
        ("http://example.org/127.0.0.1", False),
        ("http://127.0.0.1@example.org/", False),
        ("http://example.org#@127.0.0.1", False),
        ("http://128.0.0.1", False),
        ("http://0.0.0.0", False),
        ("ftp://127.0.0.1", False),
        ("127.0.0.1", False),
        ("http://[::1", False),
        ("", False),
    ],
)
def test_a_url_points_to_this_machine_only_if_it_plainly_says_so(url: str, loopback: bool) -> None:
    """Settings allow plain http there and nowhere else."""
    assert is_loopback_url(url) is loopback


@pytest.mark.parametrize(
    ("host", "can_be"),
    [
        *((host, True) for host in ("a", "a.b", "A-1.example.", "x_y.b", "xn--mnchen-3ya.de", "127.0.0.1", "::1")),
        *((host, True) for host in ("a" * 63 + ".b", "2001:db8::1")),
        *(
            (host, False)
            for host in ("", ".", "a..b", ".a", "a" * 64, "a." * 127 + "com", "a b", "a\0", "a\n", "\u0130")
        ),
        *((host, False) for host in ("fe80::1%eth0", "::g", "a%2e", "a:b")),
    ],
)
def test_a_host_that_no_resolver_takes_is_none(host: str, can_be: bool) -> None:
    """It is said at once, instead of being asked for again and again."""
    assert is_host(host) is can_be
