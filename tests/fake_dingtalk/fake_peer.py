"""The other side of the protocol, as plain as can be: an API client, a Stream connection, a callback server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web

from bot.fake_dingtalk import FakeDingTalk

ROBOT = "/v1.0/im/bot/messages/get"
CARD = "/v1.0/card/instances/callback"
TOPICS = (("CALLBACK", ROBOT), ("CALLBACK", CARD), ("EVENT", "*"))
Answer = tuple[int, Any]


class Peer:
    """Calls a stand-in's API; every call gives HTTP status and body."""

    def __init__(self, fake: FakeDingTalk, client: aiohttp.ClientSession) -> None:
        self.fake = fake
        self.client = client
        self.lines: list[aiohttp.ClientWebSocketResponse] = []

    async def call(self, method: str, path: str, body: Any = None, **how: Any) -> Answer:
        """Any call."""
        url = path if path.startswith("http") else self.fake.base_url + path
        async with self.client.request(method, url, json=body, allow_redirects=False, **how) as answer:
            text = await answer.text()
            return answer.status, json.loads(text) if answer.content_type == "application/json" else text

    async def token(self) -> str:
        """An access token."""
        _, body = await self.call("POST", "/v1.0/oauth2/accessToken", {"appKey": self.fake.app.key, "appSecret": self.fake.app.secret})
        return str(body["accessToken"])

    async def new(self, path: str, body: Any, method: str = "POST") -> Answer:
        """A call of the new API."""
        return await self.call(method, path, body, headers={"x-acs-dingtalk-access-token": await self.token()})

    async def old(self, path: str, body: Any) -> Answer:
        """A call of the old API."""
        return await self.call("POST", f"{path}?access_token={await self.token()}", body)

    async def to_group(self, text: str = "x", conversation: str = "cidG1==") -> Answer:
        """A proactive group message."""
        param = json.dumps({"title": "t", "text": text})
        body = {"robotCode": self.fake.app.robot_code, "openConversationId": conversation, "msgKey": "sampleMarkdown", "msgParam": param}
        return await self.new("/v1.0/robot/groupMessages/send", body)

    async def ticket(self, topics: tuple[tuple[str, str], ...] = TOPICS, **how: Any) -> Answer:
        """The right to a connection."""
        rows = [{"type": kind, "topic": topic} for kind, topic in topics]
        body = {"clientId": self.fake.app.key, "clientSecret": self.fake.app.secret, "subscriptions": rows, "ua": "test", "localIp": "127.0.0.1"}
        return await self.call("POST", "/v1.0/gateway/connections/open", body, **{"headers": {"Accept": "application/json"}, **how})

    async def connect(self, topics: tuple[tuple[str, str], ...] = TOPICS) -> Line:
        """An open Stream connection."""
        _, body = await self.ticket(topics)
        ws = await self.client.ws_connect(body["endpoint"], params={"ticket": body["ticket"]}, autoping=True)
        self.lines.append(ws)
        return Line(ws)

    async def close(self) -> None:
        """Closes all connections."""
        for ws in self.lines:
            await ws.close()


@dataclass
class Line:
    """One Stream connection."""

    ws: aiohttp.ClientWebSocketResponse

    async def frame(self, seconds: float = 2.0) -> Any:
        """The next frame that is no ping."""
        while True:
            message = await self.ws.receive(timeout=seconds)
            assert message.type is aiohttp.WSMsgType.TEXT, message
            frame = json.loads(message.data)
            if frame["headers"]["topic"] != "ping":
                return frame

    async def ack(self, frame: Any, data: Any = None, code: int = 200) -> None:
        """Acknowledges it."""
        headers = {"messageId": frame["headers"]["messageId"], "contentType": "application/json"}
        await self.ws.send_json({"code": code, "headers": headers, "message": "OK", "data": json.dumps(data or {"response": None})})

    async def take(self, data: Any = None, code: int = 200) -> Any:
        """The next frame, acknowledged; gives its data."""
        frame = await self.frame()
        await self.ack(frame, data, code)
        return json.loads(frame["data"])


@dataclass
class Bot:
    """A callback server: keeps what came as (headers, body); `answer` makes its responses."""

    heard: list[tuple[Any, Any]] = field(default_factory=list)
    answer: Callable[[Any], Answer] = lambda _body: (200, {"msgtype": "empty"})
    delay: float = 0.0
    runner: web.AppRunner | None = None
    url: str = ""

    async def start(self) -> str:
        """Listens; gives the callback URL."""
        application = web.Application()
        application.router.add_post("/robot", self._hear)
        self.runner = web.AppRunner(application, shutdown_timeout=0.1)
        await self.runner.setup()
        await web.TCPSite(self.runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self.runner.addresses[0][1]}/robot"
        return self.url

    async def stop(self) -> None:
        """Stops."""
        assert self.runner
        await self.runner.cleanup()

    async def _hear(self, request: web.Request) -> web.Response:
        raw = await request.text()
        body = json.loads(raw) if raw.startswith("{") else raw
        self.heard.append((request.headers.copy(), body))
        await asyncio.sleep(self.delay)
        status, answer = self.answer(body)
        return web.json_response(answer, status=status)
