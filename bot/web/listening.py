"""What keeps the web server from listening, in a line that names the variables to change."""

import asyncio
import errno
import socket
from collections.abc import Generator
from contextlib import contextmanager

from bot.errors import CannotListen


@contextmanager
def explained(*, host: str, port: int) -> Generator[None, None, None]:
    """Turn what the system says against an address into CannotListen."""
    try:
        yield
    except (OSError, UnicodeError) as error:
        raise CannotListen(_sentence(error, host=host, port=port)) from error


async def try_out(*, host: str, port: int) -> None:
    """Take the address for a moment, answering nobody; raises CannotListen."""
    with explained(host=host, port=port):
        server = await asyncio.get_running_loop().create_server(asyncio.Protocol, host, port, start_serving=False)
    server.close()
    await server.wait_closed()


def _sentence(error: OSError | UnicodeError, *, host: str, port: int) -> str:
    number = error.errno if isinstance(error, OSError) else None
    if number is None and "could not bind on any address" in str(error):
        number = errno.EADDRNOTAVAIL  # from Python 3.13 on asyncio says only this, of nothing else
    if isinstance(error, socket.gaierror | UnicodeError):
        return "WEB_HOST is no address of this machine; 127.0.0.1 is for this machine alone, 0.0.0.0 for all"
    if number == errno.EADDRNOTAVAIL:
        return f"WEB_HOST is {host}, which is no address of this machine"
    if number == errno.EADDRINUSE:
        return f"WEB_PORT {port} at WEB_HOST {host} is taken by another program; stop that one, or set another port"
    if number in {errno.EACCES, errno.EPERM}:
        return f"WEB_PORT {port} at WEB_HOST {host} may not be used by this user; set one above 1023"
    return f"the web server cannot listen at WEB_HOST and WEB_PORT ({error})"
