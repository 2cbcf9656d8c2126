"""Fetching what a request points to: `image_urls` of a task, `file_url` of an upload. Trusts nothing."""

import hashlib
from pathlib import PurePosixPath
from urllib.parse import urlsplit

import aiohttp

from bot.sandbox.evolink import drawing
from bot.sandbox.evolink.records import Source
from bot.sandbox.evolink.state import State, within

SOURCE_MAX_BYTES = 20_000_000
SOURCE_EXTENSIONS = (".jpeg", ".jpg", ".png", ".webp")
_FETCH_TIMEOUT_S = 30.0
_MAX_REDIRECTS = 5


class FetchError(Exception):
    """The address did not give what it should; the text says why, for a person."""


async def fetch(state: State, url: str, *, max_bytes: int) -> bytes:
    """Get the body at `url`; FetchError where that is not 200, too large, too slow or unreachable."""
    try:
        return await within(state.clock, _FETCH_TIMEOUT_S, _get(state.session, url, max_bytes=max_bytes))
    except TimeoutError as error:
        raise FetchError("the download took too long") from error
    except (aiohttp.ClientError, ValueError) as error:
        raise FetchError("the address could not be reached") from error


async def _get(session: aiohttp.ClientSession, url: str, *, max_bytes: int) -> bytes:
    async with session.get(url, max_redirects=_MAX_REDIRECTS) as response:
        if response.status != 200:
            raise FetchError(f"the address answered HTTP {response.status}")
        body = bytearray()
        async for chunk in response.content.iter_chunked(65_536):
            body += chunk
            if len(body) > max_bytes:
                raise FetchError(f"the file is larger than {max_bytes} bytes")
        return bytes(body)


async def fetch_source(state: State, url: str) -> tuple[Source, drawing.Thumbnail]:
    """Fetch one `image_urls` entry and decode it; FetchError where the model could not use it."""
    if PurePosixPath(urlsplit(url).path).suffix.lower() not in SOURCE_EXTENSIONS:
        raise FetchError(f"the URL must end in one of {', '.join(SOURCE_EXTENSIONS)}")
    data = await fetch(state, url, max_bytes=SOURCE_MAX_BYTES)
    try:
        thumbnail = await state.in_thread(drawing.read_source, data)
    except drawing.UnreadablePictureError as error:
        raise FetchError("the file is not a readable JPEG, PNG or WebP") from error
    digest = hashlib.sha256(data).hexdigest()
    source = Source(url=url, n_bytes=len(data), sha256=digest, width=thumbnail.width, height=thumbnail.height)
    return source, thumbnail
