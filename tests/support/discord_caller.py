"""Raw calls to the Discord stand-in: a REST caller and a web socket that speaks gateway. No client library here."""

import io
import json
import zlib
from typing import Any, Self

import aiohttp

from bot.sandbox.discord import DiscordSandbox, Exchange

FILE_TYPE = "application/octet-stream"
IMAGINE: dict[str, Any] = {
    "name": "imagine",
    "description": "Draw a picture",
    "type": 1,
    "options": [{"type": 3, "name": "prompt", "description": "What to draw", "required": True}],
}


class DiscordCaller:
    """Calls REST routes as a bot does that was written by hand."""

    def __init__(self, sandbox: DiscordSandbox) -> None:
        self._sandbox = sandbox

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def call(
        self, method: str, path: str, body: Any = None, *, files: dict[str, bytes] | None = None, **more: Any
    ) -> tuple[int, Any]:
        """Return status and JSON of one call; `files` are sent as files[0], files[1] and so on."""
        status, answer, _ = await self.call_with_headers(method, path, body, files=files, **more)
        return status, answer

    async def call_with_headers(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        files: dict[str, bytes] | None = None,
        token: str | None = None,
        data: Any = None,
        headers: dict[str, str] | None = None,
    ) -> tuple[int, Any, dict[str, str]]:
        """Return status, JSON and headers of one call."""
        sent = {"Authorization": f"Bot {token or self._sandbox.token}", **(headers or {})}
        url = path if path.startswith("http") else self._sandbox.api_base + path
        if files is not None:
            data = aiohttp.FormData()
            data.add_field("payload_json", json.dumps(body or {}))
            for index, (name, content) in enumerate(files.items()):
                data.add_field(
                    f"files[{index}]", io.BytesIO(content), filename=name, content_type="application/octet-stream"
                )
            body = None
        async with self._session.request(method, url, json=body, data=data, headers=sent) as response:
            raw = await response.read()
            is_json = response.headers.get("Content-Type") == "application/json"
            return response.status, json.loads(raw) if is_json else raw, dict(response.headers)

    async def register(self, *commands: dict[str, Any]) -> None:
        """Register global commands; without any, an /imagine with a prompt."""
        path = f"/applications/{self._sandbox.application.id}/commands"
        status, answer = await self.call("PUT", path, list(commands) or [IMAGINE])
        assert status == 200, answer

    async def answer(self, exchange: Exchange, kind: int, data: Any = None, **more: Any) -> tuple[int, Any]:
        """Answer an interaction."""
        body = {"type": kind} if data is None else {"type": kind, "data": data}
        path = f"/interactions/{exchange.id}/{exchange.token}/callback?with_response=1"
        return await self.call("POST", path, body, **more)

    def hook(self, exchange: Exchange, message: object = "") -> str:
        """Return the path that an interaction's token opens."""
        base = f"/webhooks/{self._sandbox.application.id}/{exchange.token}"
        return f"{base}/messages/{message}" if message else base


class GatewayCaller:
    """One gateway connection, by hand."""

    def __init__(self, sandbox: DiscordSandbox, *, query: str = "v=10&encoding=json") -> None:
        self._sandbox = sandbox
        self._query = query
        self._inflate = zlib.decompressobj() if "zlib-stream" in query else None
        self.received: list[dict[str, Any]] = []
        self.close_code: int | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession()
        self._socket = await self._session.ws_connect(f"{self._sandbox.gateway_url}?{self._query}")
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._socket.close()
        await self._session.close()

    async def send(self, op: int, data: Any = None) -> None:
        """Send one payload."""
        await self._socket.send_str(json.dumps({"op": op, "d": data}))

    async def send_raw(self, text: str) -> None:
        """Send whatever."""
        await self._socket.send_str(text)

    async def identify(self, *, intents: int = 1 | 1 << 9 | 1 << 12, **more: Any) -> dict[str, Any]:
        """Identify and return READY."""
        await self.send(2, {"token": self._sandbox.token, "properties": {}, "intents": intents, **more})
        return await self.until("READY")

    async def next(self) -> dict[str, Any] | None:
        """Return the next payload; None once the server has closed, its code in `close_code`."""
        frame = await self._socket.receive(timeout=5)
        if frame.type not in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY):
            self.close_code = self._socket.close_code
            return None
        packed = frame.data
        payload = json.loads(self._inflate.decompress(packed) if self._inflate else packed)
        self.received.append(payload)
        return payload

    async def until(self, wanted: str | int) -> Any:
        """Return the data of the next event of that name, or of the next payload with that op."""
        while (payload := await self.next()) is not None:
            if wanted in (payload["t"], payload["op"]):
                return payload["d"]
        raise AssertionError(f"closed with {self.close_code} before {wanted}")

    async def until_closed(self) -> int | None:
        """Return the code the server closes with."""
        while await self.next() is not None:
            pass
        return self.close_code
