"""A small peer on 127.0.0.1 that plays DingTalk's side of the wire: it records what comes and answers what it was told to."""

import asyncio
import json
from collections import deque
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
from aiohttp import web

SECRET = "a secret of the tests"


class HandClock:
    """A clock that stands until it is moved."""

    def __init__(self):
        self.time = datetime(2026, 9, 21, 14, 13, 20, tzinfo=UTC)

    def now(self):
        return self.time

    def step(self, seconds):
        self.time += timedelta(seconds=seconds)


class Peer:
    """Session webhook, group webhook, token, OpenAPI and the Stream gateway. `answers[path]` is a queue of (status, body, headers) taken before the usual one."""

    def __init__(self):
        self.calls = []
        self.answers = {}
        self.hang = set()
        self.refused_tokens = set()
        self.sockets = []
        self.acks = {}
        self.acked = asyncio.Condition()
        self.came = asyncio.Condition()
        self.opens = 0
        self.tokens = 0

    async def __aenter__(self):
        application = web.Application()
        application.router.add_route("*", "/connect", self.connect)
        application.router.add_route("*", "/{path:.*}", self.answer)
        self.runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.2)
        await self.runner.setup()
        await web.TCPSite(self.runner, "127.0.0.1", 0).start()
        self.port = self.runner.addresses[0][1]
        self.base = f"http://127.0.0.1:{self.port}"
        return self

    async def __aexit__(self, *_):
        for socket in self.sockets:
            await socket.close()
        await self.runner.cleanup()

    def will(self, path, *answers):
        self.answers.setdefault(path, deque()).extend(answers)

    def count(self, path):
        return sum(call["path"] == path for call in self.calls)

    def bodies(self, path):
        return [call["body"] for call in self.calls if call["path"] == path]

    async def answer(self, request):
        raw = await request.read()
        try:
            body = json.loads(raw)
        except ValueError:
            body = raw
        self.calls.append({"path": request.path, "query": dict(request.query), "headers": dict(request.headers), "body": body})
        if request.path in self.hang:
            await asyncio.sleep(30)
        if request.headers.get("x-acs-dingtalk-access-token") in self.refused_tokens:
            return web.json_response({"code": "InvalidAuthentication", "message": "no"}, status=400)
        queue = self.answers.get(request.path)
        status, said, headers = (*queue.popleft(), {}, {})[:3] if queue else (200, self.usual(request.path), {})
        text = said if isinstance(said, str) else json.dumps(said)
        return web.Response(status=status, text=text, headers=headers, content_type="application/json")

    def usual(self, path):
        if path == "/v1.0/oauth2/accessToken":
            self.tokens += 1
            return {"accessToken": f"token{self.tokens}", "expireIn": 7200}
        if path == "/v1.0/gateway/connections/open":
            self.opens += 1
            return {"endpoint": f"ws://127.0.0.1:{self.port}/connect", "ticket": f"ticket-{self.opens}"}
        if path.startswith("/v1.0/robot/"):
            return {"processQueryKey": "pqk1", "invalidStaffIdList": [], "flowControlledStaffIdList": []}
        return {"errcode": 0, "errmsg": "ok"}

    async def connect(self, request):
        socket = web.WebSocketResponse(autoping=True)
        await socket.prepare(request)
        self.sockets.append(socket)
        async with self.came:
            self.came.notify_all()
        async for message in socket:
            if message.type is aiohttp.WSMsgType.TEXT:
                said = json.loads(message.data)
                async with self.acked:
                    self.acks.setdefault(said["headers"]["messageId"], []).append(said)
                    self.acked.notify_all()
        return socket

    async def connected(self, count):
        async with self.came, asyncio.timeout(5):
            await self.came.wait_for(lambda: len(self.sockets) >= count)

    async def ack(self, name, times=1):
        async with self.acked, asyncio.timeout(5):
            await self.acked.wait_for(lambda: len(self.acks.get(name, ())) >= times)
        return self.acks[name][-1]


class Listener:
    """What the channel hands on; `fault` is raised instead while it is set."""

    def __init__(self):
        self.heard = []
        self.fault = None
        self.keys = set()
        self.wait = 0.0

    async def hear(self, stimulus):
        if self.fault:
            raise self.fault
        await asyncio.sleep(self.wait)
        self.heard.append(stimulus)
        new = stimulus.key not in self.keys
        self.keys.add(stimulus.key)
        return new

    async def until(self, count, seconds=5):
        async with asyncio.timeout(seconds):
            while len(self.heard) < count:
                await asyncio.sleep(0.005)


async def soon(true, seconds=5):
    """Waits for a condition."""
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.005)


def frame(name, **headers):
    """A captured frame, its headers changed."""
    found = json.loads((Path(__file__).parent / f"frame_{name}.json").read_text(encoding="utf-8"))
    found["headers"] |= headers
    return json.dumps(found, ensure_ascii=False)


def robot(number, msg=None):
    """A robot message in a frame of its own; `msg` is what stays the same on redelivery."""
    found = json.loads(frame("robot", messageId=f"cb_{number}"))
    found["data"] = json.dumps(json.loads(found["data"]) | {"msgId": msg or f"msg{number}"})
    return json.dumps(found)
