"""What an operator reads where a connection does not stand: words of ours, never a library's."""

import errno
import os
import socket
import ssl
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import aiohttp
import discord
import pytest
from aiohttp.client_reqrep import ConnectionKey

from bot import connection
from bot.connection import identifies, pauses
from bot.errors import CannotConnect, CannotListen
from bot.web import listening

KEY = ConnectionKey("discord.example", 443, True, True, None, None, None)
REFUSED = OSError(errno.ECONNREFUSED, "Connect call failed ('192.0.2.1', 443)")


NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def answer(status: int, **headers: str) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return SimpleNamespace(status=status, reason="Teapot", headers=named)


def closed(code: int) -> discord.ConnectionClosed:
    return discord.ConnectionClosed(answer(0), shard_id=0, code=code)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            aiohttp.ClientConnectorDNSError(KEY, REFUSED),
            "cannot be reached: the name discord.example is not known; look",
        ),
        (aiohttp.ClientConnectorError(KEY, REFUSED), "cannot be reached: nobody answers at discord.example, port 443;"),
        (
            aiohttp.ClientConnectorCertificateError(KEY, ssl.SSLCertVerificationError("self-signed")),
            "cannot be reached: discord.example cannot be trusted: its certificate",
        ),
        (
            aiohttp.WSServerHandshakeError(None, (), status=502),  # pyright: ignore[reportArgumentType]
            "cannot be reached: it answers HTTP 502 where a connection was to begin",
        ),
        (discord.GatewayNotFound(), "cannot be reached: it names no gateway"),
        (TimeoutError(), "cannot be reached: no answer came in time"),
        (aiohttp.ServerDisconnectedError(), "cannot be reached: the connection broke off"),
        (ConnectionResetError(), "cannot be reached: the connection broke off"),
        (discord.LoginFailure("Improper token"), "does not accept DISCORD_TOKEN"),
        (
            discord.HTTPException(answer(500), {"code": 0, "message": "Odd\n\x1b[31mthing"}),
            "Discord answers HTTP 500 (code 0): Odd [31mthing",
        ),
        (discord.HTTPException(answer(503), ""), "Discord answers HTTP 503 (code 0)"),
        (discord.HTTPException(answer(401), {"code": 0, "message": "401: Unauthorized"}), "not accept DISCORD_TOKEN"),
        (closed(4004), "not accept DISCORD_TOKEN"),
        (closed(4011), "more shards than it has"),
        (closed(4012), "closed the connection for good (code 4012)"),
        (closed(4014), "MESSAGE_CONTENT_INTENT=auto"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_what_keeps_discord_away_is_one_line(error: Exception, words: str) -> None:
    """The reason in words, and where to look; nothing that a terminal would obey."""
    with pytest.raises(CannotConnect) as caught, connection.explained():
        raise error
    said = str(caught.value)
    assert words in said
    assert "ConnectionKey" not in said
    assert "Error" not in said
    assert said.isprintable()


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.EADDRINUSE, "x"), "WEB_PORT 80 at WEB_HOST bot.example is taken by another program"),
        (OSError(errno.EACCES, "x"), "WEB_PORT 80 at WEB_HOST bot.example may not be used by this user"),
        (OSError(errno.EADDRNOTAVAIL, "x"), "WEB_HOST is bot.example, which is no address of this machine"),
        (socket.gaierror(socket.EAI_NONAME, "x"), "WEB_HOST is no address of this machine; 127.0.0.1"),
        (UnicodeError("label too long"), "WEB_HOST is no address of this machine; 127.0.0.1"),
        (OSError(errno.EMFILE, os.strerror(errno.EMFILE)), "cannot listen at WEB_HOST and WEB_PORT ("),
    ],
)
def test_what_keeps_the_web_server_from_listening_names_the_variable(error: Exception, words: str) -> None:
    """With what to change."""
    with pytest.raises(CannotListen) as caught, listening.explained(host="bot.example", port=80):
        raise error
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("failures", "shortest_s", "longest_s"),
    [(0, 0, 0), (1, 0.5, 1), (2, 1, 2), (5, 8, 16), (7, 32, 64), (8, 60, 120), (9, 60, 120), (10_000, 60, 120)],
)
def test_pauses_grow_to_two_minutes_and_are_spread(failures: int, shortest_s: float, longest_s: float) -> None:
    """Drawn between their half and their whole."""
    assert pauses.pause_s(failures, jitter=0.0) == shortest_s
    assert pauses.pause_s(failures, jitter=1.0) == longest_s


@pytest.mark.parametrize(
    ("asked", "pause_s"),
    [("30", 30), ("0.5", 0.5), ("86400", 3600), ("-1", 0), ("nan", 0), ("inf", 3600), ("soon", 0), ("", 0)],
)
def test_discord_is_left_alone_as_long_as_it_asks_but_an_hour_at_most(asked: str, pause_s: float) -> None:
    """What makes no sense asks nothing."""
    assert pauses.asked_pause_s(discord.HTTPException(answer(429, Retry_After=asked), "")) == pause_s


@pytest.mark.parametrize(
    ("error", "passes"),
    [
        *((discord.HTTPException(answer(status), ""), True) for status in (408, 429, 403, 500, 503, 524)),
        *((discord.HTTPException(answer(status), {"code": 0}), False) for status in (400, 401, 404)),
        (discord.HTTPException(answer(403), {"code": 50001, "message": "Missing Access"}), False),
        *((closed(code), False) for code in (4004, 4010, 4011, 4012, 4013, 4014)),
        *((closed(code), True) for code in (1000, 1006, 4000, 4007, 4009)),
        (discord.LoginFailure(), False),
        (discord.GatewayNotFound(), True),
        (aiohttp.ClientConnectorDNSError(KEY, REFUSED), True),
        (TimeoutError(), True),
    ],
    ids=lambda value: getattr(value, "status", getattr(value, "code", "")) or type(value).__name__,
)
def test_only_what_discord_says_for_good_is_not_tried_again(error: Exception, passes: bool) -> None:
    """A page of the edge is no word of Discord's."""
    assert pauses.passes(error) is passes


@pytest.mark.parametrize(
    ("begun_s_ago", "wait_s"),
    [
        ([], 0),
        (range(99), 0),
        (range(100), 3600 - 99),
        (range(3501, 3650), 0),
        (range(3000, 3200), 3600 - 3099),
        ([100 * each for each in range(700)], 86_400 - 69_900),
        ([-each for each in range(1, 500)], 0),
    ],
    ids=[
        "none",
        "one left",
        "none left",
        "most are over an hour ago",
        "the hundredth counts",
        "the day",
        "of a clock set back",
    ],
)
def test_a_session_waits_for_its_place_among_those_of_the_hour_and_of_the_day(
    begun_s_ago: Iterable[int], wait_s: float
) -> None:
    """100 an hour, 700 a day."""
    begun = sorted(NOW - timedelta(seconds=each) for each in begun_s_ago)
    assert identifies.wait_s(begun, now=NOW) == wait_s
