"""The gateway: connections, sessions and what each is told (discord.md 9, 11; sandbox.md). No state of the world."""

import asyncio
import contextlib
from collections.abc import Callable, Collection
from typing import Any, cast

from aiohttp import WSMsgType, web

from bot.clock import Clock
from bot.sandbox.discord import frames, wire
from bot.sandbox.discord.bell import PATIENCE_S, Bell
from bot.sandbox.discord.connections import Connection, find_packer
from bot.sandbox.discord.events import KNOWN_INTENTS, Event, Intent
from bot.sandbox.discord.forms import FormFaults
from bot.sandbox.discord.ids import shard_of
from bot.sandbox.discord.refusals import Json
from bot.sandbox.discord.sessions import Session
from bot.sandbox.discord.world import World

HEARTBEAT, IDENTIFY, PRESENCE, VOICE, RESUME, RECONNECT, MEMBERS = 1, 2, 3, 4, 6, 7, 8
INVALID_SESSION, HELLO, HEARTBEAT_ACK = 9, 10, 11
HEARTBEAT_INTERVAL_MS = 41_250
MAX_SENDS, SENDS_WINDOW_S = 120, 60
_ORDERLY_CLOSES = (1000, 1001)


class Gateway:
    """All connections of the bot."""

    def __init__(self, clock: Clock, *, complain: Callable[[str, str], None]) -> None:
        self.world: World
        self.url = ""
        self.sessions: dict[str, Session] = {}
        self.knocks = 0
        """How often somebody wanted to connect."""
        self.identifies = 0
        self.begins_left = 1000
        """How many sessions may still be begun today."""
        self.turned_away: int | None = None
        """The HTTP status that whoever wants to connect is turned away with; None lets them in."""
        self.mute = False
        """Heartbeats are answered, IDENTIFY and RESUME are not."""
        self._clock = clock
        self._complain = complain
        self._connections: list[Connection] = []
        self._bell = Bell()

    @property
    def connected(self) -> list[Session]:
        """List the sessions that have a connection."""
        return [each for each in self.sessions.values() if each.connection is not None]

    async def wait_for_connections(self, count: int = 1, *, timeout: float = PATIENCE_S) -> None:
        """Wait until so many sessions are connected and know their guilds."""
        await self._bell.wait_until(
            lambda: len(self.connected) >= count, what=f"{count} gateway connections", timeout=timeout
        )

    async def wait_for_another(self, known: Collection[str], *, timeout: float = PATIENCE_S) -> None:
        """Wait until a session is connected whose id is none of these."""
        await self._bell.wait_until(
            lambda: any(each.id not in known for each in self.connected), what="another connection", timeout=timeout
        )

    def publish(self, event: Event) -> None:
        """Tell every session that may hear of an event."""
        for session in self.sessions.values():
            payload = event.seen_with(session.intents) if session.hears(event) else None
            if payload is not None:
                session.dispatch(event.name, payload)

    # Faults ------------------------------------------------------------------------------------------------------

    def ask_to_reconnect(self) -> None:
        """Op 7: every client shall connect anew and resume."""
        for connection in self._connections:
            connection.send(RECONNECT)

    def invalidate(self, *, resumable: bool = False) -> None:
        """Op 9 to every client."""
        for session in list(self.sessions.values()):
            if session.connection is not None:
                session.connection.send(INVALID_SESSION, resumable)
            if not resumable:
                del self.sessions[session.id]

    def close_all(self, code: int = 4000, reason: str = "Unknown error") -> None:
        """Close every connection with a code."""
        for connection in self._connections:
            connection.close(code, reason)

    def drop_all(self) -> None:
        """Cut every connection without a word."""
        for connection in self._connections:
            connection.cut()

    def mangle_all(self) -> None:
        """Send every client what cannot be read."""
        for connection in self._connections:
            connection.mangle()

    # One connection ----------------------------------------------------------------------------------------------

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Serve one web socket to its end."""
        self.knocks += 1
        if self.turned_away is not None:
            return web.Response(status=self.turned_away)
        socket = web.WebSocketResponse(max_msg_size=0, autoping=True)
        await socket.prepare(request)
        packer = find_packer(request.query.get("compress"))
        connection = Connection(socket, packer, request.transport)
        self._connections.append(connection)
        writer = asyncio.create_task(connection.write_all(), name="sandbox gateway writer")
        try:
            self._check_query(request)
            connection.send(HELLO, {"heartbeat_interval": HEARTBEAT_INTERVAL_MS, "_trace": []})
            await self._read_all(connection)
        except frames.Refused as refused:
            self._complain("gateway", f"{refused.code} {refused.reason}")
            connection.close(refused.code, refused.reason)
            await writer
        finally:
            self._connections.remove(connection)
            self._detach(connection, orderly=not connection.closed_by_us and socket.close_code in _ORDERLY_CLOSES)
            writer.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await writer
        return socket

    def _check_query(self, request: web.Request) -> None:
        if request.query.get("v") != "10":
            raise frames.Refused(4012, "Invalid API version")
        if request.query.get("encoding", "json") != "json":
            raise frames.Refused(4002, "This sandbox speaks JSON only.")

    def _detach(self, connection: Connection, *, orderly: bool) -> None:
        for session in list(self.sessions.values()):
            if session.connection is connection:
                session.connection = None
                if orderly:
                    del self.sessions[session.id]
        self._bell.ring()

    async def _read_all(self, connection: Connection) -> None:
        window_start, sends = self._clock.monotonic(), 0
        async for frame in connection.socket:
            if self._clock.monotonic() - window_start >= SENDS_WINDOW_S:
                window_start, sends = self._clock.monotonic(), 0
            sends += 1
            if sends > MAX_SENDS:
                raise frames.Refused(4008, "Rate limited.")
            if frame.type in (WSMsgType.TEXT, WSMsgType.BINARY):
                self._take(connection, frames.parsed(frame.data))

    def _take(self, connection: Connection, payload: Json) -> None:
        op, data = payload.get("op"), payload.get("d")
        session = next((each for each in self.sessions.values() if each.connection is connection), None)
        if op == HEARTBEAT:
            connection.send(HEARTBEAT_ACK)
        elif self.mute:
            return
        elif op == IDENTIFY:
            if session is not None:
                raise frames.Refused(4005, "Already authenticated.")
            self._identify(connection, data)
        elif op == RESUME:
            if session is not None:
                raise frames.Refused(4005, "Already authenticated.")
            self._resume(connection, data)
        elif op not in (PRESENCE, VOICE, MEMBERS):
            raise frames.Refused(4001, "Unknown opcode.")
        elif session is None:
            raise frames.Refused(4003, "Not authenticated.")
        elif op == MEMBERS:
            self._send_members(session, data)

    def _identify(self, connection: Connection, data: Any) -> None:
        faults = FormFaults()
        frames.IDENTIFY(data, (), faults)
        if faults and faults.only_unknown_fields:
            self._complain("gateway", f"identify: {faults.tree}")
        elif faults:
            raise frames.Refused(4002, f"Error while decoding payload: {faults.tree}"[:120])
        fields = cast("Json", data)
        self._check_token(fields)
        intents = cast("int", fields["intents"])
        if intents & ~KNOWN_INTENTS:
            raise frames.Refused(4013, "Invalid intent(s).")
        if intents & ~self.world.application.granted_intents:
            raise frames.Refused(4014, "Disallowed intent(s).")
        session = Session(
            id=f"{self.world.mint.next_id():032x}", intents=intents, shard=frames.shard(fields), connection=connection
        )
        self.identifies += 1
        self.begins_left -= 1
        self._greet(session)
        self.sessions[session.id] = session
        self._bell.ring()

    def _check_token(self, fields: Json) -> None:
        if str(fields.get("token", "")).removeprefix("Bot ") != self.world.application.token:
            raise frames.Refused(4004, "Authentication failed.")

    def _greet(self, session: Session) -> None:
        number, of = session.shard
        guilds = [each for each in self.world.bot_guilds if shard_of(each.id, of) == number]
        app = self.world.application
        session.dispatch(
            "READY",
            {
                "v": 10,
                "user_settings": {},
                "user": wire.own_user(self.world.bot),
                "session_type": "normal",
                "session_id": session.id,
                "resume_gateway_url": self.url,
                "relationships": [],
                "private_channels": [],
                "presences": [],
                "guilds": [{"id": str(each.id), "unavailable": True} for each in guilds],
                "guild_join_requests": [],
                "geo_ordered_rtc_regions": [],
                "game_relationships": [],
                "auth": {},
                "shard": [number, of],
                "application": {"id": str(app.id), "flags": app.flags},
                "_trace": [],
            },
        )
        if not session.intents & Intent.GUILDS:
            return
        every = bool(session.intents & Intent.GUILD_PRESENCES)
        for guild in guilds:
            if guild.available:
                whole = wire.guild_create(guild, bot=self.world.bot, all_members=every, joined=False)
                session.dispatch("GUILD_CREATE", whole)
            else:
                session.dispatch("GUILD_DELETE", {"id": str(guild.id), "unavailable": True})

    def _resume(self, connection: Connection, data: Any) -> None:
        fields = cast("Json", data) if isinstance(data, dict) else {}
        self._check_token(fields)
        session = self.sessions.get(str(fields.get("session_id")))
        if session is None:
            connection.send(INVALID_SESSION, False)
            return
        seen = fields.get("seq")
        if not isinstance(seen, int) or seen > session.seq:
            raise frames.Refused(4007, "Invalid seq.")
        if not session.can_replay(after=seen):
            connection.send(INVALID_SESSION, False)
            return
        session.connection = connection
        session.replay(after=seen)
        session.dispatch("RESUMED", {"_trace": []})
        self._bell.ring()

    def _send_members(self, session: Session, data: Any) -> None:
        fields = cast("Json", data) if isinstance(data, dict) else {}
        guild = self.world.guilds.get(int(fields.get("guild_id") or 0))
        if guild is None or not guild.has_bot:
            return
        if not fields.get("user_ids") and not fields.get("query") and not session.intents & Intent.GUILD_MEMBERS:
            raise frames.Refused(4014, "Disallowed intent(s).")
        session.dispatch("GUILD_MEMBERS_CHUNK", frames.members_chunk(guild, fields))
