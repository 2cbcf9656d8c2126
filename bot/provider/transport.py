"""One HTTP call to one of the provider's two hosts: the key, the time limit, the size limit, and what an answer means.

The only place that holds the key. It goes into the Authorization header of requests to `base` and nowhere else:
redirects are not followed, and whatever comes back is scrubbed of it before anybody reads it.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar, cast

import aiohttp
from pydantic import SecretStr

from bot.clock import Clock
from bot.net import deadline, user_agent
from bot.provider import envelope, retry
from bot.provider.errors import BadAnswer, Unreachable

READ_TIMEOUT_S = 15.0
CONNECT_TIMEOUT_S = 10.0
ANSWER_MAX_BYTES = 256 * 1024
"""The longest answer there should be, a page of a hundred files, has a fifth of it."""
PARSED_HERE_MAX_BYTES = 64 * 1024
"""What is longer is taken apart in a thread: it may hold tens of thousands of values."""

_NEVER_SENT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL)
T = TypeVar("T")


class Transport:
    """Speaks to one base address with one key."""

    def __init__(
        self,
        *,
        session: aiohttp.ClientSession,
        base: str,
        api_key: SecretStr,
        clock: Clock,
        jitter: Callable[[], float],
        connect_timeout_s: float = CONNECT_TIMEOUT_S,
    ) -> None:
        self._session = session
        self._base = base.rstrip("/")
        self._key = api_key.get_secret_value().strip()  # a pasted key brings white space along, which gives 401
        self._clock = clock
        self._jitter = jitter
        self._http_timeout = aiohttp.ClientTimeout(total=None, connect=connect_timeout_s)

    async def repeat(
        self, attempt: Callable[[], Awaitable[T]], *, when: Callable[[BaseException], bool] = retry.may_pass
    ) -> T:
        """Run `attempt` in the retry loop."""
        return await retry.repeat(attempt, when=when, clock=self._clock, jitter=self._jitter)

    async def read(self, path: str, *, params: Mapping[str, str] | None = None, method: str = "GET") -> object:
        """Call something that can be repeated without harm, and return its JSON."""
        return await self.repeat(lambda: self.once(method, path, params=params))

    async def once(
        self,
        method: str,
        path: str,
        *,
        timeout_s: float = READ_TIMEOUT_S,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        body: object = None,
        data: Any = None,
    ) -> object:
        """Make one call and return the JSON of a 2xx answer; a ProviderError otherwise.

        `body` is sent as JSON, `data` as aiohttp takes it. `success: false` at HTTP 200 is a refusal, not an answer.
        """
        try:
            async with (
                deadline(self._clock, timeout_s),
                self._session.request(
                    method,
                    self._base + path,
                    headers=self._headers(headers),
                    params=params,
                    json=body,
                    data=data,
                    allow_redirects=False,
                    timeout=self._http_timeout,
                ) as response,
            ):
                return await self._judge(response, await self._read_body(response))
        except _NEVER_SENT as fault:
            raise Unreachable(self._name(fault), maybe_sent=False) from fault
        except (aiohttp.ClientError, OSError) as fault:
            raise Unreachable(self._name(fault), maybe_sent=True) from fault

    def _name(self, fault: Exception) -> str:
        return str(_scrub(str(fault), self._key)) or type(fault).__name__

    def _headers(self, extra: Mapping[str, str] | None) -> dict[str, str]:
        return {
            "Authorization": f"Bearer {self._key}",
            "User-Agent": user_agent(),
            "Accept": "application/json",
            **(extra or {}),
        }

    async def _read_body(self, response: aiohttp.ClientResponse) -> bytes:
        """Read the body up to the size limit; of a refusal, what can be had of it: its status says enough."""
        accepted = response.status < 300
        body = bytearray()
        try:
            while len(body) <= ANSWER_MAX_BYTES and (piece := await response.content.readany()):
                body += piece
        except aiohttp.ClientError:
            if accepted:
                raise
        if accepted and len(body) > ANSWER_MAX_BYTES:
            raise BadAnswer("the answer is too long", http_status=response.status)
        return bytes(body)

    async def _judge(self, response: aiohttp.ClientResponse, body: bytes) -> object:
        now = self._clock.now()
        headers = {name.lower(): str(_scrub(value, self._key)) for name, value in response.headers.items()}
        at_once = len(body) <= PARSED_HERE_MAX_BYTES
        payload, is_json = self._parse(body) if at_once else await asyncio.to_thread(self._parse, body)
        if not 200 <= response.status < 300:
            raise envelope.read_error(response.status, payload, headers, now=now)
        if not is_json:
            raise BadAnswer("the answer is not JSON", http_status=response.status)
        if envelope.mapping_of(payload).get("success") is False:
            raise envelope.read_refusal_at_200(payload, headers, now=now)
        return payload

    def _parse(self, body: bytes) -> tuple[object, bool]:
        try:
            return _scrub(json.loads(body), self._key), True
        except (ValueError, RecursionError):
            return None, False


def _scrub(value: object, key: str) -> object:
    """Take the key out of everything the other side sent back to us."""
    if isinstance(value, str):
        return value.replace(key, "[key]") if key else value
    if isinstance(value, list):
        return [_scrub(item, key) for item in cast("list[object]", value)]
    if isinstance(value, dict):
        return {name: _scrub(item, key) for name, item in cast("dict[str, object]", value).items()}
    return value
