"""What an operator reads where a connection does not stand: words of ours, never a library's."""

import errno
import os
import socket
import ssl
from types import SimpleNamespace
from typing import Any

import aiohttp
import discord
import pytest
from aiohttp.client_reqrep import ConnectionKey

from bot import connection
from bot.errors import CannotConnect, CannotListen
from bot.web import listening

KEY = ConnectionKey("discord.example", 443, True, True, None, None, None)
REFUSED = OSError(errno.ECONNREFUSED, "Connect call failed ('192.0.2.1', 443)")


def answer(status: int) -> Any:
    return SimpleNamespace(status=status, reason="Teapot")


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
        (discord.PrivilegedIntentsRequired(None), "MESSAGE_CONTENT_INTENT=auto"),
        (
            discord.HTTPException(answer(500), {"code": 0, "message": "Odd\n\x1b[31mthing"}),
            "Discord answers HTTP 500 (code 0): Odd [31mthing",
        ),
        (discord.HTTPException(answer(503), ""), "Discord answers HTTP 503 (code 0)"),
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
