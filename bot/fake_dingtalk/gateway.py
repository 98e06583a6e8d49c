"""The Stream gateway: websockets by single-use ticket, frames pushed to one connection at random, ACKs collected, and its own ways to go wrong."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine
from dataclasses import dataclass, field

from aiohttp import WSMessage, WSMsgType, web

from bot.fake_dingtalk.door import LARGEST_BODY, abort
from bot.fake_dingtalk.frames import Ack, frame, read_ack
from bot.fake_dingtalk.model import Json
from bot.fake_dingtalk.state import State

_HALF_A_FRAME = b"\x81\x7e\x04\x00" + b'{"specVersion":"1.0","type":"CALLB'


@dataclass(slots=True, eq=False)
class Connection:
    """One open websocket. `waiting` are frames without ACK by messageId; `pongs` counts answered SYSTEM pings; times are epoch seconds."""

    id: str
    ws: web.WebSocketResponse
    transport: asyncio.Transport | None
    topics: frozenset[tuple[str, str]]
    opened: float
    draining: bool = False
    pongs: int = 0
    waiting: dict[str, asyncio.Future[Ack | None]] = field(default_factory=dict)

    def wants(self, kind: str, topic: str) -> bool:
        """Whether the bot subscribed to it here and the gateway may still push here."""
        return not self.draining and not self.ws.closed and (kind, topic) in self.topics


class Gateway:
    """All Stream connections. `silent` keeps TCP up but sends nothing, not even pongs; `lose_acks` drops the next ACKs and cuts their connections;
    `opened` counts connections since the start, `most` how many were ever open at once, `odd` keeps frames of the bot that were no ACK."""

    def __init__(self, state: State) -> None:
        self._state = state
        self.connections: list[Connection] = []
        self.silent = False
        self.lose_acks = 0
        self.opened = 0
        self.most = 0
        self.odd: list[str] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def connect(self, request: web.Request) -> web.StreamResponse:
        """GET /connect?ticket=…: the websocket itself."""
        ticket = self._state.tickets.pop(request.query.get("ticket", ""), None)
        if ticket is None or ticket.expires <= self._state.now():
            return web.json_response({"code": "invalidTicket", "message": "the ticket is unknown, used or expired"}, status=401)
        ws = web.WebSocketResponse(timeout=1.0, autoping=False, max_msg_size=LARGEST_BODY, compress=False)
        await ws.prepare(request)
        connection = Connection(self._state.ids.uuid(), ws, request.transport, ticket.topics, self._state.now())
        self.connections.append(connection)
        self.opened += 1
        self.most = max(self.most, len(self.connections))
        pinging = asyncio.create_task(self._ping(connection))
        self._state.bell.ring()
        try:
            async for message in ws:
                await self._hear(connection, message)
        finally:
            pinging.cancel()
            self._forget(connection)
        return ws

    async def push(self, kind: str, topic: str, data: Json, headers: Json, wait: float) -> tuple[str, Ack | None]:
        """Pushes to one open subscribed connection at random; the frame's new messageId (empty: nobody was there) and its ACK, None when none came."""
        connection = await self._choose(kind, topic)
        if connection is None:
            return "", None
        message_id = ("ev_" if kind == "EVENT" else "cb_") + self._state.ids.hex(16)
        answered: asyncio.Future[Ack | None] = asyncio.get_running_loop().create_future()
        connection.waiting[message_id] = answered
        try:
            await self._send(connection, frame(kind, topic, data, self._headers(connection, message_id) | headers))
            async with asyncio.timeout(wait):
                return message_id, await answered
        except TimeoutError:
            return message_id, None
        finally:
            connection.waiting.pop(message_id, None)

    async def open(self, count: int = 1, seconds: float = 10.0) -> bool:
        """Waits until at least `count` connections are open that the gateway may push to."""
        return await self._state.bell.until(lambda: sum(not c.draining for c in self.connections) >= count, seconds)

    async def disconnect(self, reason: str = "persistent connection is timeout") -> None:
        """Sends SYSTEM disconnect on all connections: nothing is pushed there any more, and each is closed after the draining time."""
        for connection in list(self.connections):
            connection.draining = True
            headers = {"messageId": self._state.ids.hex(24), "time": self._ms()}
            await self._send(connection, frame("SYSTEM", "disconnect", {"reason": reason}, headers))
            self._later(self._close(connection, self._state.manners.drain))

    def cut(self) -> None:
        """Resets all connections (RST)."""
        for connection in list(self.connections):
            abort(connection.transport)
            self._forget(connection)

    async def cut_in_frame(self) -> None:
        """Sends the first half of a frame on all connections, then resets them."""
        for connection in self.connections:
            if connection.transport:
                connection.transport.write(_HALF_A_FRAME)
        await asyncio.sleep(0.05)
        self.cut()

    async def say_raw(self, text: str | bytes) -> None:
        """Sends a text or binary frame as it is on all connections: garbage, unknown topics."""
        for connection in list(self.connections):
            await (connection.ws.send_str(text) if isinstance(text, str) else connection.ws.send_bytes(text))

    async def stop(self) -> None:
        """Closes everything."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for connection in list(self.connections):
            await connection.ws.close()

    async def _choose(self, kind: str, topic: str) -> Connection | None:
        def able() -> list[Connection]:
            return [] if self.silent else [connection for connection in self.connections if connection.wants(kind, topic)]

        if not able() and self._state.manners.hold:
            await self._state.bell.until(lambda: bool(able()), self._state.manners.hold)
        rows = able()
        return self._state.dice.choice(rows) if rows else None

    async def _send(self, connection: Connection, text: str) -> None:
        if not self.silent:
            with contextlib.suppress(ConnectionError):
                await connection.ws.send_str(text)

    async def _hear(self, connection: Connection, message: WSMessage) -> None:
        if message.type is WSMsgType.PING and not self.silent:
            with contextlib.suppress(ConnectionError):
                await connection.ws.pong(message.data)
        if message.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
            return
        ack = read_ack(message.data) if message.type is WSMsgType.TEXT else None
        if ack is None:
            self.odd = [*self.odd[-99:], str(message.data)[:2000]]
        elif self.lose_acks and ack.message_id in connection.waiting:
            self.lose_acks -= 1
            abort(connection.transport)
            self._forget(connection)
        elif ack.message_id in connection.waiting:
            answered = connection.waiting[ack.message_id]
            if not answered.done():
                answered.set_result(ack)
        elif isinstance(ack.data, dict) and "opaque" in ack.data:
            connection.pongs += 1

    async def _ping(self, connection: Connection) -> None:
        while True:
            await asyncio.sleep(self._state.manners.ping_every)
            headers = self._headers(connection, self._state.ids.hex(12))
            await self._send(connection, frame("SYSTEM", "ping", {"opaque": self._state.ids.uuid()}, headers))

    async def _close(self, connection: Connection, after: float) -> None:
        await asyncio.sleep(after)
        await connection.ws.close()

    def _forget(self, connection: Connection) -> None:
        if connection in self.connections:
            self.connections.remove(connection)
        for answered in connection.waiting.values():
            if not answered.done():
                answered.set_result(None)
        self._state.bell.ring()

    def _headers(self, connection: Connection, message_id: str) -> Json:
        return {"appId": self._state.app.key, "connectionId": connection.id, "messageId": message_id, "time": self._ms()}

    def _ms(self) -> str:
        return str(int(self._state.now() * 1000))

    def _later(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def figures(self) -> Json:
        """For the control API."""
        rows = [{"id": c.id, "draining": c.draining, "pongs": c.pongs, "topics": sorted(topic for _, topic in c.topics)} for c in self.connections]
        return {"connections": rows, "opened": self.opened, "most": self.most, "odd": self.odd, "silent": self.silent}
